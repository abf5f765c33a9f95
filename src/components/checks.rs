//! What is wrong with the settings that all components have.

use super::common::Common;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::address::is_label;

/// All of it; `path` is where the component stands.
pub(super) fn common(common: &Common, path: &Path) -> Vec<Diagnostic> {
    labels(common, path).into_iter().chain(namespace(common, path)).collect()
}

/// A namespace is a DNS label.
fn namespace(common: &Common, path: &Path) -> Option<Diagnostic> {
    let namespace = common.namespace.as_deref().filter(|name| !is_label(name))?;
    let complaint =
        Diagnostic::error("bad-name", format!("`{namespace}` is not a valid name of a namespace"));
    Some(complaint.at(path.key("namespace")).because("it must be a DNS label").help(
        "use lower-case letters, digits and `-`, with no `-` at the start or end, at most 63 characters",
    ))
}

/// Labels of the user's that selectors go by: ours would stand, and the user's be forgotten.
fn labels(common: &Common, path: &Path) -> Vec<Diagnostic> {
    let ours = [crate::k8s::labels::NAME, crate::k8s::labels::INSTANCE];
    let written = ours.into_iter().filter(|key| common.labels.contains_key(*key));
    let complaint = |key: &str| {
        Diagnostic::error("label-decided", format!("`{key}` cannot be set here"))
            .at(path.key("labels").key(key))
            .because("selectors use it to find the pods, and selectors are immutable")
            .help("use another key, or another name for the component: `word/name`")
    };
    written.map(complaint).collect()
}
