"""zookeeper, from Debian's packages. Source of what the entrypoint does: 31z4/zookeeper-docker; of zkServer.sh: apache/zookeeper."""

from __future__ import annotations

from pathlib import Path

from images import Image
from images.debian import Suite
from images.java import HOME, java
from images.layers import account, layer, own, script, tell

SUITES = ("bookworm", "sid")


def version(_product: str, line: str) -> str:
    return Suite(line).version("libzookeeper-java")


def image(repository: str, tag: str) -> Image:
    base = java()

    def build(root: Path) -> None:
        suite = next((Suite(line) for line in SUITES if version(repository, line) == tag), None)
        if suite is None:
            raise LookupError(f"no package of zookeeper {tag}")
        parts = [name for name in suite.closure("libzookeeper-java", "libslf4j-java") if name.startswith("lib") and name.endswith("-java")]
        suite.unpack(root, parts)
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / name).unlink(missing_ok=True)
        tell("rm", "-rf", root / "usr/share/doc", root / "usr/share/maven-repo")
        account(root, "zookeeper", 1000, 1000, base=base)
        for folder in ("conf", "data", "datalog", "logs"):
            own(root / folder, 1000, 1000)
        script(root, "/docker-entrypoint.sh", "zookeeper.sh")
        script(root, "/apache-zookeeper/bin/zkServer.sh", "zkserver.sh")

    env = {
        "JAVA_HOME": HOME, "ZOO_CONF_DIR": "/conf", "ZOO_DATA_DIR": "/data", "ZOO_DATA_LOG_DIR": "/datalog", "ZOO_LOG_DIR": "/logs",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/apache-zookeeper/bin",
    }  # fmt: skip
    made = layer(f"zookeeper-{tag}", build)
    return Image([made, base], env, entrypoint=["/docker-entrypoint.sh"], cmd=["zkServer.sh", "start-foreground"], volumes=["/data", "/datalog", "/logs"])
