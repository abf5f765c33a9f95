//! What a stack says of the cluster in passing: whoever refers to an object by name says that it exists.

use std::collections::BTreeSet;

use super::tree::{Kind, Node};

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
