//! What lies in a folder beside manifests and is none: kustomizations and their patches, values of charts, dashboards.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Place, SourceId};

/// What the kustomizations of a set say of other files.
#[derive(Default)]
pub(super) struct Kustomized {
    /// The folders that kustomize builds, with the file that says so, and whether it is a part that others build in.
    folders: BTreeMap<String, (SourceId, bool)>,
    /// ConfigMaps and Secrets that kustomize makes: `ConfigMap/shop`.
    pub(super) made: Vec<String>,
}

impl Kustomized {
    /// Is it what kustomize reads, and no object of the cluster?
    pub(super) fn is_one(file: &str, value: &Value) -> bool {
        let group = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        group.starts_with("kustomize.config.k8s.io/") || (builds(file) && value.get("kind").is_none())
    }

    pub(super) fn add(&mut self, id: SourceId, file: &str, kustomization: &Value) {
        if builds(file) {
            let component = kustomization.get("kind").and_then(Value::as_str) == Some("Component");
            self.folders.insert(folder_of(file), (id, component));
        }
        for (list, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            let names = listed(kustomization, list).filter_map(|made| made.get("name")?.as_str());
            self.made.extend(names.map(|name| format!("{kind}/{name}")));
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.folders.extend(other.folders);
        self.made.extend(other.made);
    }

    /// Only the folders whose kustomization was met on the way, and those that are no part of another one.
    pub(super) fn keep_outermost(&mut self, found: &BTreeSet<SourceId>) {
        self.folders.retain(|_, (id, _)| found.contains(id));
        let all: Vec<String> = self.folders.keys().cloned().collect();
        self.folders.retain(|folder, _| !all.iter().any(|outer| outer != folder && is_below(folder, outer)));
    }

    /// Is the file a part of what one of them builds?
    pub(super) fn has(&self, file: &str) -> bool {
        if self.folders.is_empty() {
            return false;
        }
        let file = joined(".", file);
        let above = file.match_indices('/').map(|(end, _)| &file[..end]);
        std::iter::once("").chain(above).any(|folder| self.folders.contains_key(folder))
    }

    /// One warning for each folder: how to judge what comes out of it, in the place of halves of it.
    pub(super) fn told(&self) -> Diagnostics {
        let mut told = Diagnostics::new();
        for (folder, (id, component)) in &self.folders {
            let folder = if folder.is_empty() { "." } else { folder };
            let place = Place { source: *id, start: 0, end: 0 };
            let help = match component {
                true => "lint the kustomization that uses this component: `kubectl kustomize DIR | stackgen lint -`".to_owned(),
                false => format!("lint what it builds: `kubectl kustomize {folder} | stackgen lint -`"),
            };
            told.push(
                Diagnostic::warning(
                    "kustomization",
                    format!("kustomize builds {folder}: its files were not checked"),
                )
                .at(place)
                .because("alone they are halves: names, namespaces, labels and patches come with the build")
                .help(help),
            );
        }
        told
    }
}

/// Is it by its name what `kubectl kustomize` looks for in a folder?
fn builds(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

fn folder_of(file: &str) -> String {
    joined(".", file).rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

fn is_below(folder: &str, outer: &str) -> bool {
    outer.is_empty() || folder.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn listed<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// `a/b` and `../c/d.yaml`: `a/c/d.yaml`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Does it look like nothing that was meant for a cluster?
pub(super) fn is_no_manifest(value: &Value) -> bool {
    match value {
        Value::Object(map) if map.contains_key("metadata") => false,
        Value::Object(map) => {
            !(map.contains_key("apiVersion") || map.contains_key("kind")) || is_of_a_tool(value)
        }
        Value::Array(items) => items.iter().all(|item| item.get("kind").is_none()),
        _ => true,
    }
}

/// Is it a file that a program of Kubernetes reads: a kubeconfig, a kind cluster, the settings of an API server?
fn is_of_a_tool(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion").split('/').next().unwrap_or_default();
    let others = ["kind.x-k8s.io", "kubeadm.k8s.io", "audit.k8s.io", "k3d.io", "skaffold"];
    group.ends_with(".config.k8s.io")
        || others.contains(&group)
        || (group == "v1" && text("kind") == "Config")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_kustomize_reads_them() {
        for (folder, path, wanted) in [
            (".", "a.yaml", "a.yaml"),
            ("./k8s", "./a.yaml", "k8s/a.yaml"),
            ("/srv/k8s/prod", "../base/a.yaml", "/srv/k8s/base/a.yaml"),
            ("..", "../a.yaml", "../../a.yaml"),
        ] {
            assert_eq!(joined(folder, path), wanted, "{folder} {path}");
            assert_eq!(joined(".", wanted), wanted);
        }
    }
}
