"""Redis: one server, and a cluster whose redirections are followed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from typing import Any


class Refused(RuntimeError):
    """What the server said instead of an answer."""


class Redis:
    """One connection."""

    def __init__(self, host: str, port: int = 6379, password: str = "", timeout: float = 4) -> None:
        self.link = socket.create_connection((host, port), timeout)
        self.stream = self.link.makefile("rb")
        if password:
            self.ask("AUTH", password)

    def ask(self, *words: object) -> Any:
        parts = [str(word).encode() for word in words]
        self.link.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self.answer()

    def answer(self) -> Any:
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has gone")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise Refused(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self.stream.read(int(rest) + 2)[:-2].decode() if rest != "-1" else None
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        return rest

    def close(self) -> None:
        self.link.close()


class RedisCluster:
    """Asks whoever answers, goes where it is sent, tries for a while: as clients of clusters do."""

    def __init__(self, hosts: Iterable[str], password: str, patience: float = 60) -> None:
        self.hosts, self.password, self.patience = list(hosts), password, patience
        self.links: dict[tuple[str, int], Redis] = {}

    def at(self, host: str, port: int) -> Redis:
        if (host, port) not in self.links:
            self.links[host, port] = Redis(host, port, self.password)
        return self.links[host, port]

    def drop(self, place: tuple[str, int]) -> None:
        if place in self.links:
            self.links.pop(place).close()

    def once(self, place: tuple[str, int], words: tuple[object, ...]) -> Any:
        for _ in range(5):
            try:
                return self.at(*place).ask(*words)
            except Refused as refusal:
                kind, *rest = str(refusal).split()
                if kind not in ("MOVED", "ASK"):
                    raise
                host, _, port = rest[1].rpartition(":")
                place = (host or place[0], int(port))
                if kind == "ASK":
                    self.at(*place).ask("ASKING")
            except OSError:
                self.drop(place)
                raise
        raise Refused("sent around in a circle")

    def ask(self, *words: object) -> Any:
        begun, turn = time.monotonic(), 0
        while True:
            place = (self.hosts[turn % len(self.hosts)], 6379)
            turn += 1
            try:
                return self.once(place, words)
            except (OSError, Refused):
                if time.monotonic() - begun > self.patience:
                    raise
                time.sleep(0.2)
