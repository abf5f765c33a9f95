"""apache/rocketmq, from Maven Central. Source of what the scripts do: apache/rocketmq `distribution/bin`, apache/rocketmq-docker."""

from __future__ import annotations

from pathlib import Path

from images import Image
from images.java import HOME, jars, java
from images.layers import account, layer, own, scripts, write

SCRIPTS = ("mqnamesrv", "mqbroker", "mqproxy", "mqshutdown", "mqadmin", "runserver.sh")
# 4.9 reads them and stops without.
LOGS = ("logback_broker.xml", "logback_namesrv.xml", "logback_tools.xml")
# What the image has: accounts that everybody knows.
PUBLIC = 'accounts:\n- {accessKey: RocketMQ, secretKey: "12345678", admin: true}\n'


def version(_product: str, line: str) -> str:
    """The line is the version: Maven Central keeps all."""
    return line


def image(_repository: str, tag: str) -> Image:
    base = java()
    home = f"/home/rocketmq/rocketmq-{tag}"

    def build(root: Path) -> None:
        parts = ["namesrv", "broker", "tools"] if tag.startswith("4.") else ["namesrv", "broker", "tools", "proxy"]
        jars(root / home.lstrip("/") / "lib", *(f"org.apache.rocketmq:rocketmq-{part}:{tag}" for part in parts))
        for name in LOGS:
            write(root / home.lstrip("/") / "conf" / name, "<configuration/>\n")
        write(root / home.lstrip("/") / "conf/plain_acl.yml", PUBLIC)
        account(root, "rocketmq", 3000, 3000, home="/home/rocketmq", base=base)
        own(root / "home/rocketmq", 3000, 3000)

    made = layer(f"rocketmq-{tag}-tools", build)
    tools = scripts(f"rocketmq-{tag}-with-tools", {f"{home}/bin/{program}": f"rocketmq-{program.removesuffix('.sh')}.sh" for program in SCRIPTS})
    return Image([tools, made, base], {"JAVA_HOME": HOME, "ROCKETMQ_HOME": home, "ROCKETMQ_VERSION": tag}, "3000:3000", f"{home}/bin", cmd=["sh", "mqbroker"])
