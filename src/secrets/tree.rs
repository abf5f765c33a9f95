//! The events of a text, as a tree that knows where everything was written: anchors, tags, aliases, keys of any kind. It takes
//! what it gets: of a text that cannot be read, the part in front of the mistake.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::yaml::subset::{self, Key, Make};
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

/// Deeper than this nobody nests; what is below is covered line by line.
const DEPTH: usize = 100;

/// One thing in the text.
pub(super) struct Node {
    /// Without its anchor and its tag.
    pub(super) at: Range<usize>,
    pub(super) what: What,
}

pub(super) enum What {
    /// As it is meant, without quotes and escapes.
    Text {
        meant: String,
        plain: bool,
    },
    Seq(Vec<usize>),
    Map(Vec<(usize, usize)>),
    /// `*name`, and what it stands for, when that is known.
    Alias(Option<usize>),
}

/// All documents of a stretch of text.
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<usize>,
    /// From where on it could not be read.
    pub(super) unread: Option<usize>,
}

/// A list or mapping that is still open.
struct Open {
    node: usize,
    flow: bool,
    anchor: usize,
    map: bool,
    parts: Vec<usize>,
}

struct Builder {
    tree: Tree,
    base: usize,
    open: Vec<Open>,
    anchors: BTreeMap<usize, usize>,
    end: usize,
}

impl Tree {
    /// Reads a stretch of a text.
    pub(super) fn read(text: &str, stretch: Range<usize>) -> Self {
        let mut plain = Plain { base: stretch.start, nodes: Vec::new() };
        match subset::documents(&text[stretch.clone()], &mut plain) {
            Some(roots) => Self { nodes: plain.nodes, roots, unread: None },
            None => Self::read_any(text, stretch),
        }
    }

    /// The same by a reader that knows all of YAML, and how far it can be read.
    fn read_any(text: &str, stretch: Range<usize>) -> Self {
        let tree = Self { nodes: Vec::new(), roots: Vec::new(), unread: None };
        let mut builder = Builder {
            tree,
            base: stretch.start,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            end: stretch.start,
        };
        let options = granit_parser::options! { emit_unresolved_aliases: true, emit_comments: false };
        for event in Parser::new_from_str_with_options(&text[stretch], options) {
            let read = event.ok().is_some_and(|(event, at)| builder.event(event, &at));
            if !read {
                // A bracket that is still open may be the mistake.
                let bracket = builder
                    .open
                    .iter()
                    .find(|open| open.flow)
                    .map(|open| builder.tree.nodes[open.node].at.start);
                builder.tree.unread = Some(bracket.map_or(builder.end, |start| start.min(builder.end)));
                break;
            }
        }
        while let Some(open) = builder.open.pop() {
            builder.close(open);
        }
        builder.tree
    }
}

/// Nodes of a text that everybody reads alike.
struct Plain {
    base: usize,
    nodes: Vec<Node>,
}

impl Plain {
    fn push(&mut self, at: Range<usize>, what: What) -> usize {
        self.nodes.push(Node { at: self.base + at.start..self.base + at.end, what });
        self.nodes.len() - 1
    }
}

impl Make for Plain {
    type Out = usize;

    fn plain(&mut self, words: &str, at: Range<usize>) -> Option<usize> {
        let meant = words.to_owned();
        subset::is_agreed(words).then(|| self.push(at, What::Text { meant, plain: true }))
    }

    fn text(&mut self, meant: String, at: Range<usize>) -> usize {
        self.push(at, What::Text { meant, plain: false })
    }

    fn null(&mut self, at: usize) -> usize {
        self.push(at..at, What::Text { meant: String::new(), plain: true })
    }

    fn list(&mut self, items: Vec<usize>, at: Range<usize>) -> usize {
        self.push(at, What::Seq(items))
    }

    fn map(&mut self, pairs: impl ExactSizeIterator<Item = (Key, usize)>, at: Range<usize>) -> Option<usize> {
        let pairs = pairs.map(|(Key { text, at, plain }, value)| {
            (self.push(at, What::Text { meant: text, plain }), value)
        });
        let pairs = pairs.collect();
        Some(self.push(at, What::Map(pairs)))
    }
}

impl Builder {
    /// Takes it; false where it leads too deep.
    fn event(&mut self, event: Event<'_>, at: &Span) -> bool {
        let range = at.byte_range().unwrap_or_default();
        let at = self.base + range.start..self.base + range.end;
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                // The parser says `~` where nothing is written.
                let meant = if plain && at.is_empty() { String::new() } else { text.into_owned() };
                let what = What::Text { meant, plain };
                self.reach(at.end);
                self.leaf(at, what, anchor);
            }
            Event::Alias(id) => {
                let what = What::Alias(self.anchors.get(&id).copied());
                self.reach(at.end);
                self.leaf(at, what, 0);
            }
            Event::UnresolvedAlias(_) => {
                self.reach(at.end);
                self.leaf(at, What::Alias(None), 0);
            }
            Event::SequenceStart(style, anchor, _) => return self.open(at, style, anchor, false),
            Event::MappingStart(style, anchor, _) => return self.open(at, style, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => {
                // A block ends where the next thing begins; one in brackets, behind its bracket.
                if range.end > range.start {
                    self.reach(at.end);
                }
                if let Some(open) = self.open.pop() {
                    self.close(open);
                }
            }
            _ => {}
        }
        true
    }

    fn reach(&mut self, end: usize) {
        self.end = self.end.max(end);
    }

    fn open(&mut self, at: Range<usize>, style: StructureStyle, anchor: usize, map: bool) -> bool {
        let node = self.push(at, What::Seq(Vec::new()));
        self.keep(anchor, node);
        let flow = style != StructureStyle::Block;
        self.open.push(Open { node, flow, anchor, map, parts: Vec::new() });
        self.open.len() < DEPTH
    }

    fn close(&mut self, open: Open) {
        let Open { node, anchor, map, parts, .. } = open;
        let pairs = || parts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let last = parts.last().map_or(self.tree.nodes[node].at.end, |last| self.tree.nodes[*last].at.end);
        let end = if parts.is_empty() { self.tree.nodes[node].at.end } else { self.end.max(last) };
        self.tree.nodes[node].at.end = end;
        self.tree.nodes[node].what = if map { What::Map(pairs()) } else { What::Seq(parts) };
        self.keep(anchor, node);
        self.attach(node);
    }

    fn leaf(&mut self, at: Range<usize>, what: What, anchor: usize) {
        let node = self.push(at, what);
        self.keep(anchor, node);
        self.attach(node);
    }

    fn push(&mut self, at: Range<usize>, what: What) -> usize {
        self.tree.nodes.push(Node { at, what });
        self.tree.nodes.len() - 1
    }

    fn keep(&mut self, anchor: usize, node: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node);
        }
    }

    fn attach(&mut self, node: usize) {
        match self.open.last_mut() {
            Some(open) => open.parts.push(node),
            None => self.tree.roots.push(node),
        }
    }
}
