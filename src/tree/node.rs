//! YAML values that remember where they were written.

use indexmap::IndexMap;

use crate::diagnostic::{Path, Step};
use crate::source::Place;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it was written.
    pub place: Place,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`, `~` or nothing at all.
    Null,
    /// Any other scalar, as written. Its type is decided by who reads it.
    Scalar {
        /// The text, unescaped.
        text: String,
        /// Without quotes: may be a number or a boolean.
        plain: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// A map, in the order of the file.
    Map(Map),
}

/// A map's entries by key.
pub type Map = IndexMap<String, Entry>;

/// A map's value with the place of its key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key was written.
    pub key: Place,
    /// What it leads to.
    pub value: Node,
}

impl Node {
    /// The entries, when it is a map.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, when it is a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value at a path.
    pub fn at(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, |node, step| match (step, &node.kind) {
            (Step::Key(key), Kind::Map(map)) => map.get(key).map(|entry| &entry.value),
            (Step::Index(index), Kind::Seq(items)) => items.get(*index),
            _ => None,
        })
    }

    /// `mapping`, `list`, `string` …: how messages call it.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Scalar { .. } => "scalar",
            Kind::Seq(_) => "list",
            Kind::Map(_) => "mapping",
        }
    }

    /// Sorts every map by key: from here on, the order in which a file was written means nothing.
    pub fn sort(&mut self) {
        match &mut self.kind {
            Kind::Map(map) => {
                map.sort_unstable_keys();
                map.values_mut().for_each(|entry| entry.value.sort());
            }
            Kind::Seq(items) => items.iter_mut().for_each(Self::sort),
            _ => {}
        }
    }

    /// Where `path` was written; the nearest existing ancestor's key when the path itself is not there.
    pub fn place_of(&self, path: &Path) -> Place {
        self.last_place_of(path, |_| true).unwrap_or(self.place)
    }

    /// The last place on the way to `path` that is good enough; none when not even the first one is.
    pub fn last_place_of(&self, path: &Path, good: impl Fn(Place) -> bool) -> Option<Place> {
        let mut node = self;
        let mut found = Some(self.place).filter(|place| good(*place));
        for step in path.steps() {
            let next = match (step, &node.kind) {
                (Step::Key(key), Kind::Map(map)) => map.get(key).map(|entry| (entry.key, &entry.value)),
                (Step::Index(index), Kind::Seq(items)) => items.get(*index).map(|item| (item.place, item)),
                _ => None,
            };
            let Some((key, value)) = next else { break };
            // A scalar is shown itself, a longer value by its key.
            let place = if matches!(value.kind, Kind::Scalar { .. }) { value.place } else { key };
            found = if good(place) { Some(place) } else { found };
            node = value;
        }
        found
    }
}
