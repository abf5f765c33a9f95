//! What is drawn and not yet proven: the hand-over from `render` to `verify`.

use std::collections::BTreeSet;

use crate::components::Key;
use crate::diagnostic::Path;
use crate::k8s::{Object, Version};
use crate::tree::node::Node;
use crate::written::Wanted;

/// An object that nobody has proven yet, and where it came from.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The object.
    pub object: Object,
    /// Where it came from.
    pub origin: Origin,
    /// What patches changed in it.
    pub patched: Vec<Patched>,
}

/// Where an object came from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// We drew it.
    Drawn {
        /// The template, below `templates/`.
        template: &'static str,
        /// Which component asked for it.
        owner: Key,
    },
    /// The user wrote it, at that place of the stack.
    Written(Path),
}

/// A field that a patch changed.
#[derive(Clone, Debug)]
pub struct Patched {
    /// The field of the object.
    pub field: Path,
    /// What the patch says of it, in the stack.
    pub by: Path,
    /// It took the field away.
    pub removed: bool,
}

impl Draft {
    /// The component that asked for it; none for an object of the user's.
    pub fn owner(&self) -> Option<&Key> {
        match &self.origin {
            Origin::Drawn { owner, .. } => Some(owner),
            Origin::Written(_) => None,
        }
    }

    /// The entries of the stack's `patches` that changed it.
    pub fn patches(&self) -> Vec<Path> {
        // `patches[2].merge.spec`: the entry is the first two steps.
        let entry = |patched: &Patched| patched.by.steps().iter().take(2).cloned().collect();
        let entries: BTreeSet<Path> = self.patched.iter().map(entry).collect();
        entries.into_iter().collect()
    }
}

/// All drafts, in the order of the plan, and what the user declared as existing elsewhere.
#[derive(Default)]
pub struct Drafts<'s> {
    /// The objects.
    pub all: Vec<Draft>,
    /// `kind/name` of objects that the output refers to and that exist already.
    pub external: BTreeSet<String>,
    /// Objects of others that stand beside them: what refers to them is proven, they themselves are not.
    pub beside: Vec<Object>,
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
