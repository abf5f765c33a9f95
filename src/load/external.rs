//! What a stack says of the cluster in passing: whoever refers to an object by name says that it exists.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Path};
use crate::tree::node::{Kind, Node};
use crate::words;

/// Kinds that rules look for; others may stand in `external` too.
const KINDS: &[&str] = &[
    "ClusterRole",
    "ConfigMap",
    "Deployment",
    "Gateway",
    "Host",
    "IngressClass",
    "Namespace",
    "PersistentVolumeClaim",
    "PriorityClass",
    "Role",
    "RuntimeClass",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
    "StorageClass",
];

/// What is wrong with an entry of `external`: nothing would ever ask for it.
pub(super) fn unfit(id: &str, path: &Path) -> Option<Diagnostic> {
    let (kind, name) = id.split_once('/').unwrap_or(("", id));
    let is_kind =
        kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
    let is_name = !name.is_empty() && !name.contains(|c: char| c == '/' || c.is_whitespace());
    let known = KINDS.contains(&kind);
    // `Secrets/tls`, `secret/tls`: a kind of somebody's own is not one letter away from one of these.
    let near = words::closest(kind, KINDS.iter().copied()).filter(|near| {
        let (kind, near) = (kind.to_lowercase(), near.to_lowercase());
        !known && (kind == near || strsim::damerau_levenshtein(&kind, &near) == 1)
    });
    if is_kind && is_name && near.is_none() {
        return None;
    }
    let complaint = Diagnostic::error("bad-external", format!("`{id}` is not a valid object id")).at(path);
    let complaint = complaint.because("an object is identified by its kind and its name");
    Some(match near {
        Some(near) => complaint.help(format!("did you mean `{near}/{name}`?")),
        None => complaint.help("use KIND/NAME: `Secret/tls`, `Host/db.example.com`"),
    })
}

/// Whatever the stack names as existing: `{secret: {name}}`, `{configMap: {name}}`, `tlsSecret`, `serviceAccount`, `claim`, `host`.
pub(super) fn declared(node: &Node, found: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Map(map) => {
            for (key, entry) in map {
                let name = entry
                    .value
                    .as_map()
                    .and_then(|map| map.get("name"))
                    .and_then(|name| name.value.as_text());
                match (key.as_str(), name, entry.value.as_text()) {
                    // Who writes a host into a setting says that it is there.
                    ("host", _, Some(name)) => {
                        found.insert(format!("Host/{name}"));
                    }
                    ("secret", Some(name), _) | ("tlsSecret", _, Some(name)) => {
                        found.insert(format!("Secret/{name}"));
                    }
                    ("configMap", Some(name), _) => {
                        found.insert(format!("ConfigMap/{name}"));
                    }
                    ("serviceAccount", _, Some(name)) => {
                        found.insert(format!("ServiceAccount/{name}"));
                    }
                    ("claim", _, Some(name)) => {
                        found.insert(format!("PersistentVolumeClaim/{name}"));
                    }
                    _ => declared(&entry.value, found),
                }
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| declared(item, found)),
        _ => {}
    }
}
