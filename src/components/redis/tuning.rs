//! The lines of redis.conf that follow from memory and mode, and those that the user adds.

use indexmap::IndexMap;

use super::super::Instance;
use super::{Mode, Redis};

const MEBIBYTE: u64 = 1 << 20;

/// What `maxmemory` is set to: a fork copies pages, and buffers come on top, so 30 % stay free.
pub(super) fn max_memory(me: &Instance<Redis>) -> String {
    let derived = me.common.resources.memory.whole() / 10 * 7 / MEBIBYTE * MEBIBYTE;
    let bytes = me.max_memory.as_ref().map_or(derived, |asked| asked.whole());
    if bytes > 0 && bytes.is_multiple_of(MEBIBYTE) {
        format!("{}mb", bytes / MEBIBYTE)
    } else {
        bytes.to_string()
    }
}

/// Directives that take several arguments, which are written as in redis.conf; all others take one, whatever is in it.
///
/// Source: config.c of Redis 6.2 to 8.0 and of Valkey 9.
const SEVERAL: &[&str] = &[
    "bind",
    "client-output-buffer-limit",
    "latency-tracking-info-percentiles",
    "loadmodule",
    "oom-score-adj-values",
    "rename-command",
    "save",
    "shutdown-on-sigint",
    "shutdown-on-sigterm",
    "user",
];

/// Lines that a user may replace, and the user's own: the arguments of each directive.
pub(super) fn lines(me: &Instance<Redis>) -> IndexMap<String, Vec<String>> {
    let mut lines = IndexMap::new();
    let mut line = |name: &str, value: String| lines.insert(name.to_owned(), value);
    match me.storage {
        Some(_) => line("appendonly", "yes".to_owned()),
        None => {
            line("appendonly", "no".to_owned());
            // Nothing would read the snapshots.
            line("save", String::new())
        }
    };
    if me.mode != Mode::Standalone {
        line("client-output-buffer-limit", replica_buffer(me.common.resources.memory.mebibytes()));
    }
    for (name, value) in &me.config {
        lines.insert(name.to_lowercase(), value.to_string());
    }
    let arguments = |name: &str, value: &str| arguments(name, value).unwrap_or_default();
    lines.iter().map(|(name, value)| (name.clone(), arguments(name, value))).collect()
}

/// The arguments that a value stands for; none where its quotes do not match.
pub(super) fn arguments(name: &str, value: &str) -> Option<Vec<String>> {
    if value.is_empty() || !SEVERAL.contains(&name) {
        return Some(vec![value.to_owned()]);
    }
    let mut found = Vec::new();
    let mut rest = value.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        let (word, behind) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(&rest[1..], quote)?,
            _ => {
                let (word, behind) = rest.split_at(rest.find(BLANKS).unwrap_or(rest.len()));
                (!word.contains(['"', '\''])).then(|| (word.to_owned(), behind))?
            }
        };
        found.push(word);
        let next = behind.trim_start_matches(BLANKS);
        if next.len() == behind.len() && !next.is_empty() {
            return None;
        }
        rest = next;
    }
    Some(found)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// A word up to the quote that closes it, and what stands behind that. A backslash keeps a quote, or itself.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            _ if sign == quote => return Some((word, &text[at + 1..])),
            '\\' => {
                let (_, next) = signs.next()?;
                // Others than these mean something else in redis.conf, and differ from quote to quote.
                (next == quote || next == '\\').then(|| word.push(next))?;
            }
            _ => word.push(sign),
        }
    }
    None
}

/// What a replica may be behind before it is cut off: 256 MB by default, beside `maxmemory`. That would fill a small
/// container, so it is at most half of what `maxmemory` leaves free.
fn replica_buffer(memory: u64) -> String {
    let hard = (memory * 15 / 100).clamp(1, 256);
    format!("replica {hard}mb {}mb 60", (hard / 4).max(1))
}

#[cfg(test)]
mod tests {
    use super::{arguments, replica_buffer};

    #[test]
    fn one_argument_is_taken_as_it_is_and_several_as_redis_conf_has_them() {
        let words = |name, value| arguments(name, value).map(|words| words.join("|"));
        for (name, value, wanted) in [
            ("proc-title-template", "{title} \"x\"", Some("{title} \"x\"")),
            ("save", "", Some("")),
            ("save", "\"\"", Some("")),
            ("save", "900 1  300 10", Some("900|1|300|10")),
            ("rename-command", r#"CONFIG "a \"b" 'c'"#, Some("CONFIG|a \"b|c")),
            ("rename-command", "CONFIG \"", None),
            ("rename-command", "CONFIG \"a\"b", None),
            ("rename-command", "CONFIG a\"b", None),
            ("rename-command", r#"CONFIG "\n""#, None),
        ] {
            assert_eq!(words(name, value).as_deref(), wanted, "{name} {value}");
        }
    }

    #[test]
    fn replica_buffers_fit_their_container() {
        for (memory, wanted) in
            [(0, "replica 1mb 1mb 60"), (512, "replica 76mb 19mb 60"), (8192, "replica 256mb 64mb 60")]
        {
            assert_eq!(replica_buffer(memory), wanted, "{memory}");
        }
    }
}
