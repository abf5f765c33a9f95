//! What in a free text might be a secret: in config files of any format, commands, URLs, headers, scripts, comments. For who
//! covers it; rather too much than too little. What a rule complains about is found by `leaks`.

use std::ops::Range;

use super::formats::{in_brackets, in_tags, named, private_keys};
use super::names::{is_itself, is_suspicious};

/// Stretches of the text, in no order.
pub(super) fn in_text(text: &str) -> Vec<Range<usize>> {
    let mut found = private_keys(text);
    found.extend(in_brackets(text));
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end();
        let mut add = |stretches: Vec<Range<usize>>| {
            found.extend(stretches.into_iter().map(|stretch| at + stretch.start..at + stretch.end));
        };
        // Most lines have nothing of the kind.
        if line.contains([':', '=', '>', ' ', '@']) {
            add(in_urls(line));
            add(keyed(line));
            add(behind_words(line));
            add(in_tags(line));
            add(named(line));
        }
    }
    found
}

/// What belongs to one thing on a line is not further away than this; a line may be a document of megabytes.
const REACH: usize = 4_096;

/// The user and the password of a URL do not take more.
const REACH_OF_USER: usize = 512;

/// The beginning of a text, as far as that.
fn near(text: &str, reach: usize) -> &str {
    &text[..text.ceil_char_boundary(reach.min(text.len()))]
}

/// The byte from which on what stands before another one is looked at.
pub(super) fn first_near(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.saturating_sub(REACH))
}

/// `mysql://root:hunter2@host`, `root:hunter2@tcp(host)`, `https://ghp_0123@host`
fn in_urls(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, sign) in line.match_indices("://").chain(line.match_indices("@tcp(")) {
        let (start, end) = if sign == "://" {
            let rest = near(&line[at + 3..], REACH_OF_USER);
            let end = rest.find(|c: char| c.is_whitespace() || "\"'<>`,".contains(c)).unwrap_or(rest.len());
            let Some(user) = rest[..end].rfind('@') else { continue };
            (at + 3, at + 3 + user)
        } else {
            let first = line.floor_char_boundary(at.saturating_sub(REACH_OF_USER));
            let start = line[first..at].rfind(|c: char| c.is_whitespace() || "\"'=".contains(c));
            (first + start.map_or(0, |start| start + 1), at)
        };
        let user = &line[start..end];
        match user.find(':') {
            // A port and a path; the `@` belongs to something else.
            Some(colon)
                if user[colon + 1..].split(['/', '?']).next().is_some_and(is_port) && user.contains('/') => {}
            Some(colon) => found.push(start + colon + 1..end),
            None if user.len() >= 16 && !user.contains('/') => found.push(start..end),
            None => {}
        }
    }
    found
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `password=x`, `"password": "x"`, `--password=x`, `\"password\":\"x\"`
fn keyed(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find([':', '=']).map(|at| from + at) {
        from = at + 1;
        let (start, key) = key(&line[..at]);
        if !is_suspicious(key) {
            continue;
        }
        // `:=`, `==`, `: =`
        let behind =
            at + 1 + line[at + 1..].len() - line[at + 1..].trim_start_matches([':', '=', ' ', '\t']).len();
        // Mappings and lists are looked into elsewhere.
        if line[behind..].starts_with(['{', '[']) {
            continue;
        }
        let value = value(line, behind, is_first(&line[..start]));
        let bracket = line[value.clone()].starts_with(['{', '[']);
        if !bracket && holds(key, &line[value.clone()]) {
            from = value.end.max(from);
            found.push(value);
        }
    }
    found
}

/// Does nothing but signs of a list or of a statement stand before it?
fn is_first(before: &str) -> bool {
    if before.len() > REACH {
        return false;
    }
    let before = before.trim_start_matches([' ', '\t', '-', '#', ';', '!', '"', '\'', '/', '*']);
    before.is_empty() || ["export ", "set ", "ENV ", "let ", "var ", "const "].contains(&before)
}

/// The word before a separator, and where it begins.
pub(super) fn key(before: &str) -> (usize, &str) {
    let trimmed = before.trim_end().trim_end_matches(['"', '\'', '\\', ']', '`']);
    let part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let start =
        trimmed.char_indices().rev().take_while(|(_, c)| part(*c)).last().map_or(trimmed.len(), |(at, _)| at);
    let word = &trimmed[start..];
    let bare = word.strip_prefix("-D").unwrap_or(word).trim_start_matches('-');
    (trimmed.len() - bare.len(), bare)
}

/// Where a value that begins at a byte ends: at its quote, or where a word ends. A line that is nothing else ends it.
pub(super) fn value(line: &str, start: usize, whole: bool) -> Range<usize> {
    let rest = line[start..].trim_end();
    let quote = rest.trim_start_matches('\\');
    let slashes = rest.len() - quote.len();
    if let Some(sign @ ('"' | '\'' | '`')) = quote.chars().next() {
        // In a text in quotes, quotes are escaped: `\"x\"`.
        let open = slashes + 1;
        let end = closing(&rest[open..], sign, slashes > 0).unwrap_or(rest.len() - open);
        return start + open..start + open + end;
    }
    let ends = |c: char| c.is_whitespace() || ",;}]&\"'<>`".contains(c) || (c == '\\' && !whole);
    // `${NAME:x}`
    let close = [("${", '}'), ("$(", ')')]
        .iter()
        .find_map(|(open, close)| near(rest, REACH).strip_prefix(open)?.find(*close));
    let placeholder = close.map_or(0, |at| at + 3);
    // Where it does not end near, all the rest is taken for it.
    let length = near(&rest[placeholder..], REACH).find(ends).map_or(rest.len(), |at| placeholder + at);
    // `password = a b, c` of a config file.
    let in_brackets =
        rest[length..].starts_with(['}', ']', '"', '\'', '`', '<']) || rest.starts_with(['{', '[']);
    let length = if whole && !in_brackets { rest.len() } else { length };
    start..start + length
}

fn closing(rest: &str, sign: char, escaped: bool) -> Option<usize> {
    let (mut slash, mut characters) = (false, rest.char_indices().peekable());
    while let Some((at, one)) = characters.next() {
        match one {
            // `'it''s'`
            one if one == sign && !escaped && characters.peek().is_some_and(|(_, next)| *next == sign) => {
                characters.next();
            }
            '\\' => slash = !slash,
            one if one == sign && (escaped || !slash) => return Some(if slash { at - 1 } else { at }),
            _ => slash = false,
        }
    }
    None
}

/// Is it something to hide under that name?
pub(super) fn holds(key: &str, value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let number =
        !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit() || b".-+".contains(&byte));
    !(is_word(value) || is_placeholder(value) || (number && !is_itself(key)))
}

/// A switch, or nothing.
pub(super) fn is_word(value: &str) -> bool {
    const LONGEST: usize = "disabled".len();
    if value.len() > LONGEST {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    [
        "", "true", "false", "yes", "no", "on", "off", "null", "none", "nil", "~", "enabled", "disabled",
        "{", "[", "|", ">", "(", "{}", "[]",
    ]
    .contains(&&*lower)
}

/// `${NAME}`, `$(NAME)`, `$NAME`, `{{ name }}`: nothing else in it, and no value for the case that there is none.
pub(super) fn is_placeholder(value: &str) -> bool {
    let inner = [("${{", "}}"), ("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">")]
        .into_iter()
        .find_map(|(open, close)| value.strip_prefix(open)?.strip_suffix(close));
    let name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))
    };
    let upper = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    inner.is_some_and(name) || value.strip_prefix('$').is_some_and(|rest| name(rest) && upper(rest))
}

/// `--requirepass x`, `requirepass x`, `IDENTIFIED BY 'x'`, `Authorization: Bearer x`, `mysql -px`, `redis-cli -a x`
fn behind_words(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let lower = line.to_ascii_lowercase();
    let mysql = ["mysql", "mariadb"].iter().any(|word| lower.contains(word));
    let redis = lower.contains("redis") || lower.contains("sentinel");
    let [curl, header, user] = ["curl", "authorization", "user "].map(|word| lower.contains(word));
    let set = lower.contains("identified") || lower.contains("set password");
    let words = words(line);
    for (index, word) in words.iter().enumerate() {
        let text = &line[word.clone()];
        let bare = text.trim_start_matches('-');
        let flag = text.starts_with('-') && !bare.contains(['=', ':']);
        let sign = bare.to_ascii_lowercase();
        let first = is_first(&line[..word.start]);
        let next = words.get(index + 1).filter(|next| !line[(*next).clone()].starts_with("--"));
        let asks = match &*sign {
            "a" | "pass" => flag && redis,
            "u" | "user" => flag && curl,
            "bearer" => next.is_some_and(|next| {
                next.len() >= 8 && line[(*next).clone()].contains(|c: char| !c.is_alphabetic())
            }),
            "basic" | "digest" => header,
            "by" | "password" => set || (flag && sign == "password"),
            "auth" | "auth-pass" | "sentinel-pass" => redis && (first || index > 0),
            _ => (flag || (first && words.len() == 2 && !bare.contains(['=', ':']))) && is_suspicious(bare),
        };
        if asks && let Some(next) = next {
            // `sentinel auth-pass NAME x`
            let last = words.last().filter(|_| sign.ends_with("-pass") && !flag).unwrap_or(next);
            if holds("password", &line[last.clone()]) {
                found.push(last.clone());
            }
        }
        // `-pX`
        if mysql && text.starts_with("-p") && text.len() > 2 && !is_placeholder(&text[2..]) {
            found.push(word.start + 2..word.end);
        }
        // `user default on >x ~*`
        if user && text.len() > 1 && text.starts_with(['>', '<', '#']) {
            found.push(word.start + 1..word.end);
        }
    }
    found
}

/// Words between blanks, quotes, brackets and commas.
fn words(line: &str) -> Vec<Range<usize>> {
    let (mut words, mut start) = (Vec::new(), None);
    for (at, one) in line.char_indices().chain([(line.len(), ' ')]) {
        let between = one.is_whitespace() || "\"'`,;[]{}()\\".contains(one);
        match (between, start) {
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests;
