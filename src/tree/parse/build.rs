//! Parser events in, nodes out. Goes on after a complaint with something harmless in the place of what was refused.

use granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};

use super::alias::Anchors;
use super::joined::Joined;
use super::key::{self, Slot};
use super::{span as place_between, syntax, tag};
use crate::diagnostic::{At, Diagnostic, Diagnostics};
use crate::source::{Place, SourceId};
use crate::tree::node::{Entry, Kind, Map, Node};

const DEPTH: usize = 64;
/// So many values a text may hold, aliases included.
pub(crate) const NODES: usize = 1_000_000;
/// Nobody reads more of them, and each costs a search for its line.
const COMPLAINTS: usize = 100;

/// A limit was hit; the complaint is already noted.
pub(super) struct Stop;

/// Builds one document after the other.
pub(super) struct Builder<'t> {
    pub(super) text: &'t str,
    source: SourceId,
    base: usize,
    frames: Vec<Frame>,
    root: Option<Node>,
    nodes: usize,
    pub(super) anchors: Anchors,
    joined: &'t Joined,
    /// One behind the last byte that meant something.
    pub(super) last_end: usize,
    pub(super) complaints: Diagnostics,
}

/// A list or mapping that is still open.
struct Frame {
    start: usize,
    block: bool,
    anchor: usize,
    nodes_before: usize,
    height: usize,
    body: Body,
}

enum Body {
    Seq(Vec<Node>),
    Map { map: Map, slot: Slot, merges: Vec<Node> },
}

impl<'t> Builder<'t> {
    /// `resumed`: anchors may have been defined in a part that could not be read.
    pub(super) fn new(
        text: &'t str,
        source: SourceId,
        base: usize,
        resumed: bool,
        joined: &'t Joined,
    ) -> Self {
        let (anchors, complaints) = (Anchors::new(resumed), Diagnostics::new());
        Self {
            text,
            source,
            base,
            frames: Vec::new(),
            root: None,
            nodes: 0,
            anchors,
            joined,
            last_end: base,
            complaints,
        }
    }

    /// The document that just ended. Anchors do not reach beyond it; counts do.
    pub(super) fn finish(&mut self) -> Option<Node> {
        self.anchors.forget();
        self.root.take()
    }

    /// Is the outermost thing a mapping in block style, so that its next key can be found again?
    pub(super) fn in_block_mapping(&self) -> bool {
        self.frames.first().is_none_or(|frame| frame.block && matches!(frame.body, Body::Map { .. }))
    }

    /// Notes a syntax error, but not the echo of a complaint about the same line.
    pub(super) fn complain_about_syntax(&mut self, refusal: Diagnostic, offset: usize) {
        let line = syntax::line_start(self.text, offset);
        let echo = self.complaints.iter().any(|known| match &known.at {
            At::Place(place) => syntax::line_start(self.text, place.start as usize) == line,
            _ => false,
        });
        if !echo {
            self.complaints.push(refusal);
        }
    }

    /// Takes the next event.
    pub(super) fn event(&mut self, event: Event<'_>, at: Span) -> Result<(), Stop> {
        if self.complaints.iter().count() >= COMPLAINTS {
            return Err(Stop);
        }
        let place = self.place(&at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), &at);
                self.count(1, place)?;
                self.keep_anchor(anchor, &node, 1, 0)?;
                self.attach(node, 0);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", &at);
                self.open(Body::Seq(Vec::new()), style, anchor, place)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", &at);
                let body = Body::Map { map: Map::new(), slot: Slot::Key, merges: Vec::new() };
                self.open(body, style, anchor, place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place)?,
            Event::Anchor(id, name) => self.anchors.name(id, &name),
            Event::Alias(id) => self.alias(id, place)?,
            Event::UnresolvedAlias(name) => {
                self.complaints.extend(self.anchors.unknown(self.text, &name, place));
                self.stand_in(place);
            }
            _ => {}
        }
        Ok(())
    }

    fn place(&self, at: &Span) -> Place {
        let range = at.byte_range().unwrap_or_default();
        place_between(self.source, self.base + range.start, self.base + range.end)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, at: &Span) -> Node {
        let mut place = self.place(at);
        let written = self.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        // Block scalars reach to the next key; nobody wants that marked.
        place.end = place.start + written.trim_ascii_end().len() as u32;
        self.last_end = self.last_end.max(place.end as usize);
        let plain = style == ScalarStyle::Plain;
        // The parser says `~` where nothing is written.
        let text = if plain && written.is_empty() { "" } else { text };
        let text = self.joined.get(&(place.start as usize)).map_or(text, String::as_str);
        let kind = tag::scalar(text, plain, tag).unwrap_or_else(|wrong| {
            let wrong = wrong.at(at.tag_span().map_or(place, |tag| self.place(&tag)));
            self.complaints.push(wrong);
            Kind::Scalar { text: text.to_owned(), plain: false }
        });
        Node { kind, place }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, wanted: &str, at: &Span) {
        if let Some(wrong) = tag.and_then(|tag| tag::collection(tag, wanted)) {
            let place = at.tag_span().map_or_else(|| self.place(at), |tag| self.place(&tag));
            self.complaints.push(wrong.at(place));
        }
    }

    fn open(&mut self, body: Body, style: StructureStyle, anchor: usize, place: Place) -> Result<(), Stop> {
        self.anchors.open(anchor);
        let nodes_before = self.nodes;
        self.count(1, place)?;
        self.check_depth(1, place)?;
        let block = style == StructureStyle::Block;
        self.frames.push(Frame { start: place.start as usize, block, anchor, nodes_before, height: 0, body });
        Ok(())
    }

    fn close(&mut self, end: Place) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        // A block ends where its last value ended; the parser says: where the next thing begins.
        if !frame.block {
            self.last_end = end.end as usize;
        }
        let kind = match frame.body {
            Body::Seq(items) => Kind::Seq(items),
            Body::Map { map, merges, .. } => Kind::Map(key::merged(map, merges, &mut self.complaints)),
        };
        let node = Node { kind, place: place_between(self.source, frame.start, self.last_end) };
        self.keep_anchor(frame.anchor, &node, self.nodes - frame.nodes_before, frame.height + 1)?;
        self.attach(node, frame.height + 1);
        Ok(())
    }

    fn keep_anchor(&mut self, anchor: usize, node: &Node, nodes: usize, height: usize) -> Result<(), Stop> {
        if anchor > 0 && self.anchors.keep(anchor, node, nodes, height) > NODES {
            return self.stop(node.place, format!("anchors contain more than {NODES} values"));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), Stop> {
        self.last_end = self.last_end.max(place.end as usize);
        if let Some(limit) = self.anchors.used_up() {
            return self.stop(place, format!("more than {limit} aliases"));
        }
        let Some((nodes, height)) = self.anchors.size(id) else {
            self.complaints.push(self.anchors.cyclic(id, place));
            self.stand_in(place);
            return Ok(());
        };
        self.count(nodes, place)?;
        self.check_depth(height, place)?;
        if let Some(node) = self.anchors.copy(id) {
            self.attach(node, height);
        }
        Ok(())
    }

    fn count(&mut self, more: usize, place: Place) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > NODES {
            return self.stop(place, format!("more than {NODES} values, aliases included"));
        }
        Ok(())
    }

    fn check_depth(&mut self, more: usize, place: Place) -> Result<(), Stop> {
        if self.frames.len() + more > DEPTH {
            return self.stop(place, format!("lists and mappings nested deeper than {DEPTH} levels"));
        }
        Ok(())
    }

    fn stop(&mut self, place: Place, title: String) -> Result<(), Stop> {
        self.complaints.push(Diagnostic::error("yaml-limit", title).at(place));
        Err(Stop)
    }

    /// Something to go on with where an alias leads nowhere.
    fn stand_in(&mut self, place: Place) {
        self.last_end = self.last_end.max(place.end as usize);
        match self.frames.last_mut().map(|frame| &mut frame.body) {
            Some(Body::Map { slot: slot @ Slot::Key, .. }) => *slot = Slot::Refused,
            _ => self.attach(Node { kind: Kind::Map(Map::new()), place }, 1),
        }
    }

    /// Hangs a finished node below what is open.
    fn attach(&mut self, node: Node, height: usize) {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        let (map, slot, merges) = match &mut frame.body {
            Body::Seq(items) => return items.push(node),
            Body::Map { map, slot, merges } => (map, slot, merges),
        };
        match std::mem::replace(slot, Slot::Key) {
            Slot::Key => *slot = key::slot(self.text, node, map, merges, &mut self.complaints),
            Slot::Value(text, key) => drop(map.insert(text, Entry { key, value: node })),
            Slot::Merge => merges.push(node),
            Slot::Refused => {}
        }
    }
}
