//! The Secrets that must exist before a manifest is applied, because it refers to them and does not make them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::k8s::Object;
use crate::verify::Manifest;

/// A Secret that somebody else makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Where it must be.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `kubernetes.io/tls` and the like; plain ones have none.
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    pub kind: Option<&'static str>,
    /// The keys that are read; none where all are mounted.
    pub keys: Vec<String>,
    /// `KIND/NAME` of who reads it.
    pub readers: Vec<String>,
}

const PULL: &str = "kubernetes.io/dockerconfigjson";
const TLS: &str = "kubernetes.io/tls";

/// What is known of one.
#[derive(Default)]
struct Known {
    kind: Option<&'static str>,
    keys: BTreeSet<String>,
    readers: BTreeSet<String>,
}

/// All of them, by namespace and name. Optional references demand nothing.
pub fn secrets(manifest: &Manifest) -> Vec<Secret> {
    let objects = || manifest.objects().iter().map(|proven| &proven.object);
    let own: BTreeSet<(&str, &str)> = objects()
        .filter(|object| object.kind() == "Secret")
        .map(|object| (object.namespace(), object.name()))
        .collect();
    let mut found: BTreeMap<(String, String), Known> = BTreeMap::new();
    for object in objects() {
        let namespace = object.namespace();
        read(object, &mut |name, key, kind| {
            if own.contains(&(namespace, name)) {
                return;
            }
            let known = found.entry((namespace.to_owned(), name.to_owned())).or_default();
            known.kind = known.kind.or(kind);
            known.keys.extend(key.map(str::to_owned));
            known.readers.insert(object.id());
        });
    }
    let secret = |((namespace, name), known): ((String, String), Known)| Secret {
        namespace,
        name,
        kind: known.kind,
        keys: known.keys.into_iter().collect(),
        readers: known.readers.into_iter().collect(),
    };
    found.into_iter().map(secret).collect()
}

/// The commands that make them, with a blank for every value: nothing in them is a value of the user's.
pub fn commands(secrets: &[Secret]) -> String {
    let mut text = String::new();
    for Secret { namespace, name, kind, keys, .. } in secrets {
        let _ = match *kind {
            Some(TLS) => {
                writeln!(text, "kubectl create secret tls {name} --namespace {namespace} --cert=… --key=…")
            }
            Some(PULL) => writeln!(
                text,
                "kubectl create secret docker-registry {name} --namespace {namespace} --docker-server=… --docker-username=… --docker-password=…"
            ),
            _ => {
                let values: String = keys.iter().map(|key| format!(" --from-literal={key}=…")).collect();
                let values = if values.is_empty() { " --from-literal=…=…".to_owned() } else { values };
                writeln!(text, "kubectl create secret generic {name} --namespace {namespace}{values}")
            }
        };
    }
    text
}

/// Every Secret that an object refers to: its name, the key that is read, its type.
fn read<'o>(object: &'o Object, found: &mut impl FnMut(&'o str, Option<&'o str>, Option<&'static str>)) {
    let spec = object.fields().get("spec").unwrap_or(&Value::Null);
    match object.kind() {
        "Ingress" => {
            let tls = spec.get("tls").and_then(Value::as_array).into_iter().flatten();
            tls.filter_map(|entry| entry.get("secretName")?.as_str())
                .for_each(|name| found(name, None, Some(TLS)));
        }
        _ => below(spec, found),
    }
}

fn below<'o>(value: &'o Value, found: &mut impl FnMut(&'o str, Option<&'o str>, Option<&'static str>)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let text = |name: &str| inner.get(name).and_then(Value::as_str);
                let optional = inner.get("optional") == Some(&Value::Bool(true));
                match key.as_str() {
                    "secretKeyRef" if !optional => {
                        text("name").into_iter().for_each(|name| found(name, text("key"), None));
                    }
                    "secret" | "secretRef" if !optional => mounted(inner, found),
                    "imagePullSecrets" => {
                        let names = inner.as_array().into_iter().flatten();
                        names
                            .filter_map(|entry| entry.get("name")?.as_str())
                            .for_each(|name| found(name, None, Some(PULL)));
                    }
                    _ => {}
                }
                below(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| below(item, found)),
        _ => {}
    }
}

/// A Secret as a volume or as variables: the items that are named, or all of it.
fn mounted<'o>(value: &'o Value, found: &mut impl FnMut(&'o str, Option<&'o str>, Option<&'static str>)) {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let Some(name) = text("secretName").or_else(|| text("name")) else { return };
    match value.get("items").and_then(Value::as_array) {
        Some(items) => {
            items.iter().for_each(|item| found(name, item.get("key").and_then(Value::as_str), None));
        }
        None => found(name, None, None),
    }
}
