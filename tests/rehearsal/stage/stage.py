"""The stage that plays are given: objects go in, pods come up, and a story can ask and disturb."""

from __future__ import annotations

import base64
import copy
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import yaml

from images import Image, find
from stage import controllers, node
from stage.names import DOMAIN, Names, Records, address, pointer
from stage.pod import Pod
from stage.services import Proxy
from stage.values import Manifest, digest, key_of, namespace


class Stage:
    def __init__(self, folder: Path, nodes: int = 3) -> None:
        self.live, self.logs = folder / "live", folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.nodes = [f"node-{number}" for number in range(1, nodes + 1)]
        self.begun = time.monotonic()
        self.lock = threading.RLock()
        self.objects: dict[str, Manifest] = {}
        self.before: dict[str, Manifest] = {}
        self.pods: list[Pod] = []
        self.number = 0
        self.addresses: dict[str, str] = {}
        self.held: set[str] = set()
        self.over = threading.Event()
        self.events = (folder / "events.log").open("w", buffering=1)
        self.images: dict[str, Image] = {}

    def open(self, search: str) -> None:
        node.furnish(self.live, search)
        for number, name in enumerate(self.nodes):
            node.connect(name, self.node_address(name), 9000 + number)
        Names(node.NODE, self.resolve)
        threading.Thread(target=self.control, daemon=True).start()

    def close(self) -> None:
        """Everything ends without grace: the story is over."""
        self.over.set()
        threads = [threading.Thread(target=pod.delete, args=(0,), daemon=True) for pod in self.everybody()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    # --- what is written down ----------------------------------------------------------------------------------------
    def now(self) -> float:
        return time.monotonic() - self.begun

    def note(self, text: str, *, quiet: bool = False) -> None:
        line = f"{self.now():7.1f}  {text}\n"
        self.events.write(line)
        if not quiet:
            sys.stdout.write(line)

    # --- objects -----------------------------------------------------------------------------------------------------
    def apply(self, text: str | list[Manifest]) -> None:
        """As `kubectl apply`: what is new is made, what differs is changed, what is missing stays."""
        documents = list(yaml.safe_load_all(text)) if isinstance(text, str) else text
        for one in documents:
            if not one or one["kind"] == "List":
                self.apply((one or {}).get("items") or [])
                continue
            key = key_of(one)
            with self.lock:
                old = self.objects.get(key)
                if old:
                    controllers.refuse_fixed(old, one)
                if old and "template" in one.get("spec", {}) and digest(old["spec"]["template"]) != digest(one["spec"]["template"]):
                    self.before[key] = old
                self.objects[key] = copy.deepcopy(one)
            if one["kind"] == "Service":
                self.expose(one)

    def edit(self, key: str, change: Callable[[Manifest], None]) -> None:
        """As `kubectl edit`."""
        one = copy.deepcopy(self.objects[key])
        change(one)
        self.apply([one])

    def secret(self, space: str, name: str, **values: str) -> None:
        """A Secret that the user makes by hand."""
        self.apply([{"kind": "Secret", "metadata": {"name": name, "namespace": space}, "stringData": values}])

    def data(self, kind: str, space: str, name: str) -> dict[str, bytes] | None:
        """What a ConfigMap or Secret holds; None where there is none."""
        one = self.objects.get(f"{kind}/{name}")
        if one is None or namespace(one) != space:
            return None
        held = {key: str(value).encode() for key, value in (one.get("data") or {}).items()}
        if kind == "Secret":
            held = {key: base64.b64decode(value) for key, value in held.items()}
            held |= {key: str(value).encode() for key, value in (one.get("stringData") or {}).items()}
        return held | {key: base64.b64decode(value) for key, value in (one.get("binaryData") or {}).items()}

    def image(self, name: str) -> Image:
        with self.lock:
            if name not in self.images:
                self.images[name] = find(name)
            return self.images[name]

    def claim(self, space: str, name: str) -> Path:
        return self.live / "claims" / space / name

    # --- pods --------------------------------------------------------------------------------------------------------
    def next_number(self) -> int:
        with self.lock:
            self.number += 1
            return self.number

    def add(self, pod: Pod) -> None:
        with self.lock:
            self.pods.append(pod)

    def everybody(self) -> list[Pod]:
        with self.lock:
            return [pod for pod in self.pods if not pod.gone.is_set()]

    def owned(self, owner: str, *, gone: bool = False) -> list[Pod]:
        with self.lock:
            return [pod for pod in self.pods if pod.owner == owner and (gone or not pod.gone.is_set())]

    def place(self, pod: Pod) -> tuple[str, str]:
        """A node for a pod and the node's address: the named one, or one after the other."""
        where = str(pod.spec.get("nodeName") or self.nodes[pod.number % len(self.nodes)])
        return where, self.node_address(where)

    def node_address(self, name: str) -> str:
        return f"{node.PODS}.0.{11 + self.nodes.index(name)}"

    def has_room(self, pod: Pod) -> bool:
        return pod.name not in self.held

    def control(self) -> None:
        while not self.over.wait(0.2):
            with self.lock:
                wanted = [(step, key) for key in self.objects if (step := controllers.STEPS.get(key.split("/")[0]))]
            for step, key in wanted:
                try:
                    step(self, self.objects[key], self.before.get(key))
                except Exception:  # noqa: BLE001 the others go on
                    self.note(traceback.format_exc())

    # --- Services and names ------------------------------------------------------------------------------------------
    def endpoints(self, service: Manifest) -> list[Pod]:
        """Who takes part now: ready ones, or all that have an address where the Service says so."""
        spec, space = service["spec"], namespace(service)
        selector = spec.get("selector")
        if not selector:
            return []
        early = spec.get("publishNotReadyAddresses")
        found = []
        for pod in self.everybody():
            if pod.namespace != space or any(pod.labels.get(key) != value for key, value in selector.items()):
                continue
            if pod.ready or (early and pod.connected and pod.phase in ("Pending", "Running")):
                found.append(pod)
        return found

    def expose(self, service: Manifest) -> None:
        """Gives a Service its address and listeners, once."""
        key, spec = key_of(service), service["spec"]
        if spec.get("clusterIP") == "None" or key in self.addresses or spec.get("type") == "ExternalName":
            return
        number = len(self.addresses) + 1
        ip = self.addresses[key] = f"{node.SERVICES}.{number // 250}.{number % 250 + 1}"
        node.tell("ip", "addr", "add", f"{ip}/32", "dev", "lo")
        for port in spec["ports"]:
            if port.get("protocol", "TCP") == "TCP":
                Proxy(ip, port["port"], self.behind(key, port["port"]))

    def behind(self, key: str, port: int) -> Callable[[], list[tuple[str, int]]]:
        def backends() -> list[tuple[str, int]]:
            service = self.objects[key]
            entry: Manifest = next((one for one in service["spec"]["ports"] if one["port"] == port), {})
            found = []
            for pod in self.endpoints(service):
                for one in pod.containers:
                    try:
                        found.append((pod.ip, one.port(entry.get("targetPort", port))))
                        break
                    except LookupError:
                        continue
            return found

        return backends

    def links(self, space: str) -> dict[str, str]:
        """The variables of enableServiceLinks."""
        found: dict[str, str] = {}
        for key, ip in self.addresses.items():
            service = self.objects[key]
            if namespace(service) != space:
                continue
            word = service["metadata"]["name"].upper().replace("-", "_")
            for index, port in enumerate(service["spec"]["ports"]):
                to = f"{port.get('protocol', 'TCP').lower()}://{ip}:{port['port']}"
                if index == 0:
                    found |= {f"{word}_SERVICE_HOST": ip, f"{word}_SERVICE_PORT": str(port["port"]), f"{word}_PORT": to}
                found[f"{word}_PORT_{port['port']}_{port.get('protocol', 'TCP')}"] = to
        return found

    def resolve(self, name: str) -> Records:
        if name.endswith(".in-addr.arpa"):
            return self.reverse(".".join(reversed(name.split(".")[:4])))
        if not name.endswith(f".svc.{DOMAIN}"):
            return None
        parts = name.removesuffix(f".svc.{DOMAIN}").split(".")
        host, (called, space) = ".".join(parts[:-2]), (parts[-2:] if len(parts) > 1 else ("", ""))
        service = self.objects.get(f"Service/{called}")
        if service is None or namespace(service) != space:
            return None
        if service["spec"].get("clusterIP") != "None":
            return None if host else [address(self.addresses[f"Service/{called}"])]
        pods = self.endpoints(service)
        if host:
            pods = [pod for pod in pods if pod.hostname == host and pod.subdomain == called]
        return [address(pod.ip) for pod in pods] or None

    def reverse(self, ip: str) -> Records:
        for pod in self.everybody():
            if pod.ip == ip and pod.connected and pod.subdomain:
                return [pointer(f"{pod.hostname}.{pod.subdomain}.{pod.namespace}.svc.{DOMAIN}")]
        return None

    def ip(self, service: str) -> str:
        """A Service's own address."""
        return self.addresses[f"Service/{service}"]
