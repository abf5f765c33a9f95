"""The cluster's DNS: Services, headless names of pods, and the way back from addresses.

As CoreDNS answers with `kubernetes` and its usual cache: what it said stays true for five seconds, absence too.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable

DOMAIN = "cluster.local"
KEPT = 5.0
A, PTR, SRV, SOA = 1, 12, 33, 6

# Records of a name: (type, data); None where there is no such name.
Records = list[tuple[int, bytes]] | None


def packed(name: str) -> bytes:
    """A name as it travels."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def address(ip: str) -> tuple[int, bytes]:
    return A, socket.inet_aton(ip)


def pointer(name: str) -> tuple[int, bytes]:
    return PTR, packed(name)


class Names:
    """Answers on UDP and TCP until the process ends."""

    def __init__(self, ip: str, resolve: Callable[[str], Records]) -> None:
        self.resolve = resolve
        self.kept: dict[str, tuple[float, Records]] = {}
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((ip, 53))
        self.streams = socket.create_server((ip, 53))
        threading.Thread(target=self.udp, daemon=True).start()
        threading.Thread(target=self.tcp, daemon=True).start()

    def look_up(self, name: str) -> Records:
        """From memory, if that is fresh."""
        now = time.monotonic()
        when, found = self.kept.get(name, (-KEPT, None))
        if now - when >= KEPT:
            found = self.resolve(name)
            self.kept[name] = (now, found)
        return found

    def answer(self, query: bytes) -> bytes:
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
            at += query[at] + 1
        (kind,) = struct.unpack(">H", query[at + 1 : at + 3])
        question = query[12 : at + 5]
        found = self.look_up(".".join(labels).lower())
        answers = [record for record in found or [] if record[0] == kind]
        body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", of, 1, int(KEPT), len(data)) + data for of, data in answers)
        authority = b""
        if not answers:
            data = packed(f"ns.dns.{DOMAIN}") + packed(f"hostmaster.{DOMAIN}") + struct.pack(">IIIII", 1, 7200, 1800, 86400, int(KEPT))
            authority = packed(DOMAIN) + struct.pack(">HHIH", SOA, 1, int(KEPT), len(data)) + data
        flags = 0x8580 if found is not None else 0x8583
        counts = struct.pack(">HHHHH", flags, 1, len(answers), 0 if answers else 1, 0)
        return query[:2] + counts + question + body + authority

    def udp(self) -> None:
        while True:
            query, peer = self.datagrams.recvfrom(4096)
            try:
                self.datagrams.sendto(self.answer(query), peer)
            except (IndexError, OSError, struct.error):
                continue

    def tcp(self) -> None:
        while True:
            link, _ = self.streams.accept()
            with link:
                try:
                    link.settimeout(2)
                    (size,) = struct.unpack(">H", link.recv(2))
                    said = self.answer(link.recv(size))
                    link.sendall(struct.pack(">H", len(said)) + said)
                except (IndexError, OSError, struct.error):
                    continue
