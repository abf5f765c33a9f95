"""Writes src/verify/schema/builtin.txt: every built-in kind of Kubernetes 1.25 to 1.37, all minors in one table.

Sources, pinned: the `_definitions.json` of each minor in PyPI's kubernetes-validate (fields, types, what is required,
merge keys; it is Kubernetes' own OpenAPI document, made strict), and k8s.io/api of each minor (enums, see enums.py).

    python3 -m venv --without-pip target/schema
    python3 -m pip --python target/schema/bin/python install -r .ci/oracles/requirements.txt
    target/schema/bin/python .ci/schema/table.py            # needs `go` for the enums; --check compares only

A new minor: raise the pin in .ci/oracles/requirements.txt, LAST here and `Minor::LAST` in src/verify/schema/minor.rs,
run, read the diff: it is the change of the API.

The table, one type or enum a paragraph, sorted by name; minors of a field count within those of its type; the reader is src/verify/schema/table.rs:

    apps/v1/Deployment                  a kind: apiVersion/kind. Its fields apiVersion and kind go without saying
     spec apps.v1.DeploymentSpec        a field and its shape
    core.v1.PodSpec                     a type
     containers [.Container] ! ^name    a list; `.X` lives in the package of this paragraph; `!` required; merge key
     hostUsers b 25-32                  only in these minors: `25-32`, `29-`, `-28`, `30`, joined by commas
     serviceName s !-33                 required only in these minors
    core.v1.Protocol                    an enum
     =TCP                               a value, with minors as above

Shapes: s string, b boolean, i int32, l int64, n number, y base64, t time, q quantity, x int-or-string, o object of
anything, * anything, [shape] list, {shape} map, else the name of a type or an enum.
After the shape, in this order: the minors; `!` and the minors that require it; `#` and the keys of a list-map, or alone for
a set; `^` and the patch merge key, or alone for a list of scalars that is merged; `~` keys that a patch lacks go away.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import importlib_resources

from enums import Enums

FIRST, LAST = 25, 37
MINORS = range(FIRST, LAST + 1)
TABLE = Path(__file__).parents[2] / "src/verify/schema/builtin.txt"

# Packages as people know them.
PREFIXES = (
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apimachinery.pkg.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
    "io.k8s.kube-aggregator.pkg.apis.",
)

# Types that the documents describe in words only.
SPECIAL = {
    "api.resource.Quantity": "q",
    "util.intstr.IntOrString": "x",
    "meta.v1.Time": "t",
    "meta.v1.MicroTime": "t",
}

INTEGERS = {"int32": "i", "int64": "l", None: "l"}

Json = dict[str, Any]
# (field, its line without minors) -> {minor: is it required}
Fields = dict[tuple[str, str, str], dict[int, bool]]


def definitions(minor: int) -> Json:
    """All API types of one minor, by their short names."""
    root = importlib_resources.files("kubernetes_validate") / "kubernetes-json-schema"
    text = (root / f"v1.{minor}.0-local-strict" / "_definitions.json").read_text()
    short = {short_name(name): schema for name, schema in json.loads(text)["$defs"].items()}
    return short


def short_name(name: str) -> str:
    """`core.v1.Container`"""
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def kind_of(schema: Json) -> tuple[str, str] | None:
    """(apiVersion, kind) of what can be sent to a server under exactly one name."""
    known = schema.get("x-kubernetes-group-version-kind", [])
    # Lists of objects are opened by whoever reads them.
    if len(known) != 1 or known[0]["kind"].endswith("List"):
        return None
    group, version, kind = (known[0][key] for key in ("group", "version", "kind"))
    return f"{group}/{version}" if group else version, kind


class Minor:
    """One minor's types, under the names of the table."""

    def __init__(self, minor: int) -> None:
        self.schemas = definitions(minor)
        self.enums = Enums(minor)
        self.kinds = {name: "/".join(kind) for name, schema in self.schemas.items() if (kind := kind_of(schema))}

    def shape(self, schema: Json, enum: str | None = None) -> str:
        """The letters for a schema."""
        if "$ref" in schema:
            return self.named(short_name(schema["$ref"].removeprefix("#/$defs/")))
        kinds = schema.get("type", [])
        match next((k for k in ([kinds] if isinstance(kinds, str) else kinds) if k != "null"), None):
            case None:
                return "*"
            case "string":
                return enum or ("y" if schema.get("format") == "byte" else "s")
            case "boolean":
                return "b"
            case "integer":
                return INTEGERS[schema.get("format")]
            case "number":
                return "n"
            case "array":
                return f"[{self.shape(schema['items'], enum)}]"
            case "object" if "additionalProperties" in schema:
                return f"{{{self.shape(schema['additionalProperties'], enum)}}}"
            case "object":
                return "o"
            case other:
                raise SystemExit(f"a type {other} that this script does not know")

    def named(self, name: str) -> str:
        """The shape of a type by its name: itself when it has fields."""
        if name in SPECIAL:
            return SPECIAL[name]
        if "properties" not in self.schemas[name]:
            return self.shape(self.schemas[name])
        return self.kinds.get(name, name)

    def paragraphs(self) -> dict[str, list[tuple[str, str, str, bool]]]:
        """name -> (field, shape, merge keys, required) of every type that a kind leads to."""
        found: dict[str, list[tuple[str, str, str, bool]]] = {}
        names = {self.kinds.get(name, name): name for name in self.schemas}
        todo = sorted(self.kinds.values())
        while todo:
            name = todo.pop()
            if name in found or name not in names:
                continue
            schema = self.schemas[names[name]]
            enums = dict(self.enums.fields(names[name]))
            found[name] = [
                (field, self.shape(inner, enums.get(field)), merge_keys(inner), field in schema.get("required", []))
                for field, inner in schema["properties"].items()
                if not ("/" in name and field in ("apiVersion", "kind"))
            ]
            todo += [re.sub(r"[\[\]{}]", "", shape) for _, shape, _, _ in found[name]]
        for name in {re.sub(r"[\[\]{}]", "", row[1]) for rows in found.values() for row in rows} & set(self.enums.words):
            found[name] = [(f"={value}", "", "", False) for value in self.enums.words[name] if value]
        return found


def merge_keys(schema: Json) -> str:
    """How two lists or maps become one, server-side (#) and in a strategic merge patch (^, ~)."""
    words = []
    match schema.get("x-kubernetes-list-type"):
        case "map":
            words.append("#" + ",".join(schema["x-kubernetes-list-map-keys"]))
        case "set":
            words.append("#")
    strategy = schema.get("x-kubernetes-patch-strategy", "").split(",")
    if "merge" in strategy:
        words.append("^" + schema.get("x-kubernetes-patch-merge-key", ""))
    if "retainKeys" in strategy:
        words.append("~")
    return " ".join(words)


def written(minors: set[int], of: set[int]) -> str:
    """`29-`, `-31`, `26-28,30`; nothing when it is all of them."""
    if minors == of:
        return ""
    runs: list[list[int]] = []
    for minor in sorted(minors):
        if runs and runs[-1][1] == minor - 1:
            runs[-1][1] = minor
        else:
            runs.append([minor, minor])
    return ",".join(
        str(a) if a == b else f"{'' if a == FIRST else a}-{'' if b == LAST else b}" for a, b in runs
    )


def table() -> str:
    """The whole text."""
    types: dict[str, Fields] = {}
    newest: dict[tuple[str, str], str] = {}
    for minor in reversed(MINORS):
        for name, rows in Minor(minor).paragraphs().items():
            fields = types.setdefault(name, {})
            for field, shape, merge, required in rows:
                # Merge keys came late to some lists (1.30 to most) but are true of all minors.
                merge = newest.setdefault((name, field), merge)
                fields.setdefault((field, shape, merge), {})[minor] = required
    merge_versions(types)
    lines = [
        "# Written by .ci/schema/table.py, which explains it; not by hand.",
        f"# Kubernetes 1.{FIRST} to 1.{LAST}",
    ]
    for name, fields in sorted(types.items()):
        lines += paragraph(name, fields)
    return "\n".join(lines) + "\n"


def merge_versions(types: dict[str, Fields]) -> None:
    """Keeps one of the types that look the same in several versions of a group: a third of the table."""
    while True:
        first: dict[tuple[str, str, str], str] = {}
        same: dict[str, str] = {}
        # v1 before v1beta2, so that the stable name is the one that stays.
        for name in sorted(types, key=lambda name: (len(name), name)):
            if "/" in name:
                continue
            group, _, local = name.split(".", 2)
            text = "\n".join(paragraph(name, types[name])[1:])
            kept = first.setdefault((group, local, text), name)
            if kept != name:
                same[name] = kept
        if not same:
            return
        for name in same:
            del types[name]
        for name, fields in types.items():
            types[name] = {
                (field, re.sub(r"[^\[\]{}]+", lambda m: same.get(m[0], m[0]), shape), merge): minors
                for (field, shape, merge), minors in fields.items()
            }


def paragraph(name: str, fields: Fields) -> list[str]:
    """One type."""
    alive = set().union(*(set(minors) for minors in fields.values()))
    here = re.escape(name.rpartition(".")[0]) if "/" not in name else None
    lines = [" ".join(filter(None, [name, written(alive, set(MINORS)) if "/" in name else ""]))]
    for (field, shape, merge), minors in sorted(fields.items()):
        required = {minor for minor, wanted in minors.items() if wanted}
        if here:
            shape = re.sub(rf"(?<![\w.]){here}(?=\.\w+[\]}}]*$)", "", shape)
        words = [
            field,
            shape,
            written(set(minors), alive),
            "!" + written(required, set(minors)) if required else "",
            merge,
        ]
        lines.append(" " + " ".join(filter(None, words)))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if the table in the repository differs")
    options = parser.parse_args()
    text = table()
    if options.check and TABLE.read_text() != text:
        raise SystemExit(f"{TABLE} is not what this script writes")
    TABLE.write_text(text)
    print(f"{TABLE.name}: {len(text)} bytes, {sum(not line.startswith((' ', '#')) for line in text.splitlines())} types")


if __name__ == "__main__":
    main()
