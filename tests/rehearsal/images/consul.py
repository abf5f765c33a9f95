"""hashicorp/consul, from Go's modules. Source of what the entrypoint does: hashicorp/consul `.release/docker`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from images import ROOT, Image
from images.debian import Suite
from images.layers import account, layer, own, scripts, tell, write

LINE = "bookworm"
MODULE = "github.com/hashicorp/consul"


def version(_product: str, line: str) -> str:
    """The line is the version: the module proxy keeps all."""
    return line


def image(_repository: str, tag: str) -> Image:
    def build(root: Path) -> None:
        work = ROOT.parent / "go" / f"consul-{tag}"
        shutil.rmtree(work, ignore_errors=True)
        write(work / "go.mod", "module rehearsal\n\ngo 1.25\n")
        env = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
        tell("go", "get", f"{MODULE}@v{tag}", cwd=work, env=env)
        stamp = f"-s -w -X {MODULE}/version.GitCommit=none"
        tell("go", "build", "-trimpath", "-ldflags", stamp, "-o", work / "consul", MODULE, cwd=work, env=env)
        Suite(LINE).build(root, "curl", "ca-certificates", "jq")
        (work / "consul").rename(root / "usr/bin/consul")
        account(root, "consul", 100, 1000)
        for folder in ("consul/data", "consul/config"):
            own(root / folder, 100, 1000)

    made = layer(f"consul-{tag}", build)
    entry = scripts("consul", {"/usr/local/bin/docker-entrypoint.sh": "consul.sh"})
    return Image([entry, made], entrypoint=["docker-entrypoint.sh"], cmd=["agent", "-dev", "-client", "0.0.0.0"], volumes=["/consul/data"])
