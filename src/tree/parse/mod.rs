//! YAML 1.2 text in, `Node` out, every byte accounted for. All complaints of a text in one run.
//!
//! The text is a stranger's: depth, size and aliases have limits, and nothing here panics.
//! What a scalar means (number, boolean, text) is not decided here: see `scalar`.

mod alias;
mod build;
mod joined;
mod key;
mod syntax;
mod tag;

use granit_parser::{ErrorKind, Event, Options, Parser};

use self::build::Builder;
pub(crate) use self::build::NODES;
use self::joined::Joined;
use super::fault;
use super::node::{Kind, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Place, SourceId, Sources};

/// How often a text is picked up again behind a syntax error; more complaints than this help nobody.
const RESUMPTIONS: usize = 20;

/// Reads a text that must hold exactly one mapping.
pub fn document(sources: &Sources, id: SourceId) -> Result<Node, Diagnostics> {
    let text = &sources.of(id).text;
    let Stream { nodes, mut complaints, .. } = stream(text, id, 0, &Joined::new());
    let mut nodes = nodes.into_iter().filter(|node| !matches!(node.kind, Kind::Null));
    let Some(first) = nodes.next() else {
        if !complaints.refuse() {
            complaints.push(empty(text, id));
        }
        return Err(complaints);
    };
    // Behind a syntax error a part of the document may pass for another one.
    if !complaints.refuse() {
        complaints.extend(nodes.next().map(|second| one_too_many(&second)));
        complaints.extend((!matches!(first.kind, Kind::Map(_))).then(|| no_mapping(text, &first)));
    }
    complaints.or(first)
}

/// Reads a text of any number of documents of any kind; empty ones are left out.
pub fn documents(sources: &Sources, id: SourceId) -> Result<Vec<Node>, Diagnostics> {
    let Stream { mut nodes, complaints, .. } = stream(&sources.of(id).text, id, 0, &Joined::new());
    nodes.retain(|node| !matches!(node.kind, Kind::Null));
    complaints.or(nodes)
}

/// Reads the documents between two bytes of a text, and what kubectl's reader takes beyond YAML 1.2 too.
pub(crate) fn part_of(sources: &Sources, id: SourceId, start: usize, end: usize) -> (Vec<Node>, Diagnostics) {
    joined::stream_as_kubectl(&sources.of(id).text[..end], id, start)
}

/// Reads the one value that stands behind byte `base` of a text: a `--set` flag's.
pub(crate) fn value(sources: &Sources, id: SourceId, base: usize) -> Result<Node, Diagnostics> {
    let text = &sources.of(id).text;
    let Stream { nodes, mut complaints, .. } = stream(text, id, base, &Joined::new());
    let mut nodes = nodes.into_iter();
    let first = nodes.next().unwrap_or_else(|| Node { kind: Kind::Null, place: span(id, base, text.len()) });
    complaints.extend(nodes.next().map(|second| one_too_many(&second)));
    complaints.or(first)
}

/// What was read.
struct Stream {
    nodes: Vec<Node>,
    complaints: Diagnostics,
    /// The quote of the first text that goes on too far left.
    left: Option<usize>,
}

fn stream(text: &str, id: SourceId, base: usize, joined: &Joined) -> Stream {
    let mut read = Stream { nodes: Vec::new(), complaints: Diagnostics::new(), left: None };
    let mut next = Some(base);
    for resumption in 0..=RESUMPTIONS {
        let Some(base) = next else { break };
        let mut builder = Builder::new(text, id, base, resumption > 0, joined);
        next = part(text, id, base, &mut builder, &mut read);
        let told = read.complaints.iter().any(|known| known.title == syntax::TAB);
        let more = builder.complaints.into_iter().filter(|more| !told || more.title != syntax::TAB);
        read.complaints.extend(more);
    }
    read
}

/// Reads from `base` on; after a syntax error says where to pick up the text again.
fn part(
    text: &str,
    id: SourceId,
    base: usize,
    builder: &mut Builder<'_>,
    read: &mut Stream,
) -> Option<usize> {
    for event in Parser::new_from_str_with_options(&text[base..], options()) {
        match event {
            Ok((Event::DocumentEnd, _)) => read.nodes.extend(builder.finish()),
            Ok((event, at)) => {
                // A limit was hit: whatever follows would only repeat it.
                if builder.event(event, at).is_err() {
                    return None;
                }
            }
            Err(error) => {
                let offset = base + error.marker().byte_offset().unwrap_or_default();
                if *error.kind() == ErrorKind::InvalidQuotedScalarIndent {
                    read.left = read.left.or_else(|| quote(text, offset, builder.last_end));
                }
                let refusal = syntax::refusal(text, id, offset, error.kind(), builder.last_end);
                let resumable = builder.in_block_mapping();
                let next = syntax::resume(text, &refusal, offset).filter(|_| resumable);
                builder.complain_about_syntax(refusal, offset);
                return next;
            }
        }
    }
    None
}

/// The first quote between the last byte that meant something and an error.
fn quote(text: &str, offset: usize, since: usize) -> Option<usize> {
    let since = syntax::floor(text, since.min(offset));
    Some(since + text[since..offset].find(['"', '\''])?)
}

fn options() -> Options {
    granit_parser::options! { emit_unresolved_aliases: true, emit_comments: false, emit_anchor_events: true }
}

/// Bytes behind 4 GiB cannot be pointed at; they are shown as the last one that can.
pub(crate) fn span(source: SourceId, start: usize, end: usize) -> Place {
    let byte = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Place { source, start: byte(start), end: byte(end.max(start)) }
}

fn empty(text: &str, id: SourceId) -> Diagnostic {
    let what = if text.trim().is_empty() { "the text is empty" } else { "the text contains only comments" };
    Diagnostic::error("empty-document", what).at(span(id, 0, 0)).help("write a mapping: `key: value`")
}

fn one_too_many(second: &Node) -> Diagnostic {
    Diagnostic::error("several-documents", "a second document where only one is expected")
        .at(fault::head(second))
        .help("put it in a separate file, and pass both files")
}

fn no_mapping(text: &str, node: &Node) -> Diagnostic {
    let title = format!("the text must be a mapping, found {}", fault::found(node));
    let line = syntax::line_of(text, node.place.start as usize);
    Diagnostic::error("not-a-mapping", title)
        .at(fault::head(node))
        .maybe_help(syntax::blank_after_colon(line))
        .help("write `key: value` lines")
}
