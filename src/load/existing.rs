//! Components that exist already: what profiles of ours say is said of servers that we draw. The password that `dev` gives
//! them is no password of somebody else's.

use crate::components::external::EXTERNAL;
use crate::source::{Layer, Sources};
use crate::tree::merge;
use crate::tree::node::{Entry, Kind, Map, Node};

/// What every component of a word is laid over.
pub(super) struct Base {
    /// Of one that is drawn.
    drawn: Node,
    /// Of one that exists already.
    existing: Node,
}

impl Base {
    /// Of the defaults and what the profile says of the word.
    pub(super) fn of(defaults: Node, profile: Option<Node>, sources: &Sources) -> Self {
        let Some(profile) = profile else { return Self { drawn: defaults.clone(), existing: defaults } };
        let theirs = without_ours(&profile, sources);
        Self { drawn: merge::layers(defaults.clone(), profile), existing: merge::layers(defaults, theirs) }
    }

    /// Of one that is always drawn.
    pub(super) fn drawn(&self) -> &Node {
        &self.drawn
    }

    /// The one for these settings.
    pub(super) fn under(&self, settings: &Node) -> &Node {
        let external =
            |node: &Node| node.as_map()?.get(EXTERNAL).map(|entry| !matches!(entry.value.kind, Kind::Null));
        // A profile of the user's may say it for all of a word.
        let exists = external(settings).or_else(|| external(&self.existing)).unwrap_or(false);
        if exists { &self.existing } else { &self.drawn }
    }
}

/// What is not said by a profile that is embedded in the program.
fn without_ours(node: &Node, sources: &Sources) -> Node {
    let Some(map) = node.as_map() else { return node.clone() };
    let ours = |node: &Node| sources.of(node.place.source).layer == Layer::Embedded;
    let kept = map.iter().filter_map(|(key, entry)| {
        let value = without_ours(&entry.value, sources);
        // What is in a mapping says whose it is, unless nothing is.
        let empty = value.as_map().is_none_or(Map::is_empty);
        (!empty || !ours(&value)).then(|| (key.clone(), Entry { key: entry.key, value }))
    });
    Node { kind: Kind::Map(kept.collect()), place: node.place }
}
