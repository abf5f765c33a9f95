//! What is drawn and not yet proven: the hand-over from `render` to `verify`.

use std::collections::BTreeSet;

use crate::components::Key;
use crate::k8s::{Object, Version};
use crate::tree::node::Node;
use crate::written::Wanted;

/// An object that nobody has proven yet, and where it came from.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The object.
    pub object: Object,
    /// The template, below `templates/`.
    pub template: &'static str,
    /// Which component asked for it.
    pub owner: Key,
}

/// All drafts, in the order of the plan, and what the user declared as existing elsewhere.
#[derive(Default)]
pub struct Drafts<'s> {
    /// The objects.
    pub all: Vec<Draft>,
    /// `kind/name` of objects that the output refers to and that exist already.
    pub external: BTreeSet<String>,
    /// The cluster's DNS domain.
    pub domain: String,
    /// Where objects live that name no namespace.
    pub namespace: String,
    /// The cluster's minor.
    pub kubernetes: Version,
    /// What the stack wants of the rules.
    pub wanted: Wanted<'s>,
    /// The merged stack, for complaints to point into.
    pub tree: Option<&'s Node>,
}
