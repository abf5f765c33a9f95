//! The stack's `patches`: applied in their order, each seen to change something, and what it changed noted.

use serde_json::Value;

use super::{json, strategic, target, values};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::draft::{Draft, Patched};
use crate::k8s::Object;
use crate::plan::Stack;
use crate::plan::offer::Offers;
use crate::words;
use crate::written::{Operation, Patch};

/// What one patch does, ready to be done to each of its targets.
enum Change<'p> {
    Merge(Value),
    Json(Vec<(&'p Operation, Option<Value>)>),
}

/// Applies all of them.
pub(super) fn apply(stack: &Stack, offers: &Offers, drafts: &mut [Draft]) -> Diagnostics {
    let mut told = Diagnostics::new();
    for (index, patch) in stack.patches.iter().enumerate() {
        let path = Path::root().key("patches").index(index);
        let found = told.keep(target::find(&patch.target, drafts, &path.key("target")));
        let change = change(stack, patch, &path, offers, &mut told);
        let (Some(found), Some(change)) = (found, change) else { continue };
        let mut changed = false;
        for at in found {
            match one(&mut drafts[at], &change, &path, stack) {
                Ok(this) => changed |= this,
                Err(complaint) => {
                    // Of many targets one complaint will do.
                    told.push(complaint);
                    changed = true;
                    break;
                }
            }
        }
        if !changed {
            told.push(idle(&path, &change));
        }
    }
    told
}

/// Reads what the patch says, with references replaced.
fn change<'p>(
    stack: &Stack,
    patch: &'p Patch,
    path: &Path,
    offers: &Offers,
    told: &mut Diagnostics,
) -> Option<Change<'p>> {
    let mut value = |path: &Path| stack.tree.at(path).map(|node| values::read(node, path, offers, told));
    match (&patch.merge, &patch.json) {
        (Some(_), None) => value(&path.key("merge")).map(Change::Merge),
        (None, Some(operations)) => {
            let path = path.key("json");
            let read = |(index, operation)| (operation, value(&path.index(index).key("value")));
            Some(Change::Json(operations.iter().enumerate().map(read).collect()))
        }
        (both, _) => {
            let title = if both.is_some() { "both `merge` and `json`" } else { "neither `merge` nor `json`" };
            told.push(
                Diagnostic::error("patch-form", format!("the patch has {title}"))
                    .at(path)
                    .because("each patch changes its targets in one way")
                    .help("write `merge: {spec: …}`, or `json: [{op: add, path: /spec/…, value: …}]`; use two patches for both"),
            );
            None
        }
    }
}

/// Patches one object and says whether that changed it.
fn one(draft: &mut Draft, change: &Change<'_>, path: &Path, stack: &Stack) -> Result<bool, Diagnostic> {
    let before = draft.object.clone();
    let mut marks = std::mem::take(&mut draft.patched);
    let done = match change {
        Change::Merge(patch) => strategic::merge(&mut draft.object, patch, &path.key("merge"), &mut marks),
        Change::Json(operations) => json::apply(&mut draft.object, operations, &path.key("json"), &mut marks),
    };
    draft.patched = marks;
    if let Err(complaint) = done.and_then(|()| same_object(&before, &draft.object, path)) {
        // As if it were not there, so that later patches find what they look for.
        draft.object = before;
        return Err(complaint);
    }
    if draft.object == before {
        return Ok(false);
    }
    plain_secret(draft, path, stack)?;
    Ok(true)
}

/// Another name would be another object, which nothing in the stack refers to.
fn same_object(before: &Object, after: &Object, path: &Path) -> Result<(), Diagnostic> {
    let id =
        |object: &Object| (object.kind().to_owned(), object.namespace().to_owned(), object.name().to_owned());
    if id(before) == id(after) {
        return Ok(());
    }
    Err(Diagnostic::error("patch-refused", format!("the patch makes another object of {}", before.id()))
        .at(path)
        .because("kind, name and namespace are what others refer to")
        .help("use the keys of the stack: `word/name` for another name, `metadata.namespace`, `metadata.namePrefix`"))
}

/// Plain texts in a Secret, where the profile refuses them everywhere.
fn plain_secret(draft: &Draft, path: &Path, stack: &Stack) -> Result<(), Diagnostic> {
    if stack.site.policy.plain_secrets || draft.object.kind() != "Secret" {
        return Ok(());
    }
    let of_this = |mark: &&Patched| mark.by.steps().starts_with(path.steps()) && !mark.removed;
    let is_value = |mark: &&Patched| {
        let first: Path = mark.field.steps().iter().take(1).cloned().collect();
        ["data", "stringData"].contains(&first.to_string().as_str())
    };
    match draft.patched.iter().filter(of_this).find(is_value) {
        None => Ok(()),
        Some(mark) => {
            Err(Diagnostic::error("plain-secret", "the patch puts a secret in plain text into the output")
                .at(&mark.by)
                .because("this profile forbids it: a stack file is in a repository, and so is its history")
                .help(
                    "write the Secret below `objects`, with `{env: NAME}` or `{file: path}` for its values",
                ))
        }
    }
}

fn idle(path: &Path, change: &Change<'_>) -> Diagnostic {
    let key = match change {
        Change::Merge(_) => "merge",
        Change::Json(_) => "json",
    };
    Diagnostic::error("patch-idle", "the patch changes nothing")
        .at(path.key(key))
        .because("its targets already have these values, so nobody would notice when it stops working")
        .help("remove it, or compare it with what is rendered without it")
}

/// What a patch cannot do at a place.
pub(super) fn refused(object: &Object, title: impl Into<String>, by: &Path) -> Diagnostic {
    let title = title.into();
    Diagnostic::error("patch-refused", format!("{}: {title}", object.id())).at(by)
}

/// The keys of a map, for who missed one.
pub(super) fn keys_of(value: &Value) -> Option<String> {
    let map = value.as_object().filter(|map| !map.is_empty())?;
    Some(words::Names::new(map.keys().cloned()).listed("", 12))
}
