"""zookeeper, from Debian's packages. Source of what the entrypoint does: 31z4/zookeeper-docker; of zkServer.sh: apache/zookeeper."""

from __future__ import annotations

import shutil
from pathlib import Path

from images import Image
from images.debian import Suite
from images.java import HOME, java
from images.layers import account, layer, own, scripts

SUITES = ("bookworm", "sid")
# What the server loads, of the hundreds that Debian's packages bring along; of the ways to log only one.
JARS = (
    "zookeeper.jar zookeeper-jute.jar slf4j-api.jar slf4j-simple.jar netty*.jar snappy*.jar metrics-core.jar commons-cli.jar commons-io.jar "
    "jackson-core.jar jackson-databind.jar jackson-annotations.jar jetty*-server.jar jetty*-servlet.jar jetty*-util.jar jetty*-util-ajax.jar "
    "jetty*-http.jar jetty*-io.jar jetty*-security.jar servlet-api*.jar"
)


def version(_product: str, line: str) -> str:
    return Suite(line).version("libzookeeper-java")


def image(repository: str, tag: str) -> Image:
    base = java()

    def build(root: Path) -> None:
        suite = next((Suite(line) for line in SUITES if version(repository, line) == tag), None)
        if suite is None:
            raise LookupError(f"no package of zookeeper {tag}")
        parts = [name for name in suite.closure("libzookeeper-java", "libslf4j-java") if name.startswith("lib") and name.endswith("-java")]
        files = root / "files"
        suite.unpack(files, parts)
        (root / "apache-zookeeper/lib").mkdir(parents=True)
        for pattern in JARS.split():
            for jar in (files / "usr/share/java").glob(pattern):
                shutil.copyfile(jar, root / "apache-zookeeper/lib" / jar.name)
        shutil.rmtree(files)
        account(root, "zookeeper", 1000, 1000, base=base)
        for folder in ("conf", "data", "datalog", "logs"):
            own(root / folder, 1000, 1000)

    env = {
        "JAVA_HOME": HOME, "ZOO_CONF_DIR": "/conf", "ZOO_DATA_DIR": "/data", "ZOO_DATA_LOG_DIR": "/datalog", "ZOO_LOG_DIR": "/logs",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/apache-zookeeper/bin",
    }  # fmt: skip
    made = layer(f"zookeeper-{tag}", build)
    entry = scripts("zookeeper", {"/docker-entrypoint.sh": "zookeeper.sh", "/apache-zookeeper/bin/zkServer.sh": "zkserver.sh"})
    return Image([entry, made, base], env, entrypoint=["/docker-entrypoint.sh"], cmd=["zkServer.sh", "start-foreground"], volumes=["/data", "/datalog", "/logs"])
