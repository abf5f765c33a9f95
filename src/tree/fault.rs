//! The complaints about values that do not fit, shared by `de` (stops at the first) and `schema` (finds all).

use std::fmt;

use super::APPS;
use super::node::{Entry, Kind, Node};
use super::scalar::{self, Meaning};
use crate::diagnostic::{Diagnostic, Path, Step};
use crate::source::Place;
use crate::words::{closest, listed};

/// What is wrong with a value; where it is, is said by `at`.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// A key that means nothing here.
    UnknownKey { key: String, known: Vec<String> },
    /// A key that must be there.
    MissingKey(String),
    /// A value of another type.
    Mismatch { wanted: String, found: &'static str, help: Option<String> },
    /// A word that is not one of the list.
    UnknownValue { value: String, known: Vec<String> },
    /// A number outside of its limits.
    OutOfRange { min: Option<i128>, max: Option<i128> },
    /// What a type says for itself.
    Custom(String),
}

/// What a reader asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Text,
    Int,
    Number,
    Bool,
    Scalar,
    List,
    Map,
    Null,
    OneOf(Vec<String>),
    Other(String),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::Int => "an integer",
            Self::Number => "a number",
            Self::Bool => "`true` or `false`",
            Self::Scalar => "a string, a number or a boolean",
            Self::List => "a list",
            Self::Map => "a mapping",
            Self::Null => "null",
            Self::OneOf(known) => return f.write_str(&listed(known)),
            Self::Other(text) => text,
        })
    }
}

impl Fault {
    /// A value of another type than wanted.
    pub(crate) fn mismatch(wanted: &Wanted, node: &Node) -> Self {
        Self::Mismatch { wanted: wanted.to_string(), found: found(node), help: help(wanted, node) }
    }

    /// A mapping that must have exactly one key, the name of a variant.
    pub(crate) fn one_key<S: AsRef<str>>(known: &[S]) -> Self {
        Self::Custom(format!("exactly one key is allowed: {}", listed(known)))
    }

    /// The complaint about the value at `path`.
    pub(crate) fn at(self, path: &Path, place: Place) -> Diagnostic {
        match self {
            Self::UnknownKey { key, known } => unknown_key(path, &key, &known),
            Self::MissingKey(key) => missing_key(path, &key),
            Self::Mismatch { wanted, found, help } => {
                Diagnostic::error("wrong-type", format!("{} must be {wanted}, found {found}", called(path)))
                    .maybe_help(help)
            }
            Self::UnknownValue { value, known } => unknown_value(path, &value, &known),
            Self::OutOfRange { min, max } => out_of_range(path, min, max),
            Self::Custom(message) => Diagnostic::error("bad-value", format!("{}: {message}", called(path))),
        }
        .at(place)
    }
}

fn called(path: &Path) -> String {
    if path.steps().is_empty() { "the text".to_owned() } else { format!("`{path}`") }
}

fn unknown_key(path: &Path, key: &str, known: &[String]) -> Diagnostic {
    let whole = path.steps().is_empty();
    let title =
        if whole { format!("unknown key `{key}`") } else { format!("unknown key `{key}` in `{path}`") };
    let because = match known {
        [] => "no keys are allowed here".to_owned(),
        [one] => format!("the only key here is `{one}`"),
        all if all.len() <= MANY => format!("the keys here are {}", ticked(all)),
        all => nearest(path, key, all),
    };
    let complaint = Diagnostic::error("unknown-key", title).label("unknown key").because(because);
    complaint.maybe_help(meant(key, known))
}

/// A longer list of keys is not read: the nearest few are named, and where the others are found.
const MANY: usize = 16;
const FEW: usize = 6;

fn nearest(path: &Path, key: &str, known: &[String]) -> String {
    let mut near: Vec<&String> = known.iter().collect();
    near.sort_by_cached_key(|known| strsim::damerau_levenshtein(key, known));
    let (few, others) = near.split_at(FEW);
    let (few, more) = (ticked(few), others.len());
    format!("the nearest keys here are {few}; {more} more: `{}`", explaining(path))
}

fn ticked(keys: &[impl fmt::Display]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    keys.join(", ")
}

/// The command that says more, without the names that users choose for profiles, components and apps.
fn explaining(path: &Path) -> String {
    let mut keys: Vec<&str> = Vec::new();
    for step in path.steps() {
        if let Step::Key(key) = step {
            keys.push(key);
        }
    }
    if keys.first() == Some(&"profiles") {
        keys.drain(..keys.len().min(2));
    }
    if let Some(first) = keys.first_mut() {
        *first = first.split('/').next().unwrap_or_default();
    }
    if keys.first() == Some(&APPS) && keys.len() > 1 {
        keys.remove(1);
    }
    ["stackgen explain", &keys.join(".")].join(" ").trim_end().to_owned()
}

fn missing_key(path: &Path, key: &str) -> Diagnostic {
    let whole = path.steps().is_empty();
    let title =
        if whole { format!("missing key `{key}`") } else { format!("missing key `{key}` in `{path}`") };
    Diagnostic::error("missing-key", title).help(format!("add `{key}:`"))
}

fn unknown_value(path: &Path, value: &str, known: &[String]) -> Diagnostic {
    let Some(meant) = meant(value, known) else {
        // A value that resembles none of the words is not repeated: it may be a secret in the wrong place.
        let title = format!("{} must be {}", called(path), listed(known));
        return Diagnostic::error("unknown-value", title);
    };
    Diagnostic::error("unknown-value", format!("{} cannot be `{value}`", called(path)))
        .because(format!("it can be {}", listed(known)))
        .help(meant)
}

/// Asks whether the closest of the known words was meant, when one is close.
pub(crate) fn meant(word: &str, known: &[String]) -> Option<String> {
    closest(word, known.iter().map(String::as_str)).map(|known| format!("did you mean `{known}`?"))
}

fn out_of_range(path: &Path, min: Option<i128>, max: Option<i128>) -> Diagnostic {
    let limits = match (min, max) {
        (Some(min), Some(max)) => format!("between {min} and {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "a smaller number".to_owned(),
    };
    Diagnostic::error("bad-value", format!("{} must be {limits}", called(path)))
}

/// What a value is, to the person who wrote it.
pub(crate) fn found(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Scalar { text, plain: true } if scalar::is_ambiguous_octal(text) => "ambiguous number",
        Kind::Scalar { text, plain: true } => match scalar::meaning(text) {
            Meaning::Bool(_) => "boolean",
            Meaning::Int(_) => "integer",
            Meaning::Float(_) => "number",
            Meaning::Text if scalar::is_number_to_someone(text) => "number",
            Meaning::Text => "string",
        },
        Kind::Scalar { plain: false, .. } => "string",
        _ => node.noun(),
    }
}

fn help(wanted: &Wanted, node: &Node) -> Option<String> {
    let Kind::Scalar { text, plain } = &node.kind else {
        // `{a, b}`, which is a list to Helm.
        if let (Wanted::List, Kind::Map(map)) = (wanted, &node.kind)
            && map.values().all(|entry| matches!(entry.value.kind, Kind::Null))
        {
            return Some("write a list: `[one, other]`".to_owned());
        }
        return matches!(node.kind, Kind::Null).then(|| "write a value, or remove the key".to_owned());
    };
    match wanted {
        Wanted::Text if *plain => Some(format!("write it in quotes: {}", quoted(text))),
        Wanted::Bool if *plain => scalar::old_bool(text).map(|meant| format!("write `{meant}`")),
        Wanted::Bool if matches!(text.as_str(), "true" | "false") => {
            Some(format!("write `{text}` without quotes"))
        }
        Wanted::Int | Wanted::Number if *plain => number_help(text),
        Wanted::Int if matches!(scalar::meaning(text), Meaning::Int(_)) => {
            Some(format!("write `{text}` without quotes"))
        }
        Wanted::Number if matches!(scalar::meaning(text), Meaning::Int(_) | Meaning::Float(_)) => {
            Some(format!("write `{text}` without quotes"))
        }
        Wanted::List => Some("write a list: `[one, other]`".to_owned()),
        _ => None,
    }
}

fn number_help(text: &str) -> Option<String> {
    if scalar::is_ambiguous_octal(text) {
        return Some(octal_help(text));
    }
    let bare = text.replace('_', "");
    (bare != text && scalar::is_number_to_someone(&bare)).then(|| format!("write `{bare}`"))
}

/// Both readings of `0644`.
pub(crate) fn octal_help(text: &str) -> String {
    let digits = text.trim_start_matches(['+', '-', '0']);
    let digits = if digits.is_empty() { "0" } else { digits };
    if digits.contains(['8', '9']) {
        format!("write `{digits}`")
    } else {
        format!("write `{digits}`, or `0o{digits}` if it is octal")
    }
}

/// A text in the quotes that need the fewest escapes.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

/// Where to point for what a key leads to: a scalar is shown itself, a longer value by its key.
pub(crate) fn shown(entry: &Entry) -> Place {
    if matches!(entry.value.kind, Kind::Scalar { .. }) { entry.value.place } else { entry.key }
}

/// Where to point for a whole value: a list or mapping is shown by its first line only.
pub(crate) fn head(node: &Node) -> Place {
    match &node.kind {
        Kind::Map(map) => map.first().map_or(node.place, |(_, first)| first.key),
        Kind::Seq(items) => items.first().map_or(node.place, head),
        _ => node.place,
    }
}
