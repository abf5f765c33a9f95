"""The YAML output means the same as the JSON output, even to a YAML 1.1 reader.

Judge: PyYAML's SafeLoader, the reader with the most surprises (`on`, `0777`, `1:30`, dates).
Proves: both outputs hold the same objects in the same order with the same keys, values and types; no key stands twice;
no plain scalar is text to one reader and a number or a boolean to another (`1e3`, `y`, `0o17`).
Does not prove: that the objects are right; comments; key order.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from manifests import Score

# Text for PyYAML, something else for readers of YAML 1.2 (Go, JavaScript) or for the letter of YAML 1.1.
AMBIGUOUS = re.compile(
    r"y|Y|n|N|=|0o[0-7]+|0x[0-9a-fA-F_]+|[-+]?0b[01_]+|[-+]?[0-9][0-9_]*"
    r"|[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"
)


class Strict(yaml.SafeLoader):
    """SafeLoader that refuses what it would swallow in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            value = self.construct_object(key, deep=True)
            if value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {value!r} stands twice", key.start_mark)
            seen.add(value)
        return super().construct_mapping(node, deep)

    def construct_text(self, node: yaml.ScalarNode) -> str:
        if node.style is None and AMBIGUOUS.fullmatch(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, f"plain `{node.value}` is text here and no text to other readers: quote it", node.start_mark
            )
        return str(node.value)


Strict.add_constructor("tag:yaml.org,2002:str", Strict.construct_text)


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON object without a key twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key stands twice among {', '.join(key for key, _ in pairs)}")
    return found


def refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def documents(text: str) -> list[Any]:
    """JSON as a stream of objects, an array, or a `List`."""
    decoder = json.JSONDecoder(object_pairs_hook=unique, parse_constant=refuse)
    found: list[Any] = []
    text = text.strip()
    at = 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        while text[at : at + 1].isspace():
            at += 1
    if len(found) == 1 and isinstance(found[0], list):
        return found[0]
    if len(found) == 1 and found[0].get("kind") == "List":
        return list(found[0]["items"])
    return found


def differences(yaml_value: Any, json_value: Any, path: str = "") -> Iterator[str]:
    """Every place where the two disagree; `True` and `1` do, `1` and `1.0` too."""
    here = path or "(object)"
    if type(yaml_value) is not type(json_value):
        shown = [f"{v!r:.80} ({type(v).__name__})" for v in (yaml_value, json_value)]
        yield f"{here}: YAML reads {shown[0]}, JSON says {shown[1]}"
    elif isinstance(yaml_value, dict):
        for key in sorted(set(yaml_value) ^ set(json_value), key=str):
            yield f"{here}: key {key!r} only in {'YAML' if key in yaml_value else 'JSON'}"
        for key in (k for k in yaml_value if k in json_value):
            yield from differences(yaml_value[key], json_value[key], f"{path}.{key}".lstrip("."))
    elif isinstance(yaml_value, list):
        if len(yaml_value) != len(json_value):
            yield f"{here}: {len(yaml_value)} entries in YAML, {len(json_value)} in JSON"
        for index, pair in enumerate(zip(yaml_value, json_value, strict=False)):
            yield from differences(*pair, f"{path}[{index}]")
    elif yaml_value != json_value:
        yield f"{here}: YAML reads {yaml_value!r:.120}, JSON says {json_value!r:.120}"


def judge(yaml_path: Path, json_path: Path, score: Score) -> None:
    try:
        ours = list(yaml.load_all(yaml_path.read_text(encoding="utf-8"), Loader=Strict))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        score.fail(f"{yaml_path}{line}", str(getattr(error, "problem", error)))
        return
    try:
        theirs = documents(json_path.read_text(encoding="utf-8"))
    except ValueError as error:
        score.fail(str(json_path), str(error))
        return
    if not ours or len(ours) != len(theirs):
        score.fail(str(yaml_path), f"{len(ours)} documents in YAML, {len(theirs)} in JSON")
        return
    for number, pair in enumerate(zip(ours, theirs, strict=True), start=1):
        found = list(differences(*pair))
        for difference in found:
            score.fail(f"{yaml_path} document {number}", difference)
        if not found:
            score.ok()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, help="YAML files; the JSON lies beside each as *.json")
    options = parser.parse_args()
    score = Score("yaml11")
    for path in options.files:
        judge(path, path.with_suffix(".json"), score)
    return score.close()


if __name__ == "__main__":
    sys.exit(main())
