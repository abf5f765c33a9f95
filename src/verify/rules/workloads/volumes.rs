//! Where containers find and leave their files.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::k8s::address::is_label;
use crate::verify::pods::{Behind, Container, Pod};
use crate::verify::topology::{Apart, apart};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "volume-complete",
        grade: Grade::ERROR,
        promise: "every volume has a unique name and one source, and no two are mounted at the same path",
        why: "the API server refuses the pod",
        fix: "remove one of the two, or give it another name or path",
        source: "core/v1 validation of volumes and volumeMounts; observed with kube-apiserver 1.37.2",
        check: volume_complete,
    },
    Rule {
        code: "sub-path-resolves",
        grade: Grade::ERROR,
        promise: "a `subPath` stays within its volume, and the variables in its path are set",
        why: "with an unknown variable the container stays in CreateContainerConfigError; the API server refuses \
              anything else",
        fix: "set the variable in `env` (`POD_NAME` from `metadata.name`), and use a relative path without `..`",
        source: "Kubernetes documentation, Volumes: using subPath with expanded environment variables",
        check: sub_path_resolves,
    },
    Rule {
        code: "host-path-has-one-writer",
        grade: Grade::PROD,
        promise: "pods of one workload do not write to the same host directory",
        why: "two of them on one node write to the same files: logs are mixed, and each rotation deletes what the \
              other still writes",
        fix: "mount it with `subPathExpr: $(POD_NAME)`, or log to stdout",
        source: "Kubernetes documentation, Volumes: hostPath",
        check: host_folder_has_one_writer,
    },
];

fn listed(value: Option<&Value>) -> impl Iterator<Item = (usize, &Value)> {
    value.and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn volume_complete<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let mut names = BTreeSet::new();
        for (index, volume) in listed(pod.spec.get("volumes")) {
            let at = format!("/volumes/{index}");
            let name = text(volume, "name").unwrap_or_default();
            if !names.insert(name) {
                findings
                    .push(pod.finding(&format!("{at}/name"), format!("two volumes have the name `{name}`")));
            } else if !is_label(name) {
                let title =
                    format!("`{name}` is not a valid volume name: use lower-case letters, digits and `-`");
                findings.push(pod.finding(&format!("{at}/name"), title));
            }
            let kinds = volume.as_object().into_iter().flatten();
            let mut kinds =
                kinds.filter(|(key, value)| *key != "name" && !value.is_null()).map(|(key, _)| key);
            if let (Some(first), Some(second)) = (kinds.next(), kinds.next()) {
                let title = format!("volume `{name}` has two sources, `{first}` and `{second}`");
                findings.push(pod.finding(&format!("{at}/{second}"), title));
            }
        }
        for container in &pod.containers {
            let mut paths = BTreeSet::new();
            for (index, mount) in listed(container.fields.get("volumeMounts")) {
                let Some(path) = text(mount, "mountPath") else { continue };
                if !paths.insert(path) {
                    let title = format!("two volumes are mounted at `{path}`");
                    findings.push(container.finding(&format!("/volumeMounts/{index}/mountPath"), title));
                }
            }
        }
    }
    findings
}

fn sub_path_resolves<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for (index, mount) in listed(container.fields.get("volumeMounts")) {
            let at = |field: &str| format!("/volumeMounts/{index}/{field}");
            let (plain, expanded) = (text(mount, "subPath"), text(mount, "subPathExpr"));
            if plain.is_some() && expanded.is_some() {
                let title = "`subPath` and `subPathExpr` are mutually exclusive";
                findings.push(container.finding(&at("subPath"), title));
                continue;
            }
            let field = if plain.is_some() { "subPath" } else { "subPathExpr" };
            let Some(path) = plain.or(expanded) else { continue };
            if path.starts_with('/') || path.split('/').any(|part| part == "..") {
                let title = format!("`{path}` is not inside the volume");
                findings.push(container.finding(&at(field), title));
            } else if plain.is_some() && path.contains("$(") {
                let title = format!("`{path}` is taken literally by `subPath`");
                findings.push(container.finding(&at(field), title).help("use `subPathExpr`").warns());
            } else if let Some(name) = expanded.and_then(|path| unset(container, path)) {
                let title = format!("`{path}` uses variable `{name}`, which is not set");
                findings.push(container.finding(&at(field), title).word(format!("$({name})")));
            }
        }
    }
    findings
}

/// The first variable of a text that the container certainly does not have.
fn unset<'t>(container: &Container<'_>, text: &'t str) -> Option<&'t str> {
    let opened = text.match_indices("$(").filter(|(at, _)| !text[..*at].ends_with('$'));
    let names = opened.filter_map(|(at, _)| text[at + 2..].split_once(')').map(|(name, _)| name));
    names.into_iter().find(|name| !container.env.has(name) && !container.env.is_open())
}

/// Folders of a node that are the system's, not data.
const SYSTEM: &[&str] = &[
    "/proc",
    "/sys",
    "/dev",
    "/etc",
    "/run",
    "/var/run",
    "/lib/modules",
    "/usr",
    "/opt/cni",
    "/var/lib/kubelet",
];

fn is_systems(path: &str) -> bool {
    let below =
        |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path == "/" || SYSTEM.iter().any(|folder| below(folder))
}

/// The folder of the node behind a volume; none for sockets, devices, files.
fn folder<'a>(pod: &Pod<'a>, volume: &str) -> Option<&'a str> {
    let (_, volume) = pod.volume(volume)?;
    let host = volume.get("hostPath")?;
    let of_folders = matches!(text(host, "type"), None | Some("" | "Directory" | "DirectoryOrCreate"));
    text(host, "path").filter(|path| of_folders && !is_systems(path) && !path.ends_with(".sock"))
}

fn host_folder_has_one_writer<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set
        .pods()
        .iter()
        .filter(|pod| matches!(pod.workload.kind(), "Deployment" | "StatefulSet" | "ReplicaSet"))
    {
        let many = pod.replicas(set).is_some_and(|replicas| replicas >= 2);
        if !many || apart(pod) == Apart::Required {
            continue;
        }
        for container in &pod.containers {
            for mount in container.mounts().into_iter().filter(|mount| mount.behind == Behind::HostPath) {
                let at = format!("/volumeMounts/{}", mount.index);
                let field = |field: &str| container.at(&format!("{at}/{field}"));
                if field("readOnly") == Some(&Value::Bool(true)) || field("subPathExpr").is_some() {
                    continue;
                }
                if let Some(path) = folder(pod, mount.volume) {
                    let title = format!("all its pods on a node write to `{path}`");
                    findings.push(container.finding(&format!("{at}/mountPath"), title));
                }
            }
        }
    }
    findings
}
