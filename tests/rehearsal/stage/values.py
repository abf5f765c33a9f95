"""Small values of Kubernetes: amounts, shares, references to variables."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

Manifest = dict[str, Any]

UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "m": 1e-3}


def amount(text: object) -> int:
    """`512Mi` as a number of bytes."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    if not match or match[2] not in UNITS:
        raise ValueError(f"no quantity: {text!r}")
    return math.ceil(float(match[1]) * UNITS[match[2]])


def share(value: object, of: int, *, up: bool) -> int:
    """A count, or a percentage of the replicas: surge rounds up, what may be missing rounds down."""
    text = str(value)
    if not text.endswith("%"):
        return int(text)
    part = of * int(text[:-1]) / 100
    return math.ceil(part) if up else math.floor(part)


def expand(text: str, known: dict[str, str]) -> str:
    """`$(NAME)` as the kubelet does it: what is unknown stays, `$$(NAME)` is `$(NAME)`."""

    def one(match: re.Match[str]) -> str:
        return match[0][1:] if match[0].startswith("$$") else known.get(match[1], match[0])

    return re.sub(r"\$?\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)", one, text)


def digest(value: object) -> str:
    """Eight letters that follow a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:8]


def namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace", "default"))


def key_of(manifest: Manifest) -> str:
    """`StatefulSet/redis`: plays have one namespace, or names that differ."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"
