"""Stand-ins for images: roots made of packages, and what their entrypoints do, in words of our own."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3] / "target/rehearsal/images"

# Who knows the images of which repository.
FAMILIES = {
    "redis": "redis",
    "valkey/valkey": "redis",
    "zookeeper": "zookeeper",
    "apache/kafka": "kafka",
    "confluentinc/cp-kafka": "kafka",
    "mysql": "mysql",
    "apache/rocketmq": "rocketmq",
}


@dataclass
class Image:
    """What a registry would hand out: layers, the topmost first, and the configuration."""

    layers: list[Path]
    env: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def home(self, uid: int) -> str:
        """Of the user, as the runtime looks it up."""
        for layer in self.layers:
            if (layer / "etc/passwd").exists():
                lines = [line.split(":") for line in (layer / "etc/passwd").read_text().splitlines()]
                return next((line[5] for line in lines if line[2] == str(uid)), "/")
        return "/"


def find(name: str) -> Image:
    """The stand-in of an image; makes it, where that was not done before."""
    repository, _, tag = name.rpartition(":")
    repository = repository.removeprefix("docker.io/").removeprefix("library/")
    if repository not in FAMILIES:
        raise LookupError(f"there is no stand-in for {name}")
    found: Image = importlib.import_module(f"images.{FAMILIES[repository]}").image(repository, tag)
    return found


@functools.cache
def version(product: str, line: str) -> str:
    """The version that the packages of a line have: `version("redis", "bookworm")`."""
    found: str = importlib.import_module(f"images.{FAMILIES.get(product, product)}").version(product, line)
    return found
