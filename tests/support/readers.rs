//! Readers of the formats that we draw, as small as they can be: what a server, a shell or a JVM would see.

use serde_json::{Value, json};

/// An object with all its files, scripts and options taken apart.
pub fn deep(object: &Value) -> Value {
    match object {
        Value::Object(map) => {
            // Where the whole is one variable, its name says who reads the value.
            let variable = map.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let entry = |(key, value): (&String, &Value)| {
                let read = match value {
                    Value::String(text) if key == "value" => option(&variable, text),
                    Value::String(text) => file(key, text),
                    value => deep(value),
                };
                (key.clone(), read)
            };
            map.iter().map(entry).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map_or_else(|| deep(item), inline)).collect()
        }
        other => other.clone(),
    }
}

fn option(variable: &str, text: &str) -> Value {
    match variable {
        "JAVA_TOOL_OPTIONS" => java(text),
        "JAVA_OPT_EXT" | "CGROUP_MEM_OPTS" => {
            text.split([' ', '\t', '\n']).filter(|word| !word.is_empty()).collect()
        }
        _ => text.into(),
    }
}

/// A script that stands among the arguments of a shell.
fn inline(text: &str) -> Value {
    if text.contains("\n") && (text.contains("set -eu") || text.contains("sleep ")) {
        shell(text)
    } else {
        text.into()
    }
}

fn file(name: &str, text: &str) -> Value {
    let config = [".properties", "zoo.cfg", "broker.conf"].iter().any(|ending| name.ends_with(ending));
    match name {
        _ if config => properties(text),
        _ if name.ends_with(".cnf") => cnf(text),
        "redis.conf" | "sentinel.conf" => redis(text),
        _ if name.ends_with(".sh") => shell(text),
        _ if name.ends_with(".json") => {
            serde_json::from_str(text).unwrap_or_else(|_| json!({ "broken": text }))
        }
        _ if name.ends_with(".yaml") || name.ends_with(".yml") => yaml(text),
        _ => text.into(),
    }
}

/// As SnakeYAML and Go read it, or the text of what is no YAML.
fn yaml(text: &str) -> Value {
    let read: Result<serde_yaml::Value, _> = serde_yaml::from_str(text);
    let read = read.ok().and_then(|read| serde_json::to_value(untagged(read)).ok());
    read.unwrap_or_else(|| json!({ "broken": text }))
}

/// The words of a script without its comments; the text where quotes do not match.
fn shell(text: &str) -> Value {
    shlex::split(text).map_or_else(|| json!({ "broken": text }), |words| json!(words))
}

/// As the JVM reads JAVA_TOOL_OPTIONS: blanks part options, quotes of either kind keep them, and nothing is escaped.
fn java(text: &str) -> Value {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for sign in text.chars() {
        match quote {
            Some(open) if sign == open => quote = None,
            Some(_) => word.get_or_insert_default().push(sign),
            None if sign == '"' || sign == '\'' => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            None if sign.is_ascii_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    json!(words)
}

/// As `java.util.Properties.load` reads them.
fn properties(text: &str) -> Value {
    let mut found = serde_json::Map::new();
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let end = line.find(['=', ':', ' ']).unwrap_or(line.len());
        let value = line[end..].trim_start_matches([' ', '\t']);
        let value = value.strip_prefix(['=', ':']).unwrap_or(value).trim_start_matches([' ', '\t', '\u{c}']);
        found.insert(line[..end].to_owned(), unescaped(value).into());
    }
    found.into()
}

fn unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        let read = match sign {
            '\\' => match signs.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = signs.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap());
                    continue;
                }
                Some(other) => other,
                None => continue,
            },
            other => other,
        };
        units.extend(read.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16(&units).unwrap()
}

/// As MySQL reads option files.
fn cnf(text: &str) -> Value {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(['[', '!']) {
            found.push(json!(line));
            continue;
        }
        let line = uncommented(line);
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let value = value.trim();
        let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        found.push(json!([name.trim(), escaped(inner.unwrap_or(value))]));
    }
    found.into()
}

fn uncommented(line: &str) -> &str {
    let (mut quote, mut escape) = (None, false);
    for (at, sign) in line.char_indices() {
        if (sign == '"' || sign == '\'') && !escape {
            quote = match quote {
                None => Some(sign),
                Some(open) if open == sign => None,
                other => other,
            };
        }
        if quote.is_none() && sign == '#' {
            return line[..at].trim_end();
        }
        escape = quote.is_some() && sign == '\\' && !escape;
    }
    line
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => match signs.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('b') => out.push('\u{8}'),
                Some('s') => out.push(' '),
                Some(other @ ('\\' | '"' | '\'')) => out.push(other),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}

/// As redis' `sdssplitargs` reads a line.
fn redis(text: &str) -> Value {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| arguments(line).map_or_else(|| json!({ "broken": line }), |words| json!(words)))
        .collect()
}

fn arguments(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut signs = line.chars().peekable();
    while signs.peek().is_some() {
        while signs.next_if(char::is_ascii_whitespace).is_some() {}
        let mut word = String::new();
        match signs.peek() {
            Some('"') => {
                signs.next();
                loop {
                    match signs.next()? {
                        '"' => break,
                        '\\' => match signs.next()? {
                            'n' => word.push('\n'),
                            'r' => word.push('\r'),
                            't' => word.push('\t'),
                            'x' => {
                                let digits: String = signs.by_ref().take(2).collect();
                                word.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
                            }
                            other => word.push(other),
                        },
                        other => word.push(other),
                    }
                }
                signs.peek().is_none_or(char::is_ascii_whitespace).then_some(())?;
            }
            Some(_) => {
                while let Some(sign) = signs.next_if(|sign| !sign.is_ascii_whitespace()) {
                    word.push(sign);
                }
            }
            None => break,
        }
        words.push(word);
    }
    Some(words)
}

/// Without tags, such as those of ShardingSphere's rules, which JSON does not have.
fn untagged(value: serde_yaml::Value) -> serde_yaml::Value {
    match value {
        serde_yaml::Value::Tagged(tagged) => untagged(tagged.value),
        serde_yaml::Value::Sequence(items) => items.into_iter().map(untagged).collect(),
        serde_yaml::Value::Mapping(map) => {
            serde_yaml::Value::Mapping(map.into_iter().map(|(key, value)| (key, untagged(value))).collect())
        }
        other => other,
    }
}
