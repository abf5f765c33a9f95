//! Covers a text that is no YAML, often because of the secret itself: by its lines, from a suspicious key to the end of what
//! may belong to it.

use std::ops::Range;

use super::names::is_suspicious;
use super::texts;

/// An open quote reaches no further than this: what stands behind is another mistake.
const LINES_IN_QUOTES: usize = 30;

/// What goes on behind the line of a secret.
#[derive(Clone, Copy)]
enum Open {
    No,
    /// All that is indented deeper, and the items of a list that are not.
    Below {
        indent: usize,
        list: bool,
    },
    Quote {
        sign: char,
        left: usize,
    },
    /// `? password`; its value is on a line that begins with a colon.
    Asked(usize),
    /// `- --password`; its value is the next item.
    Flag(usize),
}

/// Stretches that may be secrets in a document, from the line of a byte on.
pub(super) fn in_stretch(text: &str, document: &Range<usize>, from: usize) -> Vec<Range<usize>> {
    let part = &text[document.clone()];
    let lines: Vec<&str> = part.split_inclusive('\n').collect();
    let secret = is_secret_object(part);
    let (mut found, mut open, mut named, mut start) = (Vec::new(), Open::No, false, 0);
    for (number, line) in lines.iter().enumerate() {
        let (indent, body) = (indent(line), line.trim());
        let whole = start + indent..start + indent + body.len();
        named = (named && !body.starts_with('-')) || names_one(line, &lines[number + 1..]);
        open = match continued(line, open) {
            Some((first, next)) => {
                found.push(whole.start.max(start + first)..whole.end);
                next
            }
            None => {
                let (at, next) = behind_key(line, secret, named);
                found.extend(at.map(|at| start + at..whole.end.max(start + at)));
                next
            }
        };
        start += line.len();
    }
    found.extend(texts::in_text(part));
    let found = found.into_iter().map(|one| document.start + one.start..document.start + one.end);
    // What could be read is covered more exactly.
    found.filter(|one| one.end > from).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_secret_object(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.replace(['"', '\'', ' ', '{', ','], "");
        line.contains("kind:Secret") || line.contains("stringData")
    })
}

/// Does the line, or one of its item below, say the name of a variable that holds a secret?
fn names_one(line: &str, below: &[&str]) -> bool {
    let word = |text: &str| text.trim().trim_matches(['"', '\'', '}', ']', ' ']).to_owned();
    let says = |line: &str| {
        let pairs = line.trim().trim_start_matches(['-', ' ']).split(['{', '[', ',']);
        pairs
            .filter_map(|pair| pair.split_once(':'))
            .any(|(key, said)| matches!(&*word(key), "name" | "key") && is_suspicious(&word(said)))
    };
    let item = below.iter().take(3).take_while(|line| !line.trim_start().starts_with('-'));
    says(line) || (line.contains("val") && item.into_iter().any(|line| says(line)))
}

/// Where on a line begins what belongs to a secret above it, and what goes on behind it.
fn continued(line: &str, open: Open) -> Option<(usize, Open)> {
    let (indent, body) = (indent(line), line.trim());
    match open {
        Open::No => None,
        Open::Quote { sign, left } => {
            let open = if body.contains(sign) || left == 0 {
                Open::No
            } else {
                Open::Quote { sign, left: left - 1 }
            };
            Some((0, open))
        }
        Open::Below { indent: above, list } => {
            let belongs =
                body.is_empty() || indent > above || (list && indent == above && body.starts_with('-'));
            belongs.then_some((0, Open::Below { indent: above, list }))
        }
        Open::Asked(above) => (indent == above && body.starts_with(':'))
            .then_some((indent + 1, Open::Below { indent, list: true })),
        Open::Flag(above) => (indent == above && body.starts_with('-'))
            .then_some((indent + 1, Open::Below { indent, list: false })),
    }
}

/// Where on a line a secret begins, if one does.
fn behind_key(line: &str, secret: bool, named: bool) -> (Option<usize>, Open) {
    let (indent, body) = (indent(line), line.trim());
    let asked =
        body.strip_prefix("? ").is_some_and(|key| is_suspicious(key.trim().trim_matches(['"', '\''])));
    let flag = body.strip_prefix('-').map(|item| item.trim().trim_matches(['"', '\'', ',']));
    if asked {
        return (None, Open::Asked(indent));
    }
    if flag.is_some_and(|flag| flag.starts_with('-') && is_suspicious(flag.trim_start_matches('-'))) {
        return (None, Open::Flag(indent));
    }
    let mut from = 0;
    while let Some(at) = line[from..].find([':', '=']).map(|at| from + at) {
        from = at + 1;
        let key = word_before(&line[..at]);
        let lower = key.to_ascii_lowercase();
        let rest = line[from..].trim();
        let value = named && lower.starts_with("val");
        let object = secret && ["data", "stringdata"].contains(&&*lower);
        // A switch, but not the beginning of something.
        let switch = texts::is_word(rest) && rest.len() > 1;
        if (is_suspicious(key) || value || object) && !switch {
            // Where the key of an item stands: what is deeper than that belongs to it.
            let indent = if body.starts_with("- ") && !rest.is_empty() { indent + 1 } else { indent };
            let open = match rest.chars().next() {
                Some(sign @ ('"' | '\'')) if !rest[1..].contains(sign) => {
                    Open::Quote { sign, left: LINES_IN_QUOTES }
                }
                _ => Open::Below { indent, list: rest.is_empty() },
            };
            return (Some(from), open);
        }
    }
    (None, Open::No)
}

/// Also of `a.password[0]`, and in quotes.
fn word_before(before: &str) -> &str {
    let before = before.trim_end().trim_end_matches(['"', '\'']);
    let before = &before[texts::first_near(before, before.len())..];
    let before = before.strip_suffix(']').and_then(|path| Some(&path[..path.rfind('[')?])).unwrap_or(before);
    let part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let start =
        before.char_indices().rev().take_while(|(_, c)| part(*c)).last().map_or(before.len(), |(at, _)| at);
    &before[start..]
}
