//! One change at a time to rendered objects, each of which would break something on a cluster.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// One changed object.
pub struct Mutant {
    /// `address`, `port`, `replicas` or `selector`.
    pub what: &'static str,
    /// `StatefulSet/redis /spec/replicas: 3 -> 2`.
    pub name: String,
    /// Which of the objects.
    pub object: usize,
    /// The object instead.
    pub value: Value,
}

/// All mutants of all objects.
pub fn mutants(objects: &[Value]) -> Vec<Mutant> {
    let mut found = Vec::new();
    for (object, value) in objects.iter().enumerate() {
        let id =
            format!("{}/{}", value["kind"].as_str().unwrap(), value["metadata"]["name"].as_str().unwrap());
        let mut seen = BTreeSet::new();
        let mut add = |what: &'static str, pointer: &str, from: &Value, to: Value| {
            // The same change elsewhere in the object says nothing new.
            if !seen.insert(format!("{what} {from} {to} {}", last(pointer))) {
                return;
            }
            let mut changed = value.clone();
            *changed.pointer_mut(pointer).unwrap() = to.clone();
            let name = match from.as_str().is_some_and(|text| text.contains('\n')) {
                true => {
                    format!("{id} {pointer}: {}", difference(from.as_str().unwrap(), to.as_str().unwrap()))
                }
                false => format!("{id} {pointer}: {from} -> {to}"),
            };
            found.push(Mutant { what, name, object, value: changed });
        };
        leaves(value, "", &mut |pointer, leaf| {
            for (what, to) in changes(value, pointer, leaf) {
                add(what, pointer, leaf, to);
            }
        });
    }
    found
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap()
}

/// The line that was changed, as it is now.
fn difference(from: &str, to: &str) -> String {
    let line = from.lines().zip(to.lines()).find(|(old, new)| old != new);
    line.map_or(String::new(), |(_, new)| new.trim().chars().take(160).collect())
}

fn leaves(value: &Value, pointer: &str, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(value, &format!("{pointer}/{key}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{pointer}/{index}"), visit);
            }
        }
        leaf => visit(pointer, leaf),
    }
}

fn changes(object: &Value, pointer: &str, leaf: &Value) -> Vec<(&'static str, Value)> {
    let kind = object["kind"].as_str().unwrap();
    let key = last(pointer);
    let number = leaf.as_u64();
    let mut all = Vec::new();
    match (kind, key) {
        (_, "containerPort") | ("Service", "port") => {
            all.extend(number.map(|port| ("port", json!(port + 1))));
        }
        ("Service", "targetPort") => all.push(("port", other(leaf))),
        (_, "port") if pointer.contains("Probe/") || pointer.contains("/preStop/") => {
            all.push(("port", other(leaf)));
        }
        ("Ingress", "number") => all.extend(number.map(|port| ("port", json!(port + 1)))),
        ("StatefulSet" | "Deployment", "replicas") if pointer == "/spec/replicas" => {
            let count = number.unwrap();
            all.push(("replicas", json!(count + 1)));
            if count > 1 {
                all.push(("replicas", json!(count - 1)));
            }
        }
        _ if is_selector(kind, pointer) => all.push(("selector", other(leaf))),
        _ if pointer.starts_with("/metadata") || pointer.contains("/metadata/") => {}
        _ => all.extend(leaf.as_str().into_iter().flat_map(addresses).map(|text| ("address", json!(text)))),
    }
    all
}

fn is_selector(kind: &str, pointer: &str) -> bool {
    (kind == "Service" && pointer.starts_with("/spec/selector/"))
        || pointer.contains("/matchLabels/")
        || pointer == "/spec/serviceName"
        || pointer == "/spec/scaleTargetRef/name"
        || (kind == "Ingress" && pointer.ends_with("/service/name"))
}

fn other(leaf: &Value) -> Value {
    match leaf {
        Value::Number(number) => json!(number.as_u64().unwrap() + 1),
        leaf => json!(format!("{}x", leaf.as_str().unwrap())),
    }
}

/// A text with one of its in-cluster addresses changed, in every way that leads nowhere.
fn addresses(text: &str) -> Vec<String> {
    let mut changed = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, _) in text.match_indices(".svc.") {
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if text[line..].trim_start().starts_with('#') {
            continue;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let start = text[..at].rfind(|c| !is_part(c)).map_or(0, |before| before + 1);
        let end = at + text[at..].find(|c| !is_part(c)).unwrap_or(text.len() - at);
        let host = &text[start..end];
        if !seen.insert(host) {
            continue;
        }
        let mut replace = |from: usize, to: usize, with: &str| {
            changed.push(format!("{}{with}{}", &text[..from], &text[to..]));
        };
        // The Service, which stands two labels before `svc`; the domain; the pod's ordinal; the port.
        let service = text[start..at].rfind('.').map_or(at, |dot| start + dot);
        replace(service, service, "x");
        replace(end, end, "x");
        if let Some(dash) = text[start..service].rfind(|c: char| !c.is_ascii_digit()).map(|dash| start + dash)
            && text[dash..].starts_with('-')
            && text[dash + 1..].starts_with(|c: char| c.is_ascii_digit())
        {
            replace(dash + 1, dash + 1, "9");
        }
        let digits = text[end..]
            .strip_prefix(':')
            .map(|rest| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        if let Some(digits) = digits.filter(|digits| *digits > 0) {
            let port: u32 = text[end + 1..end + 1 + digits].parse().unwrap();
            replace(end + 1, end + 1 + digits, &(port + 1).to_string());
        }
    }
    changed
}
