"""The last step inside of a container: its root, mounts, user and privileges, then its program.

Run with the machine's Python before the root changes, so that an image needs no tool of ours:
`inside.py start SPEC` as the first process of its namespaces, `inside.py exec SPEC WORD …` beside it.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
RDONLY, REMOUNT, BIND, REC = 1, 32, 4096, 16384
SET_NO_NEW_PRIVS, CAPBSET_DROP = 38, 24
# As runtimes leave them to a container, by number: linux/capability.h.
CAPABILITIES = {
    "CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
    "NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "NET_RAW": 13, "IPC_LOCK": 14, "SYS_CHROOT": 18, "SYS_PTRACE": 19,
    "SYS_ADMIN": 21, "SYS_NICE": 23, "SYS_RESOURCE": 24, "MKNOD": 27, "AUDIT_WRITE": 29, "SETFCAP": 31,
}  # fmt: skip
USUAL = "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"


def mount(source: object, target: object, kind: str, flags: int = 0, data: str = "") -> None:
    words = [str(word).encode() for word in (source, target, kind)]
    if LIBC.mount(*words, ctypes.c_ulong(flags), data.encode()) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount {source} on {target}: {os.strerror(code)}")


def within(root: Path, path: str) -> Path:
    """A place in the image, where its links lead as seen from inside: `/var/run` is the image's `/run`, not the machine's."""
    place, left = root, [part for part in path.split("/") if part]
    while left:
        part = left.pop(0)
        if (place / part).is_symlink():
            to = os.readlink(place / part)
            left = [step for step in to.split("/") if step] + left
            place = root if to.startswith("/") else place
        else:
            place = (place.parent if place != root else root) if part == ".." else place / part
    return place


def furnish(spec: dict) -> None:
    """Root of layers, /proc, /dev, /sys, the volumes, and the files that the kubelet writes."""
    root = Path(spec["root"])
    lower = ":".join(spec["layers"])
    mount("overlay", root, "overlay", 0, f"lowerdir={lower},upperdir={spec['upper']},workdir={spec['work']}")
    for name in ("proc", "dev", "sys", "tmp", "etc"):
        (root / name).mkdir(exist_ok=True)
    os.chmod(root / "tmp", 0o1777)
    mount("proc", root / "proc", "proc")
    mount("dev", root / "dev", "tmpfs", 0, "size=64k,mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        (root / "dev" / name).touch()
        mount(f"/dev/{name}", root / "dev" / name, "", BIND)
    for link, to in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(to, root / "dev" / link)
    (root / "dev/shm").mkdir()
    mount("shm", root / "dev/shm", "tmpfs", 0, "size=64m,mode=1777")
    mount("/sys", root / "sys", "", BIND | REC)
    for name, text in spec["files"].items():
        (root / "etc" / name).unlink(missing_ok=True)
        (root / "etc" / name).write_text(text)
    readonly = []
    for source, where, writable in spec["mounts"]:
        target = within(root, where)
        if Path(source).is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        mount(source, target, "", BIND)
        if not writable:
            readonly.append(target)
    within(root, spec["workdir"]).mkdir(parents=True, exist_ok=True)
    for target in [*readonly, *([root] if spec["readonly"] else [])]:
        mount("none", target, "", REMOUNT | BIND | RDONLY)


def privileges(spec: dict) -> None:
    """Capabilities, groups and user, in the order that lets each be given away."""
    kept = set() if "ALL" in spec["drop"] else set(USUAL.split()) - set(spec["drop"])
    kept |= set(spec["add"])
    numbers = {CAPABILITIES[name] for name in kept if name in CAPABILITIES}
    # As many as a kernel may know; of those that it does not know it says so, and nothing happens.
    for number in range(64):
        if number not in numbers:
            LIBC.prctl(CAPBSET_DROP, number, 0, 0, 0)
    os.setgroups(spec["groups"])
    os.setresgid(spec["gid"], spec["gid"], spec["gid"])
    os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    if spec["no_new_privileges"]:
        LIBC.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main() -> None:
    what, path, *line = sys.argv[1:]
    spec = json.loads(Path(path).read_text())
    if spec["cgroup"]:
        Path(spec["cgroup"], "cgroup.procs").write_text("0")
    if what == "start":
        socket.sethostname(spec["hostname"])
        furnish(spec)
        line = spec["line"]
    os.chroot(spec["root"])
    os.chdir(spec["workdir"])
    privileges(spec)
    program = shutil.which(line[0], path=spec["env"].get("PATH"))
    if not program:
        os.write(2, f"no {line[0]} in this image\n".encode())
        os._exit(127)
    try:
        os.execve(program, line, spec["env"])
    except OSError as problem:
        os.write(2, f"{program}: {problem}\n".encode())
        os._exit(126)


main()
