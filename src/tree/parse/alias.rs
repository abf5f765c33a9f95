//! `&name` and `*name`: what they stand for, and how often.

use std::collections::BTreeMap;

use super::syntax;
use crate::diagnostic::Diagnostic;
use crate::source::Place;
use crate::tree::node::{Kind, Node};
use crate::words::{closest, listed};

const ALIASES: usize = 1_000;
/// A longer list of anchors is no help.
const LISTED: usize = 10;
/// A copied text counts as one value more for every so many bytes: a long text must not be a way around the limit.
const BYTES_PER_NODE: usize = 64;

/// The anchors of a document.
pub(super) struct Anchors {
    resumed: bool,
    known: BTreeMap<usize, Anchor>,
    used: usize,
    kept: usize,
}

#[derive(Default)]
struct Anchor {
    name: String,
    /// None while its own value is still being read.
    node: Option<Node>,
    nodes: usize,
    height: usize,
}

impl Anchors {
    pub(super) fn new(resumed: bool) -> Self {
        Self { resumed, known: BTreeMap::new(), used: 0, kept: 0 }
    }

    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// A list or mapping with an anchor begins.
    pub(super) fn open(&mut self, id: usize) {
        if id > 0 {
            self.known.insert(id, Anchor::default());
        }
    }

    pub(super) fn name(&mut self, id: usize, name: &str) {
        if let Some(anchor) = self.known.get_mut(&id) {
            name.clone_into(&mut anchor.name);
        }
    }

    /// Keeps a copy for the aliases to come, and says how many values are kept by now.
    pub(super) fn keep(&mut self, id: usize, node: &Node, nodes: usize, height: usize) -> usize {
        let nodes = nodes + bytes(node) / BYTES_PER_NODE;
        self.kept = self.kept.saturating_add(nodes);
        let anchor = self.known.entry(id).or_default();
        (anchor.node, anchor.nodes, anchor.height) = (Some(node.clone()), nodes, height);
        self.kept
    }

    /// The number of aliases that are allowed, when this one is one too many.
    pub(super) fn used_up(&mut self) -> Option<usize> {
        self.used += 1;
        (self.used > ALIASES).then_some(ALIASES)
    }

    /// How many values, how deep; nothing while the value is still being read.
    pub(super) fn size(&self, id: usize) -> Option<(usize, usize)> {
        let anchor = self.known.get(&id)?;
        anchor.node.as_ref().map(|_| (anchor.nodes, anchor.height))
    }

    pub(super) fn copy(&self, id: usize) -> Option<Node> {
        self.known.get(&id)?.node.clone()
    }

    pub(super) fn cyclic(&self, id: usize, place: Place) -> Diagnostic {
        let name = self.known.get(&id).map_or("", |anchor| &anchor.name);
        Diagnostic::error("yaml-alias", format!("`*{name}` refers to the value that contains it"))
            .at(place)
            .help("write the value out here")
    }

    pub(super) fn unknown(&self, text: &str, name: &str, place: Place) -> Option<Diagnostic> {
        if self.resumed {
            return None;
        }
        let known: Vec<&str> = self.known.values().map(|anchor| anchor.name.as_str()).collect();
        let title = format!("unknown alias `*{name}`: there is no `&{name}` above it");
        let mut complaint = Diagnostic::error("yaml-alias", title).at(place);
        if (1..=LISTED).contains(&known.len()) {
            complaint = complaint.because(format!("the anchors above it are {}", listed(&known)));
        }
        let meant = closest(name, known).map(|known| format!("did you mean `*{known}`?"));
        let quoted = syntax::quoted_value(text, place.start as usize);
        Some(complaint.maybe_help(meant).help(format!("if it is text, write it in quotes: {quoted}")))
    }
}

fn bytes(node: &Node) -> usize {
    match &node.kind {
        Kind::Null => 0,
        Kind::Scalar { text, .. } => text.len(),
        Kind::Seq(items) => items.iter().map(bytes).sum(),
        Kind::Map(map) => map.iter().map(|(key, entry)| key.len() + bytes(&entry.value)).sum(),
    }
}
