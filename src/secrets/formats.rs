//! Secrets in texts of a format: keys in PEM, lists and mappings in brackets, XML, and pairs of a name and a value.

use std::ops::Range;

use super::names::{PLACES, is_suspicious};
use super::texts::{first_near, key, value};

/// `-----BEGIN RSA PRIVATE KEY-----` and what follows.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find("-----BEGIN ").map(|at| from + at) {
        let near = &text[begin..text.ceil_char_boundary((begin + 60).min(text.len()))];
        from = begin + "-----BEGIN ".len();
        let Some(head) = near.find("KEY-----").map(|at| at + "KEY-----".len()) else { continue };
        if near[..head].contains("PRIVATE") {
            let end = text[begin + head..].find("-----END").map_or(text.len(), |end| begin + head + end);
            found.push(begin + head..end);
            from = end;
        }
    }
    found
}

/// Further than this nobody lists secrets.
const BRACKETS: usize = 4_000;

/// `"tokens": {"agent": "x"}`, `passwords: [x, y]`, on many lines perhaps
pub(super) fn in_brackets(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(open) = text[from..].find(['{', '[']).map(|at| from + at) {
        from = open + 1;
        let before = text[..open].trim_end();
        let Some(before) = before.strip_suffix([':', '=']) else { continue };
        if !is_suspicious(key(&before[first_near(before, before.len())..]).1) {
            continue;
        }
        let end = closed(&text[open..]).map_or(text.len(), |end| open + end);
        let (inside, start) = (&text[open + 1..end], open + 1);
        if text[open..].starts_with('[') || !inside.contains([':', '=']) {
            found.push(start..end);
        } else {
            let (mut at, mut line_end) = (0, 0);
            while let Some(colon) = inside[at..].find([':', '=']).map(|colon| at + colon) {
                let blanks = inside[colon + 1..].len() - inside[colon + 1..].trim_start().len();
                let behind = colon + 1 + blanks;
                if behind >= line_end {
                    line_end = inside[behind..].find('\n').map_or(inside.len(), |end| behind + end);
                }
                let range = value(&inside[..line_end], behind, false);
                at = range.end.max(colon + 1);
                if !PLACES.contains(&&*key(&inside[..colon]).1.to_ascii_lowercase()) {
                    found.push(start + range.start..start + range.end);
                }
            }
        }
        from = end;
    }
    found
}

/// Where the bracket at the beginning is closed, if that is near.
fn closed(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, one) in text.char_indices().take(BRACKETS) {
        match one {
            '{' | '[' => depth += 1,
            '}' | ']' if depth <= 1 => return Some(at),
            '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `<password>x</password>`, `<entry key="password">x</entry>`
pub(super) fn in_tags(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in line.match_indices('>') {
        let first = first_near(line, at).max(from);
        from = at + 1;
        let Some(open) = line.get(first..at).and_then(|before| before.rfind('<')) else { continue };
        let open = first + open;
        let tag = &line[open + 1..at];
        let name = tag.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        if name.filter(|word| !word.is_empty()).any(is_suspicious)
            && !tag.starts_with('/')
            && !tag.ends_with('/')
        {
            let end = line[at + 1..].find('<').map_or(line.trim_end().len().max(at + 1), |end| at + 1 + end);
            from = end;
            if !line[at + 1..end].trim().is_empty() {
                found.push(at + 1..end);
            }
        }
    }
    found
}

/// `name="password" value="x"`, `{"name": "DB_PASSWORD", "value": "x"}`
pub(super) fn named(line: &str) -> Vec<Range<usize>> {
    let (mut found, mut from, mut suspicious) = (Vec::new(), 0, false);
    while let Some(at) = line[from..].find([':', '=']).map(|at| from + at) {
        from = at + 1;
        let (_, key) = key(&line[..at]);
        let behind = from + line[from..].len() - line[from..].trim_start().len();
        match key.to_ascii_lowercase().as_str() {
            "name" | "key" | "property" => {
                suspicious = is_suspicious(line[value(line, behind, false)].trim());
            }
            "value" | "val" | "data" if suspicious => {
                let range = value(line, behind, false);
                from = range.end.max(from);
                found.push(range);
            }
            _ => {}
        }
    }
    found
}
