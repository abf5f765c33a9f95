//! Every object is one that an API server of the target's minor would read: its kind, every field, every value.
//!
//! An object, a minor and the cluster's custom resources come in, faults go out. Never happens here: references between
//! objects (that is `rules`), and no guess about kinds that we have no schema of: those are told as unproven.
//! A schema is looked for among Kubernetes' own kinds, then in CustomResourceDefinitions, then in `custom.txt`.
//!
//! **Invariant:** the table is read wholly, or a test fails. Guard: `table::tests`.

mod custom;
mod demand;
mod facts;
mod fault;
mod forms;
pub(crate) mod merge;
mod minor;
mod relations;
mod scalar;
mod table;
mod walk;
mod zones;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Finding, Grade, Rule, Set};
use crate::k8s::Object;
pub use custom::Custom;
pub use fault::Fault;
pub use minor::Minor;
use table::{Table, table};
use walk::{Trail, Walk};

/// The first promises: what they say is looked at before all other rules.
pub const RULES: &[Rule] = &[
    Rule {
        code: "schema",
        grade: Grade::ERROR,
        promise: "every object has a kind, fields and values that the target's Kubernetes supports, and all \
                  required fields",
        why: "the API server refuses the object, or silently drops the field or uses an empty value",
        fix: "",
        source: "the OpenAPI documents and the validation of Kubernetes 1.25 to 1.37, observed with kube-apiserver 1.37.2 and as 1.34",
        check: |set| findings(set, check),
    },
    Rule {
        code: "schema-unproven",
        grade: Grade::WARNING,
        promise: "every object is of a kind whose fields are known",
        why: "its fields were not checked: a misspelled one would show only in the cluster",
        fix: "pass its CustomResourceDefinition as well: `--crd FILE`",
        source: "",
        check: unproven_kinds,
    },
];

fn findings<'a>(set: &Set<'a>, check: impl Fn(&Object, Minor, &Custom) -> Vec<Fault>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in &set.objects {
        for fault in check(object, set.around.minor, &set.custom) {
            let finding = Finding::new(object, fault.title).at(fault.path);
            findings.push(match fault.help {
                Some(help) => finding.help(help),
                None => finding,
            });
        }
    }
    findings
}

/// One finding for a kind, however many objects are of it; those that waive it are left to their waivers.
fn unproven_kinds<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    let mut known: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for object in set.objects.iter().copied() {
        let Some(Fault { path, title, help, .. }) = unproven(object, &set.custom) else { continue };
        let finding = Finding { help, ..Finding::new(object, title).at(path) };
        let waived = object.annotation("waive.stackgen.io/schema-unproven").is_some();
        let kind = (object.text("/apiVersion").unwrap_or_default(), object.kind());
        match known.get_mut(&kind).filter(|_| !waived) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => {
                if !waived {
                    known.insert(kind, (findings.len(), 1));
                }
                findings.push(finding);
            }
        }
    }
    for (at, count) in known.into_values().filter(|(_, count)| *count > 1) {
        if let Some(finding) = findings.get_mut(at) {
            finding.title = format!("{}: {count} objects", finding.title);
        }
    }
    findings
}

/// Everything that an API server of that minor with those custom resources would not take; nothing for kinds that we have
/// no schema of.
pub fn check(object: &Object, minor: Minor, custom: &Custom) -> Vec<Fault> {
    let (table, kind) = (table(), object.kind());
    let api = match object.at("/apiVersion") {
        Some(Value::String(api)) => api.as_str(),
        other => return vec![fault::no_api_version(kind, other, minor, table)],
    };
    let known = table.find(&format!("{api}/{kind}"));
    // What somebody's cluster defines is nearer to the truth than what we wrote down of it.
    if known.is_none_or(|index| table.entry(index).custom)
        && let Some(faults) = custom.check(object, minor)
    {
        return faults;
    }
    match known {
        Some(index) if table.entry(index).minors.has(minor) => {
            let mut walk = Walk { table, minor, faults: Vec::new(), free: 0 };
            walk.fields(object.fields(), index, Trail::Root);
            walk.faults
        }
        Some(index) => vec![fault::other_minor(api, kind, table.entry(index), minor, table)],
        None if is_builtin(api, kind, table) => vec![fault::unknown_kind(api, kind, minor, table)],
        None => Vec::new(),
    }
}

/// Says so when the object is of a kind that we have no schema of.
pub fn unproven(object: &Object, custom: &Custom) -> Option<Fault> {
    let (table, kind) = (table(), object.kind());
    let api = object.text("/apiVersion")?;
    let is_known = || table.find(&format!("{api}/{kind}")).is_some() || custom.knows(api, kind);
    if is_builtin(api, kind, table) || is_known() {
        return None;
    }
    Some(fault::unproven(api, kind, custom.nearest(api, kind)))
}

/// Is the object of a kind that Kubernetes itself defines?
pub fn is_builtin_kind(object: &Object) -> bool {
    let api = object.text("/apiVersion").unwrap_or_default();
    // Nearly all objects are: looking the kind up is quicker than asking what was meant.
    table().find(&format!("{api}/{}", object.kind())).is_some_and(|index| !table().entry(index).custom)
        || is_builtin(api, object.kind(), table())
}

/// `apps` of `apps/v1`; nothing for `v1`.
fn group(api: &str) -> &str {
    api.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Does Kubernetes itself define the group, or most likely the one that was meant, so that we know all of its kinds?
fn is_builtin(api: &str, kind: &str, table: &Table) -> bool {
    let name = group(api).to_lowercase();
    let meant = |known: &str, its_kind: &str| {
        known == name || (its_kind == kind && strsim::damerau_levenshtein(known, &name) <= 2)
    };
    // Custom groups are domains; `extensions` and `policy` of old are not.
    !name.contains('.') || table.kinds().any(|(api, its, entry)| !entry.custom && meant(group(api), its))
}
