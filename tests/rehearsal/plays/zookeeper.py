"""ZooKeeper of three: a leader lost, no quorum, a roll, all lost and back in a bad order; nothing acknowledged is lost."""

from __future__ import annotations

import logging
import re
import socket

from kazoo.client import KazooClient

from clients.load import Load
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"zookeeper": "bookworm"}),
    Variant("dev", {"zookeeper": "sid"}, ("zookeeper.replicas=3",)),
]
LIMIT = 700
logging.getLogger("kazoo").setLevel(logging.CRITICAL)
SET = "StatefulSet/zookeeper"
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
zookeeper: {version: "<zookeeper>"}
"""


def ask(ip: str, word: str) -> str:
    """A word of four letters."""
    try:
        with socket.create_connection((ip, 2181), 3) as link:
            link.sendall(word.encode())
            return b"".join(iter(lambda: link.recv(4096), b"")).decode()
    except OSError as problem:
        return str(problem)


def modes(s: Act) -> dict[str, str]:
    found = {}
    for pod in s.running(SET):
        match = re.search(r"Mode: (\w+)", ask(pod.ip, "srvr"))
        found[pod.name] = match[1] if match else "none"
    return found


def whole(s: Act) -> bool:
    return sorted(modes(s).values()) == ["follower", "follower", "leader"]


def leader(s: Act) -> str:
    return next(name for name, mode in modes(s).items() if mode == "leader")


def client(*pods: str) -> KazooClient:
    hosts = ",".join(f"{pod}.zookeeper-hs.{SPACE}.svc.cluster.local:2181" for pod in pods or ("zookeeper-0", "zookeeper-1", "zookeeper-2"))
    made = KazooClient(hosts, timeout=10, connection_retry={"max_tries": -1, "max_delay": 2}, command_retry={"max_tries": 20, "max_delay": 2})
    made.start(30)
    return made


def has_all(s: Act, kept: dict[str, bytes], what: str) -> None:
    """On each server by itself, after it has caught up."""
    for pod in s.running(SET):
        asked = client(pod.name)
        asked.sync("/kept")
        lost = [path for path, value in kept.items() if not asked.exists(path) or asked.get(path)[0] != value]
        asked.stop()
        asked.close()
        s.holds(f"{pod.name} has all that was acknowledged {what}: of {len(kept)}", not lost, lost[:5] or "")


def story(s: Act) -> None:
    s.render()
    s.ready(SET, within=90)
    s.holds("one leads and two follow", whole(s), modes(s))
    writer = client()
    kept = {f"/kept/{number}": f"value-{number}".encode() for number in range(100)}
    for path, value in kept.items():
        writer.create(path, value, makepath=True)
    has_all(s, kept, "at the beginning")

    s.scene("the leader's node dies; its pod comes back with another address")
    victim = leader(s)
    before = s.pod(victim).ip
    s.hold(victim)
    s.lose(victim)
    s.until("the two others have a leader", lambda: "leader" in modes(s).values(), within=30)
    s.until("and take writes", lambda: bool(writer.create("/kept/after", b"loss")), within=30)
    kept["/kept/after"] = b"loss"
    s.release(victim)
    s.ready(SET, within=90)
    s.holds("it has another address", s.pod(victim).ip != before, s.pod(victim).ip)
    has_all(s, kept, "by a node")

    s.scene("two of three are away: nobody is ready, and nobody is restarted for it")
    away = ["zookeeper-0", "zookeeper-1"]
    s.hold(*away)
    s.lose(*away)
    s.until("the last one is not ready", lambda: not s.pod("zookeeper-2").ready, within=40)
    s.release(*away)
    s.ready(SET, within=120)
    s.no_restarts()
    has_all(s, kept, "without a quorum")
    if s.quick:
        return

    s.scene("a rolling restart while somebody writes")
    load = Load(lambda number: bool(writer.create(f"/kept/load-{number}", b"load")))
    s.restart(SET)
    s.rolled(SET, within=300)
    s.holds("somebody wrote most of the time", load.stop() > 20, load.told())
    kept |= {f"/kept/load-{number}": b"load" for number in load.good}
    has_all(s, kept, "by the roll")

    s.scene("all are lost, and come back one by one, the last leader last")
    order = sorted(modes(s), key=lambda name: name == leader(s))
    s.hold(*order)
    s.lose(*order)
    s.back(*order)
    s.ready(SET, within=120)
    has_all(s, kept, "by the loss of all")
    s.no_restarts()


def sabotage(objects: list[Manifest]) -> None:
    """Names of pods that are not ready are no longer published: who looks for the others finds nobody."""
    for one in objects:
        if one["kind"] == "Service" and one["spec"].get("clusterIP") == "None":
            del one["spec"]["publishNotReadyAddresses"]
