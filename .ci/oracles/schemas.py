"""Kubernetes' schemas as a folder that kubeconform reads without a network.

    schemas.py 1.33 target/ci/schemas

then `kubeconform -strict -schema-location 'target/ci/schemas/{{.ResourceKind}}{{.KindSuffix}}.json' …`, and for
`cargo bench --bench lint` the variables KUBECONFORM (its binary) and KUBECONFORM_SCHEMAS (the folder).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from schema import folder


def relative(source: Any, target: Path, kinds: set[str] | None = None) -> None:
    """The schemas of some kinds, or of all, with references to the file beside them instead of to a web server."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        if kinds is None or file.name.partition("-")[0] in kinds or file.name == "_definitions.json":
            schema = json.loads(file.read_text().replace('"/api/_definitions.json#', '"_definitions.json#'))
            if isinstance(schema, dict):
                schema.pop("$id", None)
            (target / file.name).write_text(json.dumps(schema))


if __name__ == "__main__":
    relative(folder(sys.argv[1]), Path(sys.argv[2]))
