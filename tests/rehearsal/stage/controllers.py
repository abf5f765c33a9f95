"""What the controllers do: each function looks at one object and its pods, and takes one step."""

from __future__ import annotations

import copy
import secrets
import threading
import time
from typing import TYPE_CHECKING

from stage.pod import Pod
from stage.values import Manifest, digest, key_of, namespace, share

if TYPE_CHECKING:
    from stage.stage import Stage


def leave(pod: Pod) -> None:
    """Deletes without waiting."""
    threading.Thread(target=pod.delete, daemon=True).start()


def stateful_set(stage: Stage, one: Manifest, before: Manifest | None) -> None:
    """Ordered or in parallel; rolls from the highest ordinal down, by partition; OnDelete waits for somebody's hand."""
    spec, name = one["spec"], one["metadata"]["name"]
    owner, replicas = key_of(one), spec.get("replicas", 1)
    pods = {pod.name: pod for pod in stage.owned(owner)}
    first = (spec.get("ordinals") or {}).get("start", 0)
    names = [f"{name}-{ordinal}" for ordinal in range(first, first + replicas)]
    ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    calm = float(spec.get("minReadySeconds", 0))
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    revision = digest(spec["template"])
    for ordinal, member in enumerate(names):
        pod = pods.get(member)
        if pod is None:
            # Below the partition a pod comes back as it was.
            old = before is not None and ordinal < partition
            make_member(stage, before if old and before else one, member)
        if ordered and (pod is None or not pod.available(calm)):
            return
    for member in sorted(set(pods) - set(names), key=lambda each: int(each.rpartition("-")[2]), reverse=True):
        if not pods[member].terminating.is_set():
            leave(pods[member])
        if ordered:
            return
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return
    for member in reversed(names[partition:]):
        pod = pods.get(member)
        if pod is not None and pod.revision != revision and not pod.terminating.is_set():
            leave(pod)
            return
        if pod is None or not pod.available(calm):
            return


def make_member(stage: Stage, one: Manifest, member: str) -> None:
    spec, space = one["spec"], namespace(one)
    claims = {claim["metadata"]["name"]: stage.claim(space, f"{claim['metadata']['name']}-{member}") for claim in spec.get("volumeClaimTemplates") or []}
    template = copy.deepcopy(spec["template"])
    index = member.rpartition("-")[2]
    labels = {"statefulset.kubernetes.io/pod-name": member, "apps.kubernetes.io/pod-index": index}
    template["metadata"].setdefault("labels", {}).update(labels)
    stage.add(Pod(stage, key_of(one), space, member, template, digest(spec["template"]), subdomain=spec.get("serviceName"), claims=claims))


def deployment(stage: Stage, one: Manifest, _: Manifest | None) -> None:
    """As many new ones as the surge allows, as few missing as are allowed."""
    spec, name, owner = one["spec"], one["metadata"]["name"], key_of(one)
    replicas = spec.get("replicas", 1)
    revision = digest(spec["template"])
    strategy = spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), replicas, up=True)
    missing = share(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    calm = float(spec.get("minReadySeconds", 0))
    everybody = stage.owned(owner)
    here = [pod for pod in everybody if not pod.terminating.is_set()]
    new, old = [pod for pod in here if pod.revision == revision], [pod for pod in here if pod.revision != revision]
    if strategy.get("type") == "Recreate":
        for pod in old:
            leave(pod)
        if any(pod.revision != revision for pod in everybody):
            return
        surge = 0
    for _number in range(min(replicas - len(new), replicas + surge - len(here))):
        stage.add(Pod(stage, owner, namespace(one), f"{name}-{revision}-{secrets.token_hex(3)[:5]}", spec["template"], revision))
    for pod in new[replicas:]:
        leave(pod)
    # First those that serve nobody, then as many others as there are spare ones.
    available = [pod for pod in here if pod.available(calm)]
    spare = len(available) - (replicas - missing)
    for pod in sorted(old, key=lambda each: each.ready):
        if pod not in available:
            leave(pod)
        elif spare > 0:
            leave(pod)
            spare -= 1


def daemon_set(stage: Stage, one: Manifest, _: Manifest | None) -> None:
    """A pod on each node; rolls one node after the other."""
    spec, name, owner = one["spec"], one["metadata"]["name"], key_of(one)
    revision = digest(spec["template"])
    pods = {pod.node: pod for pod in stage.owned(owner)}
    for number, where in enumerate(stage.nodes):
        if where not in pods:
            template = copy.deepcopy(spec["template"])
            template["spec"]["nodeName"] = where
            stage.add(Pod(stage, owner, namespace(one), f"{name}-{number}{secrets.token_hex(2)}", template, revision))
    calm = float(spec.get("minReadySeconds", 0))
    if (spec.get("updateStrategy") or {}).get("type", "RollingUpdate") != "RollingUpdate" or len(pods) < len(stage.nodes):
        return
    if all(pod.available(calm) or pod.revision != revision for pod in pods.values()):
        for pod in pods.values():
            if pod.revision != revision and not pod.terminating.is_set():
                leave(pod)
                return


def job(stage: Stage, one: Manifest, _: Manifest | None) -> None:
    """One pod until one succeeds, with pauses that double, `backoffLimit` times."""
    spec, name, owner = one["spec"], one["metadata"]["name"], key_of(one)
    mine = stage.owned(owner, gone=True)
    failed = [pod for pod in mine if pod.phase in ("Failed", "Gone")]
    if any(pod.phase in ("Pending", "Running", "Succeeded") for pod in mine) or len(failed) > spec.get("backoffLimit", 6):
        return
    if failed and time.monotonic() - failed[-1].failed_at < min(10 * 2 ** (len(failed) - 1), 360):
        return
    stage.add(Pod(stage, owner, namespace(one), f"{name}-{secrets.token_hex(3)[:5]}", spec["template"], digest(spec["template"])))


STEPS = {"StatefulSet": stateful_set, "Deployment": deployment, "DaemonSet": daemon_set, "Job": job}

# What the API server refuses to change.
FIXED = {
    "StatefulSet": ("serviceName", "selector", "volumeClaimTemplates", "podManagementPolicy"),
    "Deployment": ("selector",),
    "DaemonSet": ("selector",),
    "Job": ("template", "selector", "completions"),
}


def refuse_fixed(old: Manifest, new: Manifest) -> None:
    """The second `kubectl apply` is refused as the real one is."""
    for key in FIXED.get(new["kind"], ()):
        if old["spec"].get(key) != new["spec"].get(key):
            raise AssertionError(f"{key_of(new)}: spec.{key} is fixed once applied")
