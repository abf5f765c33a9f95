"""redis and valkey, from Debian's packages: their servers and clients. Source of what the entrypoint does: docker-library/redis,
valkey-io/valkey-container."""

from __future__ import annotations

from pathlib import Path

from images import Image
from images.debian import Suite
from images.layers import account, layer, own, scripts

# (packages, suites that have them)
PACKAGES = {"redis": ("redis-server", "redis-tools"), "valkey/valkey": ("valkey-server", "valkey-tools")}
SUITES = {"redis": ("bookworm", "sid"), "valkey/valkey": ("sid",)}


def version(product: str, line: str) -> str:
    return Suite(line).version(PACKAGES[product][0])


def image(repository: str, tag: str) -> Image:
    name = "redis" if repository == "redis" else "valkey"

    def build(root: Path) -> None:
        for line in SUITES[repository]:
            if version(repository, line) == tag:
                break
        else:
            raise LookupError(f"no package of {repository} {tag}")
        Suite(line).build(root, *PACKAGES[repository])
        account(root, name, 999, 999)
        own(root / "data", 999, 999)
        if name == "valkey":
            # The image has both names.
            for program in ("server", "cli"):
                if not (root / f"usr/bin/redis-{program}").exists():
                    (root / f"usr/bin/redis-{program}").symlink_to(f"valkey-{program}")

    made = layer(f"{name}-{tag}", build)
    entry = scripts(name, {"/usr/local/bin/docker-entrypoint.sh": "redis.sh"})
    return Image([entry, made], workdir="/data", entrypoint=["docker-entrypoint.sh"], cmd=[f"{name}-server"], volumes=["/data"])
