"""A real redis-server starts with every redis.conf and sentinel.conf that we emit, and means what we wrote.

Judge: Debian's redis-server (7.0), or any other by --server. Proves: the server accepts the file (plus the options on
the container's own `redis-server` command line), answers PING, and CONFIG GET shows each value; a sentinel follows a
real master with the quorum and times of the file. Does not prove: that nodes find each other (one node at a time),
that a wrapper script passes the right options, options younger than the server at hand (printed as skipped).

Substituted, everything else stays: port, cluster-port, bind -> loopback; dir, absolute cluster-config-file, aclfile,
pidfile, logfile, unixsocket -> a temporary folder; include -> the emitted Secret or ConfigMap key of that file name, or
a stand-in password where the Secret is not ours; replicaof and `sentinel monitor` -> loopback; daemonize -> no;
loadmodule and tls-* -> dropped, printed; $(NAME), ${NAME}, @NAME@ in values -> stand-ins.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from manifests import Manifest, Score, containers, image, load, mounted, name, pod_spec, texts
from servers import HOST, Redis, free_port, last_words, running, until

PASSWORD = "stand-in-password"
Directive = list[str]

# CONFIG GET * of Redis 8.0.6 and Valkey 9.1.2 minus that of 7.0.15. A 7.0 server refuses to start with any of these.
YOUNGER = set(
    """
    active-defrag-cycle-us aof-rewrite-cpulist availability-zone bgsave-cpulist bio-cpulist cluster-announce-client-ipv4
    cluster-announce-client-ipv6 cluster-announce-client-port cluster-announce-client-tls-port
    cluster-announce-human-nodename cluster-blacklist-ttl cluster-compatibility-sample-ratio
    cluster-config-save-behavior cluster-databases cluster-manual-failover-timeout cluster-slot-migration-log-max-len
    cluster-slot-stats-enabled commandlog-execution-slower-than commandlog-large-reply-max-len
    commandlog-large-request-max-len commandlog-reply-larger-than commandlog-request-larger-than
    commandlog-slow-execution-max-len dual-channel-replication-enabled extended-redis-compatibility hash-seed
    hide-user-data-from-log import-mode locale-collate log-format log-timestamp-format max-new-connections-per-cycle
    max-new-tls-connections-per-cycle mptcp prefetch-batch-max-size primaryauth primaryuser rdb-version-check
    replica-full-sync-buffer-limit repl-mptcp server-cpulist set-max-listpack-entries set-max-listpack-value
    slot-migration-max-failover-repl-bytes tls-auth-clients-user tls-auto-reload-interval unixsocketgroup
    """.split()
)
# Not values that CONFIG GET could show.
SILENT = {"user", "rename-command", "include", "loadmodule", "sentinel"}


@dataclass
class Case:
    """One config file as one pod uses it."""

    where: str
    text: str
    sentinel: bool
    version: tuple[int, ...]  # of the image; () if unknown
    options: list[str]  # from the container's own command line
    files: dict[str, str]  # what an include may mean, by file name


def is_redis(container: dict) -> bool:
    return bool(re.match(r"(redis|valkey)", image(container.get("image", ""))[0]))


def cases(path: Path) -> Iterator[Case]:
    """Every *.conf of a ConfigMap or Secret that a redis or valkey pod mounts, or that is called like redis' own; and
    every container that gives the server options and no file."""
    manifests = load(path)
    files = {key: text for manifest in manifests for key, text in texts(manifest).items()}
    for manifest in manifests:
        pods = [m for m in manifests if mounts(m, manifest)]
        users = [c for pod in pods for c in containers(pod) if is_redis(c)]
        for key, text in texts(manifest).items():
            known = re.fullmatch(r"(redis|valkey|sentinel).*\.conf", key)
            included = any(re.search(rf"^\s*include\s+\S*{re.escape(key)}\s*$", t, re.M) for t in files.values())
            if not key.endswith(".conf") or included or not (known or users):
                continue
            sentinel = "sentinel" in key or bool(re.search(r"^\s*sentinel\s", text, re.M))
            version = next((image(c["image"])[1] for c in users), ())
            options = next((o for c in users if (o := command_line(c, key))), None) or []
            yield Case(f"{path} {name(manifest)} {key}", text, sentinel, version, options, files)
        for container in filter(is_redis, containers(manifest)):
            if bare := command_line(container):
                where = f"{path} {name(manifest)} {container.get('name')}"
                yield Case(where, "", "--sentinel" in bare, image(container["image"])[1], bare, files)


def mounts(workload: Manifest, config: Manifest) -> bool:
    same = (workload.get("metadata") or {}).get("namespace") == (config.get("metadata") or {}).get("namespace")
    return same and (config["kind"], config["metadata"]["name"]) in mounted(pod_spec(workload) or {})


def command_line(container: dict, key: str | None = None) -> list[str] | None:
    """`--name value …` for the server: behind `redis-server …/key`, or without any file if there is no key.

    None where the container starts the server in another way, such as by a script. Arguments that begin with a dash
    come without a program: the image's entry point puts `redis-server` before them.
    """
    words = [str(w) for w in [*(container.get("command") or []), *(container.get("args") or [])]]
    if words and words[0].startswith("-"):
        words.insert(0, "redis-server")
    for at, word in enumerate(words):
        if word.rpartition("/")[2] not in ("redis-server", "valkey-server"):
            continue
        rest = words[at + 1 :]
        file = rest.pop(0).rpartition("/")[2] if rest and not rest[0].startswith("-") else None
        return rest if file == key else None
    return None


def directives(text: str, case: Case, score: Score) -> Iterator[Directive]:
    """Lines as the server reads them, includes opened in place."""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = [stand_in(word, case, score) for word in shlex.split(line)]
        if words[0].lower() != "include":
            yield [words[0].lower(), *words[1:]]
            continue
        file = words[1].rpartition("/")[2]
        if file not in case.files:
            score.note(f"{case.where}: {words[1]} is not emitted, a stand-in password stands for it")
        yield from directives(case.files.get(file, f"requirepass {PASSWORD}\nmasterauth {PASSWORD}"), case, score)


def stand_in(word: str, case: Case, score: Score) -> str:
    """What a wrapper or the kubelet would have put in place of a variable."""

    def replaced(found: re.Match[str]) -> str:
        variable = next(group for group in found.groups() if group)
        value = PASSWORD if re.search("PASS|AUTH", variable) else HOST
        score.note(f"{found[0]} in {case.where.split()[-1]} replaced by {value}")
        return value

    return re.sub(r"\$\((\w+)\)|\$\{(\w+)\}|@(\w+)@", replaced, word)


def option_directives(options: list[str], case: Case, score: Score) -> Iterator[Directive]:
    """`--a b --c d` as directives."""
    current: Directive = []
    for word in options:
        if word.startswith("--"):
            if current and current[0] != "sentinel":
                yield current
            current = [word[2:].lower()]
        elif current:
            current.append(stand_in(word, case, score))
    if current and current != ["sentinel"]:
        yield current


def localised(
    found: list[Directive], case: Case, server: tuple[int, ...], folder: Path, ports: tuple[int, int], score: Score
) -> tuple[list[Directive], set[str]]:
    """(directives to run with, directives whose value was replaced)."""
    kept: list[Directive] = []
    replaced: set[str] = {"port", "bind", "dir", "daemonize"}
    for word, *rest in found:
        if word in YOUNGER and server < (7, 1) < (*case.version, 99):
            score.note(f"{case.where}: {word} is younger than this server, skipped")
        elif word == "loadmodule" or word.startswith("tls-"):
            score.note(f"{case.where}: {word} cannot be tried here, dropped")
        elif word in ("replicaof", "slaveof") and rest[:1] != ["no"]:
            kept.append([word, HOST, "1"])
            replaced.add(word)
        elif word == "cluster-port" and rest != ["0"]:
            kept.append([word, str(free_port())])
            replaced.add(word)
        elif word in ("pidfile", "logfile", "unixsocket") or (word, rest[:1]) == ("aclfile", [""]):
            replaced.add(word)
        elif word == "aclfile":
            file = folder / "users.acl"
            fallback = f"user default on >{PASSWORD} ~* &* +@all\n"
            file.write_text(case.files.get(rest[0].rpartition("/")[2], fallback))
            kept.append([word, str(file)])
            replaced.add(word)
        elif word == "cluster-config-file" and rest[0].startswith("/"):
            kept.append([word, str(folder / "nodes.conf")])
            replaced.add(word)
        elif word == "sentinel" and rest[:1] == ["monitor"] and len(rest) == 5:
            kept.append([word, "monitor", rest[1], HOST, str(ports[1]), rest[4]])
        elif word not in ("port", "bind", "dir", "daemonize"):
            kept.append([word, *rest])
    kept += [["port", str(ports[0])], ["bind", HOST], ["dir", str(folder)], ["daemonize", "no"]]
    return kept, replaced


def written(found: list[Directive]) -> str:
    return "".join(" ".join([w, *('"' + r.replace('"', '\\"') + '"' for r in rest)]) + "\n" for w, *rest in found)


def contradictions(found: list[Directive]) -> Iterator[str]:
    """The server takes the last word in silence; whoever wrote the first one believes otherwise."""
    first: dict[str, Directive] = {}
    for word, *rest in found:
        if word not in SILENT | {"save", "client-output-buffer-limit"} and first.setdefault(word, rest) != rest:
            yield f"{word} is written twice: `{' '.join(first[word])}`, then `{' '.join(rest)}`"


def plain(value: str) -> str:
    """`256MB` as bytes, everything lower case: how two spellings of a value compare."""
    units = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 10**6, "mb": 2**20, "g": 10**9, "gb": 2**30}
    number = re.fullmatch(r"(\d+)([kmg]?b?)", value.lower())
    return str(int(number[1]) * units[number[2]]) if number else value.lower()


def expected(found: list[Directive]) -> dict[str, list[str]]:
    """The last word wins; `save` and output buffer limits add up."""
    values: dict[str, list[str]] = {}
    for word, *rest in found:
        if word in SILENT:
            continue
        if word == "save":
            values[word] = [] if rest == [""] else [*values.get(word, []), *rest]
        elif word == "client-output-buffer-limit":
            rest = ["slave" if r == "replica" else r for r in rest]
            values[f"{word} {rest[0]}"] = rest
        else:
            values[word] = [] if rest == [""] else rest
    return values


def disagreements(client: Redis, wanted: dict[str, list[str]], case: Case, score: Score) -> Iterator[str]:
    for key, words in wanted.items():
        answer = client.ask("CONFIG", "GET", key.split()[0])
        if not isinstance(answer, list) or len(answer) < 2:
            score.note(f"{case.where}: CONFIG GET does not show {key}")
            continue
        shown = [plain(word) for word in str(answer[1] or "").split()]
        want = [plain(word) for part in words for word in part.split()]
        same = " ".join(want) in " ".join(shown) if " " in key else want == shown
        if key == "notify-keyspace-events":
            same = sorted("".join(want)) == sorted("".join(shown))
        if not same:
            yield f"{key} is written as `{' '.join(words)}`, the server says `{' '.join(shown)}`"


def signed_in(port: int, wanted: dict[str, list[str]]) -> Redis | None:
    client = Redis(port)
    if "aclfile" in wanted and "requirepass" not in wanted:
        client.ask("AUTH", PASSWORD)
    elif wanted.get("requirepass"):
        client.ask("AUTH", wanted["requirepass"][0])
    answer = str(client.ask("PING"))
    return client if answer == "PONG" or "MASTERDOWN" in answer or "NOPERM" in answer else None


def watch(client: Redis, found: list[Directive], seconds: float) -> Iterator[str]:
    """What a sentinel says about each master that its file monitors."""
    for _, _, master, _, _, quorum in (d for d in found if d[:2] == ["sentinel", "monitor"]):
        wanted = {"quorum": quorum}
        wanted |= {d[1]: d[3] for d in found if d[0] == "sentinel" and d[2:3] == [master] and len(d) == 4}

        def state(master: str = master) -> dict | None:
            answer = client.ask("SENTINEL", "MASTER", master)
            pairs = dict(zip(answer[::2], answer[1::2], strict=True)) if isinstance(answer, list) else {}
            return pairs if pairs.get("flags") == "master" and pairs.get("runid") else None

        shown = until(state, seconds)
        if shown is None:
            yield f"does not see the master {master}: {client.ask('SENTINEL', 'MASTER', master)!s:.300}"
            continue
        for key, value in wanted.items():
            if key in shown and shown[key] != value:
                yield f"{key} of {master} is written as {value}, the sentinel says {shown[key]}"


def judge(case: Case, server: Path, version: tuple[int, ...], seconds: float, score: Score) -> None:
    with tempfile.TemporaryDirectory(prefix="redis-oracle-") as temporary:
        folder = Path(temporary)
        port, peer = free_port(also=10000), free_port()
        found = [*directives(case.text, case, score), *option_directives(case.options, case, score)]
        found, replaced = localised(found, case, version, folder, (port, peer), score)
        wanted = expected(found)
        config = folder / "this.conf"
        config.write_text(written(found))
        log = folder / "log"
        command = [str(server), str(config), *(["--sentinel"] if case.sentinel else [])]
        master = [str(server), "--port", str(peer), "--bind", HOST, "--save", "", "--dir", temporary]
        for secret in [d[3] for d in found if d[:2] == ["sentinel", "auth-pass"] and len(d) == 4][:1]:
            master += ["--requirepass", secret]
        if not case.sentinel:
            master = ["true"]
        with running(master, folder / "master.log", folder), running(command, log, folder) as process:
            client = until(lambda: signed_in(port, wanted), seconds, lambda: process.poll() is None)
            if client is None:
                score.fail(case.where, f"the server does not answer PING\n{last_words(log)}")
                return
            with client:
                if case.sentinel:
                    problems = list(watch(client, found, seconds))
                else:
                    visible = {key: value for key, value in wanted.items() if key.split()[0] not in replaced}
                    problems = list(disagreements(client, visible, case, score))
            for problem in (problems := [*contradictions(found), *problems]):
                score.fail(case.where, problem)
            if not problems:
                score.ok(f"{case.where}: PONG, {len(found)} directives")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--server", type=Path, default=Path("redis-server"))
    parser.add_argument("--seconds", type=float, default=10, help="patience per server (%(default)s)")
    options = parser.parse_args()
    said = subprocess.run([options.server, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    version = tuple(map(int, re.findall(r"v=(\d+)\.(\d+)", said)[0]))
    score = Score("redis_config")
    for path in options.files:
        for case in cases(path):
            judge(case, options.server, version, options.seconds, score)
    return score.close()


if __name__ == "__main__":
    sys.exit(main())
