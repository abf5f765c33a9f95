"""The command: which plays, one after the other, each in namespaces of its own; what came of them."""

from __future__ import annotations

import argparse
import concurrent.futures
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import images
from script import REPOSITORY, SPACE, Act, Play, load, names, pictures, render
from stage import node

RUNS = REPOSITORY / "target/rehearsal/run"
# What runs now, for the signal that ends all of it.
running: set[subprocess.Popen[bytes]] = set()
stopped = threading.Event()


def inside(folder: Path, play: Play, number: int, *, quick: bool, broken: bool) -> int:
    """The play itself, as the first process of its namespaces."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    act = Act(folder, play, play.variants[number], quick=quick, broken=broken)
    act.open(f"{SPACE}.svc.cluster.local svc.cluster.local cluster.local")
    try:
        play.story(act)
    except AssertionError as problem:
        act.note(f"FAILED: {problem}\n{act.picture()}")
        return 1
    except Exception:  # noqa: BLE001 told, with all there is to see
        act.note(f"FAILED: {traceback.format_exc()}\n{act.picture()}")
        return 1
    finally:
        act.close()
    return 0


def perform(title: str, play: Play, number: int, *, quick: bool, broken: bool, alone: bool) -> tuple[str, float]:
    """Makes the images, starts the play, waits for its end; what it came to and how long it took.

    Beside others it is told afterwards, and only if it failed."""
    print(f"\n=== {title}: {play.title}", flush=True)
    folder = RUNS / (f"{title}.broken" if broken else title)
    RUNS.mkdir(parents=True, exist_ok=True)
    with (RUNS / f".{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError("somebody else plays this now") from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return watch(folder, play, number, quick=quick, broken=broken, alone=alone)


def watch(folder: Path, play: Play, number: int, *, quick: bool, broken: bool, alone: bool) -> tuple[str, float]:
    """The play in its folder, from the images to the sweeping."""
    variant = play.variants[number]
    for image in sorted(pictures(render(play, variant))):
        images.find(image)
    flags = [*(["--quick"] if quick else []), *(["--broken"] if broken else [])]
    command = node.inside([str(Path(__file__)), "--inside", str(folder), "--variant", str(number), play.name, *flags])
    mark = f"{os.getpid()}-{play.name}-{number}"
    began = time.monotonic()
    out = None if alone else (folder / "told").open("w")
    process = subprocess.Popen(command, env={**os.environ, "REHEARSAL_ID": mark}, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    word = "failed: stopped"
    running.add(process)
    try:
        code = process.wait(play.limit)
        word = "passed" if code == 0 else "failed"
    except subprocess.TimeoutExpired:
        word = f"failed: not over after {play.limit} s"
    finally:
        # Its namespaces, mounts and processes end with it.
        process.kill()
        process.wait()
        running.discard(process)
        seconds = time.monotonic() - began
        time.sleep(0.2)
        node.sweep(mark)
        if out:
            out.close()
        shutil.rmtree(folder / "live", ignore_errors=True)
    if out and word.startswith("failed") != broken:
        print((folder / "told").read_text(), end="")
    return word, seconds


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/rehearsal/run", description="Rehearses rendered stacks with real servers.")
    parser.add_argument("plays", nargs="*", metavar="PLAY", help="which plays (--list)")
    parser.add_argument("--all", action="store_true", help="all plays in all variants")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--quick", action="store_true", help="without the scenes that take minutes, in the first variant")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="how many plays at the same time (%(default)s)")
    parser.add_argument("--profile", help="only the variants of this profile")
    parser.add_argument("--sabotage", action="store_true", help="break what is rendered, and expect that the play fails")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--variant", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--broken", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options.inside, load(options.plays[0]), options.variant, quick=options.quick, broken=options.broken)
    if options.list:
        for name in names():
            print(f"{name:20} {load(name).title}")
        return 0
    unknown = set(options.plays) - set(names())
    if unknown or not (options.plays or options.all):
        parser.error(f"no play {', '.join(unknown)}: see --list" if unknown else "which play? --all, or see --list")
    if os.geteuid() != 0:
        raise SystemExit("namespaces need root")
    return season([load(name) for name in options.plays or names()], options)


def stop(number: int, _frame: object) -> None:
    """Ends every play at once; each takes its namespaces with it. None begins any more."""
    stopped.set()
    for process in list(running):
        process.kill()
    sys.exit(128 + number)


def season(plays: list[Play], options: argparse.Namespace) -> int:
    """All that was asked for; the last line is `N passed, N failed`."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    quick, broken = options.quick or options.sabotage, options.sabotage

    def one(task: tuple[str, Play, int]) -> tuple[str, str]:
        title, play, number = task
        if stopped.is_set():
            return "failed", f"{title:44} not begun"
        try:
            word, seconds = perform(title, play, number, quick=quick, broken=broken, alone=options.at_once == 1)
        except (RuntimeError, LookupError, OSError) as problem:
            word, seconds = f"failed: {problem}", 0.0
        else:
            if broken:
                word = "passed: the broken one fails" if word.startswith("failed") else "failed: the broken one passes"
        print(f"--- {title}: {word}, {seconds:.0f} s", flush=True)
        return word, f"{title:44} {word}, {seconds:.0f} s"

    tasks = []
    for play in plays:
        variants = [(f"{play.name}.{variant}", play, number) for number, variant in enumerate(play.variants) if options.profile in (None, variant.profile)]
        tasks += variants[: 1 if quick else None]
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as crew:
        told = list(crew.map(one, tasks))
    print("\n" + "\n".join(line for _, line in told))
    failed = sum(word.startswith("failed") for word, _ in told)
    print(f"{len(told) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
