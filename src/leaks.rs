//! Secrets that stand in texts for everybody to read: in config files, URLs, options, private keys.
//!
//! Texts in, places of secrets out. Never repeats a secret, and rather misses one than calls a setting by that name.

use std::ops::Range;

use crate::secrets::names::rest;
pub(crate) use crate::secrets::names::{is_certain as is_name, plain};

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leak<'t> {
    /// What it is called: a key, or what it is.
    pub(crate) name: &'t str,
    /// The text in front of it, from its key on: what to point at.
    pub(crate) lead: &'t str,
    /// Where its value stands.
    pub(crate) value: Range<usize>,
}

/// Consul's tokens have names of their own below `tokens`; their values are UUIDs.
const TOKENS: &[&str] = &[
    "agent",
    "default",
    "master",
    "initial_management",
    "agent_master",
    "agent_recovery",
    "replication",
    "dns",
];
/// Redis directives, whose last word is the secret.
const DIRECTIVES: &[&str] = &[
    "requirepass ",
    "masterauth ",
    "primaryauth ",
    "tls-key-file-pass ",
    "tls-client-key-file-pass ",
    "sentinel auth-pass ",
    "sentinel sentinel-pass ",
];

/// Is `value`, under that name, a secret written out, not a placeholder for one, a switch or a place?
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    let number = || value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let counts = || number() && !["password", "passwd", "pwd"].iter().any(|end| rest(name, end).is_some());
    is_name(name) && is_literal(value) && !counts()
}

/// Is it the thing itself, not a word that stands for it?
pub(crate) fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_lowercase();
    let word =
        ["", "true", "false", "yes", "no", "on", "off", "null", "none", "nil", "~"].contains(&lower.as_str());
    let stands = ["${", "$(", "{{", "ENC(", "%(", "<%"].iter().any(|sign| value.contains(sign))
        || value.starts_with(['$', '/', '<', '@', '|', '>', '{', '[', '&', '!', '%', '#', '`'])
        || value.ends_with(')')
        || [
            "file:",
            "classpath:",
            "http:",
            "https:",
            "vault:",
            "ref+",
            "op://",
            "arn:",
            "__",
            "your",
            "replace",
        ]
        .iter()
        .any(|start| lower.starts_with(start));
    let blank = lower.contains("placeholder") || value.chars().all(|c| "xX*-_.?…".contains(c));
    !(word || stands || blank)
}

/// Every secret of a text, in its order. A script's is a program, not a setting: nothing is found in one.
pub(crate) fn in_text(text: &str) -> Vec<Leak<'_>> {
    let mut found = Vec::new();
    if text.starts_with("#!") {
        return found;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if let Some(leak) = private_key(text, start, line) {
            found.push(leak);
        } else if !body.starts_with(['#', ';', '!']) && !body.starts_with("//") {
            found.extend(in_line(line, start));
        }
        start += line.len();
    }
    found
}

fn private_key<'t>(text: &'t str, start: usize, line: &'t str) -> Option<Leak<'t>> {
    let begin = line.find("-----BEGIN ")?;
    let head = &line[begin..];
    if !head.contains("PRIVATE KEY-----") || head.contains("ENCRYPTED") {
        return None;
    }
    let from = start + begin + head.rfind("-----")? + 5;
    let end = text[from..].find("-----END").map_or(text.len(), |end| from + end);
    Some(Leak { name: "PRIVATE KEY", lead: head.trim_end(), value: from..end })
}

fn in_line(line: &str, start: usize) -> Vec<Leak<'_>> {
    let mut found: Vec<Leak<'_>> = directive(line, start).into_iter().chain(in_url(line, start)).collect();
    found.extend(flag(line, start));
    let mut from = 0;
    while let Some(at) = line[from..].find([':', '=']).map(|at| from + at) {
        from = at + 1;
        let (key_at, key) = key(&line[..at]);
        // The default behind a placeholder's name is not what it will be.
        if line[..key_at].ends_with(['{', '(']) && line[..key_at - 1].ends_with('$') {
            continue;
        }
        let Some(value) = value(line, at + 1, key_at) else { continue };
        if line[at..].starts_with(':') && is_prose(&line[value.end..]) {
            continue;
        }
        let text = &line[value.clone()];
        let token = TOKENS.contains(&key) && is_uuid(text);
        if token || is_secret(key, text) {
            from = from.max(value.end);
            let lead = &line[first_of(line, key_at)..=at];
            found.push(Leak { name: key, lead, value: start + value.start..start + value.end });
        }
    }
    found
}

/// Where the lead of a key begins: its own quote belongs to it.
fn first_of(line: &str, key_at: usize) -> usize {
    let quoted = line[..key_at].ends_with(['"', '\'']);
    if quoted { key_at - 1 } else { key_at }
}

/// `requirepass hunter2`
fn directive(line: &str, start: usize) -> Option<Leak<'_>> {
    let indent = line.len() - line.trim_start().len();
    let body = line.trim();
    let name = DIRECTIVES.iter().find(|name| body.starts_with(**name))?;
    let secret = body.rsplit(char::is_whitespace).next()?.trim_matches(['"', '\'']);
    let at = indent + body.rfind(secret)?;
    let lead = line[indent..at].trim_end_matches(['"', '\'', ' ']);
    is_literal(secret).then(|| Leak {
        name: &body[..name.len() - 1],
        lead,
        value: start + at..start + at + secret.len(),
    })
}

/// `--requirepass hunter2 --port 6379`, where another option follows, or nothing: it may be prose else.
fn flag(line: &str, start: usize) -> Option<Leak<'_>> {
    line.match_indices("--").find_map(|(at, _)| {
        let rest = &line[at..];
        let end = rest.find(char::is_whitespace)?;
        let (name, behind) = (rest[2..end].trim_start_matches('-'), rest[end..].trim_start());
        let value = behind.split(char::is_whitespace).next()?.trim_matches(['"', '\'']);
        let from = line.len() - behind.len() + behind.find(value)?;
        let next = line[from + value.len()..].trim_start_matches(['"', '\'']).trim();
        let option = next.is_empty() || next.starts_with('-');
        (option && !name.contains(['=', ':']) && !value.starts_with('-') && is_secret(name, value)).then(
            || Leak { name, lead: &line[at..at + end], value: start + from..start + from + value.len() },
        )
    })
}

/// `mysql://root:hunter2@host`
fn in_url(line: &str, start: usize) -> Option<Leak<'_>> {
    let scheme = line.find("://")?;
    let rest = &line[scheme + 3..];
    let end = rest.find(|c: char| c.is_whitespace() || "/\"'?,".contains(c)).unwrap_or(rest.len());
    let user = &rest[..rest[..end].rfind('@')?];
    let colon = user.find(':')?;
    let from = scheme + 3 + colon + 1;
    let secret = &user[colon + 1..];
    let first = line[..scheme].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let lead = line.get(first..from)?;
    is_literal(secret).then(|| Leak {
        name: "the URL",
        lead,
        value: start + from..start + from + secret.len(),
    })
}

/// The word before a `:` or `=`, and where it begins; without the dashes and the `-D` of an option.
fn key(before: &str) -> (usize, &str) {
    let before = before.trim_end().trim_end_matches(['"', '\'']);
    let part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let word = before.char_indices().rev().take_while(|(_, c)| part(*c)).last();
    let word = word.map_or("", |(at, _)| &before[at..]);
    let bare = word.strip_prefix("-D").unwrap_or(word).trim_start_matches('-');
    (before.len() - bare.len(), bare)
}

/// Where the value behind a separator stands, without quotes.
fn value(line: &str, from: usize, key_at: usize) -> Option<Range<usize>> {
    let rest = &line[from..];
    let start = from + rest.len() - rest.trim_start().len();
    let rest = line[start..].trim_end();
    let first = rest.chars().next()?;
    if let '"' | '\'' = first {
        let end = rest[1..].find(first).unwrap_or(rest.len() - 1);
        return Some(start + 1..start + 1 + end);
    }
    let in_query = line[..key_at].ends_with(['?', '&']);
    let ends = |c: char| c.is_whitespace() || ",}]\"'".contains(c) || (in_query && c == '&');
    let length = rest.find(ends).unwrap_or(rest.len());
    Some(start..start + length)
}

/// Do more words follow, as in a sentence?
fn is_prose(behind: &str) -> bool {
    behind.starts_with(' ') && behind.trim_start().starts_with(char::is_alphanumeric)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        in_text(text).iter().map(|leak| leak.name).collect()
    }

    #[test]
    fn secrets_are_found_where_they_stand() {
        for (text, wanted) in [
            ("spring.datasource.password=hunter2", vec!["spring.datasource.password"]),
            ("spring:\n  redis:\n    password: 123456\n", vec!["password"]),
            ("{\"encrypt\":\"Qy3w6MjoXVOM=\", \"encrypt_verify_incoming\": true}", vec!["encrypt"]),
            ("\"tokens\": {\"agent\": \"01234567-89ab-cdef-0123-456789abcdef\"}", vec!["agent"]),
            ("\"tokens\": {\"agent\": \"xxxx-xx-xx-xx-xxxx\"}", vec![]),
            ("requirepass \"hunter2\"\nmasterauth hunter2\nport 6379", vec!["requirepass", "masterauth"]),
            ("sentinel auth-pass tea hunter2", vec!["sentinel auth-pass"]),
            ("tls-key-file-pass hunter2", vec!["tls-key-file-pass"]),
            ("--requirepass hunter2 --port 1", vec!["requirepass"]),
            ("--a 1 --password 'hunter2'", vec!["password"]),
            ("--password is asked for, --password=$(X), --password $(X), --password-file x", vec![]),
            ("url: jdbc:mysql://h:3306/x?user=a&password=b&c=d", vec!["password"]),
            ("redis://:hunter2@host:6379", vec!["the URL"]),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", vec!["PRIVATE KEY"]),
            ("-----BEGIN CERTIFICATE-----", vec![]),
            ("password: ${DB_PASSWORD}\npassword=$(P)\npassword: ENC(x)\npassword: '{{ x }}'", vec![]),
            ("password: <yours>\npassword: ***\npassword:\n# password: x\npassword: ''", vec![]),
            ("password.max-length=20\ntoken.expire.seconds=3600\nmax-token: 100\nsecretName: a", vec![]),
            (
                "jwt: {secret: \"${JWT_SECRET:abc}\"}\nThe token: a word of a sentence.\npassword: a # why",
                vec!["password"],
            ),
            ("#!/bin/sh\npassword=hunter2", vec![]),
            ("password: \"\"\ntls_secret: x\nexistingSecret: y\npassword-file: /run/x", vec![]),
        ] {
            assert_eq!(names(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_leak_knows_its_value_and_what_leads_to_it() {
        let text = "a: b\n  \"password\" : \"hunter2\",\n";
        let leak = in_text(text).remove(0);
        assert_eq!((&text[leak.value], leak.lead), ("hunter2", "\"password\" :"));
        let text = "x=redis://u:hunter2@h";
        let leak = in_text(text).remove(0);
        assert_eq!((&text[leak.value], leak.lead), ("hunter2", "redis://u:"));
    }
}
