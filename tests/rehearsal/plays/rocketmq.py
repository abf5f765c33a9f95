"""RocketMQ, two masters and two slaves: a NameServer lost, a master lost and its backlog read, a slave lost, a roll."""

from __future__ import annotations

import re
import time

from clients import rocketmq
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"rocketmq": "5.3.3"}),
    Variant("dev", {"rocketmq": "5.2.0"}, ("rocketmq.groups=2", "rocketmq.replicas=1", "rocketmq.nameServers=2", "rocketmq.replication=sync")),
]
LIMIT = 1200
TOPIC = "kept"
BROKERS = [f"StatefulSet/rocketmq-broker-{member}" for member in ("a", "a-s", "b", "b-s")]
NAMES = "StatefulSet/rocketmq-namesrv"
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
rocketmq:
  version: "<rocketmq>"
  resources: {cpu: 250m, memory: 1Gi}
  nameServerResources: {cpu: 250m, memory: 512Mi}
  # Without it a slave of 5.x refuses every pull while its master is away.
  config: {slaveReadEnable: true}
"""


def host(member: str) -> str:
    return f"rocketmq-broker-{member}-0.rocketmq-broker-{member}.{SPACE}.svc.cluster.local"


def known(s: Act) -> list[int]:
    """How many brokers each NameServer knows."""
    found = []
    for pod in s.pods_of(NAMES):
        text = rocketmq.members(pod.ip)
        found.append(len(set(re.findall(r"(rocketmq-broker-[a-z-]+-0)\.", text))))
    return found


def all_known(s: Act) -> bool:
    found = known(s)
    return bool(found) and set(found) == {4}


def send(s: Act, group: str, kept: dict[str, list[str]]) -> bool:
    """One message, and whether master and slave both have it."""
    text = f"{group}-{s.now():.3f}"
    answer = rocketmq.send(host(group), TOPIC, text)
    if answer.code == rocketmq.OK:
        kept[group].append(text)
    return answer.code == rocketmq.OK


def acknowledges(s: Act, group: str, kept: dict[str, list[str]]) -> None:
    s.until(f"broker-{group} acknowledges with its slave", lambda: send(s, group, kept), within=90)


def has_all(s: Act, kept: dict[str, list[str]], group: str, member: str, what: str) -> None:
    answer, found = rocketmq.pull(host(member), TOPIC)
    lost = [text for text in kept[group] if text not in found]
    s.holds(f"{member} gives all that was acknowledged {what}: of {len(kept[group])}", not lost, f"{len(lost)} missing, {answer.code} {answer.remark}" if lost else "")


def story(s: Act) -> None:
    s.render()
    s.ready(NAMES, *BROKERS, within=300)
    s.until("every NameServer knows four brokers", lambda: all_known(s), within=90)
    kept: dict[str, list[str]] = {"a": [], "b": []}
    for group in kept:
        s.holds(f"a topic is made at broker-{group}", rocketmq.make_topic(host(group), TOPIC).code == rocketmq.OK)
        acknowledges(s, group, kept)
        for _ in range(20):
            send(s, group, kept)
        s.holds(f"it acknowledged 20 more from broker-{group}", len(kept[group]) >= 20, len(kept[group]))
        has_all(s, kept, group, group, "at the beginning")

    s.scene("a NameServer's node dies; its pod comes back with another address")
    name = s.pods_of(NAMES)[0].name
    before = s.pod(name).ip
    s.lose(name)
    s.ready(NAMES, within=120)
    s.holds("it has another address", s.pod(name).ip != before, s.pod(name).ip)
    s.until("every NameServer knows four brokers", lambda: all_known(s), within=120)

    s.scene("a master's node dies: what it acknowledged is read from its slave")
    s.hold("rocketmq-broker-a-0")
    s.lose("rocketmq-broker-a-0")
    s.until("the other group takes messages", lambda: send(s, "b", kept), within=30)
    has_all(s, kept, "a", "a-s", "while the master is away")
    s.release("rocketmq-broker-a-0")
    s.ready(*BROKERS, within=240)
    s.until("every NameServer knows four brokers", lambda: all_known(s), within=120)
    acknowledges(s, "a", kept)
    has_all(s, kept, "a", "a", "by its loss")
    if s.quick:
        return

    s.scene("a slave's node dies, and comes back")
    s.lose("rocketmq-broker-b-s-0")
    s.ready(*BROKERS, within=240)
    acknowledges(s, "b", kept)
    s.scene("everything is rolled, group by group")
    for owner in [*BROKERS, NAMES]:
        s.restart(owner)
        s.rolled(owner, within=240)
    s.until("every NameServer knows four brokers", lambda: all_known(s), within=120)
    for group in kept:
        acknowledges(s, group, kept)
        time.sleep(2)
        has_all(s, kept, group, group, "by the roll")
        has_all(s, kept, group, f"{group}-s", "by the roll")
    s.no_restarts()


def sabotage(objects: list[Manifest]) -> None:
    """The brokers' list of NameServers is written with commas, which RocketMQ takes for one strange host."""
    for one in objects:
        if one["kind"] == "ConfigMap" and "broker.conf" in one["data"]:
            lines = one["data"]["broker.conf"].splitlines(keepends=True)
            one["data"]["broker.conf"] = "".join(line.replace(";", ",") if line.startswith("namesrvAddr") else line for line in lines)
