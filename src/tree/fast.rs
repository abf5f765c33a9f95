//! Nodes with their places by the fast reader, where the text is within its subset: a manifest that somebody complains about.

use std::ops::Range;

use crate::source::{Place, SourceId};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::parse::span;
use crate::yaml::subset::{Key, Make, documents, is_agreed};

/// Every document that is not empty, of a text that begins at byte `base` of its source; `None` where it is not within the
/// subset.
pub(crate) fn nodes(text: &str, source: SourceId, base: usize) -> Option<Vec<Node>> {
    documents(text, &mut Nodes { source, base })
}

struct Nodes {
    source: SourceId,
    base: usize,
}

impl Nodes {
    fn place(&self, at: &Range<usize>) -> Place {
        span(self.source, self.base + at.start, self.base + at.end)
    }

    fn node(&self, kind: Kind, at: &Range<usize>) -> Node {
        Node { kind, place: self.place(at) }
    }
}

impl Make for Nodes {
    type Out = Node;

    fn plain(&mut self, words: &str, at: Range<usize>) -> Option<Node> {
        let kind = match words {
            "null" => Kind::Null,
            _ => Kind::Scalar { text: is_agreed(words).then(|| words.to_owned())?, plain: true },
        };
        Some(self.node(kind, &at))
    }

    fn text(&mut self, text: String, at: Range<usize>) -> Node {
        self.node(Kind::Scalar { text, plain: false }, &at)
    }

    fn null(&mut self, at: usize) -> Node {
        self.node(Kind::Null, &(at..at))
    }

    fn list(&mut self, items: Vec<Node>, at: Range<usize>) -> Node {
        self.node(Kind::Seq(items), &at)
    }

    fn map(&mut self, pairs: impl ExactSizeIterator<Item = (Key, Node)>, at: Range<usize>) -> Option<Node> {
        let length = pairs.len();
        let map: Map =
            pairs.map(|(key, value)| (key.text, Entry { key: self.place(&key.at), value })).collect();
        (map.len() == length).then(|| self.node(Kind::Map(map), &at))
    }
}
