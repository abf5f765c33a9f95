"""RocketMQ, two masters and two slaves: a NameServer lost, a master lost and its backlog read, a slave lost, a roll."""

from __future__ import annotations

import re
import socket
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
  topics: {kept: {queues: 2}}
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


def all_of_group(answer: rocketmq.Answer) -> bool:
    """Master and slave both have it."""
    return answer.code == rocketmq.OK


def acknowledges(s: Act, group: str, kept: dict[str, list[str]]) -> None:
    s.until(f"broker-{group} acknowledges with its slave", lambda: send(s, group, kept), within=90)


def has_all(s: Act, kept: dict[str, list[str]], group: str, member: str, what: str) -> None:
    answer, found = rocketmq.pull(host(member), TOPIC)
    lost = [text for text in kept[group] if text not in found]
    s.holds(f"{member} gives all that was acknowledged {what}: of {len(kept[group])}", not lost, f"{len(lost)} missing, {answer.code} {answer.remark}" if lost else "")


def one_at_a_time(s: Act) -> None:
    """One key of all brokers changes: their StatefulSets are told at the same moment."""
    s.scene("a setting of all brokers is changed")
    before = {owner: s.pods_of(owner)[0].uid for owner in BROKERS}
    s.render("rocketmq.config.fileReservedTime=48")
    most = 0

    def away() -> list[str]:
        return [member for member in ("a", "a-s", "b", "b-s") if not listens(member)]

    def over() -> bool:
        nonlocal most
        gone = away()
        most = max(most, len(gone))
        if len(gone) > 1:
            s.note(f"   away: {gone}")
        return not gone and all(s.pods_of(owner) and s.pods_of(owner)[0].uid != before[owner] for owner in BROKERS)

    s.until("all of them have it", over, within=600)
    s.holds("one was away at a time", most == 1, most)
    s.ready(*BROKERS, within=120)


def listens(member: str) -> bool:
    try:
        socket.create_connection((host(member), 10911), 2).close()
    except OSError:
        return False
    return True


def story(s: Act) -> None:
    s.render()
    s.ready(NAMES, *BROKERS, within=300)
    s.until("every NameServer knows four brokers", lambda: all_known(s), within=90)
    kept: dict[str, list[str]] = {"a": [], "b": []}
    s.done("rocketmq-setup", within=180)
    for group in kept:
        # Ready means that its slave has joined.
        s.holds(f"broker-{group} acknowledges with its slave at once", send(s, group, kept))
        for _ in range(20):
            send(s, group, kept)
        s.holds(f"it acknowledged 20 more from broker-{group}", len(kept[group]) >= 20, len(kept[group]))
        has_all(s, kept, group, group, "at the beginning")

    # Slaves of 5.x ask for topics once a minute.
    s.until("the slaves know the topic", lambda: all(rocketmq.pull(host(f"{group}-s"), TOPIC)[1] for group in kept), within=90)

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
    one_at_a_time(s)
    for group in kept:
        acknowledges(s, group, kept)
        has_all(s, kept, group, group, "by the change")
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
