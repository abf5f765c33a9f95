//! `--set path=value` in, a tree with one leaf out; its places point into the flag.

use super::parse;
use super::source::{Layer, Place, SourceId, Sources};
use super::tree::{Entry, Kind, Map, Node};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};

/// How the value of a flag is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetType {
    /// As it is: `7.2` stays text.
    Text,
    /// As YAML: `3`, `true`, `[a, b]`, `{a: 1}`; `null` removes.
    Other,
}

/// Reads `path=value`; `type_at` says what the schema wants at a path.
pub fn parse(
    flag: &str,
    sources: &mut Sources,
    type_at: &dyn Fn(&Path) -> SetType,
) -> Result<Node, Diagnostics> {
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
    Ok(keys.into_iter().rev().fold(leaf, wrap))
}

fn leaf(
    flag: &str,
    sources: &Sources,
    id: SourceId,
    start: usize,
    kind: SetType,
) -> Result<Node, Diagnostics> {
    let text = &flag[start..];
    match kind {
        SetType::Text => {
            let kind = Kind::Scalar { text: text.to_owned(), plain: false };
            Ok(Node { kind, place: parse::span(id, start, flag.len()) })
        }
        SetType::Other if text.trim().is_empty() => {
            let help = format!("to remove the key write `{flag}null`");
            Err(complaint("no value behind `=`", parse::span(id, start - 1, start)).help(help).into())
        }
        SetType::Other => parse::value(sources, id, start),
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
        keys.push((key, parse::span(id, at, end)));
        match flag[end..].chars().next() {
            Some('.') => at = end + 1,
            Some('=') => return Ok((keys, end + 1)),
            Some('[') => return Err(index(flag, id, end)),
            Some(_) => return Err(behind_quote(flag, id, end)),
            None => {
                let title = format!("`--set {flag}` has no `=`");
                let place = parse::span(id, 0, flag.len());
                return Err(complaint(title, place).help(format!("write `--set {flag}=VALUE`")));
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
        (&quoted[..length], start + length + 2)
    } else {
        let length = rest.find(['.', '=', '[']).unwrap_or(rest.len());
        (&rest[..length], start + length)
    };
    if key.trim().is_empty() {
        let place = parse::span(id, start, (start + 1).min(flag.len()));
        return Err(complaint("an empty key in the path", place).help("write `--set word.key=VALUE`"));
    }
    Ok((key.to_owned(), end))
}

fn index(flag: &str, id: SourceId, at: usize) -> Diagnostic {
    let end = flag[at..].find(['=', '.']).map_or(flag.len(), |length| at + length);
    let path = &flag[..at];
    complaint("a path cannot lead into a list", parse::span(id, at, end))
        .because("a list is replaced as a whole")
        .help(format!("write the whole list: `--set '{path}=[a, b]'`"))
}

fn behind_quote(flag: &str, id: SourceId, at: usize) -> Diagnostic {
    let end = flag[at..].find(['=', '.']).map_or(flag.len(), |length| at + length);
    complaint("text behind a quoted key", parse::span(id, at, end)).help("write `.` or `=` behind the quote")
}
