//! What every printed manifest promises, checked on the text alone, as a reader of the YAML would.

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

/// Every in-cluster host in the text belongs to a Service or a pod of the output; the text reads back as objects.
pub fn kept(text: &str) -> Result<(), String> {
    let objects: Vec<Value> = serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let objects: Vec<Value> = objects
        .into_iter()
        .flat_map(|object| match object.get("items").and_then(Value::as_array) {
            Some(items) => items.clone(),
            None => vec![object],
        })
        .collect();
    // With `--only` a part is shown, and what it names may be among the rest.
    if !objects.iter().any(|object| object["kind"] == "Namespace") {
        return Ok(());
    }
    let known = hosts(&objects);
    // What lives in a namespace that the output does not have is somebody else's: an imported stack's.
    let here: BTreeSet<&str> =
        objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str()).collect();
    let is_ours = |host: &str| {
        let before = host.split(".svc.").next().unwrap_or(host);
        before.rsplit('.').next().is_some_and(|namespace| here.contains(namespace))
    };
    let unknown: BTreeSet<&str> =
        mentioned(text).into_iter().filter(|host| is_ours(host) && !known.contains(*host)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(format!("hosts that nothing in the output stands behind: {unknown:?}"))
}

/// Hosts such as `redis-0.redis-headless.shop.svc.cluster.local`. Where a script puts the pod's own name before the first
/// dot (`$POD_NAME.redis-headless…`, `$(POD_NAME).…`), the Service behind it.
fn mentioned(text: &str) -> BTreeSet<&str> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || "-._${}()".contains(c);
    text.split(|c: char| !part_of_name(c))
        .filter_map(|word| {
            let end = word.find(".svc.cluster.local")? + ".svc.cluster.local".len();
            let host = &word[..end];
            Some(if host.contains('$') {
                host.split_once('.')?.1
            } else {
                host.trim_start_matches(['(', '{', '.'])
            })
        })
        .filter(|host| !host.starts_with("svc."))
        .collect()
}

/// Names that the cluster's DNS would answer for these objects.
fn hosts(objects: &[Value]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let domain = |object: &Value| {
        format!("{}.svc.cluster.local", object["metadata"]["namespace"].as_str().unwrap_or("default"))
    };
    for object in objects {
        match object["kind"].as_str().unwrap_or_default() {
            "Service" => {
                known.insert(format!("{}.{}", name(object), domain(object)));
            }
            "StatefulSet" => {
                let service = object["spec"]["serviceName"].as_str().unwrap_or_default();
                for ordinal in 0..object["spec"]["replicas"].as_u64().unwrap_or(1) {
                    known.insert(format!("{}-{ordinal}.{service}.{}", name(object), domain(object)));
                }
            }
            // The Nacos operator makes these Services and this StatefulSet.
            "Nacos" => {
                let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
                for suffix in ["", "-headless", "-client"] {
                    known.insert(format!("{}{suffix}.{}", name(object), domain(object)));
                }
                for ordinal in 0..replicas {
                    known.insert(format!("{0}-{ordinal}.{0}-headless.{1}", name(object), domain(object)));
                }
            }
            _ => {}
        }
    }
    known
}

/// A complaint is written for people: no Rust types, no paths of this machine, no innards of templates.
pub fn refusal(text: &str) -> Result<(), String> {
    for foreign in ["stackgen::", "serde_json", "minijinja", "/tmp/", "panicked", "Some(", "{{ pod"] {
        if text.contains(foreign) {
            return Err(format!("the complaint contains `{foreign}`:\n{text}"));
        }
    }
    if text.contains("this is a mistake in stackgen") {
        return Err(format!("a template failed:\n{text}"));
    }
    Ok(())
}
