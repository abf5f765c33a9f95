"""Strict schema verdict of Kubernetes' own API definitions, for several minor versions, offline.

Judge: the JSON schemas shipped in PyPI's kubernetes-validate, taken from each minor's OpenAPI document.
Proves: every field of every object exists in that minor, has its type, and no required field is missing.
Does not prove: custom resources (allow list below), name and label syntax, quantities, references between objects,
anything that admission decides. The schemas let `null` pass everywhere, the API server often does not, so this script
refuses every null itself.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import importlib_resources
import jsonschema
from referencing import Registry, Resource

from manifests import Manifest, Score, load, name

MINORS = ["1.28", "1.31", "1.34", "1.37"]

# Kinds that no Kubernetes release defines. Each one is printed as unproven; any other unknown kind is a failure.
CUSTOM = {
    ("external-secrets.io", "ExternalSecret"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "ServiceMonitor"),
    ("nacos.io", "Nacos"),
}


def folder(minor: str) -> Any:
    """Where the strict schemas of one minor lie inside the package."""
    root = importlib_resources.files("kubernetes_validate") / "kubernetes-json-schema"
    found = [f for f in root.iterdir() if re.fullmatch(rf"v{re.escape(minor)}\.\d+-local-strict", f.name)]
    if len(found) != 1:
        raise SystemExit(f"kubernetes-validate has no schemas for Kubernetes {minor}")
    return found[0]


@cache
def definitions(minor: str) -> Registry:
    """All API types of one minor; 1.5 MB, so read once."""
    return Resource.from_contents(json.loads((folder(minor) / "_definitions.json").read_text())) @ Registry()


@cache
def validator(minor: str, api_version: str, kind: str) -> jsonschema.Draft202012Validator | None:
    """The judge for one kind, or None if that minor does not have it."""
    group, _, version = api_version.rpartition("/")
    # Files are called after the group's first word, which would take apps.example.com for apps: see `enum` below.
    short = "-".join(word for word in (kind.lower(), group.partition(".")[0], version) if word)
    path = folder(minor) / f"{short}.json"
    if not path.is_file():
        return None
    schema = json.loads(path.read_text())
    wants = schema.get("properties", {}).get("apiVersion", {}).get("enum", [])
    if api_version not in wants:
        return None
    return jsonschema.Draft202012Validator(schema, registry=definitions(minor))


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """Paths of all nulls."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nulls(inner, f"{path}[{index}]")


def dotted(path: Any) -> str:
    """`spec.template.spec.containers[0].image`"""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".") or "(object)"


def complaints(manifest: Manifest, minor: str) -> list[tuple[str, str]] | None:
    """(path, message) of everything wrong; None if the kind is unknown."""
    judge = validator(minor, str(manifest.get("apiVersion")), str(manifest.get("kind")))
    if judge is None:
        return None
    found = [(dotted(e.absolute_path), e.message) for e in judge.iter_errors(manifest)]
    return sorted((path, text if len(text) < 300 else f"{text[:140]} … {text[-140:]}") for path, text in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-k", "--kubernetes", default=",".join(MINORS), help="minors, comma separated (%(default)s)")
    options = parser.parse_args()
    score = Score("schema")
    for path in options.files:
        manifests = load(path)
        if not manifests:
            score.fail(str(path), "holds no object")
        for manifest in manifests:
            where = f"{path} {name(manifest)}"
            for place in nulls(manifest):
                score.fail(where, f"{place}: null means nothing to an API server")
            for minor in options.kubernetes.split(","):
                found = complaints(manifest, minor)
                if found is None:
                    group = str(manifest.get("apiVersion")).rpartition("/")[0]
                    if (group, manifest.get("kind")) in CUSTOM:
                        score.note(f"unproven custom resource: {manifest['apiVersion']} {name(manifest)}")
                    else:
                        kind = f"{manifest.get('apiVersion')} {manifest.get('kind')}"
                        score.fail(where, f"Kubernetes {minor} has no {kind}")
                    continue
                for place, message in found:
                    score.fail(f"{where} on {minor}", f"{place}: {message}")
                if not found:
                    score.ok()
    return score.close()


if __name__ == "__main__":
    sys.exit(main())
