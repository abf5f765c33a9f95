"""Our schema proof beside the others' verdict, on objects that were broken on purpose, one field at a time.

Judges: PyPI's kubernetes-validate schemas, strict (schema.py), and kubeconform -strict on the same schemas where
`--kubeconform` names it (go install github.com/yannh/kubeconform/cmd/kubeconform@latest).
Corpus: every object of the files given; then each of its fields misspelt, dropped, given a value of another type, null, or a
near miss of its value. Each mutant goes to one minor, in turn.
Proves: both say the same of every object, or differ for a reason that EXPLAINED names and that shows in the place and the
value. Anything else fails.

    cargo build --example verdicts
    target/ci/venv/bin/python .ci/oracles/compare_schema.py tests/cases/*/*/manifest.yaml tests/schema/kept.yaml
"""

from __future__ import annotations

import argparse
import collections
import copy
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from manifests import Manifest, Score, load, name
from schema import CUSTOM, complaints, folder
from schemas import relative

MINORS = ["1.25", "1.28", "1.31", "1.34", "1.37"]
VERDICTS = Path(__file__).parents[2] / "target/debug/examples/verdicts"

# Why only we refuse: (what our complaint says, the reason).
EXPLAINED = [
    (r"null", "null in a list, in a map or for a number: the schemas take it, an API server sees no value there"),
    (r"must be (`\w+`, )*`\w+`.* or `|cannot be `|must be `\w+`, not|does not support `[^`]+: ", "enum: the documents leave them out"),
    (r"a quantity such as", "quantity: any text or number to the schemas"),
    (r"base64 text", "base64: any text to the schemas"),
    (r"a time such as", "time: any text to the schemas, which say `format` only"),
    (r"not the number -?\d+\.\d+|not the number -?\d{10,}", "a whole number written 2.0, or too long for its field"),
    (r"apiVersion", "no apiVersion: kubernetes-validate needs one to begin with"),
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, the document itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from paths(below, (*path, key))


def other_values(value: Any) -> Iterator[tuple[str, Any]]:
    """Values that somebody could have meant."""
    yield "null", None
    match value:
        case bool():
            yield "quoted", str(value).lower()
            yield "number", 1
        case int() | float():
            yield "quoted", str(value)
            yield "float", value + 0.5
            yield "whole float", float(value)
            yield "huge", 2**40
        case str():
            yield "number", 8080
            yield "boolean", True
            yield "near miss", value + "x"
            yield "other case", value.swapcase()
            yield "list", [value]
            yield "empty", ""
        case list():
            yield "map", {"item": value[0]} if value else {}
            yield "only item", value[0] if value else "x"
            yield "null inside", [*value, None]
            yield "number inside", [*value, 7]
        case dict():
            yield "text", "x"
            yield "list", [value]
            yield "unknown key", {**value, "unknownKey": "x"}


def mutants(manifest: Manifest) -> Iterator[tuple[str, Manifest]]:
    """(what was done, the object)."""
    yield "as it is", manifest
    for path in paths(manifest):
        # Kind and name make an object: without them there is nothing to prove.
        if not path or path in (("kind",), ("metadata",), ("metadata", "name")):
            continue
        *way, last = path
        for title, value in [("dropped", ...), ("misspelt", ...), *other_values(at(manifest, path))]:
            mutant = copy.deepcopy(manifest)
            holder = at(mutant, way)
            if title == "dropped":
                del holder[last]
            elif title == "misspelt":
                if not isinstance(last, str):
                    continue
                holder[last[:-1] or "x"] = holder.pop(last)
            else:
                holder[last] = value
            yield f"{'.'.join(map(str, path))}: {title}", mutant


def at(value: Any, path: Any) -> Any:
    """The value at a path."""
    for step in path:
        value = value[step]
    return value


def ours(cases: list[tuple[str, str, Manifest]]) -> list[list[dict[str, str]]]:
    """Our complaints about each."""
    lines = "".join(json.dumps({"minor": minor, "object": mutant}) + "\n" for _, minor, mutant in cases)
    told = subprocess.run([VERDICTS], input=lines, capture_output=True, text=True, check=True).stdout
    verdicts = [json.loads(line) for line in told.splitlines()]
    return [[{"path": "", "title": "no object"}] if found is None else found for found in verdicts]


def kubeconform(binary: Path, cases: list[tuple[str, str, Manifest]]) -> list[bool | None]:
    """Is each accepted? None where it says that it has no schema."""
    verdicts: list[bool | None] = [None] * len(cases)
    for minor in MINORS:
        indexes = [index for index, case in enumerate(cases) if case[1] == minor]
        with tempfile.TemporaryDirectory() as where:
            (Path(where) / "objects").mkdir()
            for index in indexes:
                (Path(where) / "objects" / f"{index}.json").write_text(json.dumps(cases[index][2]))
            schemas = Path(where) / "schemas"
            relative(folder(minor), schemas, {case[2]["kind"].lower() for case in cases})
            pattern = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
            objects = Path(where) / "objects"
            command = [binary, "-strict", "-output", "json", "-verbose", "-n", "2", "-schema-location", pattern, objects]
            told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
            for resource in told["resources"]:
                index = int(Path(resource["filename"]).stem)
                known = "could not find schema" not in resource["msg"]
                verdicts[index] = resource["status"] == "statusValid" if known else None
    return verdicts


def beyond(fault: dict[str, Any]) -> str | None:
    """src/verify/schema/values.txt says more than the documents: what a running kube-apiserver refused."""
    return "a value that OpenAPI leaves open, and the server does not" if fault.get("beyond") else None


def reason(found: list[dict[str, Any]]) -> str | None:
    """Why only we refuse: every complaint must have its reason."""
    reasons = {next((why for pattern, why in EXPLAINED if re.search(pattern, fault["title"])), beyond(fault)) for fault in found}
    return None if None in reasons else " + ".join(sorted(filter(None, reasons)))


def same_place(found: list[dict[str, str]], theirs: list[tuple[str, str]] | None) -> bool:
    """Is one of their complaints at one of our places, or at the map around it, as they tell unknown and missing fields?"""
    mine = {fault["path"].replace('"', "") for fault in found}
    around = mine | {re.sub(r"(^|\.)[^.\[\]]+$", "", path) or "(object)" for path in mine}
    # Keys with dots: the end of the path is enough.
    return theirs is None or any(place in around or any(p.startswith(place) for p in mine) for place, _ in theirs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--kubeconform", type=Path, help="its binary")
    parser.add_argument("--every", type=int, default=1, help="take only every n-th mutant (%(default)s)")
    options = parser.parse_args()
    score = Score("compare_schema")
    seen: set[str] = set()
    cases: list[tuple[str, str, Manifest]] = []
    manifests = [manifest for path in options.files for manifest in load(path)]
    # Nor do they know the kinds that a case defines itself.
    custom = CUSTOM | {
        (manifest["spec"]["group"], manifest["spec"]["names"]["kind"])
        for manifest in manifests
        if manifest.get("kind") == "CustomResourceDefinition"
    }
    for manifest in manifests:
        if (manifest.get("apiVersion", "").rpartition("/")[0], manifest.get("kind")) in custom:
            continue
        for title, mutant in mutants(manifest):
            text = json.dumps(mutant, sort_keys=True, default=str)
            if text not in seen:
                seen.add(text)
                cases.append((f"{name(manifest)} {title}", MINORS[len(cases) % len(MINORS)], json.loads(text)))
    cases = cases[:: options.every]
    mine = ours(cases)
    others = kubeconform(options.kubeconform, cases) if options.kubeconform else [None] * len(cases)
    compare(score, cases, mine, others)
    return score.close()


def compare(score: Score, cases: Any, mine: Any, others: Any) -> None:
    """Counts, and tells each difference that nobody explained."""
    counts: collections.Counter[str] = collections.Counter()
    for (title, minor, mutant), found, conform in zip(cases, mine, others, strict=True):
        theirs = complaints(mutant, minor)
        refused = theirs is None or bool(theirs)
        if conform is not None:
            agrees = "differs from" if conform == refused else "agrees with"
            counts[f"(kubeconform {agrees} kubernetes-validate)"] += 1
        if bool(found) == refused:
            counts["both refuse" if refused else "both accept"] += 1
            if refused and not same_place(found, theirs):
                counts["DIFFERENT PLACE"] += 1
                score.fail(f"{title} on {minor}", f"ours {found}, theirs {theirs}")
            else:
                score.passed += 1
        elif found and (why := reason(found)):
            counts[f"only we refuse: {why}"] += 1
            score.passed += 1
        elif not found and all("valid under each of" in text for _, text in theirs or [("", "")]):
            counts["only they refuse: null for an int-or-string or quantity, which their `oneOf` takes twice"] += 1
            score.passed += 1
        elif theirs is None and "apiVersion" in title:
            counts["only they refuse: a foreign group, which we warn of as unproven"] += 1
            score.passed += 1
        else:
            counts["UNEXPLAINED"] += 1
            score.fail(f"{title} on {minor}", f"ours {found}, theirs {theirs}")
    for what, count in counts.most_common():
        print(f"{count:7} {what}")


if __name__ == "__main__":
    sys.exit(main())
