//! What was asked for: the hand-over from `load` to `plan`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::site::Site;
use crate::components::Member;
use crate::diagnostic::{Diagnostics, Path};
use crate::k8s::Object;
use crate::tree::node::Node;
use crate::written::{Patch, Waiver, Wanted};

/// What this stack uses of others.
pub struct Imported {
    /// How it is called here.
    pub name: String,
    /// Where it is named.
    pub path: Path,
    /// Another stack; none where manifests are named.
    pub stack: Option<Box<Stack>>,
    /// Manifests of others, where they are named.
    pub objects: Vec<Object>,
}

impl Imported {
    /// Its merged tree, by its name.
    pub fn tree(&self) -> Option<(String, Arc<Node>)> {
        self.stack.as_ref().map(|stack| (self.name.clone(), Arc::clone(&stack.tree)))
    }
}

/// Asked: complete, typed, and every final value still knows where it was written.
pub struct Stack {
    /// Where it will live.
    pub site: Site,
    /// Its components, in the order of the vocabulary, then by name.
    pub members: Vec<Box<dyn Member>>,
    /// `kind/name` of what exists already: named in the stack, emitted by nobody.
    pub external: BTreeSet<String>,
    /// Rules that the stack has a reason to break.
    pub waivers: Vec<Waiver>,
    /// What it uses of others.
    pub imports: Vec<Imported>,
    /// What is changed in what is drawn; `patches[0]` of the tree is the first one.
    pub patches: Vec<Patch>,
    /// The merged tree.
    pub tree: Arc<Node>,
    /// The profile that it was read with, as it was named.
    pub profile: String,
    /// What may be meant otherwise.
    pub warnings: Diagnostics,
    /// Keys that do nothing. They stop the run, but not before everything else is told that is wrong.
    pub useless: Diagnostics,
}

impl Stack {
    /// What it wants of the rules.
    pub fn wanted(&self) -> Wanted<'_> {
        let policy = &self.site.policy;
        Wanted { strict: policy.strict, raised: &policy.raise, waivers: &self.waivers }
    }
}
