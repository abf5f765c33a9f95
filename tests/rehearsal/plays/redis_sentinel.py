"""Redis with sentinels: the master lost, a roll under load, all lost and back in a bad order; nothing acknowledged is lost."""

from __future__ import annotations

import time

from clients.load import Load
from clients.redis import Redis, Refused
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"redis": "bookworm"}),
    Variant("dev", {"redis": "sid"}),
]
LIMIT = 900
PASSWORD = "sentinel's own"
SERVERS, SENTINELS = "StatefulSet/redis", "StatefulSet/redis-sentinel"
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
redis:
  version: "<redis>"
  mode: sentinel
  password: {secret: {name: redis-auth, key: password}}
"""


def named(s: Act) -> list[str]:
    """Whom each sentinel names as the master."""
    found = []
    for pod in s.running(SENTINELS):
        try:
            link = Redis(pod.ip, 26379, PASSWORD)
            found.append(link.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")[0].split(".")[0])
            link.close()
        except (OSError, Refused, TypeError):
            found.append("nobody")
    return found


def master(s: Act) -> str:
    """The one whom all sentinels name."""
    names = set(named(s))
    if len(names) != 1 or "nobody" in names:
        raise RuntimeError(f"the sentinels name {names}")
    return names.pop()


def on_master(s: Act, *words: object) -> object:
    """As a client that asks a sentinel first: any that answers."""
    pod = next(name for name in named(s) if name != "nobody")
    link = Redis(s.pod(pod).ip, password=PASSWORD)
    try:
        return link.ask(*words)
    finally:
        link.close()


def keep(s: Act, key: str, value: object) -> bool:
    """Written, and known to a replica: only then it is promised for good."""
    pod = next(name for name in named(s) if name != "nobody")
    link = Redis(s.pod(pod).ip, password=PASSWORD)
    try:
        link.ask("SET", key, value)
        return int(link.ask("WAIT", 1, 2000)) >= 1
    finally:
        link.close()


def whole(s: Act) -> bool:
    """One master, which all name, and everybody else follows it with the link up."""
    leader = master(s)
    for pod in s.running(SERVERS):
        link = Redis(pod.ip, password=PASSWORD)
        told = link.ask("INFO", "replication")
        link.close()
        if ("role:master" in told) != (pod.name == leader) or (pod.name != leader and "master_link_status:up" not in told):
            return False
    return True


def acquainted(s: Act) -> bool:
    """Every sentinel knows both others and both replicas: it asks the master for them every ten seconds."""
    for pod in s.running(SENTINELS):
        link = Redis(pod.ip, 26379, PASSWORD)
        known = [len(link.ask("SENTINEL", what, "mymaster")) for what in ("REPLICAS", "SENTINELS")]
        link.close()
        if known != [2, 2]:
            return False
    return True


def has_all(s: Act, kept: dict[str, str], what: str) -> None:
    lost = [key for key, value in kept.items() if on_master(s, "GET", key) != value]
    s.holds(f"nothing acknowledged is lost {what}: of {len(kept)}", not lost, lost[:5] or "")


def story(s: Act) -> None:
    s.secret(SPACE, "redis-auth", password=PASSWORD)
    s.render()
    s.ready(SERVERS, SENTINELS, within=120)
    s.until("one master, the others follow", lambda: whole(s), within=40)
    s.until("the sentinels know everybody", lambda: acquainted(s), within=40)
    kept = {f"key-{number}": f"value-{number}" for number in range(50)}
    for key, value in kept.items():
        if not keep(s, key, value):
            raise AssertionError(f"{key} is not acknowledged")
    has_all(s, kept, "at the beginning")

    s.scene("the master's node dies; its pod comes back with another address")
    victim = master(s)
    before = s.pod(victim).ip
    s.hold(victim)
    s.lose(victim)
    s.until("another is the master", lambda: master(s) != victim, within=60)
    s.until("it takes writes", lambda: keep(s, "after", "loss"), within=30)
    kept["after"] = "loss"
    s.release(victim)
    s.ready(SERVERS, within=60)
    s.holds("it has another address", s.pod(victim).ip != before, s.pod(victim).ip)
    s.until("one master, the others follow", lambda: whole(s), within=60)
    s.until("the sentinels know everybody", lambda: acquainted(s), within=40)
    has_all(s, kept, "by a node")
    if not s.quick:
        s.scene("a rolling restart while somebody writes")
        load = Load(lambda number: keep(s, f"load-{number}", number), pause=0.2)
        s.restart(SERVERS)
        s.rolled(SERVERS, within=300)
        s.holds("somebody wrote most of the time", load.stop() > 40, load.told())
        kept |= {f"load-{number}": str(number) for number in load.good}
        s.until("one master, the others follow", lambda: whole(s), within=60)
        has_all(s, kept, "by the roll")

    s.scene("all are lost, servers and sentinels, and come back one by one, the master last")
    leader = master(s)
    order = sorted((pod.name for pod in s.pods_of(SERVERS)), key=lambda name: name == leader)
    everybody = [*(pod.name for pod in s.pods_of(SENTINELS)), *order]
    s.hold(*everybody)
    s.lose(*everybody)
    for name in everybody:
        s.release(name)
        time.sleep(2)
    s.ready(SERVERS, SENTINELS, within=240)
    s.until("one master, the others follow", lambda: whole(s), within=90)
    has_all(s, kept, "by the loss of all")

    s.scene("a sentinel sleeps through a failover, all are lost, and it comes back first")
    sleeper, rest = s.pods_of(SENTINELS)[-1].name, [pod.name for pod in s.pods_of(SENTINELS)[:-1]]
    s.until("the sentinels know everybody", lambda: acquainted(s), within=40)
    s.hold(sleeper)
    s.lose(sleeper)
    victim = master(s)
    s.hold(victim)
    s.lose(victim)
    s.until("another is the master", lambda: master(s) != victim, within=60)
    s.until("a replica copies from it", lambda: keep(s, "slept", "through"), within=60)
    kept["slept"] = "through"
    others = [pod.name for pod in s.running(SERVERS)]
    s.hold(*rest, *others)
    s.lose(*rest, *others)
    s.back(sleeper, victim, *others)
    time.sleep(20)
    s.holds("no server believes it alone", not any(pod.ready for pod in s.pods_of(SERVERS)))
    s.release(*rest)
    s.ready(SERVERS, SENTINELS, within=240)
    s.until("one master, the others follow", lambda: whole(s), within=90)
    has_all(s, kept, "by the sleeper")


def sabotage(objects: list[Manifest]) -> None:
    """Servers and sentinels have different ideas of the password."""
    for one in objects:
        if one["kind"] == "ConfigMap" and "sentinel.conf" in one["data"]:
            one["data"]["start.sh"] = one["data"]["start.sh"].replace("sentinel auth-pass", "#")
