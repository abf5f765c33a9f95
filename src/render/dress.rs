//! What every object and every pod gets without a template asking: namespace, labels, placement, pull secrets, the
//! user's variables, the checksums that roll pods when their config or a password changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::k8s::Object;
use crate::plan::role::Role;
use crate::plan::site::{AppliedBy, Site};

const CHECKSUM: &str = "stackgen.io/config-checksum";
const OF_SECRETS: &str = "stackgen.io/secret-checksum";

/// How long a Job may try: it waits for servers whose images and volumes take their time.
const JOB_SECONDS: u32 = 3600;

/// How long a finished Job stays, with its log.
const JOB_KEPT_SECONDS: u32 = 86_400;

/// Dresses one object.
pub(super) fn object(object: &mut Object, role: &Role) {
    let scoped = object.kind() != "Namespace";
    let Some(metadata) = object.fields_mut().get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    if scoped {
        metadata.insert("namespace".to_owned(), role.namespace.clone().into());
    }
    fill(metadata, "labels", &role.labels.0);
    fill(metadata, "annotations", &role.annotations);
    if let Some(template) = object.pod_template_mut() {
        pod(template, role);
    }
}

/// Adds what is missing; what the template wrote stays.
fn fill(map: &mut Map<String, Value>, key: &str, entries: &indexmap::IndexMap<String, String>) {
    if entries.is_empty() {
        return;
    }
    let present = map.entry(key).or_insert_with(|| json!({}));
    let Some(present) = present.as_object_mut() else { return };
    for (key, value) in entries {
        present.entry(key.clone()).or_insert_with(|| value.clone().into());
    }
}

fn pod(template: &mut Map<String, Value>, role: &Role) {
    let metadata = template.entry("metadata").or_insert_with(|| json!({}));
    if let Some(metadata) = metadata.as_object_mut() {
        fill(metadata, "labels", &role.labels.0);
        fill(metadata, "annotations", &role.pod_annotations);
    }
    let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for (key, value) in &role.pod_spec {
        spec.entry(key.clone()).or_insert_with(|| value.clone());
    }
    // Nothing of ours talks to the API server, unless its template says so.
    spec.entry("automountServiceAccountToken").or_insert_with(|| false.into());
    if let Some(context) = &role.security_context {
        spec.insert("securityContext".to_owned(), context.clone());
    }
    let containers = spec.get_mut("containers").and_then(Value::as_array_mut);
    if let Some(main) =
        containers.and_then(|containers| containers.first_mut()).and_then(Value::as_object_mut)
    {
        main_container(main, role);
    }
}

fn main_container(container: &mut Map<String, Value>, role: &Role) {
    if let Some(policy) = role.pull_policy {
        container.insert("imagePullPolicy".to_owned(), json!(policy));
    }
    if role.env.is_empty() {
        return;
    }
    let env = container.entry("env").or_insert_with(|| json!([]));
    let Some(env) = env.as_array_mut() else { return };
    let named = |variable: Value| (variable["name"].as_str().unwrap_or_default().to_owned(), variable);
    // One that is there keeps its place, so that `$(NAME)` in later ones still finds it.
    let mut all: IndexMap<String, Value> = env.drain(..).map(named).collect();
    all.extend(role.env.iter().cloned().map(named));
    env.extend(all.into_values());
}

/// What pods read, by kind, namespace and name, and the checksum of what is in it.
pub(super) type Sums = BTreeMap<(&'static str, String, String), String>;

/// A ConfigMap or Secret, and the checksum of its data.
pub(super) fn checksum(object: &Object) -> Option<((&'static str, String, String), String)> {
    let kind = ["ConfigMap", "Secret"].into_iter().find(|kind| *kind == object.kind())?;
    let fields = object.fields();
    let data = serde_json::to_vec(fields.get("data").or_else(|| fields.get("stringData"))?).ok()?;
    let id = (kind, object.namespace().to_owned(), object.name().to_owned());
    Some((id, hex(&Sha256::digest(data))))
}

/// Writes the checksums of the ConfigMaps and Secrets that a workload's pods read into their template, so that a change
/// rolls the pods.
pub(super) fn roll_on_change(object: &mut Object, sums: &Sums) {
    // A Job's template cannot be changed: its name has to tell. The next run of a CronJob reads what there is then.
    if matches!(object.kind(), "Job" | "CronJob") {
        return;
    }
    let namespace = object.namespace().to_owned();
    let Some(template) = object.pod_template_mut() else { return };
    let spec = (template.get("spec").unwrap_or(&Value::Null), namespace.as_str());
    let config = sum_of("ConfigMap", spec, sums);
    let secret = digits_of_secrets(spec, sums);
    let entries = [(CHECKSUM, config), (OF_SECRETS, secret)];
    let entries = entries.into_iter().filter_map(|(key, sum)| Some((key.to_owned(), sum?))).collect();
    if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        fill(metadata, "annotations", &entries);
    }
}

/// A Job is named after all that it does, with eight digits: it cannot be changed, so another one takes over. It ends
/// within an hour, and does not stay for good. Those of a CronJob end as soon; it names and removes them itself.
pub(super) fn finish_job(object: &mut Object, sums: &Sums, site: &Site) {
    if object.kind() == "CronJob" {
        let spec =
            object.fields_mut().get_mut("spec").and_then(|spec| spec.get_mut("jobTemplate")?.get_mut("spec"));
        if let Some(spec) = spec.and_then(Value::as_object_mut) {
            spec.entry("activeDeadlineSeconds").or_insert_with(|| JOB_SECONDS.into());
        }
        return;
    }
    if object.kind() != "Job" {
        return;
    }
    if let Some(spec) = object.fields_mut().get_mut("spec").and_then(Value::as_object_mut) {
        spec.entry("activeDeadlineSeconds").or_insert_with(|| JOB_SECONDS.into());
        // Argo CD and Flux would make it again, and prune it once its name is another.
        if site.cluster.applied_by == AppliedBy::Kubectl {
            spec.entry("ttlSecondsAfterFinished").or_insert_with(|| JOB_KEPT_SECONDS.into());
        }
    }
    let mut digest = Sha256::new();
    let namespace = object.namespace().to_owned();
    if let Some(template) = object.pod_template_mut() {
        let spec = (template.get("spec").unwrap_or(&Value::Null), namespace.as_str());
        digest.update(sum_of("ConfigMap", spec, sums).unwrap_or_default());
        digest.update(digits_of_secrets(spec, sums).unwrap_or_default());
        digest.update(sorted(&Value::Object(template.clone())).to_string());
    }
    let digits: String = hex(&digest.finalize()).chars().take(8).collect();
    let name = format!("{}-{digits}", object.name());
    if let Some(metadata) = object.fields_mut().get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("name".to_owned(), name.into());
    }
}

/// With the keys of all maps in order, so that the order in which a user wrote his labels does not count.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<&String, Value> =
                map.iter().map(|(key, value)| (key, sorted(value))).collect();
            json!(ordered)
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Four digits of the checksum of all Secrets that a pod spec refers to. The whole of it would give a short password away,
/// to all who may see pods; four confirm one guess of 65,536, and miss one change of as many.
fn digits_of_secrets(spec: (&Value, &str), sums: &Sums) -> Option<String> {
    Some(sum_of("Secret", spec, sums)?.chars().take(4).collect())
}

/// One sum of all objects of a kind that a pod spec refers to, in its namespace.
fn sum_of(kind: &'static str, (spec, namespace): (&Value, &str), sums: &Sums) -> Option<String> {
    let names = references(kind, spec).into_iter();
    let id = |name: &str| (kind, namespace.to_owned(), name.to_owned());
    let mut read: Vec<&String> = names.filter_map(|name| sums.get(&id(name))).collect();
    read.sort_unstable();
    read.dedup();
    if read.is_empty() {
        return None;
    }
    let mut digest = Sha256::new();
    for sum in read {
        digest.update(sum.as_bytes());
    }
    Some(hex(&digest.finalize()))
}

/// The names of all ConfigMaps or Secrets that a pod spec refers to.
fn references<'a>(kind: &str, value: &'a Value) -> Vec<&'a str> {
    let keys: &[&str] = match kind {
        "Secret" => &["secret", "secretRef", "secretKeyRef"],
        _ => &["configMap", "configMapRef", "configMapKeyRef"],
    };
    let mut found = Vec::new();
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if keys.contains(&key.as_str()) {
                    let name = value.get("name").or_else(|| value.get("secretName"));
                    found.extend(name.and_then(Value::as_str));
                }
                found.extend(references(kind, value));
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(|item| references(kind, item))),
        _ => {}
    }
    found
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
