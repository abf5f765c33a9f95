"""MySQL, a primary with a replica: a first start interrupted, new passwords, replication broken, both restarted, the replica and its disk lost, the primary lost and back; every committed row stays."""

from __future__ import annotations

import copy
import time

from clients.load import Load
from script import SPACE, Act, Variant
from stage.values import Manifest

VARIANTS = [
    Variant("prod", {"mysql": "sid"}),
    Variant("dev", {"mysql": "sid"}, ("mysql.replicas=1",)),
]
LIMIT = 1200
ROOT, SHOP, OTHER = "root password $1", "sh'op \\ \"x\"", "repl`$(x)"
PASSWORDS = {"root": ROOT, "shop": SHOP, "replication": OTHER}
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
mysql:
  version: "<mysql>"
  resources: {cpu: 250m, memory: 1Gi}
  rootPassword: {secret: {name: db, key: root}}
  replicationPassword: {secret: {name: db, key: replication}}
  databases: [shop]
  users: {shop: {password: {secret: {name: db, key: shop}}, databases: [shop]}}
"""


def sql(s: Act, host: str, statement: str, user: str = "shop", database: str = "shop") -> str:
    """As an app asks: from a pod of its own, by the Service's name."""
    words = ["mysql", f"--host={host}", f"--user={user}", "--connect-timeout=3", "--batch", "--skip-column-names", database]
    password = PASSWORDS[user]
    return s.exec(s.visitor(), "env", f"MYSQL_PWD={password}", *words, text=statement).strip()


def rows(s: Act, host: str) -> int:
    return int(sql(s, host, "SELECT COUNT(*) FROM kept"))


def add(s: Act, number: int) -> bool:
    sql(s, "mysql", f"INSERT INTO kept VALUES ({number})")
    return True


def same(s: Act, wanted: int) -> bool:
    """Primary and replica both have every row."""
    return rows(s, "mysql") == rows(s, "mysql-read") == wanted


def own(s: Act, statement: str) -> str:
    """As root, on the replica itself."""
    return s.exec("mysql-replica-0", "env", f"MYSQL_PWD={PASSWORDS['root']}", "mysql", "--user=root", "--batch", "--skip-column-names", text=statement, container="mysql")


def told(s: Act, name: str, container: str) -> str:
    """A container's log."""
    logs = [one.log for one in s.pod(name).containers if one.name == container and one.log.exists()]
    return logs[0].read_text(errors="replace") if logs else ""


def interrupt(s: Act) -> None:
    """The primary's node dies while the image prepares its volume: it begins anew, and root has its password."""
    s.scene("a first start is interrupted")
    folder = s.claim(SPACE, "data-mysql-0")
    s.until("the image has made files", lambda: (folder / "mysql").exists(), within=60)
    s.holds("the first start is marked", (folder / ".first-start").exists())
    s.lose("mysql-0")
    s.until("it begins anew", lambda: "begins anew" in told(s, "mysql-0", "mysql"), within=60)
    s.ready("StatefulSet/mysql", within=180)
    s.holds("the mark is gone", not (folder / ".first-start").exists())


def rotate(s: Act) -> None:
    """All passwords change: a restart and a run of the Job are all it takes."""
    s.scene("all passwords change")
    PASSWORDS.update(root="another for root", shop="another 'shop'", replication="another one")
    s.secret(SPACE, "db", **PASSWORDS)
    for name in ("StatefulSet/mysql", "StatefulSet/mysql-replica"):
        s.restart(name)
    s.rolled("StatefulSet/mysql", within=120)
    (job,) = [one for key, one in s.objects.items() if key.startswith("Job/mysql-accounts")]
    again = copy.deepcopy(job)
    again["metadata"]["name"] = "again"
    s.apply([again])
    s.done("again", within=120)
    s.rolled("StatefulSet/mysql-replica", within=120)
    s.until("the replica logs in with its own", lambda: "following mysql" in told(s, "mysql-replica-0", "join"), within=60)
    s.until("root's is new on the replica", lambda: own(s, "SELECT 1").strip() == "1", within=30)
    s.holds("and made no transaction there", own(s, "SELECT @@GLOBAL.super_read_only").strip() == "1")


def broken(s: Act) -> None:
    """Nobody reads from a replica that receives nothing, or has what its primary lacks; its log says why."""
    unready = lambda: not s.pod("mysql-replica-0").ready  # noqa: E731
    s.scene("the replica receives nothing")
    own(s, "STOP REPLICA IO_THREAD")
    s.until("it is not ready", unready, within=40)
    s.holds("and says why", "the thread that receives has stopped" in told(s, "mysql-replica-0", "join"))
    own(s, "START REPLICA IO_THREAD")
    s.ready("StatefulSet/mysql-replica", within=60)
    s.scene("somebody writes to the replica")
    own(s, "SET GLOBAL super_read_only = OFF; CREATE DATABASE stray; SET GLOBAL super_read_only = ON")
    s.until("it is not ready", unready, within=60)
    s.holds("and says why", "has transactions that mysql" in told(s, "mysql-replica-0", "join"))
    s.hold("mysql-replica-0")
    s.lose("mysql-replica-0")
    s.wipe(SPACE, "data-mysql-replica-0")
    s.release("mysql-replica-0")
    s.ready("StatefulSet/mysql-replica", within=180)


def story(s: Act) -> None:
    s.secret(SPACE, "db", **PASSWORDS)
    s.render()
    interrupt(s)
    s.invite("mysql")
    s.ready("StatefulSet/mysql", within=180)
    s.done("mysql-accounts", within=120)
    s.ready("StatefulSet/mysql-replica", within=120)
    sql(s, "mysql", "CREATE TABLE kept (number INT PRIMARY KEY)")
    for number in range(20):
        add(s, number)
    s.until("the replica has all rows", lambda: same(s, 20), within=20)
    try:
        sql(s, "mysql-read", "INSERT INTO shop.kept VALUES (-1)", user="root")
        raise AssertionError("the replica takes writes, of root at that")
    except RuntimeError as refusal:
        s.holds("the replica refuses writes, even root's", "1290" in str(refusal))

    rotate(s)
    s.until("the replica has all rows", lambda: same(s, 20), within=30)
    broken(s)
    s.until("the replica has all rows", lambda: same(s, 20), within=30)

    s.scene("both are restarted")
    for name in ("StatefulSet/mysql", "StatefulSet/mysql-replica"):
        s.restart(name)
    s.rolled("StatefulSet/mysql", within=120)
    s.rolled("StatefulSet/mysql-replica", within=120)
    add(s, 20)
    s.until("the replica has all rows", lambda: same(s, 21), within=30)

    s.scene("the replica's node dies while somebody writes")
    load = Load(lambda number: add(s, 1000 + number), pause=0.3)
    s.lose("mysql-replica-0")
    s.ready("StatefulSet/mysql-replica", within=120)
    s.holds("writes went on", load.stop() > 5 and not load.bad, load.told())
    wanted = 21 + len(load.good)
    s.until("the replica has all rows", lambda: same(s, wanted), within=30)

    s.scene("the primary's node dies, and its pod comes back with another address")
    before = s.pod("mysql-0").ip
    s.hold("mysql-0")
    s.lose("mysql-0")
    s.holds("its rows can be read meanwhile", rows(s, "mysql-read") == wanted)
    time.sleep(5)
    s.release("mysql-0")
    s.ready("StatefulSet/mysql", within=120)
    s.holds("it has another address", s.pod("mysql-0").ip != before, s.pod("mysql-0").ip)
    add(s, 21)
    s.until("the replica has all rows", lambda: same(s, wanted + 1), within=60)

    s.scene("the replica loses its disk")
    s.hold("mysql-replica-0")
    s.lose("mysql-replica-0")
    s.wipe(SPACE, "data-mysql-replica-0")
    s.release("mysql-replica-0")
    s.ready("StatefulSet/mysql-replica", within=180)
    s.until("the replica has all rows", lambda: same(s, wanted + 1), within=30)
    if s.quick:
        return

    s.scene("the replica loses its disk, and the primary no longer has the beginning of its log")
    sql(s, "mysql", "FLUSH BINARY LOGS", user="root")
    last = sql(s, "mysql", "SHOW BINARY LOGS", user="root").splitlines()[-1].split()[0]
    sql(s, "mysql", f"PURGE BINARY LOGS TO '{last}'", user="root")
    s.hold("mysql-replica-0")
    s.lose("mysql-replica-0")
    s.wipe(SPACE, "data-mysql-replica-0")
    s.release("mysql-replica-0")
    s.ready("StatefulSet/mysql-replica", within=240)
    s.until("the replica has all rows", lambda: same(s, wanted + 1), within=30)


def sabotage(objects: list[Manifest]) -> None:
    """The replica has the server number of its primary."""
    for one in objects:
        if one["kind"] == "StatefulSet" and one["metadata"]["name"] == "mysql-replica":
            for entry in one["spec"]["template"]["spec"]["containers"][0]["env"]:
                if entry["name"] == "FIRST_SERVER_ID":
                    entry["value"] = "1000"
