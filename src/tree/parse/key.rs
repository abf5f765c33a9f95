//! Keys of mappings: which ones are accepted, and what `<<` brings along.

use super::syntax;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Place;
use crate::tree::fault;
use crate::tree::node::{Entry, Kind, Map, Node};

/// What a mapping waits for.
pub(super) enum Slot {
    Key,
    Value(String, Place),
    /// What `<<` stands for.
    Merge,
    /// The value of a key that was refused.
    Refused,
}

/// What to wait for behind a key.
pub(super) fn slot(text: &str, key: Node, map: &Map, merges: &[Node], complaints: &mut Diagnostics) -> Slot {
    let place = key.place;
    let (key, plain) = match key.kind {
        Kind::Scalar { text, plain } => (text, plain),
        _ => {
            complaints.push(no_key(text, &key));
            return Slot::Refused;
        }
    };
    let merge = plain && key == "<<";
    let first =
        map.get(&key).map(|entry| entry.key).or(merges.first().filter(|_| merge).map(|first| first.place));
    match first {
        Some(first) => {
            complaints.push(duplicate(text, &key, place, first));
            Slot::Refused
        }
        None if merge => Slot::Merge,
        None => Slot::Value(key, place),
    }
}

fn duplicate(text: &str, key: &str, second: Place, first: Place) -> Diagnostic {
    let line = syntax::line_number(text, first.start as usize);
    let complaint = Diagnostic::error("duplicate-key", format!("`{key}` is defined twice")).at(second);
    let complaint = complaint.because(format!("the first `{key}` is on line {line}"));
    if key == "<<" {
        complaint.help("merge both at once: `<<: [*one, *other]`")
    } else {
        complaint.help("keep one of them")
    }
}

fn no_key(text: &str, key: &Node) -> Diagnostic {
    let start = key.place.start as usize;
    let written = text.get(start..key.place.end as usize).unwrap_or_default();
    let braces = written.starts_with('{') && text[..start].ends_with('{');
    let (title, help) = match &key.kind {
        _ if braces => {
            let quoted = syntax::quoted_value(text, start - 1);
            (
                "a value cannot start with `{{`: in YAML that is a mapping",
                format!("write it in quotes: {quoted}"),
            )
        }
        Kind::Null if written.is_empty() => {
            ("a `:` without a key before it", "write `key: value`".to_owned())
        }
        Kind::Null => {
            ("a key must be text, found null", format!("write it in quotes: {}", fault::quoted(written)))
        }
        Kind::Seq(_) => ("a key must be text, found list", "write the key as plain text".to_owned()),
        _ => ("a key must be text, found mapping", "write the key as plain text".to_owned()),
    };
    let whole = Place { start: key.place.start.saturating_sub(1), ..key.place };
    Diagnostic::error("yaml-key", title).at(if braces { whole } else { fault::head(key) }).help(help)
}

/// Explicit keys win over merged ones, earlier merges over later ones.
pub(super) fn merged(mut map: Map, merges: Vec<Node>, complaints: &mut Diagnostics) -> Map {
    for merge in merges {
        for (key, entry) in entries(merge, complaints) {
            map.entry(key).or_insert(entry);
        }
    }
    map
}

fn entries(merge: Node, complaints: &mut Diagnostics) -> Vec<(String, Entry)> {
    match merge.kind {
        Kind::Map(map) => map.into_iter().collect(),
        Kind::Seq(items) if items.iter().all(|item| matches!(item.kind, Kind::Map(_))) => {
            items.into_iter().flat_map(|item| entries(item, complaints)).collect()
        }
        _ => {
            let title = format!("`<<` merges mappings, found {}", fault::found(&merge));
            let complaint = Diagnostic::error("yaml-merge", title).at(merge.place);
            complaints.push(complaint.help("write `<<: *name` or `<<: [*one, *other]`"));
            Vec::new()
        }
    }
}
