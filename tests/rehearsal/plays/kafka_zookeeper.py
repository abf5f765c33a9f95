"""Kafka with ZooKeeper, three of each: a broker lost, ZooKeeper's leader lost, ZooKeeper away, a roll; nothing acknowledged is lost."""

from __future__ import annotations

import time

from clients import kafka
from plays import kafka_kraft, zookeeper
from plays.kafka_kraft import SERVERS, SET
from script import Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"kafka": "3.9.2", "zookeeper": "bookworm"}),
    Variant("dev", {"kafka": "3.8.1", "zookeeper": "bookworm"}, ("kafka.brokers=3", "zookeeper.replicas=3")),
]
LIMIT = 1200
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
zookeeper: {version: "<zookeeper>", resources: {cpu: 250m, memory: 512Mi}}
kafka:
  mode: zookeeper
  version: "<kafka>"
  resources: {cpu: 250m, memory: 1Gi}
"""


def story(s: Act) -> None:
    s.render()
    s.ready(zookeeper.SET, SET, within=240)
    s.until("a topic with three copies is made", lambda: kafka.create(SERVERS, "kept", 3, 3), within=60)
    s.until("all copies are in sync", kafka_kraft.whole, within=60)
    sent = kafka.Producer(SERVERS, "kept")
    sent.start()
    kafka_kraft.lose_one(s)
    # It was back before ZooKeeper had forgotten it.
    s.no_restarts()

    s.scene("ZooKeeper's leader is lost")
    s.lose(zookeeper.leader(s))
    s.ready(zookeeper.SET, within=120)
    s.until("a topic is made", lambda: kafka.create(SERVERS, "made-later", 3, 3), within=60)
    if not s.quick:
        s.scene("ZooKeeper is away for half a minute: brokers go on")
        away = [pod.name for pod in s.pods_of(zookeeper.SET)]
        s.hold(*away)
        s.lose(*away)
        before = len(sent.good)
        time.sleep(30)
        s.holds("messages are acknowledged meanwhile", len(sent.good) > before + 100, len(sent.good) - before)
        s.holds("all brokers are ready", all(pod.ready for pod in s.pods_of(SET)))
        s.release(*away)
        s.ready(zookeeper.SET, within=120)
        kafka_kraft.roll(s)
    sent.stop()
    s.holds("everything that was sent was acknowledged", not sent.bad and len(sent.good) == sent.sent, sent.told())
    kafka_kraft.has_all(s, sent, "by a group")


def sabotage(objects: list[Manifest]) -> None:
    """The list of ZooKeeper's servers is written with semicolons."""
    for one in objects:
        if one["kind"] == "ConfigMap" and "server.properties" in one["data"]:
            text = one["data"]["server.properties"].splitlines(keepends=True)
            one["data"]["server.properties"] = "".join(line.replace(",", ";") if line.startswith("zookeeper.connect=") else line for line in text)
