"""Kafka of three in KRaft mode: a broker lost, a roll under load, all lost and back; every acknowledged message is read."""

from __future__ import annotations

from clients import kafka
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"kafka": "4.3.1"}),
    Variant("dev", {"kafka": "3.9.2"}, ("kafka.brokers=3", "kafka.controllers=3")),
]
LIMIT = 900
SET = "StatefulSet/kafka"
SERVERS = ",".join(f"kafka-{number}.kafka-headless.{SPACE}.svc.cluster.local:9092" for number in range(3))
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
kafka:
  version: "<kafka>"
  resources: {cpu: 250m, memory: 1Gi}
  topics:
    kept: {partitions: 3, replicas: 3}
    grows: {partitions: 2, retention: 7d, config: {cleanup.policy: "compact,delete"}}
"""


def whole(partitions: int = 3, copies: int = 3) -> bool:
    found = kafka.in_sync(SERVERS, "kept")
    return found == [copies] * partitions


def has_all(s: Act, sent: kafka.Producer, what: str) -> None:
    lost = sent.good - kafka.read_all(SERVERS, "kept", sent.good)
    s.holds(f"every acknowledged message is read {what}: of {len(sent.good)}", not lost, sorted(lost)[:5] or "")


def described(s: Act, topic: str) -> str:
    """As Kafka's own tool tells it, with a heap that fits beside the broker's."""
    words = f"KAFKA_HEAP_OPTS=-Xmx96m kafka-topics.sh --bootstrap-server {SERVERS} --describe --topic {topic}"
    said = s.exec("kafka-0", "sh", "-c", f"PATH=$PATH:/opt/kafka/bin; {words}", timeout=60)
    return next(line for line in said.splitlines() if "PartitionCount" in line)


def topics_grow(s: Act) -> None:
    s.scene("more partitions and other settings are asked of a topic, and fewer of another")
    before = described(s, "grows")
    s.holds("it was made as asked", all(word in before for word in ("PartitionCount: 2", "retention.ms=604800000", "cleanup.policy=compact,delete")), before)
    s.render("kafka.topics.grows.partitions=5", "kafka.topics.grows.retention=1d", "kafka.topics.kept.partitions=2")
    s.done("kafka-topics", within=120)
    after = described(s, "grows")
    s.holds("it has grown", all(word in after for word in ("PartitionCount: 5", "retention.ms=86400000", "cleanup.policy=compact,delete")), after)
    s.holds("none is taken away", whole())


def lose_one(s: Act) -> None:
    """A broker's node dies while somebody produces."""
    s.scene("a broker's node dies; its pod comes back with another address")
    before = s.pod("kafka-1").ip
    s.lose("kafka-1")
    s.ready(SET, within=180)
    s.holds("it has another address", s.pod("kafka-1").ip != before, s.pod("kafka-1").ip)
    s.until("all copies are in sync", whole, within=120)


def roll(s: Act) -> None:
    s.scene("a rolling restart while somebody produces")
    s.restart(SET)
    s.rolled(SET, within=400)
    s.until("all copies are in sync", whole, within=120)


def story(s: Act) -> None:
    s.render()
    s.ready(SET, within=150)
    s.done("kafka-topics", within=120)
    s.until("all copies are in sync", whole, within=60)
    topics_grow(s)
    sent = kafka.Producer(SERVERS, "kept")
    sent.start()
    lose_one(s)
    if not s.quick:
        roll(s)
    sent.stop()
    s.holds("everything that was sent was acknowledged", not sent.bad and len(sent.good) == sent.sent, sent.told())
    has_all(s, sent, "by a group")
    s.no_restarts()
    if s.quick:
        return

    s.scene("all are lost, and come back one by one")
    everybody = ["kafka-2", "kafka-0", "kafka-1"]
    s.hold(*everybody)
    s.lose(*everybody)
    s.back(*everybody)
    s.ready(SET, within=180)
    s.until("all copies are in sync", whole, within=120)
    has_all(s, sent, "after the loss of all")


def sabotage(objects: list[Manifest]) -> None:
    """Every broker tells its clients the address of the first one."""
    for one in objects:
        if one["kind"] == "StatefulSet":
            for entry in one["spec"]["template"]["spec"]["containers"][0]["env"]:
                if entry["name"] == "ADVERTISED_LISTENERS":
                    entry["value"] = entry["value"].replace("$(POD_NAME)", "kafka-0")
