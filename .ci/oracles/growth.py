"""Cost grows with the size of the input, and no faster: user time of the program at 1,000 and at 10,000 of each kind.

Both are measured in turn, and the best of each counts: a neighbour on the machine only ever adds time.

Usage: growth.py STACKGEN [--only WORD] [--from N] [--most RATIO] [--table] [--instructions]

With --instructions the program runs below valgrind, which counts what it executes: some forty times slower, and the same
numbers whatever else the machine does.

Every shape is an input that somebody could hand in: one that is right, one with a finding in each of its parts, and
one that has all of it in a single object or line. The larger input may take at most RATIO times the user time of the
smaller one, start-up taken away. What takes no measurable time at either size cannot fail.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# Below this many seconds a difference is noise of the machine.
NOISE = 0.02

SHAPES: dict[str, tuple[str, Callable[[int], str | dict[str, str]]]] = {}


def shape(title: str, command: str) -> Callable[[Callable[[int], str | dict[str, str]]], None]:
    """`command`: `lint` or `check`, with its flags."""

    def add(make: Callable[[int], str | dict[str, str]]) -> None:
        SHAPES[title] = (command, make)

    return add


def deployment(number: int, label: str = "x", **container: object) -> dict[str, object]:
    labels = {"app": f"{label}{number}"}
    pod = {"containers": [{"name": "c", "image": f"shop/c{number}:1.0.0", **container}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"d{number}", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def broken(number: int) -> dict[str, object]:
    made = deployment(number)
    made["spec"]["selector"] = {"matchLabels": {"app": f"y{number}"}}  # type: ignore[index]
    return made


def service(name: str, selector: dict[str, str], port: int = 80) -> dict[str, object]:
    spec = {"selector": selector, "ports": [{"name": "http", "port": port, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def config(name: str, data: dict[str, str], kind: str = "ConfigMap") -> dict[str, object]:
    data = {"data" if kind == "ConfigMap" else "stringData": data}  # type: ignore[assignment]
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **data}


def documents(objects: list[dict[str, object]]) -> str:
    return "".join(f"---\n{json.dumps(one, indent=1)}\n" for one in objects)


def a_list(objects: list[dict[str, object]], indent: int | None = 1) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=indent)


def block(objects: list[dict[str, object]]) -> str:
    """A List in block style, by hand: no YAML library is asked for."""
    lines = ["apiVersion: v1", "kind: List", "items:"]
    for one in objects:
        lines.append("- " + json.dumps(one))
    return "\n".join(lines) + "\n"


@shape("documents, clean", "lint")
def _(n: int) -> str:
    return documents([deployment(i) for i in range(n)])


@shape("documents, findings in each", "lint")
def _(n: int) -> str:
    return documents([broken(i) for i in range(n)])


@shape("List, clean", "lint")
def _(n: int) -> str:
    return a_list([deployment(i) for i in range(n)])


@shape("List, findings in each", "lint")
def _(n: int) -> str:
    return a_list([broken(i) for i in range(n)])


@shape("List, an item a line, findings in each", "lint")
def _(n: int) -> str:
    return block([broken(i) for i in range(n)])


@shape("List on one line, findings in each", "lint")
def _(n: int) -> str:
    return a_list([broken(i) for i in range(n)], indent=None)


@shape("List, findings in each, as SARIF", "lint --output sarif")
def _(n: int) -> str:
    return a_list([broken(i) for i in range(n)])


@shape("unknown keys in each item of a List", "lint")
def _(n: int) -> str:
    return a_list([{**deployment(i), "sepc": {}} for i in range(n)])


@shape("objects without a kind in a List", "lint")
def _(n: int) -> str:
    return a_list([{"metadata": {"name": f"a{i}"}} for i in range(n)])


@shape("variables of one container", "lint")
def _(n: int) -> str:
    return documents([deployment(0, env=[{"name": f"V{i}", "value": "x"} for i in range(n)])])


@shape("variables that refer to each other", "lint")
def _(n: int) -> str:
    env = [{"name": f"V{i}", "value": f"$(V{i - 1})" if i % 10 else "x"} for i in range(n)]
    return documents([deployment(0, env=env)])


@shape("variables from missing Secrets", "lint")
def _(n: int) -> str:
    env = [{"name": f"V{i}", "valueFrom": {"secretKeyRef": {"name": f"s{i}", "key": "k"}}} for i in range(n)]
    return documents([deployment(0, env=env), config("s", {"a": "b"}, "Secret")])


@shape("variables of one name", "lint")
def _(n: int) -> str:
    return documents([deployment(0, env=[{"name": "V", "value": f"x{i}"} for i in range(n)])])


@shape("variables with secrets", "lint")
def _(n: int) -> str:
    return documents([deployment(0, env=[{"name": f"V{i}_PASSWORD", "value": f"hunter{i}"} for i in range(n)])])


@shape("variables with addresses that lead nowhere", "lint")
def _(n: int) -> str:
    env = [{"name": f"V{i}", "value": f"http://nowhere-{i}:8080/"} for i in range(n)]
    return documents([deployment(0, env=env), service("s", {"app": "x0"})])


@shape("Services on one selector", "lint")
def _(n: int) -> str:
    return documents([deployment(0), *(service(f"s{i}", {"app": "x0"}) for i in range(n))])


@shape("Services that find no pod", "lint")
def _(n: int) -> str:
    return documents([deployment(0), *(service(f"s{i}", {"app": f"z{i}"}) for i in range(n))])


@shape("Services of one name", "lint")
def _(n: int) -> str:
    return documents([deployment(0), *(service("s", {"app": "x0"}) for i in range(n))])


@shape("Deployments behind one Service", "lint")
def _(n: int) -> str:
    made = [deployment(i) for i in range(n)]
    for one in made:
        one["metadata"]["labels"]["tier"] = "web"  # type: ignore[index]
    return documents([*made, service("s", {"tier": "web"})])


@shape("Deployments of one selector", "lint")
def _(n: int) -> str:
    made = [deployment(0) for _ in range(n)]
    for number, one in enumerate(made):
        one["metadata"]["name"] = f"d{number}"  # type: ignore[index]
    return documents(made)


@shape("a Service and its Deployment, each with an address of the next", "lint")
def _(n: int) -> str:
    made = []
    for i in range(n):
        made.append(service(f"s{i}", {"app": f"x{i}"}))
        made.append(deployment(i, env=[{"name": "NEXT", "value": f"http://s{(i + 1) % n}.default:80"}],
                               ports=[{"containerPort": 8080}]))
    return documents(made)


@shape("addresses in one ConfigMap", "lint")
def _(n: int) -> str:
    text = "".join(f"server.{i}=http://s.default.svc.cluster.local:80/a\n" for i in range(n))
    return documents([deployment(0, ports=[{"containerPort": 8080}]), service("s", {"app": "x0"}), config("c", {"a.properties": text})])


@shape("addresses in one ConfigMap that lead nowhere", "lint")
def _(n: int) -> str:
    text = "".join(f"server.{i}=http://nowhere-{i}.default.svc.cluster.local:80/a\n" for i in range(n))
    return documents([deployment(0), service("s", {"app": "x0"}), config("c", {"a.properties": text})])


@shape("addresses on one line of a ConfigMap that lead nowhere", "lint")
def _(n: int) -> str:
    text = ",".join(f"nowhere-{i}.default.svc.cluster.local:80" for i in range(n))
    return documents([deployment(0), service("s", {"app": "x0"}), config("c", {"a.properties": f"servers={text}\n"})])


@shape("secrets in one ConfigMap", "lint")
def _(n: int) -> str:
    return documents([config("c", {"a.properties": "".join(f"a{i}.password=hunter{i}\n" for i in range(n))})])


@shape("keys of one ConfigMap", "lint")
def _(n: int) -> str:
    return documents([config("c", {f"k{i}.yaml": f"a: {i}\n" for i in range(n)})])


@shape("keys of one Secret", "lint")
def _(n: int) -> str:
    return documents([config("c", {f"k{i}": f"hunter{i}" for i in range(n)}, "Secret")])


@shape("containers of one pod", "lint")
def _(n: int) -> str:
    made = deployment(0)
    made["spec"]["template"]["spec"]["containers"] = [  # type: ignore[index]
        {"name": f"c{i}", "image": "shop/c:1", "ports": [{"containerPort": 1 + i % 60000}]} for i in range(n)]
    return documents([made])


@shape("volumes and mounts of one pod", "lint")
def _(n: int) -> str:
    made = deployment(0, volumeMounts=[{"name": f"v{i}", "mountPath": f"/v{i}"} for i in range(n)])
    made["spec"]["template"]["spec"]["volumes"] = [  # type: ignore[index]
        {"name": f"v{i}", "configMap": {"name": f"c{i}"}} for i in range(n)]
    return documents([made, config("c", {"a": "b"})])


@shape("ports of one Service", "lint")
def _(n: int) -> str:
    ports = [{"name": f"p{i}", "port": 1 + i, "targetPort": 8080} for i in range(n)]
    made = service("s", {"app": "x0"})
    made["spec"]["ports"] = ports  # type: ignore[index]
    return documents([deployment(0, ports=[{"containerPort": 1 + i} for i in range(n)]), made])


@shape("labels of one object", "lint")
def _(n: int) -> str:
    made = deployment(0)
    made["metadata"]["labels"] = {f"l{i}": "x" for i in range(n)}  # type: ignore[index]
    return documents([made])


@shape("rules of one Ingress", "lint")
def _(n: int) -> str:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    rules = [{"host": f"h{i}.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}} for i in range(n)]
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"}, "spec": {"ingressClassName": "nginx", "rules": rules}}
    return documents([deployment(0, ports=[{"containerPort": 8080}]), service("s", {"app": "x0"}), ingress])


@shape("NetworkPolicies, budgets and autoscalers", "lint")
def _(n: int) -> str:
    made: list[dict[str, object]] = []
    for i in range(n // 3):
        labels = {"matchLabels": {"app": f"x{i}"}}
        made.append(deployment(i))
        made.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": f"n{i}"},
                     "spec": {"podSelector": labels, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": labels}]}]}})
        made.append({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": f"b{i}"},
                     "spec": {"selector": labels, "maxUnavailable": 1}})
        made.append({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": f"h{i}"},
                     "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"d{i}"}, "minReplicas": 1, "maxReplicas": 3,
                              "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]}})
    return documents(made)


@shape("NetworkPolicies on all pods", "lint")
def _(n: int) -> str:
    made: list[dict[str, object]] = [deployment(i) for i in range(n // 2)]
    for i in range(n // 2):
        made.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": f"n{i}"},
                     "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}})
    return documents(made)


@shape("claims that are shared, roles and accounts", "lint")
def _(n: int) -> str:
    made: list[dict[str, object]] = []
    for i in range(n // 4):
        one = deployment(i, volumeMounts=[{"name": "v", "mountPath": "/v"}])
        spec = one["spec"]["template"]["spec"]  # type: ignore[index]
        spec["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": f"p{i}"}}]
        spec["serviceAccountName"] = f"a{i}"
        made.append(one)
        made.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"a{i}"}})
        made.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": f"r{i}"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]})
        made.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": f"b{i}"},
                     "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": f"r{i}"},
                     "subjects": [{"kind": "ServiceAccount", "name": f"a{i}"}]})
    return documents(made)


PRODUCTS = {
    "nacos/nacos-server:v2.5.1": [8848, 9848, 9849, 7848],
    "redis:8.0.2": [6379],
    "mysql:8.4.5": [3306],
    "apache/kafka:4.0.0": [9092],
    "apache/rocketmq:5.3.2": [9876],
    "zookeeper:3.9.3": [2181],
    "hashicorp/consul:1.21.0": [8500],
    "apache/shardingsphere-proxy:5.5.2": [3307],
}


@shape("missing Secrets and claims beside StatefulSets and custom resources", "lint")
def _(n: int) -> str:
    made: list[dict[str, object]] = []
    for i in range(n // 3):
        labels = {"app": f"x{i}"}
        volumes = [{"name": "v", "secret": {"secretName": f"gone-{i}"}}, {"name": "p", "persistentVolumeClaim": {"claimName": f"gone-{i}"}}]
        pod = {"containers": [{"name": "c", "image": "shop/c:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "p", "mountPath": "/p"}]}], "volumes": volumes}
        made.append({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": f"s{i}"},
                     "spec": {"serviceName": f"s{i}", "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod},
                              "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}})
        made.append({"apiVersion": "example.com/v1", "kind": "Tea", "metadata": {"name": f"t{i}"}, "spec": {"secretName": f"made-{i}"}})
        made.append(config(f"c{i}", {"a": "b"}, "Secret"))
    return documents(made)


@shape("addresses that lead nowhere among as many Services", "lint")
def _(n: int) -> str:
    text = "".join(f"server.{i}=http://sv{i}x.default.svc.cluster.local:80/a\n" for i in range(n // 2))
    return documents([deployment(0), *(service(f"s{i}v", {"app": "x0"}) for i in range(n // 2)), config("c", {"a.properties": text})])


@shape("waived findings", "lint")
def _(n: int) -> str:
    made = [broken(i) for i in range(n)]
    for one in made:
        one["metadata"]["annotations"] = {"waive.stackgen.io/resources-are-set": "a reason"}  # type: ignore[index]
    return documents(made)


@shape("servers of every product", "lint")
def _(n: int) -> str:
    made: list[dict[str, object]] = []
    for i in range(n // 2):
        image, ports = list(PRODUCTS.items())[i % len(PRODUCTS)]
        labels = {"app": f"s{i}"}
        container = {"name": "c", "image": image, "ports": [{"containerPort": p} for p in ports],
                     "env": [{"name": "MYSQL_ROOT_PASSWORD", "value": "x"}, {"name": "NACOS_SERVERS", "value": f"s{i}-0.s{i}:8848 s{i}-1.s{i}:8848"}]}
        made.append({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": f"s{i}"},
                     "spec": {"serviceName": f"s{i}", "replicas": 3, "selector": {"matchLabels": labels},
                              "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}})
        made.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{i}"},
                     "spec": {"clusterIP": "None", "selector": labels, "ports": [{"name": f"p{p}", "port": p} for p in ports]}})
    return documents(made)


@shape("one object a file", "lint")
def _(n: int) -> dict[str, str]:
    return {f"{i}.yaml": json.dumps(broken(i)) for i in range(n)}


@shape("lines that are no YAML", "lint")
def _(n: int) -> str:
    return "".join(f"---\na: b: c{i}\n" for i in range(n))


HEAD = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: s, namespace: shop}\nredis: {}\napps:\n"


def stack(n: int, more: str) -> str:
    return HEAD + "".join(f"  a{i}: {{image: 'shop/a{i}:1.0.0', port: 8080{more.replace('@', str(i))}}}\n" for i in range(n))


@shape("apps, clean", "check")
def _(n: int) -> str:
    return stack(n, ", uses: [redis]")


@shape("apps with an unknown name in an expression", "check")
def _(n: int) -> str:
    return stack(n, ", env: {X: '${{ reids.host }}'}")


@shape("apps that name each other", "check")
def _(n: int) -> str:
    return stack(n, ", env: {X: '${{ apps.a0.url }}'}")


@shape("apps with a misspelt key", "check")
def _(n: int) -> str:
    return stack(n, ", imagee: x")


@shape("apps with a wrong type", "check")
def _(n: int) -> str:
    return stack(n, ", replicas: many")


@shape("apps that use what is not there", "check")
def _(n: int) -> str:
    return stack(n, ", uses: [kafka]")


@shape("apps that break a rule", "check")
def _(n: int) -> str:
    return stack(n, ", env: {X: 'http://nowhere-@.shop.svc.cluster.local:80'}")


@shape("apps with a warning", "check")
def _(n: int) -> str:
    return stack(n, ", replicas: 1, env: {DB_PASSWORD: hunter@}")


@shape("variables of one app", "check")
def _(n: int) -> str:
    env = ", ".join(f"V{i}: '${{{{ redis.host }}}}'" for i in range(n))
    return stack(1, f", env: {{{env}}}")


@shape("waivers that waive nothing", "check")
def _(n: int) -> str:
    return HEAD + "  a: {image: 'shop/a:1.0.0', port: 8080}\nwaive:\n" + "".join(
        f"- {{rule: image-is-pinned, object: Deployment/a{i}, reason: why}}\n" for i in range(n))


@shape("waived warnings of apps", "check")
def _(n: int) -> str:
    head = HEAD.replace("redis: {}", "nacos: {version: v2.5.1}")
    app = "{image: 'shop/a:1.0.0', port: 8080, springBoot: '3.4', uses: [nacos], drainSeconds: 3, minReadySeconds: 40}"
    waivers = (f"- {{rule: shorter-than-memory, object: apps/a{i}, reason: why}}\n" for i in range(n))
    return head + "".join(f"  a{i}: {app}\n" for i in range(n)) + "waive:\n" + "".join(waivers)


@shape("external objects", "check")
def _(n: int) -> str:
    return HEAD + "  a: {image: 'shop/a:1.0.0', port: 8080}\nexternal:\n" + "".join(f"- Secret/s{i}\n" for i in range(n))


def written(exe: str, command: str, made: str | dict[str, str], folder: Path) -> list[str]:
    """The words that run the program on an input, which is written for it."""
    if isinstance(made, str):
        target = folder / "in.yaml"
        target.write_text(made)
    else:
        target = folder / "in"
        target.mkdir()
        for name, text in made.items():
            (target / name).write_text(text)
    verb, *flags = command.split()
    return [exe, verb, *flags, *(["-f"] if verb == "check" else []), str(target)]


def user_time(exe: str, command: str, made: str | dict[str, str], folder: Path) -> float:
    """Seconds of user time; the output goes to a file, as in CI."""
    words = written(exe, command, made, folder)
    with open(folder / "out", "wb") as out:
        started = subprocess.Popen(words, stdout=out, stderr=out)
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(words)}: ended with {started.returncode}")
    return usage.ru_utime


def instructions(exe: str, command: str, made: str | dict[str, str]) -> float:
    """Millions of instructions."""
    with tempfile.TemporaryDirectory() as folder:
        words = written(exe, command, made, Path(folder))
        counter = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words]
        told = subprocess.run(counter, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    return int(re.search(r"Collected : (\d+)", told)[1]) / 1e6  # type: ignore[index]


# What makes readers go back and forth, by itself on one line of a text that is no YAML.
PIECES = ["{a: ", "- ", "a: ", "a]:", "x", "*", "!", "[", "://", "<a>", ">", "\\", '"', "='", "password: ", "pw={", "? ", "#"]


def piece(text: str) -> None:
    shape(f"a line of `{text}`", "lint")(lambda n: text * (30 * n) + ": x\n")


for each in PIECES:
    piece(each)


# As often both sizes are measured, where their ratio does not please at once.
TRIES = 4


def measured(exe: str, command: str, inputs: list[str | dict[str, str]], most: float) -> list[float]:
    """The best times of the inputs, small and large. No run is tried again that took a minute's half."""
    best = [float("inf"), float("inf")]
    for _ in range(TRIES):
        for which, made in enumerate(inputs):
            # The small one is over sooner than a clock tick or two.
            for _ in range(3 - 2 * which):
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        best[which] = min(best[which], user_time(exe, command, made, Path(folder)))
                    except SystemExit as stopped:
                        print(stopped, file=sys.stderr)
                        return best
        if best[1] / max(best[0], NOISE) <= most or best[1] > 30:
            break
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stackgen")
    parser.add_argument("--only", default="")
    parser.add_argument("--from", dest="smaller", type=int, default=1000)
    parser.add_argument("--most", type=float, default=11.0)
    parser.add_argument("--table", action="store_true", help="as Markdown")
    parser.add_argument("--instructions", action="store_true", help="count them below valgrind")
    parser.add_argument("--limit", type=int, default=60, help="seconds that a run may take")
    wanted = parser.parse_args()
    if not wanted.instructions:
        resource.setrlimit(resource.RLIMIT_CPU, (wanted.limit, wanted.limit + 5))
    exe = os.path.abspath(wanted.stackgen)
    wrong = 0
    if wanted.table:
        print(f"| of each kind | {wanted.smaller:,} | {10 * wanted.smaller:,} | |\n|---|---|---|---|")
    for title, (command, make) in SHAPES.items():
        if wanted.only not in f"{command} {title}":
            continue
        inputs = [make(wanted.smaller), make(10 * wanted.smaller)]
        if wanted.instructions:
            start = instructions(exe, command, make(1))
            times = [instructions(exe, command, made) - start for made in inputs]
            ratio = times[1] / times[0]
        else:
            times = measured(exe, command, inputs, wanted.most)
            ratio = times[1] / max(times[0], NOISE)
        wrong += ratio > wanted.most
        mark = "" if ratio <= wanted.most else "  <-- grows faster than its input"
        row = f"{command}: {title}"
        if wanted.table:
            shown = "{:,.0f} M" if wanted.instructions else "{:.3f} s"
            print(f"| {row} | {shown.format(times[0])} | {shown.format(times[1])} | {ratio:.1f} |", flush=True)
        else:
            print(f"{times[0]:8.3f} s {times[1]:8.2f} s  {ratio:6.1f}  {row}{mark}", flush=True)
    print(f"{wrong} of {len(SHAPES)} kinds grow faster than {wanted.most}-fold", file=sys.stderr)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
