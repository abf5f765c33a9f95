"""mysql, from Debian's packages (sid has Oracle's server). Source of what the entrypoint does: docker-library/mysql."""

from __future__ import annotations

from pathlib import Path

from images import Image
from images.debian import Suite
from images.layers import account, layer, own, scripts, write

SUITES = ("sid",)
OPTIONS = """\
# The image's: what is below conf.d comes last.
[mysqld]
host-cache-size=0
skip-name-resolve
datadir=/var/lib/mysql
socket=/var/run/mysqld/mysqld.sock
secure-file-priv=/var/lib/mysql-files
user=mysql
pid-file=/var/run/mysqld/mysqld.pid
[client]
socket=/var/run/mysqld/mysqld.sock
!includedir /etc/mysql/conf.d/
"""


def version(_product: str, line: str) -> str:
    return Suite(line).version("mysql-server-core")


def earlier(tag: str) -> str:
    """The release before: the same server, which says that it is one."""
    line, _, number = tag.rpartition(".")
    return f"{line}.{int(number) - 1}"


def said_to_be(tag: str, made: Path, release: str) -> Path:
    """A layer with the server of a release that calls itself another."""

    def build(root: Path) -> None:
        server = (made / "usr/sbin/mysqld").read_bytes()
        (root / "usr/sbin").mkdir(parents=True)
        (root / "usr/sbin/mysqld").write_bytes(server.replace(release.encode(), tag.encode()))
        (root / "usr/sbin/mysqld").chmod(0o755)

    return layer(f"mysql-said-to-be-{tag}", build)


def image(_repository: str, tag: str) -> Image:
    releases = {version("mysql", line): line for line in SUITES}
    release = next((one for one in releases if tag in (one, earlier(one))), None)
    if release is None:
        raise LookupError(f"no package of mysql {tag}")

    def build(root: Path) -> None:
        suite = Suite(releases[release])
        suite.build(root, "mysql-server-core", "mysql-client-core", "tzdata", "openssl")
        for file in (root / "etc/mysql").rglob("*"):
            if not file.is_dir():
                file.unlink()
        account(root, "mysql", 999, 999)
        write(root / "etc/my.cnf", OPTIONS)
        own(root / "etc/mysql/conf.d", 0, 0)
        own(root / "docker-entrypoint-initdb.d", 0, 0)
        for folder in ("var/lib/mysql", "var/lib/mysql-files", "run/mysqld"):
            own(root / folder, 999, 999, 0o1777 if folder == "run/mysqld" else 0o750)
        if not (root / "var/run").is_symlink():
            (root / "var/run").rmdir()
            (root / "var/run").symlink_to("/run")

    made = layer(f"mysql-{release}", build)
    entry = scripts("mysql", {"/usr/local/bin/docker-entrypoint.sh": "mysql.sh"})
    layers = [entry, made] if tag == release else [entry, said_to_be(tag, made, release), made]
    return Image(layers, {"MYSQL_VERSION": tag}, entrypoint=["docker-entrypoint.sh"], cmd=["mysqld"], volumes=["/var/lib/mysql"])
