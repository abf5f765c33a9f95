"""One container of a pod: its process, what may be run beside it, its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stage import node
from stage.environment import environment, identity
from stage.values import Manifest, amount, expand

if TYPE_CHECKING:
    from stage.pod import Pod

PYTHON = os.path.realpath(sys.executable)
INSIDE = Path(__file__).with_name("inside.py")


class Container:
    def __init__(self, pod: Pod, spec: Manifest) -> None:
        self.pod, self.spec, self.name = pod, spec, spec["name"]
        self.image = pod.stage.image(spec["image"])
        self.live = pod.live / self.name
        self.log = pod.logs / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.pid = 0
        self.restarts: int = 0
        self.begun = 0.0
        self.started = self.ready = False
        self.stopping = threading.Event()
        self.group: Path | None = None

    def start(self) -> None:
        """A fresh root, then the image's entrypoint with the manifest's command, arguments and variables."""
        who = identity(self.pod, self.spec, self.image.user)
        env = environment(self.pod, self.spec, self.image, who["uid"])
        shutil.rmtree(self.live, ignore_errors=True)
        for name in ("root", "upper", "work"):
            (self.live / name).mkdir(parents=True)
        limit = (self.spec.get("resources") or {}).get("limits", {}).get("memory")
        self.group = node.group(f"{self.pod.name}-{self.pod.number}-{self.name}", amount(limit) if limit else None)
        spec = {
            **who,
            **{name: str(self.live / name) for name in ("root", "upper", "work")},
            "layers": [str(layer) for layer in self.image.layers],
            "mounts": self.pod.mounts(self, env),
            "files": self.pod.files(),
            "hostname": self.pod.hostname,
            "workdir": self.spec.get("workingDir") or self.image.workdir,
            "cgroup": str(self.group or ""),
            "env": env,
            "line": self.line(env),
        }
        (self.live / "spec.json").write_text(json.dumps(spec))
        hidden = ["unshare", "-m", "-u", "-i", "-p", "-f", "--kill-child=SIGKILL"]
        words = ["nsenter", f"--net=/run/netns/{self.pod.network}", *hidden, PYTHON, "-IS", str(INSIDE), "start", str(self.live / "spec.json")]
        with self.log.open("ab") as log:
            log.write(f"--- start {self.restarts} at {self.pod.stage.now():.1f}\n".encode())
            log.flush()
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.begun, self.started, self.ready = time.monotonic(), False, False
        self.pid = self.first()

    def line(self, env: dict[str, str]) -> list[str]:
        """`command` replaces the image's entrypoint and drops its arguments; `args` replace only those."""
        args = self.spec.get("args")
        if self.spec.get("command"):
            words = self.spec["command"] + (args or [])
        else:
            words = self.image.entrypoint + (args if args is not None else self.image.cmd)
        return [expand(str(word), env) for word in words]

    def first(self) -> int:
        """The process that is number 1 inside."""
        assert self.process
        for _ in range(400):
            try:
                kids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            except OSError:
                break
            if kids:
                return int(kids[0])
            time.sleep(0.005)
        return 0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def code(self) -> int | None:
        """As a shell counts: 128 and the signal."""
        code = self.process.returncode if self.process else None
        return code if code is None or code >= 0 else 128 - code

    def run(self, words: list[str], timeout: float | None = None, text: str | None = None) -> tuple[int, str]:
        """A command beside the process, as `kubectl exec` and the kubelet run one: (exit code, what it said)."""
        if not self.alive or not self.pid:
            return 255, "the container does not run"
        enter = ["nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p"]
        line = [*enter, PYTHON, "-IS", str(INSIDE), "exec", str(self.live / "spec.json"), *words]
        process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.PIPE if text else subprocess.DEVNULL, start_new_session=True
        )
        try:
            out, _ = process.communicate(text.encode() if text else None, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return 124, f"no answer within {timeout} s"
        return process.returncode, out.decode(errors="replace")

    def signal(self, number: int) -> None:
        if self.alive and self.pid:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def stop(self, grace: float) -> None:
        """preStop, SIGTERM, SIGKILL when the time is up; the hook's time is part of it, as of the kubelet."""
        if not self.alive:
            return
        begun, told = time.monotonic(), []
        hook = (self.spec.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0:
            code, said = self.hook(hook, grace)
            told.append(f"preStop {time.monotonic() - begun:.1f} s{f', code {code}: {said.strip()[-200:]}' if code else ''}")
        if self.alive and grace > 0:
            term = time.monotonic()
            self.signal(signal.SIGTERM)
            try:
                assert self.process
                self.process.wait(max(grace - (term - begun), 2))
                told.append(f"SIGTERM {time.monotonic() - term:.1f} s, code {self.code}")
            except subprocess.TimeoutExpired:
                told.append(f"SIGKILL, for the grace of {grace} s was over")
        self.kill()
        self.pod.note(f"{self.name} stopped: {'; '.join(told) or 'killed'}")

    def kill(self) -> None:
        if self.alive:
            assert self.process
            self.signal(signal.SIGKILL)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def hook(self, action: Manifest, timeout: float) -> tuple[int, str]:
        from stage.probes import ask

        if "sleep" in action:
            time.sleep(min(action["sleep"]["seconds"], timeout))
            return 0, ""
        return ask(self, action, timeout)

    def port(self, port: int | str) -> int:
        """A port by its number or name."""
        if isinstance(port, int):
            return port
        for entry in self.spec.get("ports") or []:
            if entry.get("name") == port:
                return int(entry["containerPort"])
        raise LookupError(f"no port is called {port}")

    def tail(self, lines: int = 8) -> str:
        """The end of what it said."""
        text = self.log.read_bytes()[-6000:].decode(errors="replace") if self.log.exists() else ""
        kept = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
        return "\n".join(f"        | {line[:300]}" for line in kept[-lines:])
