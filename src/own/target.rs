//! Which drafts a patch changes.

use crate::diagnostic::{Diagnostic, Path};
use crate::draft::Draft;
use crate::k8s::Object;
use crate::words::{self, glob};
use crate::written::Target;

/// How many names a complaint lists.
const LISTED: usize = 12;

/// Where the drafts are that fit; a complaint with the nearest names when there is none.
pub(super) fn find(target: &Target, drafts: &[Draft], path: &Path) -> Result<Vec<usize>, Diagnostic> {
    if target.kind.is_none() && target.name.is_none() && target.labels.is_empty() {
        return Err(Diagnostic::error("patch-target", "the patch does not say what it changes")
            .at(path)
            .because("a patch without `kind`, `name` or `labels` would change every object")
            .help(
                "write for example `target: {kind: StatefulSet, name: redis}`; `name: \"*\"` stands for all",
            ));
    }
    let fitting = drafts.iter().enumerate().filter(|(_, draft)| fits(target, &draft.object));
    let found: Vec<usize> = fitting.map(|(index, _)| index).collect();
    if found.is_empty() { Err(nothing(target, drafts, path)) } else { Ok(found) }
}

fn fits(target: &Target, object: &Object) -> bool {
    let text = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| glob(wanted, is));
    let labelled = |(key, wanted): (&String, &crate::tree::de::Scalar)| {
        let labels = object.fields().get("metadata").and_then(|metadata| metadata.get("labels"));
        let label = labels.and_then(|labels| labels.get(key)).and_then(serde_json::Value::as_str);
        label.is_some_and(|label| glob(wanted, label))
    };
    text(&target.kind, object.kind())
        && named(target.name.as_deref(), object)
        && text(&target.namespace, object.namespace())
        && target.labels.iter().all(labelled)
}

/// A Job gets the digits at the end of its name when all patches are applied; a pattern may allow for them.
fn named(wanted: Option<&str>, object: &Object) -> bool {
    let Some(wanted) = wanted else { return true };
    let name = object.name();
    glob(wanted, name) || object.kind() == "Job" && wanted.contains('*') && glob(wanted, &format!("{name}-0"))
}

fn nothing(target: &Target, drafts: &[Draft], path: &Path) -> Diagnostic {
    let kinds: Vec<&str> = drafts.iter().map(|draft| draft.object.kind()).collect();
    let complaint = Diagnostic::error("patch-target", "the patch finds no object to change");
    if let Some(kind) = target.kind.as_deref().filter(|kind| !kinds.iter().any(|known| glob(kind, known))) {
        let mut known = kinds.clone();
        known.sort_unstable();
        known.dedup();
        return complaint
            .at(path.key("kind"))
            .because(format!("no `{kind}` is rendered, but {}", words::listed(&known)))
            .maybe_help(words::closest(kind, known).map(|near| format!("did you mean `{near}`?")));
    }
    let of_kind = |object: &&Object| target.kind.as_ref().is_none_or(|kind| glob(kind, object.kind()));
    let same: Vec<&str> =
        drafts.iter().map(|draft| &draft.object).filter(of_kind).map(Object::name).collect();
    let noun = target.kind.as_deref().unwrap_or("object");
    if let Some(name) = target.name.as_deref().filter(|name| !same.iter().any(|known| glob(name, known))) {
        let listed = words::Names::new(same.iter().map(|name| (*name).to_owned()));
        let digits =
            same.iter().find(|known| name.strip_prefix(**known).is_some_and(|rest| rest.starts_with('-')));
        let help = match digits.filter(|_| target.kind.as_deref() == Some("Job")) {
            Some(known) => {
                Some(format!("write `{known}`: the digits at the end of a Job's name change with it"))
            }
            None => words::closest(name, same.iter().copied()).map(|near| format!("did you mean `{near}`?")),
        };
        return complaint
            .at(path.key("name"))
            .because(format!("no {noun} is called `{name}`: there is {}", listed.listed(name, LISTED)))
            .maybe_help(help);
    }
    let other = drafts
        .iter()
        .map(|draft| &draft.object)
        .find(|object| of_kind(object) && named(target.name.as_deref(), object));
    match (&target.namespace, other) {
        (Some(wanted), Some(other)) if !glob(wanted, other.namespace()) => complaint
            .at(path.key("namespace"))
            .because(format!("{} lives in the namespace `{}`", other.id(), other.namespace())),
        _ => complaint
            .at(path.key("labels"))
            .because(format!("no {noun} of that name has these labels"))
            .help("compare them with the `labels` of what is rendered; values are texts"),
    }
}
