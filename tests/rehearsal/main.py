"""The command: which plays, one after the other, each in namespaces of its own; what came of them."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import images
from script import REPOSITORY, SPACE, Act, Play, Variant, load, names, pictures, render
from stage import node

RUNS = REPOSITORY / "target/rehearsal/run"


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


def perform(play: Play, number: int, variant: Variant, *, quick: bool, broken: bool) -> tuple[str, float]:
    """Makes the images, starts the play, waits for its end; what it came to and how long it took."""
    title = f"{play.name}.{variant}"
    print(f"\n=== {title}: {play.title}", flush=True)
    folder = RUNS / title
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for image in sorted(pictures(render(play, variant))):
        images.find(image)
    flags = [*(["--quick"] if quick else []), *(["--broken"] if broken else [])]
    command = node.inside([str(Path(__file__)), "--inside", str(folder), "--variant", str(number), play.name, *flags])
    mark = f"{os.getpid()}-{number}"
    began = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, "REHEARSAL_ID": mark}, stdin=subprocess.DEVNULL)
    try:
        code = process.wait(play.limit)
        word = "passed" if code == 0 else "failed"
    except subprocess.TimeoutExpired:
        word = f"failed: not over after {play.limit} s"
    finally:
        # Its namespaces, mounts and processes end with it.
        process.kill()
        process.wait()
        time.sleep(0.2)
        node.sweep(mark)
    return word, time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/rehearsal/run", description="Rehearses rendered stacks with real servers.")
    parser.add_argument("plays", nargs="*", metavar="PLAY", help="which plays (--list)")
    parser.add_argument("--all", action="store_true", help="all plays in all variants")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--quick", action="store_true", help="without the scenes that take minutes, in the first variant")
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


def season(plays: list[Play], options: argparse.Namespace) -> int:
    """All that was asked for; the last line is `N passed, N failed`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    told = []
    for play in plays:
        variants = [pair for pair in enumerate(play.variants) if options.profile in (None, pair[1].profile)]
        for number, variant in variants[: 1 if options.quick or options.sabotage else None]:
            word, seconds = perform(play, number, variant, quick=options.quick or options.sabotage, broken=options.sabotage)
            if options.sabotage:
                word = "passed: the broken one fails" if word == "failed" else "failed: the broken one passes"
            told.append((word, f"{play.name}.{variant}", seconds))
            print(f"--- {play.name}.{variant}: {word}, {seconds:.0f} s", flush=True)
    print()
    for word, title, seconds in told:
        print(f"{title:44} {word}, {seconds:.0f} s")
    failed = sum(word.startswith("failed") for word, _, _ in told)
    print(f"{len(told) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
