//! Secrets of the types that Kubernetes knows.

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "secret-has-its-keys",
    grade: Grade::ERROR,
    promise: "a Secret has the keys that its type requires",
    why: "the API server refuses the Secret",
    fix: "add them, or remove `type`",
    source: "core/v1 validation: ValidateSecret; observed with kube-apiserver 1.37.2",
    check: secret_has_its_keys,
}];

/// A type, and the keys that it asks for.
const KEYS: &[(&str, &[&str])] = &[
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
];

fn secret_has_its_keys<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for secret in set.of_kind("Secret").iter().copied() {
        let Some(kind) = secret.text("/type") else { continue };
        let asked = KEYS.iter().find(|(known, _)| *known == kind).map_or(&[][..], |(_, keys)| keys);
        let lacking: Vec<&str> = asked.iter().copied().filter(|key| value(secret, key).is_none()).collect();
        if !lacking.is_empty() {
            let title = format!("a Secret of type `{kind}` needs `{}`", lacking.join("` and `"));
            findings.push(Finding::new(secret, title).at("/type"));
        }
        let either = ["username", "password"];
        if kind == "kubernetes.io/basic-auth" && either.iter().all(|key| value(secret, key).is_none()) {
            let title = format!("a Secret of type `{kind}` needs {}", words::listed(either));
            findings.push(Finding::new(secret, title).at("/type"));
        }
        let annotations = secret.at("/metadata/annotations");
        let account = annotations.and_then(|all| all.get("kubernetes.io/service-account.name")?.as_str());
        if kind == "kubernetes.io/service-account-token" && account.is_none_or(str::is_empty) {
            let title =
                format!("a Secret of type `{kind}` needs annotation `kubernetes.io/service-account.name`");
            findings.push(Finding::new(secret, title).at("/type"));
        }
        findings.extend(asked.iter().filter_map(|key| not_json(secret, key)));
    }
    findings
}

fn value<'a>(secret: &'a Object, key: &str) -> Option<(&'static str, &'a Value)> {
    // What stands in `stringData` is taken first.
    ["stringData", "data"].into_iter().find_map(|map| Some((map, secret.fields().get(map)?.get(key)?)))
}

/// Logins of registries are read when they arrive, as far as we see them in plain text.
fn not_json<'a>(secret: &'a Object, key: &str) -> Option<Finding<'a>> {
    let ("stringData", Value::String(text)) = value(secret, key).filter(|_| key.starts_with(".docker"))?
    else {
        return None;
    };
    let is_map = serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    let at = crate::diagnostic::Path::root().keys(&["stringData", key]);
    (!is_map).then(|| Finding::new(secret, format!("`{key}` is not a JSON object")).at(at))
}
