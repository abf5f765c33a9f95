"""The machine below the pods: namespaces that hide it, a bridge, memory groups.

Everything lives in namespaces of the play's own process (mounts, processes, network): it ends with that process,
however that ends. Nothing in them has a way out to another network.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PODS = "10.244"
NODE = "10.244.0.1"
SERVICES = "10.96"
BRIDGE = "stage0"
GROUPS = "stackgen-rehearsal"
MEMORY = ("memory.limit_in_bytes", "memory.max")


def tell(*words: object, check: bool = True, text: str | None = None) -> str:
    """Runs a command to its end; its standard output."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, input=text, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def inside(command: list[str]) -> list[str]:
    """The command line that runs a command in namespaces of its own; all it started is killed when it ends."""
    hidden = ["unshare", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
    return [*hidden, sys.executable, *command]


def furnish(live: Path, search: str) -> None:
    """Once, inside: loopback, bridge, our own names."""
    tell("mount", "--make-rprivate", "/")
    live.mkdir(parents=True, exist_ok=True)
    Path("/run/netns").mkdir(exist_ok=True)
    tell("mount", "-t", "tmpfs", "netns", "/run/netns")
    # With an address of its own: the lowest of its ports' would change with them, and pods talk to the old one for a while.
    links = [f"link add {BRIDGE} address 02:00:00:00:00:01 type bridge", f"addr add {NODE}/16 dev {BRIDGE}", f"link set {BRIDGE} up", "link set lo up"]
    tell("ip", "-batch", "-", text="\n".join(links))
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    # The plays themselves ask the cluster's names, as a pod would.
    for file, text in (("resolv.conf", f"nameserver {NODE}\nsearch {search}\noptions ndots:5\n"), ("nsswitch.conf", "hosts: files dns\n")):
        (live / file).write_text(text)
        target = Path("/etc", file).resolve()
        if target.exists():
            tell("mount", "--bind", live / file, target)


def connect(name: str, address: str, number: int) -> None:
    """A network namespace with one address on the bridge."""
    tell("ip", "netns", "add", name)
    tell("ip", "link", "add", f"veth{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
    tell("ip", "link", "set", f"veth{number}", "master", BRIDGE, "up")
    lines = ["link set lo up", "link set eth0 up", f"addr add {address}/16 dev eth0", f"route add default via {NODE}"]
    tell("ip", "-n", name, "-batch", "-", text="\n".join(lines))


def disconnect(name: str) -> None:
    tell("ip", "netns", "del", name, check=False)


def group(name: str, limit: int | None) -> Path | None:
    """A memory group of the container, by version 1 or 2 of control groups; None where there is neither."""
    for root, file in ((Path("/sys/fs/cgroup/memory"), MEMORY[0]), (Path("/sys/fs/cgroup"), MEMORY[1])):
        top = root / GROUPS
        try:
            top.mkdir(exist_ok=True)
            if file == MEMORY[1]:
                (root / "cgroup.subtree_control").write_text("+memory")
                (top / "cgroup.subtree_control").write_text("+memory")
            made = top / f"{os.environ.get('REHEARSAL_ID', 'x')}-{name}"
            made.mkdir(exist_ok=True)
            (made / file).write_text(str(limit or ("-1" if file == MEMORY[0] else "max")))
        except OSError:
            continue
        return made
    return None


def killed_for_memory(made: Path | None) -> bool:
    """Did the kernel kill somebody in there?"""
    for file in ("memory.oom_control", "memory.events"):
        if made and (made / file).exists():
            words = (made / file).read_text().split()
            return "oom_kill" in words and words[words.index("oom_kill") + 1] != "0"
    return False


def most_memory(made: Path | None) -> int:
    """The most that it ever used, in MiB; 0 where nobody counts."""
    for file in ("memory.max_usage_in_bytes", "memory.peak"):
        if made and (made / file).exists():
            return int((made / file).read_text()) >> 20
    return 0


def sweep(prefix: str) -> None:
    """Outside, when a play is over: its memory groups, which are the only thing that outlives its process."""
    for root in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        top = root / GROUPS
        for made in [*top.glob(f"{prefix}-*"), top] if top.is_dir() else []:
            try:
                made.rmdir()
            except OSError:
                pass
