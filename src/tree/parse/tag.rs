//! `!!str` and the other tags of YAML's core; nothing else is read.

use granit_parser::Tag;

use crate::diagnostic::Diagnostic;
use crate::tree::node::Kind;
use crate::tree::scalar::{self, Meaning};

/// What a scalar is, given its tag.
pub(super) fn scalar(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Kind, Diagnostic> {
    let as_written = |plain: bool| {
        if plain && scalar::is_null(text) {
            Kind::Null
        } else {
            Kind::Scalar { text: text.to_owned(), plain }
        }
    };
    let Some(tag) = tag else { return Ok(as_written(plain)) };
    let fits = match tag.core_suffix() {
        // `!` alone says: not to be guessed at, that is text.
        None if tag.original() == "!" => return Ok(as_written(false)),
        None => return Err(unknown(tag)),
        Some("str") => return Ok(as_written(false)),
        Some("null") => scalar::is_null(text),
        Some("bool") => matches!(scalar::meaning(text), Meaning::Bool(_)),
        Some("int") => matches!(scalar::meaning(text), Meaning::Int(_)),
        Some("float") => matches!(scalar::meaning(text), Meaning::Int(_) | Meaning::Float(_)),
        Some(_) => false,
    };
    if fits { Ok(as_written(true)) } else { Err(unfit(tag)) }
}

/// The complaint about a tag that a list (`seq`) or mapping (`map`) cannot carry.
pub(super) fn collection(tag: &Tag, wanted: &str) -> Option<Diagnostic> {
    match tag.core_suffix() {
        None if tag.original() == "!" => None,
        None => Some(unknown(tag)),
        Some(suffix) => (suffix != wanted).then(|| unfit(tag)),
    }
}

fn unknown(tag: &Tag) -> Diagnostic {
    Diagnostic::error("yaml-tag", format!("unknown tag `{}`", tag.original()))
        .because("the tags here are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`")
        .help("remove it; if the `!` is part of the text, write the text in quotes")
}

fn unfit(tag: &Tag) -> Diagnostic {
    Diagnostic::error("yaml-tag", format!("`{}` does not match its value", tag.original()))
        .help("remove the tag, or change the value")
}
