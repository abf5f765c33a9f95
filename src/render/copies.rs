//! A pod reads Secrets of its own namespace only: what is rendered for one component is rendered once more where another one
//! needs it, as much of it as is needed there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::components::Key;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::draft::{Draft, Drafts};
use crate::k8s::Object;

/// Which keys of a Secret are needed; all of them where nobody says.
#[derive(Default)]
struct Needed<'d> {
    all: bool,
    keys: BTreeSet<&'d str>,
    /// Who needs it first.
    by: Option<&'d Key>,
}

/// The Secrets that pods need in a namespace where nobody makes them, as they are rendered elsewhere.
pub(super) fn of_secrets(drafts: &[Draft]) -> Vec<Draft> {
    let mut namespaces = drafts.iter().map(|draft| draft.object.namespace()).filter(|name| !name.is_empty());
    let first = namespaces.next();
    if namespaces.all(|name| Some(name) == first) {
        return Vec::new();
    }
    let mut made: BTreeMap<&str, Vec<&Draft>> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.object.kind() == "Secret") {
        made.entry(draft.object.name()).or_default().push(draft);
    }
    let is_away = |namespace: &str, name: &str| {
        made.get(name).is_some_and(|made| made.iter().all(|draft| draft.object.namespace() != namespace))
    };
    let needed = needed(drafts, is_away);
    let copies = needed.iter().filter_map(|((namespace, name), needed)| {
        made.get(name).and_then(|made| made.first()).map(|draft| copy(draft, namespace, needed))
    });
    copies.collect()
}

/// The Secrets that pods need and that are away, by namespace and name.
fn needed<'d>(
    drafts: &'d [Draft],
    is_away: impl Fn(&str, &str) -> bool,
) -> BTreeMap<(&'d str, &'d str), Needed<'d>> {
    let mut needed: BTreeMap<(&str, &str), Needed<'_>> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.object.pod_spec().is_some()) {
        let namespace = draft.object.namespace();
        read(draft.object.fields().get("spec").unwrap_or(&Value::Null), &mut |name, key| {
            if is_away(namespace, name) {
                let needed = needed.entry((namespace, name)).or_default();
                needed.all |= key.is_none();
                needed.keys.extend(key);
                needed.by = needed.by.or_else(|| draft.owner());
            }
        });
    }
    needed
}

/// Secrets that imported stacks make in another namespace than that in which pods of this one need them.
pub(super) fn demanded(drafts: &Drafts<'_>) -> Diagnostics {
    let is_away = |namespace: &str, name: &str| {
        let of_name = |object: &&Object| object.kind() == "Secret" && object.name() == name;
        let own = drafts.all.iter().map(|draft| &draft.object).find(of_name);
        let mut theirs = drafts.beside.iter().filter(of_name).peekable();
        own.is_none() && theirs.peek().is_some() && theirs.all(|object| object.namespace() != namespace)
    };
    let found = needed(&drafts.all, is_away);
    let told = found.iter().map(|((namespace, name), needed)| {
        let keys: Vec<String> = needed.keys.iter().map(|key| format!("`{key}`")).collect();
        let keys = if needed.all { String::new() } else { format!(" with {}", keys.join(" and ")) };
        let path = needed.by.map_or_else(Path::root, Key::path);
        Diagnostic::warning(
            "import-secret",
            format!("Secret `{name}`{keys} must exist in the namespace `{namespace}`"),
        )
        .at(path)
        .because("the imported stack makes it in its own namespace, and pods read Secrets of theirs only")
        .help(format!(
            "copy it to `{namespace}`, or let both stacks name an existing Secret: `{{secret: {{name: …}}}}`"
        ))
    });
    told.collect()
}

/// Every Secret that is named below a value, with the key that is wanted of it.
fn read<'d>(value: &'d Value, found: &mut impl FnMut(&'d str, Option<&'d str>)) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                let text = |name: &str| below.get(name).and_then(Value::as_str);
                match key.as_str() {
                    "secretKeyRef" => text("name").into_iter().for_each(|name| found(name, text("key"))),
                    "secret" | "secretRef" => {
                        text("secretName")
                            .or_else(|| text("name"))
                            .into_iter()
                            .for_each(|name| found(name, None));
                    }
                    _ => {}
                }
                read(below, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| read(item, found)),
        _ => {}
    }
}

fn copy(draft: &Draft, namespace: &str, needed: &Needed<'_>) -> Draft {
    let mut copy = draft.clone();
    let fields = copy.object.fields_mut();
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    for section in ["data", "stringData"].iter().filter(|_| !needed.all) {
        if let Some(Value::Object(values)) = fields.get_mut(*section) {
            let kept: Map<String, Value> = std::mem::take(values)
                .into_iter()
                .filter(|(key, _)| needed.keys.contains(key.as_str()))
                .collect();
            *values = kept;
        }
    }
    copy
}
