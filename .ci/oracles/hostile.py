"""Hostile values in a stack, read back by the programs that read what is drawn.

For each key below and each value: the render is refused with a place, or the real reader of the target gives back exactly
that value, and the file holds no other keys than with a harmless one.
Readers: PyYAML (YAML 1.1) and ruamel.yaml (1.2) for the manifest and for files inside it, Python's json, java.util.Properties
as a stream and as a reader, MariaDB's my_print_defaults, redis-server's CONFIG GET, a POSIX shell with stubs of the programs.
Does not prove: keys that are not below; tests/values.rs walks over all of them with readers of its own.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from manifests import Score, containers
from ruamel.yaml import YAML
from servers import Redis, free_port, running, until

VALUES = [
    "harmless", "'", '"', "`id`", "$(id)", "${X}", "%s%n", "{{ x }}", "a\nb", "a\rb", "a\r\nb", "-x", "--help", "# x", "a # b",
    "a: b", "[client]", "a\u2028b\u2029c\x85d", "😀é", " a ", "\ta\t", "*", "&a", "!x", "yes", "0123", "~", "\\", "a\\nb", "'\\''",
    "a;b && c | d", "x`; DROP DATABASE im; -- ", "a\n!include /etc/passwd", "a\n[client]\nb=c", "a=b,c", "<x>", "$$(A)", "",
]  # fmt: skip
WEB = {"image": "example/web:1.0.0", "port": 8080}
PASSWORD = {"env": "HOSTILE"}


@dataclass(frozen=True)
class Spot:
    """A key of a stack, and how its value is got out of the manifest."""

    name: str
    stack: Callable[[str], dict[str, Any]]
    read: Callable[[list[dict[str, Any]], str, Tools], Any]
    # The value is a variable of the run, and the stack holds its name.
    secret: bool = False


@dataclass
class Tools:
    """The readers of this machine."""

    defaults: Path
    redis: Path
    folder: Path
    properties: list[tuple[Path, str, str, str]]


def data(objects: list[dict[str, Any]], file: str) -> str:
    found = [(o.get("data") or {})[file] for o in objects if o["kind"] == "ConfigMap" and file in (o.get("data") or {})]
    if not found:
        raise LookupError(f"no ConfigMap has {file}")
    return found[0]


def in_config(key: str) -> Callable[..., Any]:
    return lambda objects, value, tools: data(objects, key)


def in_web(of: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
    def read(objects: list[dict[str, Any]], value: str, tools: Tools) -> Any:
        deployment = next(o for o in objects if o["kind"] == "Deployment")
        return of(list(containers(deployment))[-1])

    return read


def variable(container: dict[str, Any]) -> Any:
    return next(entry["value"] for entry in container["env"] if entry["name"] == "E")


def in_properties(file: str, key: str) -> Callable[..., Any]:
    def read(objects: list[dict[str, Any]], value: str, tools: Tools) -> Any:
        path = tools.folder / f"{len(tools.properties)}.properties"
        path.write_bytes(data(objects, file).encode())
        tools.properties.append((path, file, key, value))
        return value  # judged with all others, by one JVM

    return read


def in_cnf(key: str) -> Callable[..., Any]:
    def read(objects: list[dict[str, Any]], value: str, tools: Tools) -> Any:
        files = [f for o in objects if o["kind"] == "ConfigMap" for f in o.get("data") or {} if f.endswith(".cnf")]
        found: list[str] = []
        for file in files:
            path = tools.folder / "my.cnf"
            path.write_bytes(data(objects, file).encode())
            command = [str(tools.defaults), f"--defaults-file={path}", "mysqld"]
            run = subprocess.run(command, capture_output=True, timeout=20, check=False)
            if run.returncode:
                raise ValueError(run.stderr.decode())
            said = run.stdout.decode()
            mark = f"--{key}="
            if mark in said:
                # A value of several lines ends where the next option of ours begins, or with the output.
                rest = said.split(mark, 1)[1]
                found.append(re.split(r"\n--[a-z]", rest)[0].removesuffix("\n"))
        return found[0] if len(found) == 1 else found

    return read


def in_redis(key: str) -> Callable[..., Any]:
    def read(objects: list[dict[str, Any]], value: str, tools: Tools) -> Any:
        text = data(objects, "redis.conf")
        own = [line for line in text.splitlines() if line.startswith(f"{key} ")]
        port = free_port()
        path = tools.folder / "redis.conf"
        path.write_bytes("\n".join([*own, f"port {port}", "bind 127.0.0.1", 'save ""']).encode())
        log = tools.folder / "redis.log"
        with running([str(tools.redis), str(path), "--dir", str(tools.folder)], log, tools.folder) as process:

            def up() -> Redis | None:
                client = Redis(port)
                return client if str(client.ask("PING")) == "PONG" else None

            client = until(up, 10, lambda: process.poll() is None)
            if client is None:
                raise ValueError(f"redis-server does not start: {log.read_text()[-300:]}")
            with client:
                return client.ask("CONFIG", "GET", key)[1]

    return read


STUB = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["STUB_LOG"], "a") as log:
    said = "" if sys.stdin.isatty() else sys.stdin.read()
    log.write(json.dumps({"argv": sys.argv, "stdin": said, "MYSQL_PWD": os.environ.get("MYSQL_PWD")}) + "\\n")
"""


def in_accounts(objects: list[dict[str, Any]], value: str, tools: Tools) -> Any:
    """The SQL that the accounts' script hands to `mysql`, with the password where it belongs."""
    stubs = tools.folder / "bin"
    log = tools.folder / "stub.log"
    stubs.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    for program in ("mysql", "mysqladmin"):
        (stubs / program).write_text(STUB)
        (stubs / program).chmod(0o755)
    script = tools.folder / "accounts.sh"
    script.write_text(data(objects, "accounts.sh"))
    job = next(o for o in objects if o["kind"] == "Job")
    secrets = {k: v for o in objects if o["kind"] == "Secret" for k, v in (o.get("stringData") or {}).items()}
    secrets |= {
        k: base64.b64decode(v).decode() for o in objects if o["kind"] == "Secret" for k, v in (o.get("data") or {}).items()
    }
    env = {"PATH": f"{stubs}:{os.environ['PATH']}", "STUB_LOG": str(log)}
    for entry in list(containers(job))[-1]["env"]:
        key = ((entry.get("valueFrom") or {}).get("secretKeyRef") or {}).get("key")
        env[entry["name"]] = secrets[key] if key else entry.get("value", "")
    run = subprocess.run(["sh", str(script)], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    if run.returncode:
        raise ValueError(f"the script ends with {run.returncode}: {run.stderr}")
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    sql = next(call["stdin"] for call in calls if call["stdin"])
    quoted = re.findall(r"^CREATE USER IF NOT EXISTS 'shop'@'%' IDENTIFIED BY '(.*)';$", sql, re.M | re.S)
    statement = re.match(r"((?:[^'\\]|''|\\.)*)';", quoted[0] + "';", re.S) if quoted else None
    if not statement:
        return sql
    # A string of MySQL: two quotes are one, a backslash takes the next sign as it is.
    return re.sub(r"''|\\(.)", lambda found: found[1] or "'", statement[1], flags=re.S)


def user(name: str) -> dict[str, Any]:
    account = {"password": PASSWORD, "databases": ["im"]}
    return {"mysql": {"databases": ["im"], "users": {"shop": account}}}


SPOTS = [
    Spot("apps.config", lambda v: {"apps": {"web": WEB | {"config": {"K": v}}}}, in_config("K")),
    Spot("apps.files", lambda v: {"apps": {"web": WEB | {"files": {"a.txt": v}}}}, in_config("a.txt")),
    Spot("apps.env", lambda v: {"apps": {"web": WEB | {"env": {"E": v}}}}, in_web(variable)),
    Spot("apps.args", lambda v: {"apps": {"web": WEB | {"args": ["x", v]}}}, in_web(lambda c: c["args"][1])),
    Spot("apps.command", lambda v: {"apps": {"web": WEB | {"command": ["x", v]}}}, in_web(lambda c: c["command"][1])),
    Spot(
        "consul.config",
        lambda v: {"consul": {"mode": "standalone", "config": {"node_meta": {"k": v}}}},
        lambda objects, value, tools: found_in_json(objects, "node_meta"),
    ),
    Spot("zookeeper.config", lambda v: {"zookeeper": {"config": {"x.y": v}}}, in_properties("zoo.cfg", "x.y")),
    Spot("kafka.config", lambda v: {"kafka": {"config": {"x.y": v}}}, in_properties("server.properties", "x.y")),
    Spot("mysql.config", lambda v: {"mysql": {"config": {"init_connect": v}}}, in_cnf("init_connect")),
    Spot("redis.config", lambda v: {"redis": {"config": {"syslog-ident": v}}}, in_redis("syslog-ident")),
    Spot("mysql.users.password", user, in_accounts, secret=True),
]


def found_in_json(objects: list[dict[str, Any]], key: str) -> Any:
    for texts in (o.get("data") or {} for o in objects if o["kind"] == "ConfigMap"):
        for file, text in texts.items():
            if file.endswith(".json") and key in (read := json.loads(text)):
                return read[key]["k"]
    raise LookupError(f"no JSON file has {key}")


def render(stackgen: Path, stack: dict[str, Any], tools: Tools, secret: str | None) -> tuple[str, str]:
    """(manifest, complaints); the manifest is empty where the stack was refused."""
    head = {"apiVersion": "stackgen/v1", "kind": "Stack", "metadata": {"name": "s", "namespace": "s"}}
    file = tools.folder / "stack.yaml"
    file.write_text(json.dumps(head | stack))
    env = os.environ | ({} if secret is None else {"HOSTILE": secret})
    command = [str(stackgen), "render", "-f", str(file), "-p", "dev"]
    run = subprocess.run(command, capture_output=True, env=env, timeout=20, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(f"stackgen ended with {run.returncode}: {run.stderr.decode()}")
    return run.stdout.decode(), run.stderr.decode()


def keys(objects: Any) -> list[str]:
    """How the objects look, without what they hold; names of Jobs follow from what they do."""
    return sorted(f"{o['kind']} {sorted(o.get('data') or {})}" for o in objects)


def judge(spot: Spot, stackgen: Path, tools: Tools, score: Score) -> None:
    usual: list[str] | None = None
    accepted = 0
    for value in VALUES:
        where = f"{spot.name} {value!r}"
        text, complaints = render(stackgen, spot.stack(value), tools, value if spot.secret else None)
        if not text:
            if f"--> {tools.folder / 'stack.yaml'}" in complaints or "stack.yaml:" in complaints:
                score.ok()
            else:
                score.fail(where, f"refused without a place:\n{complaints}")
            continue
        accepted += 1
        objects = [o for o in yaml.safe_load_all(text) if o]
        younger = [o for o in YAML(typ="safe", pure=True).load_all(text) if o]
        usual = usual or keys(objects)
        if objects != younger:
            score.fail(where, "YAML 1.1 and 1.2 read different things")
        elif keys(objects) != usual:
            score.fail(where, f"other objects or files than with a harmless value: {keys(objects)}")
        else:
            try:
                read = spot.read(objects, value, tools)
            except (LookupError, ValueError) as error:
                score.fail(where, str(error))
                continue
            if read == value:
                score.ok()
            else:
                score.fail(where, f"comes back as {read!r}")
    if accepted < 2:
        score.fail(spot.name, "takes nothing but the harmless value: nothing was proven")
    else:
        score.ok(f"{spot.name}: {accepted} of {len(VALUES)} values accepted and read back")


def java(tools: Tools, score: Score) -> None:
    """All files of properties in one JVM, as bytes and as text; each must hold the value, and no key more than its like."""
    source = Path(__file__).with_name("Properties.java")
    files = [str(path) for path, *_ in tools.properties]
    run = subprocess.run(["java", str(source), *files], capture_output=True, text=True, timeout=120, check=True)
    read: dict[str, list[tuple[str, str]]] = {}
    for line in run.stdout.splitlines():
        path, key, value = line.split(" ")
        decoded = [base64.b64decode(word[1:]).decode() for word in (key, value)]
        read.setdefault(path, []).append((decoded[0], decoded[1]))
    usual: dict[str, set[str]] = {}
    for path, file, key, value in tools.properties:
        found = read.get(str(path), [])
        names = {name for name, _ in found}
        shown = [text for name, text in found if name == key]
        if shown != [value, value]:
            score.fail(f"{file} {value!r}", f"Java reads {shown!r}")
        elif usual.setdefault(file, names) != names:
            score.fail(f"{file} {value!r}", f"Java sees other keys: {sorted(names ^ usual[file])}")
        else:
            score.ok()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stackgen", type=Path)
    parser.add_argument("--defaults", type=Path, default=Path("my_print_defaults"), help="MariaDB's my_print_defaults")
    parser.add_argument("--redis", type=Path, default=Path("redis-server"))
    options = parser.parse_args()
    score = Score("hostile")
    with tempfile.TemporaryDirectory(prefix="hostile-oracle-") as temporary:
        tools = Tools(options.defaults, options.redis, Path(temporary), [])
        for spot in SPOTS:
            judge(spot, options.stackgen, tools, score)
        java(tools, score)
    return score.close()


if __name__ == "__main__":
    sys.exit(main())
