#!/usr/bin/env python3
"""Kills the program at every system call of its writing, and lets every one of them fail: `kill_walk.py STACKGEN [--strace STRACE]`.

After each the place holds the old tree or the new one, whole; nothing that is not ours is lost once the next run has ended;
and that run succeeds, leaves the new tree and nothing else. Then: two runs at once, and places that cannot be exchanged.
"""

import argparse
import hashlib
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

STACK = """apiVersion: stackgen/v1
kind: Stack
metadata: {name: shop, namespace: tea}
redis: {password: hello-pass}
"""
CALLS = (
    "openat,open,mkdir,mkdirat,write,fsync,fdatasync,syncfs,rename,renameat,renameat2,unlink,unlinkat,rmdir,chmod,fchmod,"
    "fchmodat,chown,fchown,fchownat,flock,link,linkat"
).split(",")
# What a full, closed, odd or broken disk says, and to what.
ERRORS = {
    "ENOSPC": ("openat", "mkdir", "write", "rename", "renameat2", "fsync"),
    "EROFS": ("openat", "mkdir", "rename", "renameat2", "unlink", "rmdir", "chmod", "fchmod"),
    "EACCES": ("openat", "mkdir", "rename", "renameat2", "unlink"),
    "EIO": ("write", "fsync", "rename", "renameat2", "unlink", "rmdir", "chmod", "fchmod"),
    "EBUSY": ("rename", "renameat2", "unlink", "rmdir"),
    "EXDEV": ("rename", "renameat2"),
    "EINVAL": ("renameat2", "fsync"),
    "ENOSYS": ("renameat2",),
}
STRANGE = {
    "kustomization.yaml": "resources: [50-statefulset-redis.yaml]\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/ab/cd": "blob",
    "patches/replicas.yaml": "- op: replace\n",
}


def write(root, files):
    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)


def tree(root):
    """Every file below a folder by its path; a link by where it leads."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in files + [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            path = os.path.join(folder, name)
            short = os.path.relpath(path, root)
            if os.path.islink(path):
                found[short] = "-> " + os.readlink(path)
            else:
                with open(path, "rb") as file:
                    found[short] = hashlib.sha256(file.read()).hexdigest()
    return found


class Place:
    """A kind of place: how it is made, where it is, and what must be there."""

    def __init__(self, name, out, prepare, cwd=".", more=()):
        self.name, self.out, self.prepare, self.cwd, self.more = name, out, prepare, cwd, more

    def target(self, root):
        return os.path.join(root, self.out)


class Walk:
    def __init__(self, exe, strace, store):
        self.exe, self.strace, self.store, self.wrong, self.count = exe, strace, store, [], 0
        # By the name of a place: what stands there before a run, and what after it.
        self.prepared, self.new = {}, {}

    def run(self, root, place, stack, inject=None, trace=None):
        command = [self.exe, "render", "-f", os.path.join(root, stack), "-o", place.target(root)]
        if place.cwd != ".":
            command[-1] = "."
        if stack == "new.yaml":
            command += place.more
        if inject or trace:
            calls = inject.split(":")[0] if inject else ",".join("?" + call for call in CALLS)
            head = [self.strace, "-f", "-qq", "-o", trace or "/dev/null", "-e", f"trace={calls}"]
            head += ["-e", f"inject={inject}"] if inject else []
            command = head + command
        return subprocess.run(
            command, cwd=os.path.join(root, place.cwd), stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def fresh(self, root, place):
        """The place before the run, and the trees that may be there: without what is strange."""
        write(root, {"old.yaml": STACK, "new.yaml": STACK.replace("hello-pass", "other-pass") + "kafka: {}\n"})
        place.prepare(self, root, place)

    def ours(self, root, place, strange):
        """What of the tree is ours; the list may be that of a run on its way."""
        if os.path.isdir(place.target(root)):
            return {
                name: value
                for name, value in tree(place.target(root)).items()
                if name not in strange and not name.startswith(".stackgen")
            }
        target = place.target(root)
        return tree(os.path.dirname(target)).get(os.path.basename(target)) if os.path.exists(target) else None

    def expect(self, condition, what):
        if not condition:
            self.wrong.append(what)

    def judge(self, place, what, inject, killed):
        """One run with a blow, what is there then, and what is there after the next one."""
        with tempfile.TemporaryDirectory() as above:
            root = os.path.join(above, "root")
            shutil.copytree(self.prepared[place.name], root, symlinks=True)
            strange = STRANGE if place.out.startswith("out") and os.path.isdir(place.target(root)) else {}
            old = self.ours(root, place, strange)
            before = set(os.listdir(root))
            done = self.run(root, place, "new.yaml", inject=inject)
            self.count += 1
            now = self.ours(root, place, strange)
            whole = [old, self.new[place.name]]
            label = f"{place.name}, {what}"
            if place.cwd == ".":
                self.expect(now in whole, f"{label}: the tree is neither old nor new")
            else:
                half = [name for name in now if all(now[name] != one.get(name) for one in whole)]
                self.expect(not half, f"{label}: {half} is neither old nor new")
            if killed:
                self.expect(done.returncode != 0, f"{label}: was not killed")
            elif done.returncode == 0:
                self.expect(now == whole[1], f"{label}: success, and the tree is not the new one")
                self.expect(set(os.listdir(root)) <= before | {place.out.rstrip("/")}, f"{label}: success, and litter {sorted(set(os.listdir(root)) - before)}")
            else:
                self.expect(done.returncode == 1 and "error: " in done.stderr, f"{label}: {done.returncode} {done.stderr}")
                named = os.path.basename(root) in done.stderr or (place.cwd != "." and re.search(r"\s\.[:/]", done.stderr))
                told = named or "cannot write to stderr" in done.stderr
                self.expect(told, f"{label}: no path in {done.stderr}")
            again = self.run(root, place, "new.yaml")
            self.expect(again.returncode == 0, f"{label}: the next run fails: {again.stderr}")
            self.expect(self.ours(root, place, strange) == whole[1], f"{label}: the next run does not end with the new tree")
            left = set(os.listdir(root)) - before - {place.out.rstrip("/")}
            self.expect(not left, f"{label}: litter {sorted(left)}")
            if os.path.isdir(place.target(root)):
                inside = [name for name in os.listdir(place.target(root)) if name.startswith(".stackgen-")]
                self.expect(not inside, f"{label}: litter in it {inside}")
                found = tree(place.target(root))
                for name, text in strange.items():
                    self.expect(found.get(name) == hashlib.sha256(text.encode()).hexdigest(), f"{label}: {name} is lost")

    def walk(self, place):
        """Counts the calls of an undisturbed run, then disturbs each of them in a run of its own."""
        counts = {}
        with tempfile.TemporaryDirectory() as root:
            self.fresh(root, place)
            trace = os.path.join(root, "trace")
            done = self.run(root, place, "new.yaml", trace=trace)
            assert done.returncode == 0, done.stderr
            os.rename(trace, trace + ".seen")
            with open(trace + ".seen") as lines:
                # The writing begins with the lock; what the loader and the reader of the stack call before is no part of it.
                for line in lines:
                    call = line.split(None, 1)[1].split("(", 1)[0]
                    first, last = counts.get(call, (1, 0))
                    counts[call] = (first, last + 1)
                    if call == "flock" and last == 0:
                        counts = {call: (last + 1, last) for call, (_, last) in counts.items()} | {call: (1, 1)}
            os.remove(trace + ".seen")
            strange = STRANGE if place.out.startswith("out") and os.path.isdir(place.target(root)) else {}
            self.new[place.name] = self.ours(root, place, strange)
        prepared = self.prepared[place.name] = os.path.join(self.store, str(len(self.prepared)))
        os.mkdir(prepared)
        self.fresh(prepared, place)
        jobs = []
        for call, (first, last) in counts.items():
            for number in range(first, last + 1):
                if call in CALLS:
                    jobs.append((f"killed at {call} {number}", f"{call}:signal=KILL:when={number}", True))
                errors = [error for error, calls in ERRORS.items() if call in calls]
                # There are many of these alike: each fails in one of the ways.
                if call in ("openat", "write", "fsync"):
                    errors = errors[number % len(errors) :][:1]
                for error in errors:
                    jobs.append((f"{error} at {call} {number}", f"{call}:error={error}:when={number}", False))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda job: self.judge(place, *job), jobs))
        return len(jobs)


def nothing(walk, root, place):
    pass


def with_old(walk, root, place):
    done = walk.run(root, place, "old.yaml")
    assert done.returncode == 0, done.stderr


def with_strange(walk, root, place):
    os.makedirs(place.target(root), exist_ok=True)
    with_old(walk, root, place)
    write(place.target(root), STRANGE)


def race(walk, rounds):
    """Two runs into one place: afterwards it holds one whole tree, the first or the second."""
    for out in ("out/", "file.yaml"):
        place = Place("race", out, nothing)
        with tempfile.TemporaryDirectory() as root:
            walk.fresh(root, place)
            whole = []
            for stack in ("old.yaml", "new.yaml"):
                assert walk.run(root, place, stack).returncode == 0
                whole.append(tree(root))
            for number in range(rounds):
                runs = []
                for stack in random.sample(("old.yaml", "new.yaml"), 2):
                    runs.append(
                        subprocess.Popen(
                            [walk.exe, "render", "-f", stack, "-o", out], cwd=root, stderr=subprocess.PIPE, text=True
                        )
                    )
                    time.sleep(random.uniform(0, 0.03))
                for run in runs:
                    said = run.communicate()[1]
                    walk.expect(run.returncode == 0, f"race {number} into {out}: {said}")
                walk.expect(tree(root) in whole, f"race {number} into {out}: half")
                walk.count += 1


MOUNTS = r"""set -eu
mkdir data; mkdir out ro
mount --bind data out
"$1" render -f old.yaml -o out/ && "$1" render -f new.yaml -o out/ 2>said
grep -q 'mount point' said; test -e data/50-statefulset-kafka.yaml; test ! -e "$(ls -d out/.stackgen-* 2>/dev/null)"
mkdir tmp; mount -t tmpfs none tmp; "$1" render -f old.yaml -o tmp/; echo x >tmp/mine.yaml
"$1" render -f new.yaml -o tmp/; test -e tmp/mine.yaml; (cd tmp && sha256sum --quiet --check .stackgen)
# A folder that holds one.
"$1" render -f old.yaml -o holds/; mkdir holds/sub; mount -t tmpfs none holds/sub; echo x >holds/sub/mine
"$1" render -f new.yaml -o holds/; test -e holds/sub/mine; (cd holds && sha256sum --quiet --check .stackgen)
# One file, as docker mounts it.
echo old >one; echo old >here.yaml; mount --bind one here.yaml
"$1" render -f new.yaml -o here.yaml 2>said; grep -q 'in place' said; "$1" render -f new.yaml | cmp - one
# A disk that is full, and one that is closed: the old tree stays.
mkdir full; mount -t tmpfs -o size=64k none full; "$1" render -f old.yaml -o full/out/; (cd full/out && find . -type f | sort | xargs sha256sum) >before
head -c 1M /dev/zero >full/zero 2>/dev/null || true
if "$1" render -f new.yaml -o full/out/ 2>said; then exit 1; fi
grep -q 'No space' said; (cd full/out && find . -type f | sort | xargs sha256sum) | cmp - before; test "$(ls -A full | wc -l)" = 2
mount -o remount,ro full
if "$1" render -f new.yaml -o full/out/ 2>said; then exit 1; fi
grep -q 'Read-only' said; (cd full/out && find . -type f | sort | xargs sha256sum) | cmp - before
if "$1" render -f new.yaml -o full/new.yaml 2>said; then exit 1; fi
grep -q 'full/new.yaml: Read-only' said
"""


def mounts(walk):
    if os.geteuid() != 0 or not shutil.which("unshare"):
        print("  mounts: only root may mount; passed over")
        return
    with tempfile.TemporaryDirectory() as root:
        walk.fresh(root, Place("mounts", "out", nothing))
        command = ["unshare", "-m", "bash", "-ex", "-c", MOUNTS, "bash", walk.exe]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        walk.expect(done.returncode == 0, "mounts: " + "\n".join(done.stderr.splitlines()[-6:]))
        walk.count += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stackgen", type=os.path.abspath)
    parser.add_argument("--strace", default="strace")
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as store:
        walk = Walk(arguments.stackgen, arguments.strace, store)
        whole(walk, arguments.rounds)
    for line in sorted(set(walk.wrong))[:40]:
        print("  " + line)
    print(f"{walk.count} runs were disturbed, {len(walk.wrong)} things were wrong")
    sys.exit(bool(walk.wrong))


def whole(walk, rounds):
    places = [
        Place("a new folder", "new/", nothing),
        Place("a folder with strange files", "out/", with_strange),
        Place("a new file", "file.yaml", nothing),
        Place("an old file", "file.yaml", with_old),
        Place("a part of a folder", "out/", with_strange, more=("--only", "Secret/*", "--only", "*/kafka*")),
        Place("the working folder", "out/", with_strange, cwd="out"),
    ]
    for place in places:
        began = time.monotonic()
        jobs = walk.walk(place)
        print(f"  {place.name}: {jobs} blows in {time.monotonic() - began:.0f} s", flush=True)
    race(walk, rounds)
    mounts(walk)


if __name__ == "__main__":
    main()
