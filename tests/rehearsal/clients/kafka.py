"""Kafka: a producer that counts what was acknowledged, and a reader that looks for all of it."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

logging.getLogger("kafka").setLevel(logging.CRITICAL)


def admin(servers: str) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=30000)


def create(servers: str, name: str, partitions: int, copies: int) -> bool:
    asked = admin(servers)
    try:
        asked.create_topics([NewTopic(name, partitions, copies)])
    finally:
        asked.close()
    return True


def in_sync(servers: str, topic: str) -> list[int]:
    """For each partition, how many copies are up to date."""
    asked = admin(servers)
    try:
        (told,) = asked.describe_topics([topic])
    finally:
        asked.close()
    return [len(part.get("isr_nodes") or part.get("isr") or []) for part in told["partitions"]]


class Producer:
    """Sends numbers, acknowledged by all copies, until it is stopped."""

    def __init__(self, servers: str, topic: str, pause: float = 0.05) -> None:
        self.topic, self.pause = topic, pause
        self.good: set[str] = set()
        self.bad: list[str] = []
        self.sent = 0
        self.over = threading.Event()
        self.producer = KafkaProducer(
            bootstrap_servers=servers, acks="all", retries=1000, delivery_timeout_ms=180000, request_timeout_ms=20000, linger_ms=20, max_block_ms=60000
        )
        self.thread = threading.Thread(target=self.work, daemon=True)

    def put(self) -> None:
        text = f"message-{self.sent}"
        self.sent += 1
        sent = self.producer.send(self.topic, text.encode())
        sent.add_callback(lambda _: self.good.add(text))
        sent.add_errback(lambda problem: self.bad.append(f"{text}: {problem}"))

    def work(self) -> None:
        while not self.over.wait(self.pause):
            try:
                self.put()
            except Exception as problem:  # noqa: BLE001 a failure is what is counted
                self.bad.append(f"{type(problem).__name__}: {problem}")

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.over.set()
        self.thread.join(90)
        self.producer.flush(180)

    def told(self) -> str:
        return f"{self.sent} sent, {len(self.good)} acknowledged, {len(self.bad)} failed {self.bad[:2] or ''}"


def read_all(servers: str, topic: str, wanted: set[str], patience: float = 90) -> set[str]:
    """What a group reads from the beginning, until it has all that is wanted: the first group of a cluster waits for its coordinator."""
    options: dict[str, Any] = {"auto_offset_reset": "earliest", "consumer_timeout_ms": 3000, "group_id": "readers", "enable_auto_commit": False}
    reader = KafkaConsumer(topic, bootstrap_servers=servers, **options)
    found: set[str] = set()
    begun = time.monotonic()
    while not wanted <= found and time.monotonic() - begun < patience:
        found |= {message.value.decode() for message in reader}
    reader.close()
    return found
