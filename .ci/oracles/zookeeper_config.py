"""A real ZooKeeper ensemble forms from the zoo.cfg, or the ZOO_* variables, that we emit.

Judge: Debian's ZooKeeper (3.8), one JVM per server line, all on loopback. Proves: the configuration is read, a quorum
with exactly one leader forms, what one server takes another one serves, every four letter word that a probe sends is
whitelisted, pod N gets the id of the line with its name, and every key is one that ZooKeeper's own code knows.
Does not prove: that the pods' names resolve, memory settings (the JVMs here are small), TLS, metrics providers.

Two forms: a mounted ConfigMap key `zoo.cfg`; or ZOO_* variables, translated line by line as the official image's
/docker-entrypoint.sh does when /conf/zoo.cfg does not exist (see `generated`).
Substituted, everything else stays: hosts and ports of server lines, clientPort, admin.serverPort -> loopback and free
ports; dataDir, dataLogDir -> temporary folders; quorumListenOnAllIPs, secureClientPort, ssl.*, metricsProvider.* ->
dropped, printed.
"""

from __future__ import annotations

import argparse
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

from manifests import Manifest, Score, image, load, mounted, name, pod_spec, texts
from scripts import commands, inline
from servers import HOST, four_letters, free_port, last_words, running, until

JARS = re.compile(
    r"(zookeeper(-jute)?|slf4j-(api|simple)|snappy-java|metrics-core|commons-cli|jackson-(core|databind|annotations)"
    r"|servlet-api|netty-(all|buffer|codec|common|handler|resolver|transport(-native-\w+)*)"
    r"|jetty9-(server|servlet|util|util-ajax|http|io|security))\.jar"
)
SERVER = re.compile(r"(?P<host>[^:;|]+):(?P<quorum>\d+):(?P<vote>\d+)(?P<role>:\w+)?(;([^:;]+:)?(?P<client>\d+))?")
WORDS = ["ruok", "srvr", "stat", "mntr", "conf", "isro"]
DROPPED = re.compile(r"quorumListenOnAllIPs|secureClientPort.*|ssl.*|metricsProvider\..*")
# Keys with names of their own making.
FREE = re.compile(r"(server|group|weight)\.\d+|authProvider\..*|quorum\..*")
# Known since 3.9, unknown to Debian's 3.8.
YOUNGER = {
    "admin.needClientAuth",
    "admin.rateLimiterIntervalInMS",
    "admin.restore.enabled",
    "admin.snapshot.enabled",
    "serializeLastProcessedZxid.enabled",
}
Pairs = list[tuple[str, str]]


@dataclass
class Ensemble:
    """One StatefulSet of ZooKeeper and the configuration its pods get."""

    where: str
    workload: Manifest
    container: dict[str, Any]
    env: dict[str, str]
    pairs: Pairs

    @property
    def replicas(self) -> int:
        return int(self.workload["spec"].get("replicas", 1))

    @property
    def servers(self) -> dict[int, str]:
        found = ((re.fullmatch(r"server\.(\d+)", key), value) for key, value in self.pairs)
        return {int(match[1]): value for match, value in found if match}


def environment(container: dict[str, Any], manifests: list[Manifest]) -> dict[str, str]:
    """Variables whose value stands in the manifests; `$(NAME)` in a value is replaced as the kubelet does."""
    maps = {m["metadata"]["name"]: texts(m) for m in manifests if m.get("kind") == "ConfigMap"}
    found: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        found |= maps.get((source.get("configMapRef") or {}).get("name"), {})
    for entry in container.get("env") or []:
        key = (entry.get("valueFrom") or {}).get("configMapKeyRef")
        value = maps.get(key["name"], {}).get(key["key"]) if key else entry.get("value")
        if value is not None:
            found[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda v: found.get(v[1], v[0]), value)
    return found


def generated(env: dict[str, str]) -> str:
    """zoo.cfg as /docker-entrypoint.sh of the official image (3.5 to 3.9) writes it; defaults from its Dockerfile."""
    keys = [
        ("dataDir", "ZOO_DATA_DIR", "/data"),
        ("dataLogDir", "ZOO_DATA_LOG_DIR", "/datalog"),
        ("tickTime", "ZOO_TICK_TIME", "2000"),
        ("initLimit", "ZOO_INIT_LIMIT", "5"),
        ("syncLimit", "ZOO_SYNC_LIMIT", "2"),
        ("autopurge.snapRetainCount", "ZOO_AUTOPURGE_SNAPRETAINCOUNT", "3"),
        ("autopurge.purgeInterval", "ZOO_AUTOPURGE_PURGEINTERVAL", "0"),
        ("maxClientCnxns", "ZOO_MAX_CLIENT_CNXNS", "60"),
        ("standaloneEnabled", "ZOO_STANDALONE_ENABLED", "true"),
        ("admin.enableServer", "ZOO_ADMINSERVER_ENABLED", "true"),
    ]
    lines = [f"{key}={env.get(variable, default)}" for key, variable, default in keys]
    lines += (env.get("ZOO_SERVERS") or "server.1=localhost:2888:3888;2181").split()
    if whitelist := env.get("ZOO_4LW_COMMANDS_WHITELIST"):
        lines.append(f"4lw.commands.whitelist={whitelist}")
    return "\n".join([*lines, *env.get("ZOO_CFG_EXTRA", "").split()])


def read(text: str) -> Pairs:
    """Lines of a Java properties file, as far as zoo.cfg uses that format."""
    lines = (line.strip() for line in text.splitlines())
    split = (re.split(r"\s*[=:]\s*|\s+", line, maxsplit=1) for line in lines if line and line[0] not in "#!")
    return [(parts[0], parts[1] if len(parts) > 1 else "") for parts in split]


def ensembles(path: Path) -> list[Ensemble]:
    manifests = load(path)
    found: list[Ensemble] = []
    for workload in manifests:
        if workload.get("kind") != "StatefulSet":
            continue
        for container in (pod_spec(workload) or {}).get("containers") or []:
            if image(container.get("image", ""))[0] != "zookeeper":
                continue
            env = environment(container, manifests)
            used = mounted(pod_spec(workload) or {})
            configs = [texts(m) for m in manifests if (m["kind"], m["metadata"]["name"]) in used]
            files = [config["zoo.cfg"] for config in configs if "zoo.cfg" in config]
            text, form = (files[0], "zoo.cfg") if files else (generated(env), "ZOO_*")
            found.append(Ensemble(f"{path} {name(workload)} ({form})", workload, container, env, read(text)))
    return found


@cache
def constants(folder: Path) -> bytes:
    """All class files of ZooKeeper: the names of its settings are constants in them."""
    with zipfile.ZipFile(folder / "zookeeper.jar") as jar:
        return b"".join(jar.read(entry) for entry in jar.namelist() if entry.endswith(".class"))


def known(key: str, folder: Path) -> bool:
    """A setting is read by its name, or through the system property `zookeeper.` + name."""
    spellings = (key, f"zookeeper.{key}")
    return any(b"\x01" + struct.pack(">H", len(s)) + s.encode() in constants(folder) for s in spellings)


def ids(ensemble: Ensemble, score: Score) -> list[int] | None:
    """The id that each pod takes, by running what the container runs up to the image's entry point."""
    start = (ensemble.workload["spec"].get("ordinals") or {}).get("start", 0)
    ordinals = range(start, start + ensemble.replicas)
    for entry in ensemble.container.get("env") or []:
        field = ((entry.get("valueFrom") or {}).get("fieldRef") or {}).get("fieldPath", "")
        if entry["name"] == "ZOO_MY_ID" and "pod-index" in field:
            return list(ordinals)
    script = inline(next(commands(ensemble.container))[1])
    if script is None:
        return [int(ensemble.env.get("ZOO_MY_ID", 1)) for _ in ordinals]
    shell, text, _ = script
    if not re.search(r"/docker-entrypoint\.sh", text) or not which(shell):
        score.note(f"{ensemble.where}: its script does not end in /docker-entrypoint.sh, so the id rule was not tried")
        return None
    found: list[int] = []
    with tempfile.TemporaryDirectory(prefix="zookeeper-oracle-") as folder:
        stub = Path(folder) / "entrypoint"
        stub.write_text('#!/bin/sh\nprintf "%s" "${ZOO_MY_ID:-1}" > id\n')
        stub.chmod(0o755)
        for ordinal in ordinals:
            pod = f"{ensemble.workload['metadata']['name']}-{ordinal}"
            names = {"HOSTNAME": pod, "POD_NAME": pod, "PATH": "/usr/bin:/bin"}
            command = [shell, "-c", text.replace("/docker-entrypoint.sh", str(stub))]
            try:
                subprocess.run(
                    command, cwd=folder, env=ensemble.env | names, timeout=10, check=True, capture_output=True
                )
                found.append(int((Path(folder) / "id").read_text()))
            except (subprocess.SubprocessError, OSError, ValueError) as error:
                score.fail(ensemble.where, f"the start script of {pod} sets no id: {error}")
                return None
    return found


def on_paper(ensemble: Ensemble, folder: Path, score: Score) -> list[str]:
    """What is wrong before anything starts."""
    problems = [
        f"ZooKeeper does not know the key `{key}`"
        for key, _ in ensemble.pairs
        if not FREE.fullmatch(key) and key not in YOUNGER and not DROPPED.fullmatch(key) and not known(key, folder)
    ]
    if len(ensemble.servers) != ensemble.replicas and (ensemble.servers or ensemble.replicas > 1):
        problems.append(f"{ensemble.replicas} pods, but {len(ensemble.servers)} server lines")
    start = (ensemble.workload["spec"].get("ordinals") or {}).get("start", 0)
    for ordinal, number in enumerate(ids(ensemble, score) or [], start=start):
        pod = f"{ensemble.workload['metadata']['name']}-{ordinal}"
        host = re.split(r"[.:]", ensemble.servers.get(number, ""))[0]
        if ensemble.servers and host != pod and not (ensemble.replicas == 1 and host == "localhost"):
            problems.append(f"pod {pod} takes id {number}, but that server line names `{host or 'nobody'}`")
    return problems


def localised(ensemble: Ensemble, folder: Path, score: Score) -> tuple[dict[int, Path], dict[int, int]]:
    """One configuration file and one client port per server."""
    # With clientPort the port of every server line may be left out.
    shared = any(key == "clientPort" for key, _ in ensemble.pairs)
    members = list(ensemble.servers) or [1]
    lines: list[str] = []
    client: dict[int, int] = {}
    for member, value in ensemble.servers.items():
        match = SERVER.fullmatch(value)
        if not match:
            lines.append(f"server.{member}={value}")
            continue
        line = f"server.{member}={HOST}:{free_port()}:{free_port()}{match['role'] or ''}"
        if match["client"]:
            client[member] = free_port()
            line += f";{HOST}:{client[member]}"
        lines.append(line)
    files: dict[int, Path] = {}
    for member in members:
        home = folder / str(member)
        (home / "log").mkdir(parents=True)
        (home / "myid").write_text(f"{member}\n")
        own = [f"dataDir={home}", f"dataLogDir={home / 'log'}", f"admin.serverPort={free_port()}"]
        if shared:
            client.setdefault(member, free_port())
            own += [f"clientPort={client[member]}", f"clientPortAddress={HOST}"]
        for key, value in ensemble.pairs:
            if DROPPED.fullmatch(key):
                score.note(f"{ensemble.where}: {key} cannot be tried here, dropped")
            elif not re.fullmatch(r"server\.\d+|dataDir|dataLogDir|clientPort(Address)?|admin\.serverPort", key):
                own.append(f"{key}={value}")
        files[member] = home / "zoo.cfg"
        files[member].write_text("\n".join([*own, *lines]) + "\n")
    return files, client


def mode(port: int) -> str | None:
    found = re.search(r"^Mode: (\w+)", four_letters(port, "srvr"), re.M)
    return found[1] if found else None


def client_says(java: list[str], port: int, *words: str) -> str:
    """One command by ZooKeeper's own command line client."""
    command = [*java, "org.apache.zookeeper.ZooKeeperMain", "-server", f"{HOST}:{port}", *words]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    return run.stdout + run.stderr


def questions(ensemble: Ensemble) -> list[str]:
    """Four letter words that the container's probes and hooks send."""
    fields = {field: words for field, words, _ in commands(ensemble.container) if field != "command"}
    sent = " ".join(str(word) for words in fields.values() for word in words)
    return [word for word in WORDS if re.search(rf"\b{word}\b", sent)]


def properties(ensemble: Ensemble) -> list[str]:
    """What JVMFLAGS says to ZooKeeper; what it says to the JVM is for bigger machines."""
    return [flag for flag in ensemble.env.get("JVMFLAGS", "").split() if flag.startswith("-D")]


def booted(ensemble: Ensemble, java: list[str], seconds: float, score: Score) -> list[str]:
    """What is wrong once it runs."""
    with tempfile.TemporaryDirectory(prefix="zookeeper-oracle-") as temporary, ExitStack() as stack:
        files, client = localised(ensemble, Path(temporary), score)
        # A line that we cannot read is left as it is, for ZooKeeper to judge.
        readable = {member for member in files if SERVER.fullmatch(ensemble.servers.get(member, ""))}
        if missing := sorted(readable - set(client)):
            return [f"server {missing[0]} opens no client port: neither `;2181` in its line nor clientPort"]
        logs = {member: file.with_name("log.txt") for member, file in files.items()}
        servers = [
            stack.enter_context(
                running(
                    [*java, *properties(ensemble), "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(file)],
                    logs[member],
                    file.parent,
                )
            )
            for member, file in files.items()
        ]

        def formed() -> list[str] | None:
            found = [mode(port) for port in client.values()]
            return None if None in found or len(found) < len(files) else [str(m) for m in found]

        modes = until(formed, seconds, lambda: all(server.poll() is None for server in servers))
        if modes is None:
            gone = [member for member, server in zip(files, servers, strict=True) if server.poll() is not None]
            which_one, what = (gone[0], "ended") if gone else (min(files), f"sees no quorum after {seconds:.0f} s")
            return [f"server {which_one} {what}; its last words\n{last_words(logs[which_one])}"]
        if modes.count("leader") != (len(files) > 1):
            return [f"not one leader: {', '.join(modes)}"]
        problems: list[str] = []
        for word in questions(ensemble):
            if "not executed" in (answer := four_letters(next(iter(client.values())), word)):
                problems.append(f"a probe sends `{word}`, the server answers: {answer.strip()}")
        ports = list(client.values())
        client_says(java, ports[-1], "create", "/oracle", "seen-by-all")
        if "seen-by-all" not in (answer := client_says(java, ports[0], "get", "-s", "/oracle")):
            problems.append(f"what one server took another one does not serve: {answer[-300:]}")
        if not problems:
            score.ok(f"{ensemble.where}: {', '.join(modes)}")
        return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--jars", type=Path, default=Path("/usr/share/java"), help="folder of zookeeper.jar")
    parser.add_argument("--seconds", type=float, default=40, help="patience per ensemble (%(default)s)")
    options = parser.parse_args()
    jars = sorted(str(jar) for jar in options.jars.iterdir() if JARS.fullmatch(jar.name))
    java = ["java", "-Xmx96m", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true", "-cp", ":".join(jars)]
    score = Score("zookeeper_config")
    seen: dict[str, str] = {}
    for path in options.files:
        for ensemble in ensembles(path):
            for problem in on_paper(ensemble, options.jars, score):
                score.fail(ensemble.where, problem)
            # The same ensemble in another profile or namespace differs by names only; those are replaced anyway.
            everything = f"{ensemble.pairs} {questions(ensemble)} {properties(ensemble)}"
            short = re.sub(r"(server\.\d+', ')[^:;|']+", r"\1", everything)
            if short in seen:
                score.note(f"{ensemble.where}: same configuration as {seen[short]}")
                continue
            seen[short] = ensemble.where
            for problem in booted(ensemble, java, options.seconds, score):
                score.fail(ensemble.where, problem)
    return score.close()


if __name__ == "__main__":
    sys.exit(main())
