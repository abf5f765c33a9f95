"""A Service's own address: a listener that hands each connection to one of the ready pods, as kube-proxy does."""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
from collections.abc import Callable

# (address, port) of everybody who takes connections now.
Backends = Callable[[], list[tuple[str, int]]]


class Proxy:
    """One TCP port of one Service."""

    def __init__(self, ip: str, port: int, backends: Backends) -> None:
        self.backends = backends
        self.listener = socket.create_server((ip, port), backlog=256)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        """Bytes in both directions until one side is done. Who is there, nobody tries twice: neither does kube-proxy."""
        there = self.backends()
        try:
            server = socket.create_connection(random.choice(there), 5) if there else None
        except OSError:
            server = None
        if server is None:
            # Refused, not closed: so that callers see what they would see.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return
        server.settimeout(None)
        ends = {client: server, server: client}
        try:
            while ends:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if data:
                        ends[end].sendall(data)
                        continue
                    ends.pop(end)
                    (server if end is client else client).shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            client.close()
            server.close()
