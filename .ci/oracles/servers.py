"""Starting real servers for a moment: free ports, a process that always ends, small clients.

Everything listens on 127.0.0.1 only, has a deadline, and is stopped by its own process id.
"""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")
HOST = "127.0.0.1"


def free_port(above: int = 20000, also: int = 0) -> int:
    """A port nobody listens on; with `also`, port + also is free too (redis' bus)."""
    for port in range(above, 50000):
        try:
            for candidate in {port, port + also}:
                with socket.socket() as probe:
                    probe.bind((HOST, candidate))
        except OSError:
            continue
        if port not in _given:
            _given.update({port, port + also})
            return port
    raise SystemExit("no free port on 127.0.0.1")


_given: set[int] = set()


@contextmanager
def running(command: list[str], log: Path, cwd: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """Starts a server, hands it over, stops it: politely, then not."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd, env=env
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(ask: Callable[[], Answer | None], seconds: float, alive: Callable[[], bool] = lambda: True) -> Answer | None:
    """Asks until there is an answer, the time is up, or the server is gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = ask()
        except OSError:
            answer = None
        if answer is not None:
            return answer
        if not alive():
            return None
        time.sleep(0.1)
    return None


def last_words(log: Path, lines: int = 6) -> str:
    """The end of a log, for the complaint; without the frames of Java's stack traces and its chatter."""
    noise = re.compile(r"\s+(at |\.\.\. )|\[\S+\] INFO ")
    kept = [line for line in log.read_text(errors="replace").splitlines() if not noise.match(line)]
    return "\n".join(f"        | {line}" for line in kept[-lines:])


class Redis:
    """As much of a redis client as five commands need."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=5)
        self.stream = self.socket.makefile("rb")

    def __enter__(self) -> Redis:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.socket.close()

    def ask(self, *words: str) -> object:
        parts = [word.encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self._answer()

    def _answer(self) -> object:
        line = self.stream.readline().rstrip(b"\r\n").decode()
        if not line:
            raise ConnectionError("the server hung up")
        kind, rest = line[0], line[1:]
        if kind == "$":
            return None if rest == "-1" else self.stream.read(int(rest) + 2)[:-2].decode()
        if kind == "*":
            return [self._answer() for _ in range(max(int(rest), 0))]
        return f"-{rest}" if kind == "-" else rest


def four_letters(port: int, word: str) -> str:
    """ZooKeeper's oldest interface."""
    with socket.create_connection((HOST, port), timeout=3) as connection:
        connection.sendall(word.encode())
        connection.settimeout(3)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    return answer.decode(errors="replace")
