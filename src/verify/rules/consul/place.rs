//! Where a setting of an agent is written: a key of a JSON file, a variable, a flag.

use serde_json::Value;

use crate::secrets;
use crate::verify::pods::{Container, File, Pod, Text, Var};
use crate::verify::{Finding, Set};

/// Where a setting is written.
#[derive(Clone, Debug)]
pub(super) enum Place<'a, 's> {
    /// A config file from a ConfigMap or Secret.
    File(&'s File<'a>),
    /// A variable.
    Var(&'s Var<'a>),
    /// A field of the container, and the word of its text.
    Own(String, Option<String>),
}

impl Place<'_, '_> {
    /// Does it come from a Secret?
    pub(super) fn is_secret(&self) -> bool {
        match self {
            Self::File(file) => !matches!(file.text, Text::Plain(_)),
            Self::Var(var) => !matches!(var.value, Text::Plain(_)),
            Self::Own(..) => false,
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(file) => format!("`{}`", file.name()),
            Self::Var(var) => format!("`{}`", var.name),
            Self::Own(..) => "it".to_owned(),
        }
    }

    /// A line of its text, by its number from 1, when anybody may see it and no other line says the same.
    pub(super) fn line(&self, number: usize) -> Option<&str> {
        let text = match self {
            Self::File(file) => file.plain()?,
            Self::Var(var) => var.value.plain()?,
            Self::Own(..) => return None,
        };
        let line = text.lines().nth(number.checked_sub(1)?)?.trim();
        (!line.is_empty() && text.matches(line).count() == 1).then_some(line)
    }
}

/// A finding at the setting `key`; at the whole text for none.
pub(super) fn finding<'a>(
    container: &Container<'a>,
    place: &Place<'a, '_>,
    key: &str,
    title: String,
) -> Finding<'a> {
    let (finding, text) = match place {
        Place::File(file) => (file.finding(title), file.plain()),
        Place::Var(var) => (container.env.finding(var, title), var.value.plain()),
        Place::Own(field, word) => {
            let finding = container.finding(field, title);
            return match word {
                Some(word) => finding.word(word.as_str()),
                None => finding,
            };
        }
    };
    match text.and_then(|text| piece(text, key)) {
        Some(piece) => finding.word(piece),
        None => finding,
    }
}

/// Is all in the set that a volume of ConfigMaps and Secrets shows?
pub(super) fn is_seen(pod: &Pod<'_>, volume: &str, set: &Set<'_>) -> bool {
    let Some((_, volume)) = pod.volume(volume) else { return false };
    let projected = volume.pointer("/projected/sources").and_then(Value::as_array).into_iter().flatten();
    let named = std::iter::once(volume).chain(projected).flat_map(|source| {
        [("configMap", "ConfigMap"), ("secret", "Secret")].map(|(field, kind)| (source.get(field), kind))
    });
    named.filter_map(|(source, kind)| Some((source?, kind))).all(|(source, kind)| {
        let name = source.get("name").or_else(|| source.get("secretName")).and_then(Value::as_str);
        name.is_some_and(|name| set.find(kind, pod.namespace, name).is_some())
    })
}

/// The `"key": value` of a JSON text that the dotted name leads to; only the key when the value is a secret, or no scalar.
fn piece<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    if key.is_empty() {
        return None;
    }
    let mut from = 0;
    let mut found = None;
    for step in key.split('.') {
        let quoted = format!("\"{step}\"");
        let at = text[from..]
            .match_indices(&quoted)
            .map(|(at, _)| from + at)
            .find(|at| text[at + quoted.len()..].trim_start().starts_with(':'))?;
        from = at + quoted.len();
        found = Some((at, from));
    }
    let (start, end) = found?;
    let secret = key.ends_with("encrypt") || key.split('.').any(secrets::is_suspicious);
    let length = if secret { None } else { scalar(&text[end..]) };
    text.get(start..end + length.unwrap_or(0))
}

/// How long `: value` is, when that is a scalar.
fn scalar(text: &str) -> Option<usize> {
    let colon = text.find(':')? + 1;
    let value = colon + text[colon..].len() - text[colon..].trim_start().len();
    let rest = &text[value..];
    let length = match rest.chars().next()? {
        '[' | '{' => return None,
        '"' => {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            end + 2
        }
        _ => rest.find([',', '}', ']', '\n']).unwrap_or(rest.len()),
    };
    Some(value + rest[..length].trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_below_their_parents_and_hide_secrets() {
        let text = r#"{"http": 1, "ports" : { "http":  8500 }, "bind_addr": "{{ GetInterfaceIP \"eth0\" }}",
            "encrypt": "abc=", "acl": {"tokens": {"default": "x"}}, "retry_join": ["a"]}"#;
        for (key, wanted) in [
            ("ports.http", Some("\"http\":  8500")),
            ("bind_addr", Some("\"bind_addr\": \"{{ GetInterfaceIP \\\"eth0\\\" }}\"")),
            ("encrypt", Some("\"encrypt\"")),
            ("acl.tokens.default", Some("\"default\"")),
            ("retry_join", Some("\"retry_join\"")),
            ("none", None),
        ] {
            assert_eq!(piece(text, key), wanted, "{key}");
        }
    }
}
