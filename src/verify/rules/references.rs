//! What an object names must exist: in the output, or declared as existing.

use serde_json::{Map, Value};

use super::super::{Finding, Rule, Set};
use crate::diagnostic::Severity;
use crate::k8s::Object;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "reference-exists",
        severity: Severity::Error,
        promise: "every ConfigMap, Secret, ServiceAccount and claim that a pod names exists, with its key",
        why: "the pod would wait for it in ContainerCreating or CreateContainerConfigError, for ever",
        check: reference_exists,
    },
    Rule {
        code: "drawn-or-declared",
        severity: Severity::Error,
        promise: "nothing that the stack names as existing is in the output",
        why: "applying the output would overwrite what somebody else keeps under that name",
        check: drawn_or_declared,
    },
    Rule {
        code: "volume-exists",
        severity: Severity::Error,
        promise: "every volume mount has its volume",
        why: "the API server refuses the pod",
        check: volume_exists,
    },
    Rule {
        code: "variable-order",
        severity: Severity::Error,
        promise: "`$(NAME)` in a variable names one that stands before it",
        why: "Kubernetes expands only what was defined earlier and leaves the rest as it stands, literally",
        check: variable_order,
    },
];

/// The field that names an object, its kind, and the field below which a key is named.
const FIELDS: &[(&str, &str, &str)] = &[
    ("configMapKeyRef", "ConfigMap", "name"),
    ("configMapRef", "ConfigMap", "name"),
    ("configMap", "ConfigMap", "name"),
    ("secretKeyRef", "Secret", "name"),
    ("secretRef", "Secret", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
];

fn reference_exists(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        let Some(spec) = object.pod_template().and_then(|template| template.get("spec")) else { continue };
        walk(spec, &mut |field, reference| {
            findings.extend(missing(set, object, field, reference));
        });
        if let Some(account) = spec.get("serviceAccountName").and_then(Value::as_str)
            && account != "default"
            && !set.knows("ServiceAccount", account)
        {
            findings.push(Finding::new(object, format!("ServiceAccount `{account}` does not exist")));
        }
    }
    findings
}

fn walk(value: &Value, found: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if let Value::Object(reference) = value {
                    found(key, reference);
                }
                walk(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        _ => {}
    }
}

fn missing(set: &Set<'_>, object: &Object, field: &str, reference: &Map<String, Value>) -> Option<Finding> {
    let (_, kind, name_field) = FIELDS.iter().find(|(known, ..)| *known == field)?;
    // A projected source says `secret: {name: …}`.
    let name = reference.get(*name_field).or_else(|| reference.get("name"))?.as_str()?;
    if reference.get("optional") == Some(&Value::Bool(true)) {
        return None;
    }
    if !set.knows(kind, name) {
        return Some(
            Finding::new(object, format!("{kind} `{name}` does not exist"))
                .help(format!("when it exists in the cluster already, say so: `external: [{kind}/{name}]`")),
        );
    }
    let target = set.find(kind, name)?;
    let keys = keys_of(reference);
    let absent = keys.into_iter().find(|key| !has_key(target, key))?;
    Some(Finding::new(object, format!("{kind} `{name}` has no key `{absent}`")))
}

/// The keys that a reference asks for.
fn keys_of(reference: &Map<String, Value>) -> Vec<&str> {
    let items = reference.get("items").and_then(Value::as_array);
    let listed = items.into_iter().flatten().filter_map(|item| item.get("key")?.as_str());
    reference.get("key").and_then(Value::as_str).into_iter().chain(listed).collect()
}

fn has_key(object: &Object, key: &str) -> bool {
    ["data", "stringData", "binaryData"].iter().any(|field| {
        object.fields().get(*field).and_then(Value::as_object).is_some_and(|map| map.contains_key(key))
    })
}

fn drawn_or_declared(set: &Set<'_>) -> Vec<Finding> {
    let both = set.objects.iter().filter(|object| set.external.contains(&object.id()));
    both.map(|object| {
        Finding::new(object, "is drawn although the stack says that it exists")
            .help("give the existing one, or the component, another name")
    })
    .collect()
}

fn volume_exists(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        let Some(spec) = object.pod_template().and_then(|template| template.get("spec")) else { continue };
        let listed = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
        let claims = object.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&Value> = listed
            .filter_map(|volume| volume.get("name"))
            .chain(claims.filter_map(|claim| claim.get("metadata")?.get("name")))
            .collect();
        for container in object.containers() {
            let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
            for name in mounts.filter_map(|mount| mount.get("name")).filter(|name| !names.contains(name)) {
                findings.push(Finding::new(object, format!("mounts volume {name}, which it does not have")));
            }
        }
    }
    findings
}

fn variable_order(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        for container in object.containers() {
            let env: Vec<&Value> =
                container.get("env").and_then(Value::as_array).into_iter().flatten().collect();
            let names: Vec<&str> = env.iter().filter_map(|variable| variable.get("name")?.as_str()).collect();
            for (position, variable) in env.iter().enumerate() {
                let text = variable.get("value").and_then(Value::as_str).unwrap_or_default();
                for used in expansions(text).filter(|used| names[position..].contains(used)) {
                    let name = names.get(position).copied().unwrap_or_default();
                    findings.push(Finding::new(
                        object,
                        format!("`{name}` uses `$({used})` before it is defined"),
                    ));
                }
            }
        }
    }
    findings
}

/// The names in `$(NAME)`; `$$(NAME)` is an escape.
fn expansions(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("$(")
        .filter(|(at, _)| !text[..*at].ends_with('$'))
        .filter_map(|(at, _)| text[at + 2..].split_once(')').map(|(name, _)| name))
}
