//! Strategic merge patches, as the API server and kubectl apply them to kinds of Kubernetes; lists of custom resources are
//! replaced. Unlike theirs, a patch of a volume or of a Deployment's strategy needs no `$retainKeys`: what it does not name goes
//! away, for the ways exclude each other. New entries stand behind those that are there: the first container stays the first.
//!
//! Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md

use serde_json::{Map, Value};

use super::patches::refused;
use crate::diagnostic::{Diagnostic, Path, Step};
use crate::draft::Patched;
use crate::k8s::Object;
use crate::verify::schema::merge::{Merging, Spot};
use crate::words;

const PATCH: &str = "$patch";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";

/// Merges `patch`, which stands at `path`, and notes what it says of which field.
pub(super) fn merge(
    object: &mut Object,
    patch: &Value,
    path: &Path,
    marks: &mut Vec<Patched>,
) -> Result<(), Diagnostic> {
    let Value::Object(patch) = patch else { return Ok(()) };
    let mut fields = object.fields().clone();
    let spot = Spot::of(object);
    let here = Here { field: Path::root(), by: path.clone() };
    Merge { object, marks }.map(&mut fields, patch, spot, &here)?;
    *object.fields_mut() = fields;
    Ok(())
}

/// A place in the object, and what the patch says of it.
struct Here {
    field: Path,
    by: Path,
}

impl Here {
    fn key(&self, key: &str) -> Self {
        Self { field: self.field.key(key), by: self.by.key(key) }
    }
}

struct Merge<'m> {
    object: &'m Object,
    marks: &'m mut Vec<Patched>,
}

impl Merge<'_> {
    fn mark(&mut self, here: &Here, removed: bool) {
        self.marks.push(Patched { field: here.field.clone(), by: here.by.clone(), removed });
    }

    fn map(
        &mut self,
        base: &mut Map<String, Value>,
        patch: &Map<String, Value>,
        spot: Spot,
        here: &Here,
    ) -> Result<(), Diagnostic> {
        match patch.get(PATCH).and_then(Value::as_str) {
            None => {}
            Some("merge") => {}
            Some("replace") => {
                *base = said(patch);
                self.mark(here, false);
                return Ok(());
            }
            Some("delete") => {
                base.clear();
                self.mark(here, true);
                return Ok(());
            }
            Some(other) => return Err(self.unknown(other, &here.key(PATCH))),
        }
        for (key, value) in patch.iter().filter(|(key, _)| *key != PATCH) {
            let here = here.key(key);
            if let Some(list) = key.strip_prefix(DELETE_FROM) {
                self.delete_from(base, list, value, &here)?;
            } else if key.starts_with('$') {
                return Err(self.unknown(key, &here));
            } else {
                let (spot, merging) = spot.field(key);
                self.field(base, key, value, (spot, merging), &here)?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        base: &mut Map<String, Value>,
        key: &str,
        patch: &Value,
        (spot, merging): (Spot, Merging),
        here: &Here,
    ) -> Result<(), Diagnostic> {
        match (base.get_mut(key), patch) {
            (known, Value::Null) => {
                if known.is_some() {
                    base.shift_remove(key);
                    self.mark(here, true);
                }
            }
            (Some(Value::Object(known)), Value::Object(patch)) => {
                if patch.get(PATCH).and_then(Value::as_str) == Some("delete") {
                    base.shift_remove(key);
                    self.mark(here, true);
                    return Ok(());
                }
                if merging.retains {
                    known.retain(|key, _| patch.contains_key(key));
                }
                self.map(known, patch, spot, here)?;
            }
            (known, Value::Array(patch)) if merging.by.is_some() => {
                let mut list = match known {
                    Some(Value::Array(known)) => std::mem::take(known),
                    _ => Vec::new(),
                };
                self.list(&mut list, patch, (spot, merging), here)?;
                base.insert(key.to_owned(), list.into());
            }
            (Some(known), patch) if known == patch => {}
            (_, patch) => {
                base.insert(key.to_owned(), bare(patch));
                self.mark(here, false);
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        base: &mut Vec<Value>,
        patch: &[Value],
        (spot, merging): (Spot, Merging),
        here: &Here,
    ) -> Result<(), Diagnostic> {
        let by = merging.by.unwrap_or_default();
        let is_replaced = |item: &Value| {
            item.as_object()
                .is_some_and(|map| map.len() == 1 && map.get(PATCH).is_some_and(|how| how == "replace"))
        };
        if patch.iter().any(is_replaced) {
            *base = patch.iter().filter(|item| !is_replaced(item)).map(bare).collect();
            self.mark(here, false);
            return Ok(());
        }
        for (index, item) in patch.iter().enumerate() {
            let by_item = here.by.index(index);
            let at = |position: usize| Here { field: here.field.index(position), by: by_item.clone() };
            if by.is_empty() {
                if !base.contains(item) {
                    self.mark(&at(base.len()), false);
                    base.push(item.clone());
                }
                continue;
            }
            let Some(entry) = item.as_object().filter(|entry| entry.contains_key(by)) else {
                let last = here.field.to_string();
                return Err(refused(
                    self.object,
                    format!("an entry of `{last}` in the patch has no `{by}`"),
                    &by_item,
                )
                .because(format!("entries of this list are told apart by `{by}`"))
                .help(format!(
                    "add `{by}`, or write `- $patch: replace` as the first entry to replace the whole list"
                )));
            };
            let position = base.iter().position(|known| known.get(by) == entry.get(by));
            match (entry.get(PATCH).and_then(Value::as_str), position) {
                (Some("delete"), Some(position)) => {
                    base.remove(position);
                    moved(self.marks, &here.field, position, -1);
                    self.mark(&Here { field: here.field.clone(), by: by_item }, true);
                }
                (Some("delete"), None) => {}
                (_, Some(position)) => {
                    if let Some(Value::Object(known)) = base.get_mut(position) {
                        if merging.retains {
                            known.retain(|key, _| entry.contains_key(key));
                        }
                        self.map(known, entry, spot.entry(), &at(position))?;
                    }
                }
                (_, None) if lacks_its_image(&here.field, entry) => {
                    return Err(self.no_container(base, entry, &by_item));
                }
                (_, None) => {
                    self.mark(&at(base.len()), false);
                    base.push(bare(item));
                }
            }
        }
        Ok(())
    }

    fn delete_from(
        &mut self,
        base: &mut Map<String, Value>,
        key: &str,
        gone: &Value,
        here: &Here,
    ) -> Result<(), Diagnostic> {
        let (Some(Value::Array(list)), Value::Array(gone)) = (base.get_mut(key), gone) else { return Ok(()) };
        let before = list.len();
        list.retain(|item| !gone.contains(item));
        if list.len() < before {
            self.mark(here, true);
        }
        Ok(())
    }

    fn no_container(&self, base: &[Value], entry: &Map<String, Value>, by: &Path) -> Diagnostic {
        let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
        let known: Vec<&str> = base.iter().filter_map(|known| known.get("name")?.as_str()).collect();
        refused(self.object, format!("there is no container `{name}`"), &by.key("name"))
            .because(format!("the containers are {}; a new one would need an image", words::listed(&known)))
            .maybe_help(words::closest(name, known).map(|near| format!("did you mean `{near}`?")))
    }

    fn unknown(&self, word: &str, here: &Here) -> Diagnostic {
        refused(self.object, format!("`{word}` is not supported in a patch"), &here.by)
            .because(
                "the directives are `$patch: delete`, `$patch: replace` and `$deleteFromPrimitiveList/NAME`",
            )
            .help("use one of these, or operations: `json: [{op: …, path: …}]`")
    }
}

/// Is it no new container, but one that is called otherwise?
fn lacks_its_image(list: &Path, entry: &Map<String, Value>) -> bool {
    let is_of_containers =
        matches!(list.steps().last(), Some(Step::Key(key)) if key == "containers" || key == "initContainers");
    is_of_containers && !entry.contains_key("image")
}

/// A new value, without the directives and nulls that were for an old one.
fn bare(patch: &Value) -> Value {
    match patch {
        Value::Object(map) => said(map).into(),
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

fn said(patch: &Map<String, Value>) -> Map<String, Value> {
    let kept = patch.iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
    kept.map(|(key, value)| (key.clone(), bare(value))).collect()
}

/// Notes of earlier patches follow the entries of a list that another one inserts into or removes from.
pub(super) fn moved(marks: &mut Vec<Patched>, list: &Path, position: usize, by: isize) {
    let depth = list.steps().len();
    let index = |mark: &Patched| match mark.field.steps().get(depth) {
        Some(Step::Index(index)) if mark.field.steps().starts_with(list.steps()) => Some(*index),
        _ => None,
    };
    if by < 0 {
        marks.retain(|mark| index(mark) != Some(position));
    }
    for mark in marks.iter_mut() {
        let Some(known) = index(mark).filter(|known| *known >= position) else { continue };
        let mut steps = mark.field.steps().to_vec();
        steps[depth] = Step::Index(known.saturating_add_signed(by));
        mark.field = steps.into_iter().collect();
    }
}
