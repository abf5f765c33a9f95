//! Source lines are shown with complaints; secrets that stand in them are not.

use stackgen::load::source::{Place, Source};
use stackgen::words;

/// Keys that contain such a word and name an object.
const NAMES: &[&str] = &["tlssecret", "pullsecrets"];
/// The keys below a secret that say where it is, and are none themselves.
const FORMS: &[&str] = &["secret", "env", "file", "name", "key"];

/// What goes on behind the line of a secret key.
#[derive(Clone, Copy)]
enum Open {
    /// Nothing.
    No,
    /// The value or a mapping stands below, indented deeper than this.
    Below(usize),
    /// A block scalar: everything that is indented deeper than this.
    Block(usize),
    /// A quote that is still open.
    Quote(char),
    /// A brace that is still open: whatever has no mapping of its own stands below the secret key.
    Brace,
}

/// The text of a source with everything covered that is a secret: by its key, or because somebody said so.
pub(super) fn all(source: &Source) -> String {
    let mut text = masked(&source.text).into_bytes();
    for Place { start, end, .. } in &source.secrets {
        let stretch = text.get_mut(*start as usize..*end as usize).into_iter().flatten();
        // Lines and their indentation stay, so that places do.
        stretch.filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b'*');
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The text with the value of every secret key covered, byte for byte, so that places stay true.
pub(super) fn masked(text: &str) -> String {
    let mut open = Open::No;
    let mut out = String::with_capacity(text.len());
    for one in text.split_inclusive('\n') {
        let (covered, next) = continued(one, open).unwrap_or_else(|| line(one));
        out.push_str(&flagged(covered));
        open = next;
    }
    out
}

/// What is covered of a line of the text, as it was written, with and without its quotes.
pub(super) fn covered<'a>(text: &'a str, masked: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, (was, is)) in text.bytes().zip(masked.bytes()).chain([(0, 0)]).enumerate() {
        match (start, was != is) {
            (None, true) => start = Some(at),
            // A `*` of the secret itself looks uncovered; the stretch goes on.
            (Some(from), false) if is != b'*' => {
                found.extend(text.get(from..at));
                start = None;
            }
            _ => {}
        }
    }
    let bare = found.iter().map(|one| one.trim_matches(['"', '\''])).collect::<Vec<_>>();
    found.extend(bare);
    found.retain(|one| one.len() > 1);
    found
}

/// A line that belongs to a secret above it; none when that has ended.
fn continued(line: &str, open: Open) -> Option<(String, Open)> {
    let text = line.trim();
    let indent = line.len() - line.trim_start().len();
    match open {
        Open::No => None,
        _ if text.is_empty() => Some((line.to_owned(), open)),
        Open::Quote(sign) => Some(match line.find(sign) {
            Some(end) => (cover(line, indent, end.max(indent)), Open::No),
            None => (cover(line, indent, indent + text.len()), open),
        }),
        Open::Brace => {
            let open = if text.contains('}') { Open::No } else { open };
            let colon =
                line.find(':').filter(|at| !FORMS.contains(&key(&line[..*at]).to_lowercase().as_str()));
            let covered =
                colon.and_then(|at| value(line, at + 1)).map(|(start, end)| cover(line, start, end));
            Some((covered.unwrap_or_else(|| line.to_owned()), open))
        }
        Open::Block(above) => (indent > above).then(|| (cover(line, indent, indent + text.len()), open)),
        Open::Below(above) if indent > above => {
            let (start, end) = value(line, 0)?;
            let head = &line[start..end];
            let Some(colon) = head.find(": ") else {
                return (!head.ends_with(':')).then(|| (cover(line, start, end), open));
            };
            if FORMS.contains(&key(&head[..colon]).to_lowercase().as_str()) {
                return Some((line.to_owned(), open));
            }
            let covered = value(line, start + colon + 1).map(|(start, end)| cover(line, start, end));
            Some((covered.unwrap_or_else(|| line.to_owned()), open))
        }
        Open::Below(_) => None,
    }
}

/// A gossip key behind its flag, as a word of its own: `[agent, -encrypt, KEY]`.
fn flagged(line: String) -> String {
    let Some(at) = line.find("-encrypt").map(|at| at + "-encrypt".len()) else { return line };
    let between = |c: char| " ,\"'".contains(c);
    let start = line.len() - line[at..].trim_start_matches(between).len();
    let length = line[start..].find(|c: char| between(c) || c.is_whitespace() || c == ']');
    match start > at {
        true => cover(&line, start, start + length.unwrap_or(line.len() - start)),
        false => line,
    }
}

fn cover(line: &str, start: usize, end: usize) -> String {
    format!("{}{}{}", &line[..start], "*".repeat(end - start), &line[end..])
}

fn line(line: &str) -> (String, Open) {
    let mut out = line.to_owned();
    let mut open = Open::No;
    let (mut from, mut inside) = (0, 0);
    while let Some(found) = line[from..].find([':', '=']) {
        let at = from + found;
        from = at + 1;
        let key = key(&line[..at]);
        let below_secret = at < inside && !FORMS.contains(&key.to_lowercase().as_str());
        if !(is_secret(key) || below_secret) {
            continue;
        }
        if let Some((start, end)) = value(line, at + 1) {
            out.replace_range(start..end, &"*".repeat(end - start));
            from = end;
        }
        let rest = line[at + 1..].trim();
        if rest.starts_with('{') && inside <= at {
            inside = line[at..].find('}').map_or(line.len(), |end| at + end);
        }
        open = opened(rest, line.len() - line.trim_start().len());
    }
    (out, open)
}

/// Does the value of a secret key go on below its line?
fn opened(rest: &str, indent: usize) -> Open {
    match rest.chars().next() {
        None | Some('#') => Open::Below(indent),
        Some('|' | '>') => Open::Block(indent),
        Some('{') if !rest.contains('}') => Open::Brace,
        Some(sign @ ('"' | '\'')) if !rest[1..].contains(sign) => Open::Quote(sign),
        _ => Open::No,
    }
}

/// The word before a `:` or `=`, without the `[0]` of a path.
fn key(before: &str) -> &str {
    let before = before.trim_end().trim_end_matches(['"', '\'']);
    let before =
        before.strip_suffix(']').and_then(|path| path.rfind('[').map(|at| &before[..at])).unwrap_or(before);
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || "_-".contains(c)))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    before.get(start..).unwrap_or_default()
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace(['_', '-'], "");
    // Consul's gossip key.
    key == "encrypt"
        || words::SECRET.iter().any(|word| key.contains(word) || contains_misspelt(&key, word))
            && !NAMES.contains(&key.as_str())
}

/// A misspelt key is complained about, and the line shown; what it leads to is no less a secret.
fn contains_misspelt(key: &str, word: &str) -> bool {
    // Of three letters, two are in too many words.
    word.len() > 3
        && (word.len() - 1..=word.len() + 1)
            .any(|length| key.as_bytes().windows(length).any(|part| is_one_slip(part, word.as_bytes())))
}

/// Does one letter too many, too few or in another's stead tell the words apart, or two that changed places?
fn is_one_slip(one: &[u8], other: &[u8]) -> bool {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let same = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&one[..one.len() - same], &other[..other.len() - same]) {
        ([a, b], [c, d]) => a == d && b == c,
        (one, other) => one.len() <= 1 && other.len() <= 1,
    }
}

/// Where the scalar or list behind a key stands; none for a mapping, an alias or nothing.
fn value(line: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + line[from..].len() - line[from..].trim_start().len();
    let rest = line[start..].trim_end();
    let first = rest.chars().next()?;
    let length = match first {
        '{' | '*' | '|' | '>' | '#' | ',' | '}' | '/' => return None,
        // An anchor; the value is behind it.
        '&' => return value(line, start + rest.find(' ')?),
        '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
        '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
        _ => rest.find([',', '}', ']']).into_iter().chain(rest.find(" #")).min().unwrap_or(rest.len()),
    };
    Some((start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_covered_and_nothing_else() {
        for (text, wanted) in [
            ("  password: hunter2\n", "  password: *******\n"),
            ("redis: {rootPassword: hunter2, mode: x}", "redis: {rootPassword: *******, mode: x}"),
            ("  token: \"a, b\" # why", "  token: ****** # why"),
            (
                "redis: {pasword: a1, psasword: a2, assword: a3}",
                "redis: {pasword: **, psasword: **, assword: **}",
            ),
            ("nacos: {tken: a1, ttoken: a2, idenitty: a3}", "nacos: {tken: **, ttoken: **, idenitty: **}"),
            ("kafka: {brokers: 3, class: ssd, server: a}", "kafka: {brokers: 3, class: ssd, server: a}"),
            ("    DB_PASSWORD: 'x y'", "    DB_PASSWORD: *****"),
            ("redis.password=hunter2", "redis.password=*******"),
            ("  password: pässwört", "  password: **********"),
            ("  password: {secret: {name: a, key: token}}", "  password: {secret: {name: a, key: token}}"),
            ("  token: {env: TOKEN}", "  token: {env: TOKEN}"),
            ("  password: [a, b]", "  password: ******"),
            ("  password: {value: x, env: Y}", "  password: {value: *, env: Y}"),
            ("  identity: {key: a, value: x}", "  identity: {key: a, value: *}"),
            ("  password: &p hunter2", "  password: &p *******"),
            ("  API_KEY: hunter2", "  API_KEY: *******"),
            ("redis.password[0]=hunter2", "redis.password[0]=*******"),
            ("  password:\n    hunter2\n  mode: x", "  password:\n    *******\n  mode: x"),
            ("  password:\n    value: x\n    env: Y", "  password:\n    value: *\n    env: Y"),
            ("  password: |\n    a: b\n\n    c\n  mode: x", "  password: |\n    ****\n\n    *\n  mode: x"),
            ("  password: \"a\n    b\"\n  mode: x", "  password: **\n    *\"\n  mode: x"),
            ("  password:\n    secret: {name: a}\n", "  password:\n    secret: {name: a}\n"),
            ("tlsSecret: im-tls", "tlsSecret: im-tls"),
            ("  users: {im: {password: im-dev}}", "  users: {im: {password: ******}}"),
            ("  url: http://a:b", "  url: http://a:b"),
            (r#"  "encrypt":"abc=", "a": 1"#, r#"  "encrypt":******, "a": 1"#),
            ("  - -encrypt=abc=", "  - -encrypt=****"),
            ("  args: [agent, -encrypt, \"abc=\", -ui]", "  args: [agent, -encrypt, \"****\", -ui]"),
            ("  - -encrypt\n  - x", "  - -encrypt\n  - x"),
            (
                "\"tokens\" : {\n  \"agent\": \"x\",\n  \"default\": \"y\"\n},\n\"a\": 1",
                "\"tokens\" : {\n  \"agent\": ***,\n  \"default\": ***\n},\n\"a\": 1",
            ),
            ("password: {\n  secret: {name: a}\n}\nmode: x", "password: {\n  secret: {name: a}\n}\nmode: x"),
        ] {
            assert_eq!(masked(text), wanted, "{text}");
            assert_eq!(masked(text).len(), text.len(), "{text}");
        }
    }
}
