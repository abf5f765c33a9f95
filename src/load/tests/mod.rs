//! Tables: a text, and what is read or said.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod flags;
mod merge;
mod parse;
mod property;
mod read;
mod refuse;
mod set;
mod syntax;

use crate::diagnostic::{At, Diagnostic, Diagnostics};
use crate::source::{Layer, Place, SourceId, Sources};
use crate::tree::node::{Kind, Node};

fn sources(text: &str) -> (Sources, SourceId) {
    let mut sources = Sources::new();
    let id = sources.add("stack.yaml", text, Layer::File);
    (sources, id)
}

fn document(text: &str) -> Result<Node, Diagnostics> {
    let (sources, id) = sources(text);
    crate::tree::parse::document(&sources, id)
}

/// A document that must be fine.
fn node(text: &str) -> Node {
    document(text).unwrap_or_else(|complaints| panic!("{text:?}: {complaints:#?}"))
}

/// `unknown-key 3:1 title; because; help`.
fn told(text: &str, complaint: &Diagnostic) -> String {
    let (sources, _) = sources(text);
    let at = match &complaint.at {
        At::Place(place) => {
            let (line, column) = sources.line_column(*place);
            format!(" {line}:{column}")
        }
        _ => String::new(),
    };
    let more = complaint.because.iter().chain(&complaint.help);
    let words: Vec<&str> =
        std::iter::once(complaint.title.as_str()).chain(more.map(String::as_str)).collect();
    format!("{}{at} {}", complaint.code, words.join("; "))
}

fn complaints(text: &str) -> Vec<String> {
    document(text).err().into_iter().flatten().map(|complaint| told(text, &complaint)).collect()
}

fn written(text: &str, place: Place) -> &str {
    &text[place.start as usize..place.end as usize]
}

/// JSON-like, with quotes only around what was quoted.
fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Scalar { text, plain: true } => text.clone(),
        Kind::Scalar { text, plain: false } => format!("{text:?}"),
        Kind::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Kind::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, entry)| format!("{key}: {}", shown(&entry.value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
