//! What lies in a folder beside manifests and is none: kustomizations and their patches, values of charts, dashboards.

use std::collections::BTreeSet;

use serde_json::Value;

/// What the kustomizations of a set say of other files.
#[derive(Default)]
pub(super) struct Kustomized {
    /// Files that are patches, by name.
    patches: BTreeSet<String>,
    /// ConfigMaps and Secrets that kustomize makes: `ConfigMap/shop`.
    pub(super) made: Vec<String>,
}

impl Kustomized {
    /// Is it what kustomize reads, and no object of the cluster?
    pub(super) fn is_one(file: &str, value: &Value) -> bool {
        let group = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let name = file.rsplit('/').next().unwrap_or_default();
        let called = matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization");
        group.starts_with("kustomize.config.k8s.io/") || (called && value.get("kind").is_none())
    }

    pub(super) fn add(&mut self, file: &str, kustomization: &Value) {
        let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let lists = ["patches", "patchesStrategicMerge", "patchesJson6902"];
        let patches = lists.iter().flat_map(|list| listed(kustomization, list));
        let paths = patches.filter_map(|patch| patch.as_str().or_else(|| patch.get("path")?.as_str()));
        self.patches.extend(paths.map(|path| joined(folder, path)));
        for (list, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            let names = listed(kustomization, list).filter_map(|made| made.get("name")?.as_str());
            self.made.extend(names.map(|name| format!("{kind}/{name}")));
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.patches.extend(other.patches);
        self.made.extend(other.made);
    }

    pub(super) fn is_patch(&self, file: &str) -> bool {
        !self.patches.is_empty() && self.patches.contains(&joined(".", file))
    }
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
