//! What the API server's validation asks of several values together: of fields of one type, and of types within each other.
//!
//! A map of a type in, faults out. A family of types a file, each with a table of types and functions; what a line can say
//! is in `values.txt`. Never happens here: a look at another object, that is `rules`.
//!
//! Source: the validation of Kubernetes 1.25 to 1.37 (pkg/apis/*/validation), observed with kube-apiserver 1.37.2.

mod access;
mod affinity;
mod containers;
mod jobs;
mod meta;
mod pods;
mod quotas;
mod resources;
mod services;
mod volumes;
mod workloads;

use serde_json::{Map, Value};

use super::fault::Fault;
use super::minor::Minor;
use super::scalar::billionths;
use super::walk::Trail;
use crate::diagnostic::Path;

/// Looks at a map of some type.
pub(super) type Relation = fn(&mut Here<'_>);

/// Types, and what is asked of them.
type Table = &'static [(&'static str, Relation)];

const TABLES: &[Table] = &[
    access::OF,
    affinity::OF,
    containers::OF,
    jobs::OF,
    meta::OF,
    pods::OF,
    quotas::OF,
    resources::OF,
    services::OF,
    volumes::OF,
    workloads::OF,
];

/// All that is asked of a type.
pub(super) fn of(name: &str) -> Vec<Relation> {
    let rows = TABLES.iter().copied().flatten();
    rows.filter(|(known, _)| *known == name).map(|(_, relation)| *relation).collect()
}

/// A map that is looked at, and what was found.
pub(super) struct Here<'h> {
    pub(super) map: &'h Map<String, Value>,
    pub(super) minor: Minor,
    pub(super) trail: Trail<'h>,
    pub(super) faults: Vec<Fault>,
}

impl Here<'_> {
    /// A fault at a JSON pointer below the map: a phrase behind the path.
    fn wrong(&mut self, at: &str, wrong: impl AsRef<str>) {
        self.fault(at, wrong.as_ref(), None);
    }

    /// The same, with what to write instead.
    fn wrong_but(&mut self, at: &str, wrong: impl AsRef<str>, help: impl Into<String>) {
        self.fault(at, wrong.as_ref(), Some(help.into()));
    }

    fn fault(&mut self, at: &str, wrong: &str, help: Option<String>) {
        let path = self.trail.path().joined(&Path::from(at));
        let title = if path.steps().is_empty() { wrong.to_owned() } else { format!("`{path}` {wrong}") };
        self.faults.push(Fault::new(path, title).maybe_help(help));
    }
}

/// A key as a part of a JSON pointer.
fn part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A value that is there.
fn get<'m>(map: &'m Map<String, Value>, key: &str) -> Option<&'m Value> {
    map.get(key).filter(|value| !value.is_null())
}

fn has(map: &Map<String, Value>, key: &str) -> bool {
    get(map, key).is_some()
}

/// A text, empty where there is none.
fn text<'m>(map: &'m Map<String, Value>, key: &str) -> &'m str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn is_true(map: &Map<String, Value>, key: &str) -> bool {
    map.get(key) == Some(&Value::Bool(true))
}

fn number(map: &Map<String, Value>, key: &str) -> Option<i64> {
    map.get(key).and_then(Value::as_i64)
}

fn child<'m>(map: &'m Map<String, Value>, key: &str) -> Option<&'m Map<String, Value>> {
    map.get(key).and_then(Value::as_object)
}

fn list<'m>(map: &'m Map<String, Value>, key: &str) -> &'m [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A whole one, in billionths.
const ONE: i128 = 1_000_000_000;

/// A quantity in billionths, written as a text or as a number.
fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => billionths(text),
        Value::Number(number) => billionths(&number.to_string()),
        _ => None,
    }
}

/// The maps of a list, with their positions.
fn maps<'m>(map: &'m Map<String, Value>, key: &str) -> impl Iterator<Item = (usize, &'m Map<String, Value>)> {
    list(map, key).iter().enumerate().filter_map(|(index, item)| Some((index, item.as_object()?)))
}

/// The texts of a list, with their positions.
fn texts<'m>(map: &'m Map<String, Value>, key: &str) -> impl Iterator<Item = (usize, &'m str)> {
    list(map, key).iter().enumerate().filter_map(|(index, item)| Some((index, item.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::super::table::table;
    use super::*;

    #[test]
    fn every_type_is_one_of_the_table() {
        for (name, _) in TABLES.iter().copied().flatten() {
            assert!(table().find(name).is_some(), "there is no type `{name}`");
        }
    }
}
