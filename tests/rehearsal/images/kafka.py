"""apache/kafka, from Maven Central. Source of what the scripts do: apache/kafka, `bin` and `docker`. `run` of the image (variables
that become properties) is not rebuilt: what we render starts the scripts itself."""

from __future__ import annotations

from pathlib import Path

from images import Image
from images.java import HOME, jars, java
from images.layers import account, layer, own, scripts

SCALA = "2.13"
TOOLS = ("kafka-run-class", "kafka-server-start", "kafka-storage", "kafka-topics", "kafka-configs")


def version(_product: str, line: str) -> str:
    """The line is the version: Maven Central keeps all."""
    return line


def image(_repository: str, tag: str) -> Image:
    base = java()

    def build(root: Path) -> None:
        # What the release has beside the module's own needs: something that writes logs.
        logs = "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3" if int(tag.split(".")[0]) >= 4 else "org.slf4j:slf4j-reload4j:1.7.36"
        jars(root / "opt/kafka/libs", f"org.apache.kafka:kafka_{SCALA}:{tag}", f"org.apache.kafka:kafka-tools:{tag}", logs)
        account(root, "appuser", 1000, 1000, base=base)
        own(root / "var/lib/kafka/data", 1000, 1000)
        own(root / "opt/kafka/config", 1000, 1000)

    made = layer(f"kafka-{tag}-tools", build)
    tools = scripts("kafka", {f"/opt/kafka/bin/{name}.sh": f"{name}.sh" for name in TOOLS})
    return Image([tools, made, base], {"JAVA_HOME": HOME}, user="1000:1000", cmd=["/etc/kafka/docker/run"], volumes=["/var/lib/kafka/data"])
