"""Every shell script inside the manifests, read by people who know shell: shellcheck, dash and bash.

Looks at: command+args of containers and init containers, lifecycle and probe exec commands of the form
[sh|bash|…, -c, TEXT, …]; keys of ConfigMaps and Secrets that end in .sh or begin with `#!…sh`.
The text is judged as the shell gets it, so after the kubelet replaced `$(NAME)` and halved `$$`.
Proves: it parses in its shell, and shellcheck has nothing to say at severity `info`.
Does not prove: that the script does the right thing, that its programs exist in the image, nor what other languages
inside it (SQL, JVM flags) mean.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from manifests import Manifest, Score, containers, load, name, texts

# What we do not ask for, each with its reason.
EXCLUDED = {
    "SC1091": "sourced files exist in the container only",
    "SC3043": "`local` is not POSIX, but dash and busybox have it, and no image has another sh",
}
SHELLS = {"sh": "sh", "dash": "sh", "ash": "sh", "bash": "bash"}


@dataclass(frozen=True)
class Script:
    where: str
    shell: str  # sh | bash, as shellcheck calls them
    text: str


def expand(text: str, env: dict[str, str | None], complain: Any) -> str:
    """The kubelet's own expansion: `$$` becomes `$`; `$(NAME)` becomes the value if NAME is in `env`."""

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "$$":
            if not text.startswith("(", found.end()):
                complain("the kubelet turns `$$` into `$` before the shell sees it: write `$$$$` or do without the pid")
            return "$"
        if found[1] not in env:
            return found[0]
        value = env[found[1]]
        # A value known only in the cluster stands as a variable: shellcheck then asks for quotes, and rightly so.
        return "${" + found[1] + "}" if value is None else value

    return re.sub(r"\$\$|\$\(([^)]*)\)", replaced, text)


def inline(words: list[Any]) -> tuple[str, str, list[str]] | None:
    """(shell, script, flags) of a command line that hands a script to a shell, wherever the shell stands in it."""
    for at, word in enumerate(map(str, words)):
        shell = SHELLS.get(word.rpartition("/")[2])
        if not shell:
            continue
        flags: list[str] = []
        rest = [str(w) for w in words[at + 1 :]]
        while rest and rest[0][:1] in ("-", "+"):
            flags.append(rest.pop(0))
            if flags[-1].endswith("o") and rest:
                flags.append(rest.pop(0))
        if rest and any(re.fullmatch(r"-[a-z]*c[a-z]*", flag) for flag in flags):
            return shell, rest[0], flags
    return None


def environment(container: dict[str, Any], static_only: bool) -> dict[str, str | None]:
    """What `$(NAME)` can refer to; a value is None if only the cluster knows it."""
    found = {e["name"]: e.get("value", "") if "valueFrom" not in e else None for e in container.get("env") or []}
    return {key: value for key, value in found.items() if value is not None} if static_only else found


def commands(container: dict[str, Any]) -> Iterator[tuple[str, list[Any], dict[str, str | None] | None]]:
    """(field, words, env for expansion or None where the kubelet does not expand)."""
    main = [*(container.get("command") or []), *(container.get("args") or [])]
    yield "command", main, environment(container, static_only=False)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        action = (container.get(probe) or {}).get("exec") or {}
        yield probe, action.get("command") or [], environment(container, static_only=True)
    for hook in ("postStart", "preStop"):
        action = ((container.get("lifecycle") or {}).get(hook) or {}).get("exec") or {}
        yield f"lifecycle.{hook}", action.get("command") or [], None


def scripts(path: Path, manifest: Manifest, score: Score) -> Iterator[Script]:
    for container in containers(manifest):
        for field, words, env in commands(container):
            found = inline(words)
            if not found:
                continue
            where = f"{path} {name(manifest)} {container.get('name')} {field}"
            interpreter, script, flags = found
            if interpreter == "sh" and "pipefail" in flags:
                score.fail(where, "dash, the sh of Debian images, refuses `-o pipefail`: use bash or do without")
            if env is not None:
                script = expand(script, env, lambda what, where=where: score.fail(where, what))
            yield Script(where, interpreter, script)
    for key, text in texts(manifest).items():
        shebang = re.match(r"#!\s*(?:\S*/env\s+)?(?:\S*/)?(\w+)", text)
        shell = SHELLS.get(shebang[1]) if shebang else "sh"
        if shell and (key.endswith(".sh") or shebang):
            yield Script(f"{path} {name(manifest)} {key}", shell, text)


def shellcheck(program: str, files: dict[Path, Script]) -> Iterator[tuple[Script, str]]:
    """One run per shell; findings with line and column."""
    for shell in sorted({script.shell for script in files.values()}):
        paths = [str(path) for path, script in files.items() if script.shell == shell]
        command = [program, "-s", shell, "-S", "info", "-f", "json1", "-e", ",".join(EXCLUDED), *paths]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if run.returncode not in (0, 1):
            raise SystemExit(f"shellcheck itself failed: {run.stderr or run.stdout}")
        for finding in json.loads(run.stdout)["comments"]:
            place = f"line {finding['line']}, column {finding['column']}"
            text = f"{place}: {finding['level']} SC{finding['code']}: {finding['message']}"
            yield files[Path(finding["file"])], text


def parsed(path: Path, script: Script) -> Iterator[str]:
    """What the shells themselves refuse to parse."""
    parsers = [["bash", "-n"]] if script.shell == "bash" else [["dash", "-n"], ["bash", "--posix", "-n"]]
    for parser in parsers:
        if which(parser[0]):
            run = subprocess.run([*parser, str(path)], capture_output=True, text=True, timeout=20, check=False)
            if run.returncode:
                yield f"{' '.join(parser)}: {run.stderr.strip().replace(str(path), 'script')}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    default = Path(sys.executable).with_name("shellcheck")
    parser.add_argument("--shellcheck", default=str(default) if default.exists() else "shellcheck")
    options = parser.parse_args()
    score = Score("scripts")
    for shell in ("dash", "bash"):
        if not which(shell):
            score.note(f"no {shell} on this machine: its parser was not asked")
    # The same script often stands in several profiles: judged once, reported with the first place.
    unique: dict[tuple[str, str], Script] = {}
    for path in options.files:
        for manifest in load(path):
            for script in scripts(path, manifest, score):
                unique.setdefault((script.shell, script.text), script)
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(folder) / f"{number:04}.sh": script for number, script in enumerate(unique.values())}
        for path, script in files.items():
            path.write_text(script.text, encoding="utf-8")
        findings: dict[Script, list[str]] = {script: list(parsed(path, script)) for path, script in files.items()}
        for script, finding in shellcheck(options.shellcheck, files):
            findings[script].append(finding)
    for script, found in findings.items():
        for finding in found:
            score.fail(script.where, finding)
        if found:
            print("".join(f"        {n:3} | {line}\n" for n, line in enumerate(script.text.splitlines(), start=1)))
        else:
            score.ok()
    return score.close()


if __name__ == "__main__":
    sys.exit(main())
