//! What is wrong with an object, in words.

use serde_json::Value;

use super::minor::{Minor, Minors};
use super::scalar;
use super::table::{Definition, Entry, Field, Shape, Table};
use crate::diagnostic::{Path, Step};
use crate::words;

/// One thing that an API server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: `spec.template.spec.containers[0].prot`; the root for the object as a whole.
    pub path: Path,
    /// What is wrong: one phrase that names the path.
    pub title: String,
    /// What to write instead, when that is known.
    pub help: Option<String>,
    /// Does only the server know it? The OpenAPI documents leave open what `values.txt` says.
    pub beyond_openapi: bool,
}

impl Fault {
    pub(super) fn new(path: Path, title: String) -> Self {
        Self { path, title, help: None, beyond_openapi: false }
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

pub(super) fn unknown_field(path: Path, key: &str, fields: &[Field], minor: Minor, table: &Table) -> Fault {
    let elsewhere = fields.iter().filter(|field| field.name == key);
    let elsewhere = elsewhere.fold(Minors::NONE, |minors, field| minors.or(field.known));
    if !elsewhere.is_none() {
        let title = format!("Kubernetes {minor} has no field `{path}`");
        return Fault::new(path, title).maybe_help(Some(format!("it exists {}", elsewhere.told())));
    }
    no_field(path, key, Known { fields, minor, table })
}

/// What may stand in a map, for one who looks for a misspelt field.
pub(super) trait Fields<'a>: Copy {
    /// The names, in their order.
    fn names(self) -> Vec<&'a str>;
    /// Those that are maps with fields themselves.
    fn inner(self) -> Vec<(&'a str, Self)>;
}

/// The fields of a definition in one minor.
#[derive(Clone, Copy)]
struct Known<'t> {
    fields: &'t [Field],
    minor: Minor,
    table: &'t Table,
}

impl<'t> Fields<'t> for Known<'t> {
    fn names(self) -> Vec<&'t str> {
        self.fields.iter().filter(|field| field.known.has(self.minor)).map(|field| field.name).collect()
    }

    fn inner(self) -> Vec<(&'t str, Self)> {
        let known = self.fields.iter().filter(|field| field.known.has(self.minor));
        known
            .filter_map(|field| match field.shape {
                Shape::Defined(index) => match self.table.definition(index) {
                    Definition::Fields(fields) => Some((field.name, Self { fields, ..self })),
                    Definition::Words(_) => None,
                },
                _ => None,
            })
            .collect()
    }
}

/// A field that nobody knows, with the one that was most likely meant.
pub(super) fn no_field<'a>(path: Path, key: &str, fields: impl Fields<'a>) -> Fault {
    let names = fields.names();
    let near = words::closest(key, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let inside = |depth| Some(format!("`{key}` is a field of `{}`", below(key, fields, depth)?));
    let all = || match names.len() {
        0 => Some("no fields are allowed here".to_owned()),
        1..=8 => Some(format!("the fields here are {}", words::listed(&names))),
        _ => None,
    };
    let title = format!("unknown field `{path}`");
    Fault::new(path, title).maybe_help(near.or_else(|| inside(1)).or_else(all).or_else(|| inside(3)))
}

/// Where a field stands that was written too high: `template.spec`, at most `depth` steps below, the nearest first.
fn below<'a>(key: &str, fields: impl Fields<'a>, depth: u8) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let inner = fields.inner();
    if let Some((holder, _)) = inner.iter().find(|(_, fields)| fields.names().contains(&key)) {
        return Some((*holder).to_owned());
    }
    inner.into_iter().find_map(|(holder, fields)| Some(format!("{holder}.{}", below(key, fields, depth)?)))
}

/// `null` says that the field is there, with nothing in it.
pub(super) fn missing(path: Path, null: bool) -> Fault {
    let title = if null { format!("`{path}` must not be null") } else { format!("`{path}` is missing") };
    Fault::new(path, title)
}

/// A null in a list or a map, where it stands for no value at all.
pub(super) fn null(path: Path, shape: &Shape) -> Fault {
    let title = format!("`{path}` must be {}, not null", wanted(shape));
    Fault::new(path, title)
}

pub(super) fn wrong_shape(path: Path, shape: &Shape, value: &Value) -> Fault {
    let help = if is_secret(&path) { secret_instead(shape, value) } else { instead(shape, value) };
    let title = format!("`{path}` must be {}, not {}", wanted(shape), found(&path, value));
    Fault::new(path, title).maybe_help(help)
}

/// What is below `data` may be a secret, whatever it is.
fn is_secret(path: &Path) -> bool {
    matches!(path.steps().first(), Some(Step::Key(key)) if key == "data" || key == "stringData")
}

/// What stands there, as far as it may be told.
pub(super) fn found(path: &Path, value: &Value) -> String {
    if is_secret(path) { type_of(value).to_owned() } else { told(value) }
}

fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text",
        Shape::Exactly(wanted) => return format!("`{wanted}`"),
        Shape::Bool => "true or false",
        Shape::Int32 | Shape::Int64 => "a whole number",
        Shape::Number => "a number",
        Shape::Base64 => "base64 text",
        Shape::Time => "a time such as `2026-01-31T08:00:00Z`",
        Shape::Quantity => "a quantity such as `500m` or `2Gi`",
        Shape::IntOrText => "a whole number or text",
        Shape::Open | Shape::Map(_) | Shape::Defined(_) => "a map",
        Shape::List(_) => "a list",
        Shape::Anything => "anything",
    }
    .to_owned()
}

fn told(value: &Value) -> String {
    match value {
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        _ => type_of(value).to_owned(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "plain text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn secret_instead(shape: &Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (Shape::Text, Value::Number(_) | Value::Bool(_)) => Some("put it in quotes".to_owned()),
        (Shape::Base64, _) => Some("plain text belongs in `stringData`".to_owned()),
        _ => None,
    }
}

fn instead(shape: &Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (Shape::Text, Value::Number(_) | Value::Bool(_)) => Some(format!("put it in quotes: \"{value}\"")),
        (Shape::Bool, Value::String(text)) => {
            let plain = matches!(text.as_str(), "true" | "false");
            plain.then(|| format!("write {text} without quotes"))
        }
        (Shape::Int32 | Shape::Int64, Value::String(text)) => {
            text.parse::<i64>().ok().map(|_| format!("write {text} without quotes"))
        }
        (Shape::Int32 | Shape::IntOrText, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Some("it must fit in 32 bits".to_owned())
        }
        // Only custom resources are that strict.
        (Shape::Quantity, Value::Number(_)) => Some(format!("put it in quotes: \"{value}\"")),
        (Shape::Quantity, Value::String(text)) => {
            scalar::nearest_quantity(text).map(|near| format!("did you mean `{near}`?"))
        }
        (Shape::List(_), _) if !value.is_null() => Some("begin each item with `- `".to_owned()),
        _ => None,
    }
}

pub(super) fn unknown_word(path: Path, word: &str, known: &[(&str, Minors)], minor: Minor) -> Fault {
    if let Some((_, minors)) = known.iter().find(|(known, _)| *known == word) {
        let title = format!("Kubernetes {minor} does not support `{path}: {word}`");
        return Fault::new(path, title).maybe_help(Some(format!("it exists {}", minors.told())));
    }
    let known: Vec<&str> =
        known.iter().filter(|(_, minors)| minors.has(minor)).map(|(word, _)| *word).collect();
    no_word(path, word, &known)
}

/// A word that nobody knows, with the one that was most likely meant.
pub(super) fn no_word(path: Path, word: &str, known: &[&str]) -> Fault {
    let near = words::closest(word, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let title = if known.len() <= 12 {
        let not = if word.is_empty() { "empty".to_owned() } else { format!("`{word}`") };
        format!("`{path}` must be {}, not {not}", words::listed(known))
    } else {
        format!("`{path}` cannot be `{word}`")
    };
    Fault::new(path, title).maybe_help(near)
}

/// The object says no apiVersion, or not as text.
pub(super) fn no_api_version(kind: &str, found: Option<&Value>, minor: Minor, table: &Table) -> Fault {
    let known = versions(kind, minor, table);
    let help = (!known.is_empty()).then(|| format!("`{kind}` is {}", words::listed(known)));
    let title = match found {
        Some(value) => format!("`apiVersion` must be text, not {}", told(value)),
        None => "`apiVersion` is missing".to_owned(),
    };
    Fault::new(Path::root().key("apiVersion"), title).maybe_help(help)
}

/// A kind that other minors have.
pub(super) fn other_minor(api: &str, kind: &str, entry: &Entry, minor: Minor, table: &Table) -> Fault {
    let here = versions(kind, minor, table);
    let mut help = format!("it exists {}", entry.minors.told());
    if !here.is_empty() {
        help.push_str(&format!("; in {minor} it is {}", words::listed(here)));
    }
    let title = format!("Kubernetes {minor} has no `{api}` {kind}");
    Fault::new(Path::root().key("apiVersion"), title).maybe_help(Some(help))
}

/// An apiVersion or a kind that no minor has.
pub(super) fn unknown_kind(api: &str, kind: &str, minor: Minor, table: &Table) -> Fault {
    let here = versions(kind, minor, table);
    if !here.is_empty() {
        let title = format!("Kubernetes {minor} has no `{api}` {kind}");
        let help = format!("`{kind}` is {}", words::listed(here));
        return Fault::new(Path::root().key("apiVersion"), title).maybe_help(Some(help));
    }
    let kinds = table.kinds().filter(|(_, _, entry)| entry.minors.has(minor) && !entry.custom);
    let near =
        words::closest(kind, kinds.map(|(_, kind, _)| kind)).map(|near| format!("did you mean `{near}`?"));
    let title = format!("Kubernetes {minor} has no kind `{kind}` in `{api}`");
    Fault::new(Path::root().key("kind"), title).maybe_help(near)
}

/// The API versions that a minor has of a kind, stable ones first.
fn versions<'t>(kind: &str, minor: Minor, table: &'t Table) -> Vec<&'t str> {
    let mut known: Vec<&str> = table
        .kinds()
        .filter(|(_, name, entry)| *name == kind && entry.minors.has(minor))
        .map(|(api, _, _)| api)
        .collect();
    known.sort_by_key(|api| stability(api));
    known
}

/// A key that sorts stable versions first.
pub(super) fn stability(api: &str) -> (bool, bool, &str) {
    (api.contains("alpha"), api.contains("beta"), api)
}

/// A version that the kind's CustomResourceDefinition does not serve.
pub(super) fn not_served(api: &str, kind: &str, served: &[String]) -> Fault {
    let title = format!("the CustomResourceDefinition of `{kind}` does not serve `{api}`");
    let help = match served {
        [] => "it serves no version".to_owned(),
        served => format!("`{kind}` is {}", words::listed(served)),
    };
    Fault::new(Path::root().key("apiVersion"), title).maybe_help(Some(help))
}

/// A kind that we have no schema of, and a kind that we have one of and that may be meant.
pub(super) fn unproven(api: &str, kind: &str, near: Option<&str>) -> Fault {
    let title = format!("the fields of `{api}` {kind} are not known");
    Fault::new(Path::root().key("kind"), title).maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}
