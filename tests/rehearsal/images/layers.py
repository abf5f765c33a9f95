"""Layers: folders that are made once, from packages, by the ordinary clients of their registries."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from images import ROOT


def tell(*words: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=cwd, env=env, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))[:300]}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def layer(name: str, build: Callable[[Path], None]) -> Path:
    """The folder of that name, whole or not at all, whoever else makes it at the same time."""
    root = ROOT / name
    ROOT.mkdir(parents=True, exist_ok=True)
    with (ROOT / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            print(f"  making {name}", flush=True)
            new = root.with_name(f".{name}.new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            build(new)
            new.rename(root)
    return root


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chmod(path, mode)


def own(path: Path, uid: int, gid: int, mode: int = 0o755) -> None:
    """A folder of somebody's."""
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, uid, gid)
    os.chmod(path, mode)


def account(root: Path, name: str, uid: int, gid: int, home: str = "/", base: Path | None = None) -> None:
    """A user and its group, as the image's builder makes them; beside those of the layer below, if there is one."""
    for file, line in (("passwd", f"{name}:x:{uid}:{gid}::{home}:/bin/sh\n"), ("group", f"{name}:x:{gid}:\n")):
        path = root / "etc" / file
        if base:
            write(path, (base / "etc" / file).read_text())
        kept = [each for each in path.read_text().splitlines(keepends=True) if each.split(":")[2] != str(uid if file == "passwd" else gid)]
        path.write_text("".join(kept) + line)


def scripts(name: str, places: dict[str, str]) -> Path:
    """A layer of scripts from `images/scripts`, which follows them at once: the packages below need not be fetched again."""
    root = ROOT / f"{name}-scripts"
    for place, source in places.items():
        path, text = root / place.lstrip("/"), (Path(__file__).parent / "scripts" / source).read_text()
        if not path.exists() or path.read_text() != text:
            write(path, text, 0o755)
    return root
