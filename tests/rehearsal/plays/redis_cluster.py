"""Redis cluster: a node lost, all lost and back in a bad order, a roll under load, a fourth master."""

from __future__ import annotations

from clients.load import Load
from clients.redis import Redis, RedisCluster
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("dev", {"redis": "bookworm"}),
    Variant("prod", {"redis": "sid"}),
]
LIMIT = 900
PASSWORD = 'a "password" with \\ in it'
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
redis:
  version: "<redis>"
  mode: cluster
  password: {secret: {name: redis-auth, key: password}}
"""


def client(s: Act) -> RedisCluster:
    hosts = [f"{pod.name}.redis-headless.{SPACE}.svc.cluster.local" for pod in s.pods_of("StatefulSet/redis")]
    return RedisCluster(hosts, PASSWORD)


def servers(s: Act) -> dict[str, dict[str, str]]:
    """What each server says of itself: its line of `cluster nodes`, and `cluster info`."""
    found = {}
    for pod in s.running("StatefulSet/redis"):
        link = Redis(pod.ip, password=PASSWORD)
        info = dict(line.split(":", 1) for line in link.ask("CLUSTER", "INFO").split("\r\n") if ":" in line)
        own = next(line for line in link.ask("CLUSTER", "NODES").splitlines() if "myself" in line).split()
        found[pod.name] = {**info, "id": own[0], "role": "master" if "master" in own[2] else "replica", "of": own[3], "slots": " ".join(own[8:])}
        found[pod.name]["link"] = "up" if "master_link_status:down" not in link.ask("INFO", "replication") else "down"
        link.close()
    return found


def whole(s: Act, masters: int = 3) -> bool:
    """Every server says that all slots are served, and every master has a replica whose link is up."""
    told = servers(s)
    fine = all(one["cluster_state"] == "ok" and one["cluster_slots_assigned"] == "16384" for one in told.values())
    leaders = {one["id"] for one in told.values() if one["slots"]}
    followed = {one["of"] for one in told.values() if one["role"] == "replica" and one["link"] == "up"}
    return fine and len(told) == 2 * masters and len(leaders) == masters and followed == leaders


def master(s: Act) -> str:
    return next(name for name, one in servers(s).items() if one["slots"])


def has_all(s: Act, kept: dict[str, str], what: str) -> None:
    cluster = client(s)
    lost = [key for key, value in kept.items() if cluster.ask("GET", key) != value]
    s.holds(f"nothing acknowledged is lost {what}: of {len(kept)}", not lost, lost[:5] or "")


def story(s: Act) -> None:
    s.secret(SPACE, "redis-auth", password=PASSWORD)
    s.render()
    s.ready("StatefulSet/redis", within=90)
    s.done("redis-bootstrap", within=90)
    s.until("three masters, each with a replica", lambda: whole(s), within=60)
    kept = {f"key-{number}": f"value-{number}" for number in range(300)}
    cluster = client(s)
    for key, value in kept.items():
        cluster.ask("SET", key, value)
    has_all(s, kept, "at the beginning")

    s.scene("a master's node dies; its pod comes back with another address")
    victim = master(s)
    before = s.pod(victim).ip
    s.hold(victim)
    s.lose(victim)
    s.until("its replica takes over", lambda: bool(client(s).ask("SET", "after", "1")) and len([1 for one in servers(s).values() if one["slots"]]) == 3, within=60)
    s.release(victim)
    s.ready("StatefulSet/redis", within=60)
    s.holds("it has another address", s.pod(victim).ip != before, s.pod(victim).ip)
    s.until("whole again", lambda: whole(s), within=60)
    has_all(s, kept, "by a node")

    s.scene("all are lost, and come back one by one, the replicas first")
    order = sorted(servers(s).items(), key=lambda each: each[1]["role"] == "master")
    everybody = [name for name, _ in order]
    s.hold(*everybody)
    s.lose(*everybody)
    s.back(*everybody)
    s.ready("StatefulSet/redis", within=90)
    s.until("whole again", lambda: whole(s), within=90)
    has_all(s, kept, "by the loss of all")

    s.scene("a replica loses its disk, then a master; no Job runs again")
    for role in ("replica", "master"):
        victim = next(name for name, one in servers(s).items() if one["role"] == role)
        s.hold(victim)
        s.lose(victim)
        s.wipe(SPACE, f"data-{victim}")
        if role == "master":
            s.until("its replica takes over", lambda: len([1 for one in servers(s).values() if one["slots"]]) == 3, within=60)
        s.release(victim)
        s.until("whole again", lambda: whole(s), within=90)
        s.ready("StatefulSet/redis", within=60)
    has_all(s, kept, "by the loss of disks")
    if s.quick:
        return

    s.scene("a rolling restart while somebody writes")
    load = Load(lambda number: bool(client(s).ask("SET", f"load-{number}", number)))
    s.restart("StatefulSet/redis")
    s.rolled("StatefulSet/redis", within=400)
    s.holds("somebody wrote all the time", load.stop() > 50, load.told())
    s.until("whole again", lambda: whole(s), within=60)
    has_all(s, kept, "by the roll")
    has_all(s, {f"load-{number}": str(number) for number in load.good}, "of what was written meanwhile")

    s.scene("a fourth master")
    s.render("redis.masters=4")
    s.rolled("StatefulSet/redis", within=500)
    s.until("four masters hold slots, each with a replica", lambda: whole(s, 4), within=300)
    has_all(s, kept, "by growing")


def sabotage(objects: list[Manifest]) -> None:
    """The start script no longer puts the new addresses in: after the loss of all nobody finds anybody."""
    for one in objects:
        if one["kind"] == "ConfigMap" and "start.sh" in one["data"]:
            one["data"]["start.sh"] = one["data"]["start.sh"].replace("nodes=/data/nodes.conf", "nodes=/data/none").replace("find_peers &", "")
