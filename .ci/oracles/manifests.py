"""What every oracle needs: reading manifests, walking to containers, keeping score.

Proves nothing by itself. An oracle that has looked at nothing has failed, never passed: see `Score.close`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

# libyaml's scanner where the wheel has it: same YAML 1.1 meaning, ten times the speed.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Score:
    """Counts verdicts, prints complaints as they come, ends with `N passed, N failed`."""

    title: str
    passed: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)

    def ok(self, what: str | None = None) -> None:
        self.passed += 1
        if what:
            print(f"  ok    {what}")

    def fail(self, where: str, what: str) -> None:
        self.failed += 1
        print(f"  FAIL  {where}: {what}")

    def note(self, what: str) -> None:
        """Says once what was left unproven, and why."""
        if what not in self.notes:
            self.notes.append(what)
            print(f"  note  {what}")

    def close(self) -> int:
        """Prints the closing line and returns the exit code."""
        if self.passed + self.failed == 0:
            self.fail(self.title, "found nothing to judge in these files")
        print(f"{self.title}: {self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def load(path: Path) -> list[Manifest]:
    """All objects of one YAML stream; a `List` is opened, empty documents are skipped."""
    found: list[Manifest] = []
    try:
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=LOADER))
    except yaml.YAMLError as error:
        raise SystemExit(f"{path} is not YAML: {error}") from None
    for document in documents:
        if isinstance(document, dict) and document.get("kind") == "List":
            found.extend(document.get("items") or [])
        elif document is not None:
            found.append(document)
    for document in found:
        if not isinstance(document, dict):
            raise SystemExit(f"{path}: a document is a {type(document).__name__}, not an object")
    return found


def name(manifest: Manifest) -> str:
    """`StatefulSet/shop-redis`, as people say it."""
    return f"{manifest.get('kind', '?')}/{(manifest.get('metadata') or {}).get('name', '?')}"


def pod_spec(manifest: Manifest) -> dict[str, Any] | None:
    """The pod inside a workload of any kind, or None."""
    spec = manifest.get("spec") or {}
    match manifest.get("kind"):
        case "Pod":
            return spec
        case "CronJob":
            spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return (spec.get("template") or {}).get("spec") if isinstance(spec.get("template"), dict) else None


def containers(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """Init containers first, in the order in which the kubelet starts them."""
    pod = pod_spec(manifest) or {}
    for group in ("initContainers", "containers"):
        yield from pod.get(group) or []


def texts(manifest: Manifest) -> dict[str, str]:
    """The files that a ConfigMap or a Secret carries; binary values are left out."""
    found: dict[str, str] = {}
    if manifest.get("kind") == "ConfigMap":
        found.update(manifest.get("data") or {})
    elif manifest.get("kind") == "Secret":
        for key, value in (manifest.get("data") or {}).items():
            try:
                found[key] = base64.b64decode(value).decode("utf-8")
            except (ValueError, UnicodeDecodeError):
                continue
        found.update(manifest.get("stringData") or {})
    return found


def mounted(pod: dict[str, Any]) -> set[tuple[str, str]]:
    """Which ConfigMaps and Secrets a pod mounts, as (kind, name)."""
    found: set[tuple[str, str]] = set()
    for volume in pod.get("volumes") or []:
        for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
            if source.get("configMap"):
                found.add(("ConfigMap", source["configMap"].get("name", "")))
            if source.get("secret"):
                secret = source["secret"]
                found.add(("Secret", secret.get("secretName") or secret.get("name", "")))
    return found


def image(reference: str) -> tuple[str, tuple[int, ...]]:
    """`harbor.io:5000/library/redis:7.2.5-alpine` is ("redis", (7, 2, 5)); no version is ()."""
    product, _, tag = reference.split("@")[0].rpartition("/")[2].partition(":")
    numbers = re.match(r"v?(\d+(?:\.\d+)*)", tag)
    return product, tuple(int(n) for n in numbers[1].split(".")) if numbers else ()
