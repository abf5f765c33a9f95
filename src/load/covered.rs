//! What of a manifest nobody shall read in a complaint about it. A document in, places out.

use super::source::Place;
use super::tree::{Kind, Node};
use crate::{leaks, words};

/// The secrets of a document; `text` is what it was read from.
pub(super) fn secrets(document: &Node, text: &str) -> Vec<Place> {
    let mut found = by_name(document);
    leaked(document, text, &mut found);
    found
}

/// The values in a document that nobody shall read in a complaint: those of Secrets, and of variables that are called so.
fn by_name(node: &Node) -> Vec<Place> {
    let mut found = Vec::new();
    match &node.kind {
        Kind::Map(map) => {
            let text = |key: &str| map.get(key).and_then(|entry| entry.value.as_text());
            let secret = text("kind") == Some("Secret");
            for (key, entry) in map {
                match key.as_str() {
                    "data" | "stringData" if secret => {
                        let values = entry.value.as_map().into_iter().flatten();
                        found.extend(values.map(|(_, entry)| entry.value.place));
                    }
                    "value" if text("name").is_some_and(words::names_a_secret) => {
                        found.push(entry.value.place);
                    }
                    _ => found.extend(by_name(&entry.value)),
                }
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| found.extend(by_name(item))),
        _ => {}
    }
    found
}

/// Secrets that stand in plain texts: in a config file of a ConfigMap, in a URL, behind a key that is called so.
fn leaked(node: &Node, text: &str, found: &mut Vec<Place>) {
    match &node.kind {
        Kind::Map(map) => {
            for (key, entry) in map {
                match entry.value.as_text() {
                    Some(value) if leaks::is_secret(key, value) => found.push(entry.value.place),
                    _ => leaked(&entry.value, text, found),
                }
            }
        }
        Kind::Seq(items) => {
            items.iter().for_each(|item| leaked(item, text, found));
            // `--requirepass hunter2`, as two words of a command.
            found.extend(items.windows(2).filter_map(|pair| {
                let flag = pair[0].as_text()?.strip_prefix('-')?;
                leaks::is_secret(flag, pair[1].as_text()?).then_some(pair[1].place)
            }));
        }
        Kind::Scalar { .. } => {
            let Place { start, end, .. } = node.place;
            let written = text.get(start as usize..end as usize).unwrap_or_default();
            found.extend(leaks::in_text(written).into_iter().filter_map(|leak| {
                let at = |offset: usize| Some(start + u32::try_from(offset).ok()?);
                Some(Place { start: at(leak.value.start)?, end: at(leak.value.end)?, ..node.place })
            }));
        }
        Kind::Null => {}
    }
}
