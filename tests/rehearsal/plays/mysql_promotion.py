"""MySQL with semisynchronous replication: replicas lost, a newer version, a replica promoted and the old primary back, a primary without its disk, another promotion without the primary; every committed row stays, and nobody takes writes beside another."""

from __future__ import annotations

import time

import images
from clients.load import Load
from images.mysql import earlier
from plays.mysql_pairs import PASSWORDS, STACK, add, rows, sql, told
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"mysql": "sid"}),
    Variant("dev", {"mysql": "sid"}, ("mysql.replicas=2",)),
]
LIMIT = 1500
STACK = STACK.replace("  databases:", "  replication: semisync\n  databases:")
FIRST, SET, OTHERS = "mysql-0", "StatefulSet/mysql", "StatefulSet/mysql-replica"


def at(s: Act, pod: str, statement: str) -> str:
    """As root, on one server."""
    words = ["mysql", "--user=root", "--batch", "--skip-column-names"]
    return s.exec(pod, "env", f"MYSQL_PWD={PASSWORDS['root']}", *words, text=statement, container="mysql").strip()


def pods(s: Act) -> list[str]:
    return [FIRST, *(f"mysql-replica-{number}" for number in range(s.objects[OTHERS]["spec"]["replicas"]))]


def semisync(s: Act, pod: str, side: str) -> bool:
    return at(s, pod, f"SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_{side}_status'").endswith("ON")


def placed(s: Act, primary: str) -> bool:
    """One server takes writes and waits for replicas; all others follow it and answer."""
    for pod in pods(s):
        leads = pod == primary
        closed = at(s, pod, "SELECT @@GLOBAL.super_read_only") == "1"
        if closed == leads or semisync(s, pod, "source") != leads or semisync(s, pod, "replica") == leads:
            return False
    return sql(s, "mysql", "SELECT @@hostname") == primary


def everywhere(s: Act, wanted: int) -> bool:
    return all(at(s, pod, "SELECT COUNT(*) FROM shop.kept") == str(wanted) for pod in pods(s))


def acknowledged(s: Act, load: Load, start: int) -> None:
    """What a client was told is done is done, on all servers."""
    s.note(f"   {load.told()}")
    kept = set(s.until("the rows can be read", lambda: sql(s, "mysql", "SELECT number FROM kept"), within=60).split())
    s.holds("all acknowledged rows are there", {str(start + number) for number in load.good} <= kept, len(kept))
    s.until("all have all rows", lambda: everywhere(s, len(kept)), within=60)


def ready(s: Act) -> None:
    s.rolled(SET, within=300)
    s.rolled(OTHERS, within=300)


def lost(s: Act) -> None:
    """A commit waits for its ten seconds once, then for nobody, and again once a replica is back."""
    s.scene("all replicas are lost")
    replicas = pods(s)[1:]
    s.hold(*replicas)
    s.lose(*replicas)
    begun = time.monotonic()
    add(s, 100)
    first = time.monotonic() - begun
    s.holds("the first commit waits, and is done", 5 < first < 20, f"{first:.1f} s")
    begun = time.monotonic()
    add(s, 101)
    second = time.monotonic() - begun
    s.holds("the second one does not wait", second < 3, f"{second:.1f} s")
    s.until("the log says so", lambda: "commits wait for none" in told(s, FIRST, "join").splitlines()[-1], within=15)
    s.release(*replicas)
    s.ready(OTHERS, within=120)
    s.until("commits wait for replicas again", lambda: placed(s, FIRST), within=30)
    s.until("all have all rows", lambda: everywhere(s, 22), within=30)


def upgrade(s: Act, new: str) -> None:
    """Replicas first: no server is ever newer than one that follows it."""
    s.scene("another version")
    old = earlier(new)
    load = Load(lambda number: add(s, 1000 + number), pause=0.7)
    s.render()

    def version(pod: str) -> str:
        try:
            return at(s, pod, "SELECT @@GLOBAL.version").partition("-")[0]
        except (RuntimeError, LookupError, OSError):
            return ""

    def done() -> bool:
        # The primary is asked first: what it answers was so when the others are asked.
        primary, *replicas = [version(pod) for pod in pods(s)]
        if primary == new and old in replicas:
            raise AssertionError(f"the primary is {primary}, and its replicas are {replicas}")
        return {primary, *replicas} == {new}

    s.until("all have the new one", done, within=400)
    ready(s)
    s.holds("the primary has waited", "replicas go first" in told(s, FIRST, "mysql"))
    s.holds("until all were there", f"all replicas are of {new} or later" in told(s, FIRST, "mysql"))
    time.sleep(3)
    load.stop()
    acknowledged(s, load, 1000)
    s.until("each is in its place", lambda: placed(s, FIRST), within=30)


def promote(s: Act, primary: str, *settings: str) -> None:
    """While somebody writes; what was acknowledged is there, and applying once more changes nothing."""
    start = 10_000 + rows(s, "mysql")
    load = Load(lambda number: add(s, start + number), pause=0.7)
    time.sleep(3)
    s.render(*settings)
    s.until(f"{primary} is written to, and all others follow it", lambda: placed(s, primary), within=400)
    ready(s)
    time.sleep(3)
    load.stop()
    acknowledged(s, load, start)
    s.holds("its log says so", "is the primary now" in told(s, primary, "join"))
    same = {pod: s.pod(pod) for pod in pods(s)}
    s.render(*settings)
    time.sleep(3)
    s.holds("applying again restarts nobody", all(s.pod(pod) is one for pod, one in same.items()))


def emptied(s: Act, primary: str) -> None:
    """The primary loses its disk: it is filled from a replica before anybody writes to it."""
    s.scene("the primary loses its disk")
    wanted = s.until("the rows can be read", lambda: rows(s, "mysql"), within=30)
    s.hold(primary)
    s.lose(primary)
    s.wipe(SPACE, f"data-{primary}")
    if not s.quick:
        # Nor does the replica have the beginning any more.
        for pod in pods(s):
            if pod != primary:
                at(s, pod, "FLUSH BINARY LOGS")
                last = at(s, pod, "SHOW BINARY LOGS").splitlines()[-1].split()[0]
                at(s, pod, f"PURGE BINARY LOGS TO '{last}'")
    s.release(primary)
    s.until(f"{primary} is written to, and all others follow it", lambda: placed(s, primary), within=300)
    s.holds("all rows are there", rows(s, "mysql") == wanted, wanted)
    add(s, 9000)
    s.until("all have all rows", lambda: everywhere(s, wanted + 1), within=60)


def alone(s: Act) -> None:
    """The promoted one has rows that no other has, and is lost: the first server goes on without it, and it stays out."""
    s.scene("the primary is lost with rows that it alone has")
    others = [pod for pod in pods(s) if pod != "mysql-replica-0"]
    s.hold(*others)
    s.lose(*others)
    add(s, 5000)
    wanted = rows(s, "mysql")
    s.hold("mysql-replica-0")
    s.lose("mysql-replica-0")
    s.render()
    s.release(*others)
    s.until("the first server waits for it", lambda: "may have" in told(s, FIRST, "join"), within=60)
    s.until("and goes on without it", lambda: "becomes the primary without" in told(s, FIRST, "join"), within=300)
    s.ready(SET, within=60)
    add(s, 5001)
    s.holds("the row that it alone had is not there", rows(s, "mysql") == wanted)
    s.release("mysql-replica-0")
    s.until("it stays out", lambda: "and does not follow it" in told(s, "mysql-replica-0", "join"), within=120)
    s.holds("and is not ready", not s.pod("mysql-replica-0").ready)
    s.holds("what it had is still there", at(s, "mysql-replica-0", "SELECT COUNT(*) FROM shop.kept WHERE number = 5000") == "1")
    s.hold("mysql-replica-0")
    s.lose("mysql-replica-0")
    s.wipe(SPACE, "data-mysql-replica-0")
    s.release("mysql-replica-0")
    ready(s)
    s.until("all have all rows", lambda: everywhere(s, wanted), within=60)


def story(s: Act) -> None:
    s.secret(SPACE, "db", **PASSWORDS)
    new = images.version("mysql", s.variant.lines["mysql"])
    s.render(f"mysql.version={earlier(new)}")
    s.invite("mysql")
    s.ready(SET, OTHERS, within=300)
    s.done("mysql-accounts", within=120)
    sql(s, "mysql", "CREATE TABLE kept (number INT PRIMARY KEY)")
    for number in range(20):
        add(s, number)
    s.until("each is in its place", lambda: placed(s, FIRST), within=60)
    s.until("all have all rows", lambda: everywhere(s, 20), within=30)
    lost(s)
    upgrade(s, new)
    s.scene("a replica is promoted")
    promote(s, "mysql-replica-0", "mysql.primary.0=replica-0")
    s.scene("all are lost, and come back")
    s.lose(*pods(s))
    s.ready(SET, OTHERS, within=180)
    s.until("each is in its place", lambda: placed(s, "mysql-replica-0"), within=60)
    emptied(s, "mysql-replica-0")
    if s.quick:
        s.scene("the first server is the primary again")
        promote(s, FIRST)
        return
    alone(s)


def sabotage(objects: list[Manifest]) -> None:
    """The replicas are told that the first server is the primary, whatever the stack says."""
    for one in objects:
        if one["kind"] == "StatefulSet" and one["metadata"]["name"] == "mysql-replica":
            for container in one["spec"]["template"]["spec"]["containers"]:
                container["env"] = [entry | ({"value": FIRST} if entry["name"] == "PRIMARY" else {}) for entry in container["env"]]
                container["env"].append({"name": "SABOTAGED", "value": "1"})
