//! Environment variables as containers have them.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::offer::{Given, Offers};
use super::site::Site;
use crate::components::common::{EnvSource, EnvValue};
use crate::components::secret::{SecretKey, SecretSource};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::tree::de::ScalarOr;

/// What a user's `env` map became.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Entries of a container's `env`.
    pub variables: Vec<Value>,
    /// Values for a Secret of our own, by variable name.
    pub secret: IndexMap<String, String>,
}

/// Resolves a user's `env`: references are replaced, values from outside go into the Secret `own`.
pub fn resolved(
    env: &IndexMap<String, EnvValue>,
    path: &Path,
    own: &str,
    site: &Site,
    offers: &Offers,
) -> Result<Resolved, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut resolved = Resolved::default();
    for (name, value) in env {
        let here = path.key(name);
        if let Some(complaint) = bad_name(name, &here) {
            complaints.push(complaint);
            continue;
        }
        let found = one(name, value, &here, own, site, offers, &mut resolved.secret);
        resolved.variables.extend(complaints.keep(found));
    }
    resolved.variables = ordered(resolved.variables);
    complaints.or(resolved)
}

/// Every variable behind those that it names as `$(NAME)`, for Kubernetes expands only what stands before; otherwise
/// in the given order. Variables that name each other in a circle stay where they are, and a rule tells.
fn ordered(variables: Vec<Value>) -> Vec<Value> {
    let (mut waiting, mut placed) = (variables, Vec::new());
    while !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|variable| format!("$({})", name(variable))).collect();
        let free = |variable: &Value| {
            let own = format!("$({})", name(variable));
            let text = variable["value"].as_str().unwrap_or_default();
            // Most name none: without this a long list is compared with itself.
            !text.contains("$(") || !names.iter().any(|other| *other != own && text.contains(other.as_str()))
        };
        let (ready, rest): (Vec<Value>, Vec<Value>) = waiting.into_iter().partition(free);
        if ready.is_empty() {
            placed.extend(rest);
            return placed;
        }
        placed.extend(ready);
        waiting = rest;
    }
    placed
}

fn name(variable: &Value) -> &str {
    variable["name"].as_str().unwrap_or_default()
}

fn one(
    name: &str,
    value: &EnvValue,
    path: &Path,
    own: &str,
    site: &Site,
    offers: &Offers,
    secret: &mut IndexMap<String, String>,
) -> Result<Value, Diagnostic> {
    let source = match value {
        ScalarOr::Scalar(text) => return Ok(variable(name, &offers.replaced(text, path)?.into())),
        ScalarOr::Other(source) => source,
    };
    let source = match source {
        EnvSource::Field(field) => {
            return Ok(json!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": field } } }));
        }
        EnvSource::ConfigMap(key) => {
            return Ok(json!({ "name": name, "valueFrom": { "configMapKeyRef": key } }));
        }
        EnvSource::Secret(secret) => SecretSource::Existing(secret.clone()),
        EnvSource::Env(variable) => SecretSource::Variable(variable.clone()),
        EnvSource::File(file) => SecretSource::File(file.clone()),
    };
    if let Some(value) = source.value(site, path)? {
        secret.insert(name.to_owned(), value);
    }
    Ok(variable(name, &source.key_in(own, name).into()))
}

/// One entry of a container's `env`.
pub fn variable(name: &str, value: &Given) -> Value {
    match value {
        Given::Text(text) => json!({ "name": name, "value": text }),
        Given::Secret(SecretKey { name: secret, key }) => {
            json!({ "name": name, "valueFrom": { "secretKeyRef": { "name": secret, "key": key } } })
        }
        Given::Field(field) => json!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": field } } }),
    }
}

/// Several entries, in order.
pub fn variables<'a>(entries: impl IntoIterator<Item = (&'a str, Given)>) -> Vec<Value> {
    entries.into_iter().map(|(name, value)| variable(name, &value)).collect()
}

/// Variables that hold secrets, and how scripts name what is in them.
pub fn called<N: AsRef<str>>(entries: &[(N, Given)]) -> Vec<Value> {
    let one = |(variable, value): &(N, Given)| match value {
        Given::Secret(key) => Some(json!({ "variable": variable.as_ref(), "secret": key.called() })),
        _ => None,
    };
    entries.iter().filter_map(one).collect()
}

fn bad_name(name: &str, path: &Path) -> Option<Diagnostic> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let fine = starts && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    (!fine).then(|| {
        Diagnostic::error("env-name", format!("`{name}` is not a valid name for an environment variable"))
            .at(path)
            .because("names start with a letter or `_`, followed by letters, digits, `_`, `.` and `-`")
    })
}
