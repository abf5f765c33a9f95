"""The values that Kubernetes' closed words may have, read from the Go types of k8s.io/api.

The OpenAPI documents that Kubernetes checks in leave enums out (kubernetes/kubernetes#109177), so they are taken where
the API server's own documents take them: from string types marked `// +enum` and the constants of those types.
Words that are not marked (StorageMedium with its open `HugePages-…`) stay plain strings.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# "core.v1.Protocol"
Name = str

TYPE = re.compile(r"((?://[^\n]*\n)*)type (\w+) (= ?)?([\w.]+) *\n")
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
FIELD = re.compile(r'^\t(?:\w+ +)?([\[\]*\w.]+) +`json:"(\w*)[,"]', re.M)
CONSTANT = re.compile(r'^(?:const|\t) *\w+ +(\w+) *= *"([^"]*)"', re.M)
IMPORT = re.compile(r'^\t(?:(\w+) )?"k8s\.io/api/([\w/]+)"', re.M)


def module(minor: int) -> Path:
    """The unpacked k8s.io/api of one minor, through the go command's own proxy and checksums."""
    version = f"k8s.io/api@v0.{minor}.0"
    told = subprocess.run(["go", "mod", "download", "-json", version], check=True, capture_output=True, text=True)
    return Path(json.loads(told.stdout)["Dir"])


class Enums:
    """Which field of which struct holds which closed word, in one minor."""

    def __init__(self, minor: int) -> None:
        self.marked: set[Name] = set()
        self.values: dict[Name, set[str]] = {}
        self.aliases: dict[Name, Name] = {}
        self.structs: dict[Name, list[tuple[str, Name]]] = {}
        root = module(minor)
        for path in sorted(root.glob("*/v*/*.go")):
            if not path.name.endswith(("_test.go", ".pb.go", "generated.go", "generated.deepcopy.go")):
                self.read(path.read_text(), str(path.parent.relative_to(root)))
        self.words = {name: sorted(self.values[name]) for name in self.marked if name in self.values}

    def read(self, text: str, folder: str) -> None:
        """One Go file."""
        package = folder.replace("/", ".")
        imports = {alias or path.rpartition("/")[2]: path.replace("/", ".") for alias, path in IMPORT.findall(text)}

        def full(name: str) -> Name:
            qualifier, _, word = name.rpartition(".")
            return f"{imports.get(qualifier, qualifier)}.{word}" if qualifier else f"{package}.{word}"

        for comment, name, alias, target in TYPE.findall(text):
            if alias or "." in target:
                self.aliases[full(name)] = full(target)
            elif target == "string" and re.search(r"^// \+enum", comment, re.M):
                self.marked.add(full(name))
        for name, body in STRUCT.findall(text):
            self.structs[full(name)] = [(key, full(kind.lstrip("[]*"))) for kind, key in FIELD.findall(body)]
        for name, value in CONSTANT.findall(text):
            self.values.setdefault(full(name), set()).add(value)

    def fields(self, struct: Name) -> Iterator[tuple[str, Name]]:
        """(json name, enum) of a struct, embedded structs included."""
        for key, kind in self.structs.get(struct, []):
            kind = self.aliases.get(kind, kind)
            if not key:
                yield from self.fields(kind)
            elif kind in self.words:
                yield key, kind
