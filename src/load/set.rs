//! `--set path=value` in, a tree with one leaf out; its places point into the flag.
//!
//! Keys are parted by `.`; a key that has dots itself is quoted, or its dots are escaped as Helm's users do: `a\.b`.

use schemars::Schema;

use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::source::{Layer, Place, SourceId, Sources};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::parse;
use crate::tree::subschema::{alternatives, key_at, types};

/// How the value of a flag is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetType {
    /// As it is: `7.2` stays text; `null` removes.
    Text,
    /// Text, unless it begins as a YAML mapping, list or quoted text does; `null` removes.
    TextOr,
    /// As YAML: `3`, `true`, `[a, b]`, `{a: 1}`; `null` removes.
    Other,
}

/// How a `--set` value at a path is read: text where nothing but text can stand.
pub fn set_type(schema: &Schema, path: &Path) -> SetType {
    let Some(here) = key_at(schema, path) else { return SetType::Other };
    let alternatives = alternatives(schema.as_value(), here);
    let kinds = || alternatives.iter().flat_map(|one| types(one)).filter(|kind| *kind != "null");
    let text = kinds().next().is_some() && kinds().all(|kind| kind == "string");
    let scalar = ["string", "number", "boolean"].iter().all(|wanted| kinds().any(|kind| kind == *wanted));
    let nothing_else = kinds().all(|kind| !matches!(kind, "object" | "array"));
    match nothing_else {
        true if text || scalar => SetType::Text,
        false if kinds().any(|kind| kind == "string") => SetType::TextOr,
        _ => SetType::Other,
    }
}

/// A flag that was read.
pub struct Flag {
    /// What it sets, as a layer.
    pub tree: Node,
    /// Its keys, outermost first, and where they stand in it.
    pub keys: Vec<(String, Place)>,
    /// Where its value stands.
    pub value: Place,
}

/// As deep as any text may be nested.
const DEPTH: usize = 64;

/// Reads `path=value`; `type_at` says what the schema wants at a path.
pub fn parse(
    flag: &str,
    sources: &mut Sources,
    type_at: &dyn Fn(&Path) -> SetType,
) -> Result<Flag, Diagnostics> {
    // Without `=`, what follows a blank or a colon may be the value, and the value a secret: it is not shown.
    let path_end = flag.find([' ', ':']).filter(|_| !flag.contains('=')).unwrap_or(flag.len());
    let flag = &flag[..path_end];
    let id = sources.add("--set", flag, Layer::Set);
    let (keys, value) = keys(flag, id)?;
    let path = keys.iter().fold(Path::root(), |path, (key, _)| path.key(key));
    let leaf = leaf(flag, sources, id, value, type_at(&path))?;
    let whole = parse::span(id, 0, flag.len());
    let wrap = |value: Node, (key, place): (String, Place)| Node {
        kind: Kind::Map(Map::from([(key, Entry { key: place, value })])),
        place: whole,
    };
    let tree = keys.iter().cloned().rev().fold(leaf, wrap);
    Ok(Flag { tree, keys, value: parse::span(id, value, flag.len()) })
}

fn leaf(
    flag: &str,
    sources: &Sources,
    id: SourceId,
    start: usize,
    kind: SetType,
) -> Result<Node, Diagnostics> {
    let text = &flag[start..];
    let place = parse::span(id, start, flag.len());
    let plain = !text.trim_start().starts_with(['{', '[', '"', '\'']);
    match kind {
        SetType::TextOr | SetType::Other if text.trim().is_empty() => {
            let equals = parse::span(id, start - 1, start);
            let help = format!("to remove the key use `{flag}null`");
            Err(complaint("no value after `=`", equals).help(help).into())
        }
        SetType::Text | SetType::TextOr if text.trim() == "null" => Ok(Node { kind: Kind::Null, place }),
        SetType::TextOr | SetType::Text if plain || kind == SetType::Text => {
            Ok(Node { kind: Kind::Scalar { text: text.to_owned(), plain: false }, place })
        }
        _ if text.trim_start().starts_with('#') => Err(complaint("a comment is not a value", place)
            .help(format!("if it is text, write it in quotes: `{}'\"#…\"'`", &flag[..start]))
            .into()),
        _ => parse::value(sources, id, start),
    }
}

fn complaint(title: impl Into<String>, place: Place) -> Diagnostic {
    Diagnostic::error("bad-set", title).at(place)
}

type Keys = Vec<(String, Place)>;

/// The keys before the first `=` outside of quotes, and the byte behind it.
fn keys(flag: &str, id: SourceId) -> Result<(Keys, usize), Diagnostic> {
    let (mut keys, mut at) = (Vec::new(), 0);
    loop {
        let (key, end) = segment(flag, id, at)?;
        if keys.len() == DEPTH {
            let place = parse::span(id, at, flag.len());
            return Err(complaint(format!("more than {DEPTH} nested keys"), place));
        }
        keys.push((key, parse::span(id, at, end)));
        match flag[end..].chars().next() {
            Some('.') => at = end + 1,
            Some('=') => return Ok((keys, end + 1)),
            Some('[') => return Err(index(flag, id, end)),
            Some(_) => return Err(behind_quote(flag, id, end)),
            None => {
                let title = format!("`--set {flag}` has no `=`");
                let place = parse::span(id, 0, flag.len());
                return Err(complaint(title, place).help(format!("use `--set {flag}=VALUE`")));
            }
        }
    }
}

/// One key and where it ends.
fn segment(flag: &str, id: SourceId, start: usize) -> Result<(String, usize), Diagnostic> {
    let rest = &flag[start..];
    let (key, end) = if let Some(quoted) = rest.strip_prefix('"') {
        let Some(length) = quoted.find('"') else {
            let place = parse::span(id, start, flag.len());
            return Err(complaint("a quote is opened but not closed", place)
                .help("in a shell, put the whole flag in single quotes: `--set 'a.\"b.c\"=d'`"));
        };
        (quoted[..length].to_owned(), start + length + 2)
    } else {
        let ends = |(at, _): &(usize, &str)| !rest[..*at].ends_with('\\');
        let length = rest.match_indices(['.', '=', '[']).find(ends).map_or(rest.len(), |(at, _)| at);
        (rest[..length].replace("\\.", "."), start + length)
    };
    if key.trim().is_empty() {
        let place = parse::span(id, start, (start + 1).min(flag.len()));
        return Err(complaint("an empty key in the path", place).help("use `--set word.key=VALUE`"));
    }
    Ok((key, end))
}

fn index(flag: &str, id: SourceId, at: usize) -> Diagnostic {
    let end = flag[at..].find(['=', '.']).map_or(flag.len(), |length| at + length);
    let path = &flag[..at];
    complaint("a path cannot refer to a list item", parse::span(id, at, end))
        .because("a list is replaced as a whole")
        .help(format!("set the whole list: `--set '{path}=[a, b]'`"))
}

fn behind_quote(flag: &str, id: SourceId, at: usize) -> Diagnostic {
    let end = flag[at..].find(['=', '.']).map_or(flag.len(), |length| at + length);
    complaint("text after a quoted key", parse::span(id, at, end)).help("write `.` or `=` after the quote")
}
