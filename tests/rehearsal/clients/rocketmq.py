"""RocketMQ: a few commands of its remoting protocol."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import socket
import struct
import time
from dataclasses import dataclass, field

OK, FLUSH_SLAVE_TIMEOUT, SLAVE_NOT_AVAILABLE, TOPIC_NOT_EXIST = 0, 12, 11, 17
SEND, PULL, MAKE_TOPIC, ROUTE, CLUSTER = 10, 11, 17, 105, 106
numbers = itertools.count(1)


@dataclass
class Answer:
    code: int
    remark: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


# An access key and its secret, with which all requests are signed; nobody's where there is none.
account: tuple[str, str] | None = None


def signed(named: dict[str, str], body: bytes) -> dict[str, str]:
    """As AclClientRPCHook does it: all values in the order of their names, and the body."""
    if account is None:
        return named
    named = {**named, "AccessKey": account[0]}
    text = "".join(named[key] for key in sorted(named)).encode() + body
    digest = hmac.new(account[1].encode(), text, hashlib.sha1).digest()
    return {**named, "Signature": base64.b64encode(digest).decode()}


def ask(host: str, port: int, code: int, fields: dict[str, object] | None = None, body: bytes = b"", timeout: float = 12) -> Answer:
    """One request on a connection of its own."""
    named = signed({key: str(value) for key, value in (fields or {}).items()}, body)
    request = {"code": code, "language": "JAVA", "version": 401, "opaque": next(numbers), "flag": 0, "serializeTypeCurrentRPC": "JSON", "extFields": named}
    header = json.dumps(request).encode()
    with socket.create_connection((host, port), timeout) as link:
        link.settimeout(timeout)
        link.sendall(struct.pack(">II", 4 + len(header) + len(body), len(header)) + header + body)
        data = b""
        while len(data) < 4 or len(data) < 4 + struct.unpack(">I", data[:4])[0]:
            more = link.recv(65536)
            if not more:
                raise ConnectionError("closed without an answer")
            data += more
    size = struct.unpack(">I", data[4:8])[0] & 0xFFFFFF
    head = json.loads(data[8 : 8 + size])
    return Answer(head["code"], head.get("remark") or "", head.get("extFields") or {}, data[8 + size :])


def send(host: str, topic: str, text: str, queue: int = 0) -> Answer:
    fields: dict[str, object] = {
        "producerGroup": "play", "topic": topic, "defaultTopic": "TBW102", "defaultTopicQueueNums": 4, "queueId": queue, "sysFlag": 0,
        "bornTimestamp": int(time.time() * 1000), "flag": 0, "properties": "", "reconsumeTimes": 0, "unitMode": "false", "batch": "false",
    }  # fmt: skip
    return ask(host, 10911, SEND, fields, text.encode())


def pull(host: str, topic: str, queue: int = 0) -> tuple[Answer, list[str]]:
    """Everything in a queue, from its beginning."""
    found: list[str] = []
    while True:
        fields: dict[str, object] = {
            "consumerGroup": "play", "topic": topic, "queueId": queue, "queueOffset": len(found), "maxMsgNums": 32, "sysFlag": 4,
            "commitOffset": 0, "suspendTimeoutMillis": 1000, "subscription": "*", "subVersion": 0, "expressionType": "TAG",
        }  # fmt: skip
        answer = ask(host, 10911, PULL, fields)
        if answer.code != OK:
            return answer, found
        at = 0
        while at + 4 <= len(answer.body):
            (size,) = struct.unpack(">I", answer.body[at : at + 4])
            # 84 bytes of a fixed form, then the length of the text and the text.
            (length,) = struct.unpack(">I", answer.body[at + 84 : at + 88])
            found.append(answer.body[at + 88 : at + 88 + length].decode())
            at += size


def make_topic(host: str, topic: str) -> Answer:
    fields: dict[str, object] = {"topic": topic, "defaultTopic": "TBW102", "readQueueNums": 2, "writeQueueNums": 2, "perm": 6, "topicFilterType": "SINGLE_TAG", "topicSysFlag": 0, "order": "false"}
    return ask(host, 10911, MAKE_TOPIC, fields)


def members(name_server: str) -> str:
    """What a NameServer knows of the cluster, as its own text: JSON whose numbers are keys."""
    return ask(name_server, 9876, CLUSTER).body.decode()
