//! What a stack says without anybody reading it: sections for other profiles, values that a later layer replaces, keys
//! that lead to null. It is gone before settings are read, and a mistake in it would wait for its day; so it is held
//! against the schema here.

use std::collections::BTreeSet;

use super::included::{OBJECTS, PATCHES};
use super::layers::for_all_apps;
use super::members::unknown_word;
use super::vocabulary::{keys_at, roots, schema_of, unprofiled};
use crate::components::{APPS, Key};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Step};
use crate::source::Place;
use crate::tree::fault::{Fault, shown};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::{schema, subschema};

/// Complains about every unknown key that leads to null. Null removes what a layer below wrote, and then both are gone.
pub(super) fn nulls(file: &Node) -> Diagnostics {
    let mut found = Diagnostics::new();
    for (key, entry) in file.as_map().into_iter().flatten() {
        let path = Path::root().key(key);
        match entry.value.as_map() {
            // The names of apps are the user's own.
            Some(apps) if key == APPS => {
                for (name, app) in apps {
                    app.value
                        .as_map()
                        .into_iter()
                        .for_each(|app| nulls_below(app, &path.key(name), &mut found));
                }
            }
            Some(map) => nulls_below(map, &path, &mut found),
            None => {}
        }
    }
    found
}

fn nulls_below(map: &Map, path: &Path, found: &mut Diagnostics) {
    for (key, entry) in map {
        match &entry.value.kind {
            Kind::Null => {
                let Some((schema, parent)) = schema_of(path) else { return };
                let known = keys_at(path);
                if subschema::field_at(&schema, &parent.key(key)).is_none() && !known.is_empty() {
                    found.push(Fault::UnknownKey { key: key.clone(), known }.at(path, entry.key));
                }
            }
            Kind::Map(map) => nulls_below(map, &path.key(key), found),
            _ => {}
        }
    }
}

/// Notes what `top` takes away from `base`.
pub(super) fn removed(base: &Node, top: &Node, path: &Path, found: &mut BTreeSet<Path>) {
    let (Some(base), Some(top)) = (base.as_map(), top.as_map()) else { return };
    for (key, above) in top {
        match (base.get(key).map(|below| &below.value), &above.value.kind) {
            (Some(below), Kind::Map(_)) => removed(below, &above.value, &path.key(key), found),
            (Some(_), Kind::Null) => drop(found.insert(path.key(key))),
            _ => {}
        }
    }
}

/// Complains about null where users choose the keys and no layer below has that one: who writes `DEBUG:` wants an empty
/// text, and who takes a variable away has misspelt it.
pub(super) fn idle(base: &Node, top: &Node, path: &Path, removed: &BTreeSet<Path>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(top) = top.as_map() else { return found };
    let known = base.as_map();
    for (key, above) in top {
        let here = path.key(key);
        let below = known.and_then(|known| known.get(key)).map(|entry| &entry.value);
        match &above.value.kind {
            Kind::Map(_) => {
                let nothing = Node { kind: Kind::Null, place: above.key };
                found.extend(idle(below.unwrap_or(&nothing), &above.value, &here, removed));
            }
            Kind::Null if below.is_none() && !removed.contains(&here) && is_free(path) => {
                found.push(
                    Diagnostic::error(
                        "null-of-nothing",
                        format!("`{here}` is null, but there is nothing to remove"),
                    )
                    .at(above.key)
                    .because("null removes what an earlier layer sets")
                    .help(format!("write `{key}: \"\"` for an empty text, or remove the line")),
                );
            }
            _ => {}
        }
    }
    found
}

/// Do users choose the keys there, for values that are texts?
fn is_free(path: &Path) -> bool {
    schema_of(path).is_some_and(|(schema, rest)| {
        let below = subschema::key_at(&schema, &rest).and_then(|here| here.get("additionalProperties"));
        below.is_some_and(serde_json::Value::is_object)
            && super::set::set_type(&schema, &rest.key("*")) != super::set::SetType::Other
    })
}

/// Complains about what `top` replaces in `base`.
pub(super) fn replaced(base: &Node, top: &Node, path: &Path) -> Diagnostics {
    let mut found = Diagnostics::new();
    let (Some(base), Some(top)) = (base.as_map(), top.as_map()) else { return found };
    for (key, above) in top {
        let Some(below) = base.get(key) else { continue };
        let path = path.key(key);
        match (&below.value.kind, &above.value.kind) {
            (Kind::Map(_), Kind::Map(_)) => found.extend(replaced(&below.value, &above.value, &path)),
            // They are added up, and nothing is replaced.
            (Kind::Seq(_), Kind::Seq(_))
                if [OBJECTS, PATCHES].iter().any(|key| path == Path::root().key(*key)) => {}
            _ => found.extend(unfit(&below.value, &path, shown(below))),
        }
    }
    found
}

/// Complains about a profile: it may speak of components that the stack does not have.
pub(super) fn profile(node: &Node) -> Vec<Diagnostic> {
    let entries = node.as_map().into_iter().flatten();
    let complaints = entries.flat_map(|(key, entry)| {
        let path = Path::root().key(key);
        // For all apps alike.
        let path = if key == APPS { path.key("*") } else { path };
        unfit(&entry.value, &path, shown(entry))
    });
    complaints.collect()
}

/// Complains about what stands at a path and does not fit there. That something is missing is no mistake: it is a layer.
pub(super) fn unfit(node: &Node, path: &Path, place: Place) -> Vec<Diagnostic> {
    let here = unprofiled(path);
    let is_root = here.steps().is_empty();
    if is_root || matches!(here.steps(), [Step::Key(key)] if key == APPS) {
        let entries = node.as_map().into_iter().flatten();
        return entries.flat_map(|(key, entry)| one(key, entry, path, is_root)).collect();
    }
    let Some((schema, rest)) = schema_of(&here) else { return Vec::new() };
    let field = subschema::field_at(&schema, &rest);
    field.map_or_else(Vec::new, |field| schema::layer(node, &schema, field, (path, place)))
}

fn one(key: &str, entry: &Entry, path: &Path, is_root: bool) -> Vec<Diagnostic> {
    // Only in a section of the stack's: a file is read anew for its own complaints.
    if !is_root
        && unprofiled(path) != *path
        && let Some(complaint) = for_all_apps(key, entry)
    {
        return vec![complaint];
    }
    if is_root && !roots().contains(&Key::parse(key).word.as_str()) {
        return vec![unknown_word(key, entry.key)];
    }
    unfit(&entry.value, &path.key(key), shown(entry))
}
