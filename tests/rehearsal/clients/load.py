"""Somebody who does the same thing again and again while the story goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Load:
    """Calls `once` with a number, until it is stopped; remembers what was acknowledged and what failed."""

    def __init__(self, once: Callable[[int], bool], pause: float = 0.1) -> None:
        self.once, self.pause = once, pause
        self.good: list[int] = []
        self.bad: list[str] = []
        self.longest = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self) -> None:
        number = 0
        while not self.over.wait(self.pause):
            begun = time.monotonic()
            try:
                if self.once(number):
                    self.good.append(number)
                else:
                    self.bad.append(f"{number}: no")
            except Exception as problem:  # noqa: BLE001 a failure is what is counted
                self.bad.append(f"{number}: {type(problem).__name__}: {problem}")
            self.longest = max(self.longest, time.monotonic() - begun)
            number += 1

    def stop(self) -> int:
        """How many were acknowledged."""
        self.over.set()
        self.thread.join(90)
        return len(self.good)

    def told(self) -> str:
        return f"{len(self.good)} good, {len(self.bad)} failed, the longest {self.longest:.1f} s {self.bad[:3] or ''}"
