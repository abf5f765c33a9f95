"""Start-up, readiness and liveness, as the kubelet asks and judges."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING

from stage.values import Manifest

if TYPE_CHECKING:
    from stage.container import Container


def ask(container: Container, probe: Manifest, timeout: float) -> tuple[int, str]:
    """One question: 0 is good."""
    try:
        if "exec" in probe:
            return container.run(probe["exec"]["command"], timeout)
        if "tcpSocket" in probe:
            socket.create_connection((container.pod.ip, container.port(probe["tcpSocket"]["port"])), timeout).close()
            return 0, ""
        if "httpGet" in probe:
            return get(container, probe["httpGet"], timeout)
    except (OSError, LookupError, http.client.HTTPException) as problem:
        return 1, f"{type(problem).__name__}: {problem}"
    raise ValueError(f"a probe of another kind: {probe}")


def get(container: Container, action: Manifest, timeout: float) -> tuple[int, str]:
    link = http.client.HTTPConnection(action.get("host") or container.pod.ip, container.port(action["port"]), timeout=timeout)
    headers = {header["name"]: header["value"] for header in action.get("httpHeaders") or []}
    try:
        link.request("GET", action.get("path", "/"), headers={"User-Agent": "kube-probe/1.34", "Accept": "*/*", **headers})
        answer = link.getresponse()
        text = answer.read(10240).decode(errors="replace")
    finally:
        link.close()
    return (0 if 200 <= answer.status < 400 else 1), f"{answer.status} {text[:120]!r}"


def watch(container: Container) -> None:
    """The probes of one life of the container, a thread each."""
    container.started = "startupProbe" not in container.spec
    container.ready = container.started and "readinessProbe" not in container.spec
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        if kind in container.spec:
            threading.Thread(target=Worker(container, kind).work, daemon=True).start()


class Worker:
    """One probe of one life."""

    def __init__(self, container: Container, kind: str) -> None:
        self.container, self.kind, self.probe = container, kind, container.spec[kind]
        self.life: int = container.restarts
        self.good = self.bad = 0

    @property
    def over(self) -> bool:
        one = self.container
        return not one.alive or self.life != one.restarts or one.stopping.is_set()

    def work(self) -> None:
        one, probe = self.container, self.probe
        while not self.over:
            early = time.monotonic() - one.begun < probe.get("initialDelaySeconds", 0)
            if early or (self.kind != "startupProbe" and not one.started):
                time.sleep(0.1)
                continue
            if self.kind == "startupProbe" and one.started:
                return
            code, said = ask(one, probe, probe.get("timeoutSeconds", 1))
            if self.over or self.judge(code, said.strip()):
                return
            time.sleep(probe.get("periodSeconds", 10))

    def judge(self, code: int, said: str) -> bool:
        """Counts, and does what follows; true when this life is over."""
        one, probe = self.container, self.probe
        self.good, self.bad = (self.good + 1, 0) if code == 0 else (0, self.bad + 1)
        if code and (self.kind == "livenessProbe" or one.ready):
            one.pod.note(f"{one.name}: {self.kind} failed ({self.bad}): {said[-200:]}")
        if self.good >= probe.get("successThreshold", 1):
            if self.kind == "startupProbe":
                one.started = True
                one.ready = "readinessProbe" not in one.spec
            elif self.kind == "readinessProbe" and not one.ready:
                one.ready = True
                one.pod.note(f"{one.name}: ready after {time.monotonic() - one.begun:.1f} s")
        if self.bad < probe.get("failureThreshold", 3):
            return False
        if self.kind == "readinessProbe":
            if one.ready:
                one.pod.note(f"{one.name}: not ready any more: {said[-200:]}")
            one.ready = False
            return False
        one.pod.note(f"{one.name}: killed by its {self.kind}: {said[-300:]}")
        one.stop(probe.get("terminationGracePeriodSeconds", one.pod.grace))
        return True
