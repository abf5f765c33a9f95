"""What the images of Java servers stand on: OpenJDK 17 of Debian, as most of them have Java 17; netcat as ZooKeeper's has it."""

from __future__ import annotations

import os
from pathlib import Path

from images import ROOT
from images.debian import Suite
from images.layers import layer, tell, write

LINE = "bookworm"
HOME = "/usr/lib/jvm/java-17-openjdk-amd64"


def java() -> Path:
    def build(root: Path) -> None:
        Suite(LINE).build(root, "openjdk-17-jre-headless", "netcat-openbsd")
        os.symlink(f"{HOME}/bin/java", root / "usr/bin/java")

    return layer("java-17", build)


def jars(folder: Path, *artifacts: str, without: tuple[str, ...] = ()) -> None:
    """Artifacts of Maven Central (`group:name:version`) with all that they need at run time, as jars in one folder."""

    def entry(artifact: str) -> str:
        group, name, version = artifact.split(":")
        left = "".join(f"<exclusion><groupId>{one.split(':')[0]}</groupId><artifactId>{one.split(':')[1]}</artifactId></exclusion>" for one in without)
        inner = f"<groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>"
        return f"<dependency>{inner}<exclusions>{left}</exclusions></dependency>"

    work = ROOT.parent / "maven" / folder.name / "-".join(artifacts[0].split(":")[1:])
    head = '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    name = "<groupId>rehearsal</groupId><artifactId>jars</artifactId><version>1</version>"
    write(work / "pom.xml", f"{head}{name}<dependencies>{''.join(map(entry, artifacts))}</dependencies></project>\n")
    folder.mkdir(parents=True, exist_ok=True)
    tell("mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}", cwd=work)
