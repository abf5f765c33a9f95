"""A pod's volumes as folders, with the owners and modes that the kubelet gives them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stage.environment import NotYet, field
from stage.node import tell
from stage.values import Manifest, amount, expand

if TYPE_CHECKING:
    from stage.pod import Pod

# Kinds whose folders nobody writes to.
READONLY = ("configMap", "secret", "projected", "downwardAPI")


class Volumes:
    """All volumes of one pod."""

    def __init__(self, pod: Pod, claims: dict[str, Path]) -> None:
        self.pod = pod
        self.folders: dict[str, Path] = {}
        self.readonly: set[str] = set()
        self.in_memory: list[Path] = []
        group = (pod.spec.get("securityContext") or {}).get("fsGroup")
        for volume in [*(pod.spec.get("volumes") or []), *({"name": name, "folder": path} for name, path in claims.items())]:
            path = self.make(volume)
            self.folders[volume["name"]] = path
            if any(kind in volume for kind in READONLY):
                self.readonly.add(volume["name"])
            if group is not None and "hostPath" not in volume:
                give(path, group)

    def make(self, volume: Manifest) -> Path:
        path = self.pod.live / "volumes" / volume["name"]
        if "folder" in volume or "persistentVolumeClaim" in volume:
            path = volume.get("folder") or self.pod.stage.claim(self.pod.namespace, volume["persistentVolumeClaim"]["claimName"])
            path.mkdir(parents=True, exist_ok=True)
            return path
        if "hostPath" in volume:
            path = self.pod.stage.live / "nodes" / self.pod.node / volume["hostPath"]["path"].lstrip("/")
            path.mkdir(parents=True, exist_ok=True)
            return path
        path.mkdir(parents=True, exist_ok=True)
        if "emptyDir" in volume:
            self.empty(path, volume["emptyDir"] or {})
            return path
        for name, data, mode in self.files(volume):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
            os.chmod(path / name, mode)
        return path

    def empty(self, path: Path, spec: Manifest) -> None:
        """In memory it has a size; on disk the limit is an eviction, which nobody here makes."""
        if spec.get("medium") == "Memory":
            limit = f",size={amount(spec['sizeLimit'])}" if "sizeLimit" in spec else ""
            tell("mount", "-t", "tmpfs", "-o", f"mode=1777{limit}", "empty", path)
            self.in_memory.append(path)
        os.chmod(path, 0o777)

    def files(self, volume: Manifest) -> Iterator[tuple[str, bytes, int]]:
        """(path, content, mode) of a ConfigMap, a Secret, the downward API, or several of them."""
        projected = volume.get("projected")
        top: Manifest = next(volume[kind] for kind in READONLY if kind in volume)
        mode = top.get("defaultMode", 0o644)
        for source in projected["sources"] if projected else [volume]:
            for kind, key in (("ConfigMap", "configMap"), ("Secret", "secret")):
                if key in source:
                    yield from self.keys(kind, source[key], mode)
            for item in (source.get("downwardAPI") or {}).get("items") or []:
                yield item["path"], field(self.pod, item["fieldRef"]["fieldPath"]).encode(), item.get("mode", mode)
            if "serviceAccountToken" in source:
                yield source["serviceAccountToken"]["path"], b"no token: there is no API server", 0o600

    def keys(self, kind: str, source: Manifest, mode: int) -> Iterator[tuple[str, bytes, int]]:
        name = source.get("name") or source.get("secretName")
        data = self.pod.stage.data(kind, self.pod.namespace, str(name))
        if data is None:
            if source.get("optional"):
                return
            raise NotYet(f"no {kind}/{name}")
        for item in source.get("items") or [{"key": key, "path": key} for key in data]:
            if item["key"] in data:
                yield item["path"], data[item["key"]], item.get("mode", mode)
            elif not source.get("optional"):
                raise NotYet(f"no key {item['key']} in {kind}/{name}")

    def mounts(self, container: Manifest, env: dict[str, str]) -> list[tuple[str, str, bool]]:
        """(folder or file, place inside, writable), outer places first."""
        found = []
        for mount in sorted(container.get("volumeMounts") or [], key=lambda one: one["mountPath"].count("/")):
            source = volume = self.folders[mount["name"]]
            below = mount.get("subPath") or expand(mount.get("subPathExpr", ""), env)
            if below:
                source = volume / below
                if not source.exists():
                    source.mkdir(parents=True)
                    os.chown(source, -1, volume.stat().st_gid)
                    os.chmod(source, volume.stat().st_mode & 0o7777)
            writable = not mount.get("readOnly") and mount["name"] not in self.readonly
            found.append((str(source), mount["mountPath"], writable))
        return found

    def close(self) -> None:
        for path in self.in_memory:
            tell("umount", "--lazy", path, check=False)


def give(path: Path, group: int) -> None:
    """fsGroup: the group owns everything, may do what the owner may, and owns what comes later."""
    for place in [path, *path.rglob("*")]:
        if place.is_symlink():
            continue
        os.chown(place, -1, group)
        mode = place.stat().st_mode & 0o7777
        os.chmod(place, mode | (0o2070 if place.is_dir() else (mode & 0o700) >> 3))
