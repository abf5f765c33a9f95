"""A pod's life: network, volumes, init containers, containers with restarts, its end."""

from __future__ import annotations

import copy
import threading
import time
import traceback
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from stage import node
from stage.container import Container
from stage.environment import NotYet
from stage.names import DOMAIN
from stage.probes import watch
from stage.values import Manifest
from stage.volumes import Volumes

if TYPE_CHECKING:
    from stage.stage import Stage


class Pod:
    """Made by a controller; a replaced one is another pod, with another number and address."""

    def __init__(
        self, stage: Stage, owner: str, space: str, name: str, template: Manifest, revision: str, *, subdomain: str | None = None, claims: dict[str, Path] | None = None
    ) -> None:
        self.stage, self.owner, self.namespace, self.name, self.revision = stage, owner, space, name, revision
        self.spec: Manifest = copy.deepcopy(template["spec"])
        meta = template.get("metadata") or {}
        self.labels, self.annotations = dict(meta.get("labels") or {}), dict(meta.get("annotations") or {})
        self.number = stage.next_number()
        self.uid = str(uuid.uuid4())
        self.node, self.node_ip = stage.place(self)
        self.on_node = bool(self.spec.get("hostNetwork"))
        self.ip = self.node_ip if self.on_node else f"{node.PODS}.{self.number // 250 + 1}.{self.number % 250 + 2}"
        self.network = self.node if self.on_node else f"pod{self.number}"
        self.hostname = str(self.spec.get("hostname") or (self.node if self.on_node else name))
        self.subdomain = self.spec.get("subdomain") or subdomain
        self.grace = float(self.spec.get("terminationGracePeriodSeconds", 30))
        self.live = stage.live / "pods" / f"{name}.{self.number}"
        self.logs = stage.logs / f"{name}.{self.number}"
        self.claims = claims or {}
        self.phase = "Pending"
        self.terminating = threading.Event()
        self.gone = threading.Event()
        self.connected = False
        self.ready_since: float | None = None
        self.failed_at = 0.0
        self.volumes: Volumes | None = None
        self.inits: list[Container] = []
        self.containers: list[Container] = []
        threading.Thread(target=self.live_on, daemon=True).start()

    def note(self, text: str) -> None:
        self.stage.note(f"{self.name} ({self.ip}) {text}")

    @property
    def ready(self) -> bool:
        running = self.phase == "Running" and not self.terminating.is_set()
        now = running and all(one.alive and one.ready for one in self.containers)
        if not now:
            self.ready_since = None
        elif self.ready_since is None:
            self.ready_since = time.monotonic()
        return now

    def available(self, seconds: float) -> bool:
        """Ready, and for so long."""
        return self.ready and self.ready_since is not None and time.monotonic() - self.ready_since >= seconds

    @property
    def restarts(self) -> int:
        return sum(one.restarts for one in self.containers)

    def files(self) -> dict[str, str]:
        """What the kubelet writes into /etc."""
        own = f"{self.hostname}.{self.subdomain}.{self.namespace}.svc.{DOMAIN}\t" if self.subdomain else ""
        more = "".join(f"{entry['ip']}\t{' '.join(entry['hostnames'])}\n" for entry in self.spec.get("hostAliases") or [])
        config = self.spec.get("dnsConfig") or {}
        search = [] if self.spec.get("dnsPolicy") == "None" else [f"{self.namespace}.svc.{DOMAIN}", f"svc.{DOMAIN}", DOMAIN]
        options = {"ndots": "5", **{option["name"]: option.get("value") for option in config.get("options") or []}}
        told = " ".join(name if value is None else f"{name}:{value}" for name, value in options.items())
        return {
            "hostname": f"{self.hostname}\n",
            "hosts": f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{self.ip}\t{own}{self.hostname}\n{more}",
            "resolv.conf": f"nameserver {node.NODE}\nsearch {' '.join([*search, *(config.get('searches') or [])])}\noptions {told}\n",
        }

    def mounts(self, container: Container, env: dict[str, str]) -> list[tuple[str, str, bool]]:
        """The manifest's, below them the image's own volumes."""
        assert self.volumes
        found = self.volumes.mounts(container.spec, env)
        taken = {place for _, place, _ in found}
        for place in container.image.volumes:
            if place not in taken:
                folder = self.live / "anonymous" / container.name / place.strip("/").replace("/", "-")
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o777)
                found.insert(0, (str(folder), place, True))
        return found

    def live_on(self) -> None:
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            while not self.stage.has_room(self) and not self.terminating.wait(0.2):
                pass
            if self.terminating.is_set() or not self.prepare() or not self.initialise():
                return
            if not all(self.begin(one) for one in self.containers):
                return
            self.phase = "Running"
            for one in self.containers:
                watch(one)
            threads = [threading.Thread(target=self.keep, args=(one,), daemon=True) for one in self.containers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if not self.terminating.is_set():
                self.phase = "Succeeded" if all(one.code == 0 for one in self.containers) else "Failed"
                self.failed_at = time.monotonic()
                self.note(self.phase)
        except Exception as problem:  # noqa: BLE001 whatever it is, the pod does not run and the play must know
            self.phase, self.failed_at = "Failed", time.monotonic()
            self.note(f"cannot run: {problem}")
            self.stage.note(traceback.format_exc(), quiet=True)

    def again(self, what: str) -> bool:
        """Waits before another try; false when there is none."""
        self.note(f"waits: {what}")
        return not self.terminating.wait(2)

    def begin(self, one: Container) -> bool:
        """Starts it, once all is there that its variables come from; false when the pod ends before."""
        while not self.terminating.is_set():
            try:
                one.start()
            except NotYet as problem:
                if not self.again(str(problem)):
                    return False
            else:
                return True
        return False

    def prepare(self) -> bool:
        """Network, volumes, images."""
        if not self.on_node:
            node.connect(self.network, self.ip, self.number)
        self.connected = True
        while True:
            try:
                self.volumes = Volumes(self, self.claims)
                self.inits = [Container(self, spec) for spec in self.spec.get("initContainers") or []]
                self.containers = [Container(self, spec) for spec in self.spec["containers"]]
                return not self.terminating.is_set()
            except NotYet as problem:
                if not self.again(str(problem)):
                    return False

    def initialise(self) -> bool:
        """One after the other; each again until it succeeds, unless nothing is ever restarted."""
        for one in self.inits:
            while True:
                if not self.begin(one):
                    return False
                assert one.process
                one.process.wait()
                if self.terminating.is_set():
                    return False
                if one.code == 0:
                    break
                self.note(f"init {one.name} exited {one.code}\n{one.tail()}")
                if self.spec.get("restartPolicy") == "Never":
                    self.phase, self.failed_at = "Failed", time.monotonic()
                    return False
                one.restarts += 1
                if self.terminating.wait(pause(one.restarts)):
                    return False
        return True

    def keep(self, one: Container) -> None:
        """Starts it again when it ends, later each time."""
        policy = self.spec.get("restartPolicy", "Always")
        while True:
            assert one.process
            one.process.wait()
            one.ready = False
            if self.terminating.is_set() or policy == "Never" or (policy == "OnFailure" and one.code == 0):
                return
            memory = ", killed for memory" if node.killed_for_memory(one.group) else ""
            self.note(f"{one.name} exited {one.code}{memory} after {time.monotonic() - one.begun:.0f} s\n{one.tail()}")
            one.restarts += 1
            if self.terminating.wait(pause(one.restarts)):
                return
            if not self.begin(one):
                return
            watch(one)

    def delete(self, grace: float | None = None) -> None:
        """As `kubectl delete pod`: out of the endpoints at once, then the containers end side by side."""
        if self.terminating.is_set():
            self.gone.wait()
            return
        self.terminating.set()
        everybody = [*self.containers, *self.inits]
        for one in everybody:
            one.stopping.set()
        threads = [threading.Thread(target=one.stop, args=(self.grace if grace is None else grace,)) for one in everybody]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in everybody:
            one.kill()
        if self.connected and not self.on_node:
            node.disconnect(self.network)
        if self.volumes:
            self.volumes.close()
        self.phase = "Gone"
        self.gone.set()


def pause(restarts: int) -> float:
    """The kubelet's: the first time at once, then 10 s, 20 s, … five minutes at most."""
    return 0 if restarts < 2 else min(10 * 2 ** (restarts - 2), 300)
