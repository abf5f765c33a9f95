"""What a container's process is told: its variables, and who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stage.values import Manifest, amount, expand

if TYPE_CHECKING:
    from images import Image
    from stage.pod import Pod

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class NotYet(Exception):
    """Something that the pod names is not there; the kubelet asks again."""


def field(pod: Pod, path: str) -> str:
    """The downward API."""
    plain = {
        "metadata.name": pod.name,
        "metadata.namespace": pod.namespace,
        "metadata.uid": pod.uid,
        "status.podIP": pod.ip,
        "status.hostIP": pod.node_ip,
        "spec.nodeName": pod.node,
        "spec.serviceAccountName": pod.spec.get("serviceAccountName", "default"),
    }
    if path in plain:
        return plain[path]
    kind, _, rest = path.removeprefix("metadata.").partition("['")
    return str((pod.labels if kind == "labels" else pod.annotations).get(rest.removesuffix("']"), ""))


def value_from(pod: Pod, container: Manifest, source: Manifest) -> str | None:
    """One `valueFrom`; None where an optional one is missing."""
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        kind, _, name = source["resourceFieldRef"]["resource"].partition(".")
        return str(amount(container["resources"][kind][name]))
    for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if key in source:
            ref = source[key]
            data = pod.stage.data(kind, pod.namespace, ref["name"])
            if data is not None and ref["key"] in data:
                return data[ref["key"]].decode()
            if ref.get("optional"):
                return None
            raise NotYet(f"no key {ref['key']} in {kind}/{ref['name']}")
    raise ValueError(f"a source of another kind: {source}")


def variables(pod: Pod, container: Manifest) -> dict[str, str]:
    """What the manifest says, in its order; `envFrom` first."""
    known: dict[str, str] = pod.stage.links(pod.namespace) if pod.spec.get("enableServiceLinks", True) else {}
    for source in container.get("envFrom") or []:
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if key in source:
                data = pod.stage.data(kind, pod.namespace, source[key]["name"])
                if data is None and not source[key].get("optional"):
                    raise NotYet(f"no {kind}/{source[key]['name']}")
                known |= {source.get("prefix", "") + name: value.decode() for name, value in (data or {}).items()}
    for entry in container.get("env") or []:
        if "valueFrom" not in entry:
            known[entry["name"]] = expand(str(entry.get("value", "")), known)
        elif (value := value_from(pod, container, entry["valueFrom"])) is not None:
            known[entry["name"]] = value
    return known


def environment(pod: Pod, container: Manifest, image: Image, uid: int) -> dict[str, str]:
    """All of it: the runtime's, the image's, the manifest's."""
    runtime = {"PATH": PATH, "HOSTNAME": pod.hostname, "HOME": image.home(uid)}
    return {**runtime, **image.env, **variables(pod, container)}


def identity(pod: Pod, container: Manifest, image_user: str) -> dict[str, Any]:
    """User, groups and capabilities, as the words of `inside.py`."""
    top, own = pod.spec.get("securityContext") or {}, container.get("securityContext") or {}
    user, _, group = image_user.partition(":")
    uid = own.get("runAsUser", top.get("runAsUser", int(user)))
    gid = own.get("runAsGroup", top.get("runAsGroup", int(group or 0) if uid == int(user) else 0))
    if own.get("runAsNonRoot", top.get("runAsNonRoot")) and uid == 0:
        raise NotYet(f"{container['name']}: runAsNonRoot, and the image runs as root")
    capabilities = own.get("capabilities") or {}
    groups = [top["fsGroup"]] if "fsGroup" in top else []
    return {
        "uid": uid,
        "gid": gid,
        "groups": [*groups, *(top.get("supplementalGroups") or [])],
        "drop": [name.upper() for name in capabilities.get("drop") or []],
        "add": [name.upper() for name in capabilities.get("add") or []],
        "no_new_privileges": own.get("allowPrivilegeEscalation") is False,
        "readonly": bool(own.get("readOnlyRootFilesystem")),
    }
