"""Roots of Debian packages with all that they need, from any suite that the machine's mirror has.

apt works in a folder of its own with an empty list of installed packages: nothing of the machine changes, and
what is on the machine does not show in the image.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from images import ROOT
from images.layers import tell, write

# What a slim image of Debian has and our scripts use.
USUAL = "base-files base-passwd bash coreutils dash debianutils findutils grep gzip hostname libc-bin mawk netbase passwd procps sed tar util-linux"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
FRESH = 86400


class Suite:
    """One suite: bookworm, sid."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.home = ROOT.parent / "apt" / name
        self.home.mkdir(parents=True, exist_ok=True)
        with self.alone():
            self.refresh()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """apt's folder belongs to one at a time, of all plays and runs."""
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def refresh(self) -> None:
        """The lists of packages, once a day."""
        fresh = self.home / "fresh"
        if fresh.exists() and time.time() - fresh.stat().st_mtime < FRESH:
            return
        for folder in ("state/lists/partial", "cache/archives/partial", "log"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        write(self.home / "sources.list", f"deb [signed-by={KEYS}] {mirror()} {self.name} main\n")
        write(self.home / "status", "")
        self.apt("apt-get", "update")
        write(fresh, "")

    def apt(self, program: str, *words: str, cwd: Path | None = None) -> str:
        places = {
            "Dir::State": "state", "Dir::State::status": "status", "Dir::Cache": "cache", "Dir::Log": "log",
            "Dir::Etc::sourcelist": "sources.list", "Dir::Etc::sourceparts": "none",
        }  # fmt: skip
        options = [word for key, place in places.items() for word in ("-o", f"{key}={self.home / place}")]
        quiet = ["-o", "APT::Sandbox::User=root", "-o", "APT::Install-Recommends=false", "-o", "Acquire::Languages=none", "-q"]
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return tell(program, *options, *quiet, *words, cwd=cwd, env=env)

    def version(self, package: str) -> str:
        """Upstream's part: 7.0.15 of 5:7.0.15-1~deb12u5."""
        told = self.apt("apt-cache", "show", "--no-all-versions", package)
        line = next(line for line in told.splitlines() if line.startswith("Version: "))
        return line.removeprefix("Version: ").split(":")[-1].rpartition("-")[0].split("+")[0]

    def closure(self, *packages: str) -> list[str]:
        """These packages and all that they depend on."""
        told = self.apt("apt-get", "install", "--simulate", *packages)
        return [line.split()[1] for line in told.splitlines() if line.startswith("Inst ")]

    def unpack(self, root: Path, packages: list[str]) -> None:
        """The files of packages; no script of theirs runs."""
        root.mkdir(parents=True, exist_ok=True)
        archives = self.home / "cache/archives" / root.name
        archives.mkdir(parents=True, exist_ok=True)
        with self.alone():
            self.apt("apt-get", "download", *packages, cwd=archives)
        for name in ("bin", "sbin", "lib", "lib64"):
            if not (root / name).exists():
                (root / "usr" / name).mkdir(parents=True, exist_ok=True)
                os.symlink(f"usr/{name}", root / name)
        for archive in sorted(archives.glob("*.deb")):
            tell("sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"', "sh", archive, root)
            archive.unlink()

    def build(self, root: Path, *packages: str) -> None:
        """A root that programs can run in: the usual tools, these packages, and what their scripts would have set up."""
        self.unpack(root, self.closure(*USUAL.split(), *packages))
        for folder in ("proc", "sys", "dev", "run", "root", "home", "var/tmp", "var/run"):
            if not (root / folder).is_symlink():
                (root / folder).mkdir(parents=True, exist_ok=True)
        for kind in ("passwd", "group"):
            write(root / "etc" / kind, (root / f"usr/share/base-passwd/{kind}.master").read_text())
        write(root / "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n")
        for link, to in (("awk", "mawk"), ("nc", "nc.openbsd"), ("netcat", "nc.openbsd")):
            if (root / "usr/bin" / to).exists() and not (root / "usr/bin" / link).exists():
                os.symlink(to, root / "usr/bin" / link)


def mirror() -> str:
    """Where the machine itself has Debian from."""
    told = tell("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages")
    found = [words[2] for line in told.splitlines() if (words := line.split())[:2] == ["Debian", "Debian"] and len(words) == 3]
    if not found:
        raise RuntimeError("apt knows no mirror of Debian: run `apt-get update` once")
    return found[0]
