"""RocketMQ with accounts: nobody comes in without one, apps send and consume and no more, slaves follow, a master is lost."""

from __future__ import annotations

from clients import rocketmq
from plays.rocketmq import NAMES, all_of_group, host
from script import Act, Variant
from stage.values import Manifest

SETTINGS = ("rocketmq.replicas=1", "rocketmq.replication=sync")
VARIANTS = [
    Variant("dev", {"rocketmq": "5.3.3"}, (*SETTINGS, "rocketmq.topics.ordered.type=FIFO")),
    Variant("dev", {"rocketmq": "4.9.7"}, SETTINGS),
]
LIMIT = 900
BROKERS = [f"StatefulSet/rocketmq-broker-{member}" for member in ("a", "a-s")]
ADMIN, CLIENT, PUBLIC = ("shop-admin", "admin-12345"), ("shop-client", "client-12345"), ("RocketMQ", "12345678")
STACK = """
apiVersion: stackgen/v1
kind: Stack
metadata: {name: play, namespace: play}
rocketmq:
  version: "<rocketmq>"
  resources: {cpu: 250m, memory: 1Gi}
  accessControl:
    admin: {user: shop-admin, password: admin-12345}
    client: {user: shop-client, password: client-12345}
  topics: {kept: {queues: 2}, ordered: {}}
"""


def sends(account: tuple[str, str] | None, text: str = "hello") -> rocketmq.Answer:
    rocketmq.account = account
    return rocketmq.send(host("a"), "kept", text)


def story(s: Act) -> None:
    s.render()
    s.ready(NAMES, *BROKERS, within=300)
    s.done("rocketmq-setup", within=240)
    for who, account in (("nobody", None), ("an account that everybody knows", PUBLIC), ("a wrong password", (CLIENT[0], "wrong-12345"))):
        answer = sends(account)
        s.holds(f"{who} cannot send", answer.code != rocketmq.OK, f"{answer.code} {answer.remark[:60]}")
    answer = sends(CLIENT)
    s.holds("the apps' account sends, and the slave has it", answer.code == rocketmq.OK, f"{answer.code} {answer.remark[:60]}")
    rocketmq.account = CLIENT
    answer = rocketmq.make_topic(host("a"), "stray")
    s.holds("it makes no topic", answer.code != rocketmq.OK, f"{answer.code} {answer.remark[:60]}")
    rocketmq.account = ADMIN
    s.holds("the administrator does", rocketmq.make_topic(host("a"), "wanted").code == rocketmq.OK)

    s.scene("the master's node dies: its slave knows topics and accounts")
    rocketmq.account = CLIENT
    s.until("the slave gives what was sent", lambda: rocketmq.pull(host("a-s"), "kept")[1] == ["hello"], within=60)
    s.hold("rocketmq-broker-a-0")
    s.lose("rocketmq-broker-a-0")
    answer, found = rocketmq.pull(host("a-s"), "kept")
    s.holds("it goes on giving it", found == ["hello"], f"{answer.code} {answer.remark[:60]}")
    s.release("rocketmq-broker-a-0")
    s.ready(*BROKERS, within=240)
    s.until("the master takes messages again", lambda: all_of_group(sends(CLIENT, "again")), within=60)
    s.scene("the Job of another stack runs once more")
    s.render("rocketmq.topics.kept.queues=4")
    s.done("rocketmq-setup", within=240)
    s.no_restarts()


def sabotage(objects: list[Manifest]) -> None:
    """The start script does not add the accounts."""
    for one in objects:
        if one["kind"] == "ConfigMap" and "start.sh" in one["data"]:
            one["data"]["start.sh"] = "exec sh mqbroker -c /home/rocketmq/conf/broker.conf\n"
