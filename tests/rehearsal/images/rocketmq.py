"""apache/rocketmq, from Maven Central. Source of what the scripts do: apache/rocketmq `distribution/bin`, apache/rocketmq-docker."""

from __future__ import annotations

from pathlib import Path

from images import Image
from images.java import HOME, jars, java
from images.layers import account, layer, own, scripts

SCRIPTS = ("mqnamesrv", "mqbroker", "mqproxy", "mqshutdown", "runserver.sh")


def version(_product: str, line: str) -> str:
    """The line is the version: Maven Central keeps all."""
    return line


def image(_repository: str, tag: str) -> Image:
    base = java()
    home = f"/home/rocketmq/rocketmq-{tag}"

    def build(root: Path) -> None:
        parts = ["namesrv", "broker"] if tag.startswith("4.") else ["namesrv", "broker", "proxy"]
        jars(root / home.lstrip("/") / "lib", *(f"org.apache.rocketmq:rocketmq-{part}:{tag}" for part in parts))
        account(root, "rocketmq", 3000, 3000, home="/home/rocketmq", base=base)
        own(root / "home/rocketmq", 3000, 3000)

    made = layer(f"rocketmq-{tag}", build)
    tools = scripts(f"rocketmq-{tag}", {f"{home}/bin/{program}": f"rocketmq-{program.removesuffix('.sh')}.sh" for program in SCRIPTS})
    return Image([tools, made, base], {"JAVA_HOME": HOME, "ROCKETMQ_HOME": home, "ROCKETMQ_VERSION": tag}, "3000:3000", f"{home}/bin", cmd=["sh", "mqbroker"])
