"""What a play is: a stack, the variants it is played in, a story, and a saboteur."""

from __future__ import annotations

import importlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import yaml

import images
from stage.story import Story
from stage.values import Manifest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
SPACE = "play"


@dataclass(frozen=True)
class Variant:
    """A profile, and for each product the line of packages that stands in for its image."""

    profile: str
    lines: dict[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [f"{product.rpartition('/')[2]}-{images.version(product, line)}" for product, line in self.lines.items()]
        return ".".join([self.profile, *said])


@dataclass
class Play:
    """One file of `plays/`, read."""

    name: str
    title: str
    stack: str
    variants: list[Variant]
    story: Callable[[Act], None]
    sabotage: Callable[[list[Manifest]], None]
    limit: int


def load(name: str) -> Play:
    module: ModuleType = importlib.import_module(f"plays.{name.replace('-', '_')}")
    title = (module.__doc__ or "").splitlines()[0]
    return Play(name, title, module.STACK, module.VARIANTS, module.story, module.sabotage, getattr(module, "LIMIT", 900))


def names() -> list[str]:
    return sorted(path.stem.replace("_", "-") for path in (HERE / "plays").glob("[a-z]*.py"))


def program() -> Path:
    """The stackgen that renders: STACKGEN, or the one of this repository's last build."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    places = [Path(os.environ["STACKGEN"])] if "STACKGEN" in os.environ else [target / kind / "stackgen" for kind in ("debug", "release")]
    for place in places:
        if place.exists():
            return place.resolve()
    raise SystemExit("no stackgen: run `cargo build`, or say STACKGEN=its path")


def render(play: Play, variant: Variant, *settings: str) -> list[Manifest]:
    """The objects of the play's stack; `{redis}` in it is the version that the packages have."""
    text = play.stack
    for product, line in variant.lines.items():
        text = text.replace(f"<{product.rpartition('/')[2]}>", images.version(product, line))
    flags = [word for setting in (*variant.settings, *settings) for word in ("--set", setting)]
    command = [str(program()), "render", "-f", "-", "-p", variant.profile, *flags]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{play.name} is not rendered:\n{done.stderr}")
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def pictures(objects: list[Manifest]) -> set[str]:
    """All images that the objects name."""
    found = set()
    for one in objects:
        pod = one.get("spec", {}).get("template", {}).get("spec", {})
        found |= {container["image"] for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]}
    return found


class Act(Story):
    """A story with its stack at hand."""

    def __init__(self, folder: Path, play: Play, variant: Variant, *, quick: bool, broken: bool) -> None:
        super().__init__(folder)
        self.play, self.variant, self.quick, self.broken = play, variant, quick, broken

    @property
    def prod(self) -> bool:
        return self.variant.profile == "prod"

    def render(self, *settings: str) -> None:
        """Renders the stack, with other values if it is told any, and applies it."""
        objects = render(self.play, self.variant, *settings)
        if self.broken:
            before = yaml.safe_dump(objects)
            self.play.sabotage(objects)
            self.holds("the saboteur has changed something", yaml.safe_dump(objects) != before)
        self.apply(objects)

    def invite(self, product: str) -> None:
        """A pod that has the product's client and is no part of it."""
        image = next(name for name in pictures(list(self.objects.values())) if name.split("/")[-1].startswith(f"{product}:"))
        labels = {"app": "visitor"}
        container = {"name": "visitor", "image": image, "command": ["sleep", "infinity"], "securityContext": {"runAsUser": 10001}}
        spec = {"enableServiceLinks": False, "terminationGracePeriodSeconds": 0, "containers": [container]}
        template = {"metadata": {"labels": labels}, "spec": spec}
        meta = {"name": "visitor", "namespace": SPACE}
        self.apply([{"kind": "Deployment", "metadata": meta, "spec": {"selector": {"matchLabels": labels}, "template": template}}])
        self.ready("Deployment/visitor", within=20)

    def visitor(self) -> str:
        (pod,) = self.pods_of("Deployment/visitor")
        return pod.name
