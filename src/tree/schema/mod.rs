//! All complaints about a node at once: a walk along the JSON schema of the settings.
//!
//! Called only after `de` refused, which stops at the first. Says the same things in the same words.

mod choice;

use schemars::Schema;
use serde_json::Value;

use super::fault::{self, Fault, Wanted};
use super::node::{Entry, Kind, Map, Node};
use super::scalar::{self, Meaning};
pub use super::subschema::{field_at, key_at, keys_at};
use super::subschema::{properties, property, resolved, types, words};
use crate::diagnostic::{Diagnostic, Path};
use crate::source::Place;
use crate::words::{closest, listed};

/// The types of `Scalar`.
const SCALAR: [&str; 3] = ["string", "number", "boolean"];

/// Everything in `node` that does not fit `schema`; `path` says how the node is called.
pub fn complaints(node: &Node, schema: &Schema, path: &Path) -> Vec<Diagnostic> {
    let root = schema.as_value();
    Walk { root, is_layer: false }.check(root, &Spot { node, path, place: fault::head(node) })
}

/// Everything in one layer that does not fit `field`, a part of `schema`. What is missing may be in another layer, and
/// null stands for anything.
pub(crate) fn layer(
    node: &Node,
    schema: &Schema,
    field: &Value,
    (path, place): (&Path, Place),
) -> Vec<Diagnostic> {
    Walk { root: schema.as_value(), is_layer: true }.check(field, &Spot { node, path, place })
}

/// A node, how it is called and where to point for it as a whole.
struct Spot<'n> {
    node: &'n Node,
    path: &'n Path,
    place: Place,
}

impl Spot<'_> {
    fn refuse(&self, fault: Fault) -> Vec<Diagnostic> {
        vec![fault.at(self.path, self.place)]
    }

    fn mismatch(&self, wanted: &Wanted) -> Vec<Diagnostic> {
        self.refuse(Fault::mismatch(wanted, self.node))
    }
}

struct Walk<'s> {
    root: &'s Value,
    is_layer: bool,
}

impl<'s> Walk<'s> {
    fn check(&self, schema: &'s Value, spot: &Spot<'_>) -> Vec<Diagnostic> {
        if self.is_layer && matches!(spot.node.kind, Kind::Null) {
            return Vec::new();
        }
        let schema = resolved(self.root, schema);
        let mut found = self.check_itself(schema, spot);
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            found.extend(self.check(part, spot));
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(choices) = schema.get(word).and_then(Value::as_array) {
                found.extend(self.choose(choices, spot));
            }
        }
        found
    }

    fn check_itself(&self, schema: &'s Value, spot: &Spot<'_>) -> Vec<Diagnostic> {
        let (types, words) = (types(schema), words(schema));
        if !types.is_empty() && !fit(&types, spot.node) {
            let word = matches!(&spot.node.kind, Kind::Scalar { .. }) && !words.is_empty();
            return if word {
                self.unknown_word(&words, spot)
            } else {
                spot.mismatch(&wanted(&types, &words))
            };
        }
        match &spot.node.kind {
            Kind::Scalar { .. } if !words.is_empty() => self.unknown_word(&words, spot),
            Kind::Scalar { text, plain: true } => match (scalar::meaning(text), limits(schema)) {
                (Meaning::Int(number), Some((min, max))) if !within(number, min, max) => {
                    spot.refuse(Fault::OutOfRange { min, max })
                }
                _ => Vec::new(),
            },
            Kind::Seq(items) => self.items(schema, items, spot),
            Kind::Map(map) => self.entries(schema, map, spot),
            _ => Vec::new(),
        }
    }

    fn unknown_word(&self, words: &[&str], spot: &Spot<'_>) -> Vec<Diagnostic> {
        match spot.node.as_text() {
            Some(text) if !words.contains(&text) => {
                spot.refuse(Fault::UnknownValue { value: text.to_owned(), known: owned(words) })
            }
            _ => Vec::new(),
        }
    }

    fn items(&self, schema: &'s Value, items: &[Node], spot: &Spot<'_>) -> Vec<Diagnostic> {
        let fixed = schema.get("prefixItems").and_then(Value::as_array);
        let of = |index: usize| fixed.and_then(|fixed| fixed.get(index)).or(schema.get("items"));
        let check = |(index, item): (usize, &Node)| {
            let path = spot.path.index(index);
            of(index)
                .map(|schema| self.check(schema, &Spot { node: item, path: &path, place: fault::head(item) }))
        };
        items.iter().enumerate().filter_map(check).flatten().collect()
    }

    fn entries(&self, schema: &'s Value, map: &Map, spot: &Spot<'_>) -> Vec<Diagnostic> {
        let at_root = spot.path.steps().is_empty();
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        let (mut found, mut meant) = (Vec::new(), Vec::new());
        for (key, entry) in map {
            if let Some(schema) = property(schema, key, at_root) {
                found.extend(self.entry(schema, key, entry, spot));
            } else if closed {
                let near = closest(key, properties(schema));
                let below = if near.is_some() { Vec::new() } else { self.below(schema, key) };
                meant.extend(near);
                let known = properties(schema).map(str::to_owned).collect();
                let complaint = Fault::UnknownKey { key: key.clone(), known }.at(spot.path, entry.key);
                let few = (1..=2).contains(&below.len());
                found.push(complaint.maybe_help(few.then(|| format!("did you mean {}?", listed(below)))));
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        // What a misspelt key stands for is not missing too.
        let is_missing = |key: &&str| !self.is_layer && !map.contains_key(*key) && !meant.contains(key);
        let missing = required.filter_map(Value::as_str).filter(is_missing);
        found.extend(missing.flat_map(|key| spot.refuse(Fault::MissingKey(key.to_owned()))));
        found
    }

    /// Where below the keys here a key is known that is not known here: `storage.size`.
    fn below(&self, schema: &'s Value, key: &str) -> Vec<String> {
        let has = |name: &&str| {
            let field = schema.pointer(&format!("/properties/{name}"))?;
            let choices = ["anyOf", "oneOf"].iter().filter_map(|word| field.get(word)?.as_array()).flatten();
            let mut all = choices.chain([field]).map(|field| resolved(self.root, field));
            all.any(|field| properties(field).any(|known| known == key)).then_some(())
        };
        properties(schema).filter(|name| has(name).is_some()).map(|name| format!("{name}.{key}")).collect()
    }

    fn entry(&self, schema: &'s Value, key: &str, entry: &Entry, spot: &Spot<'_>) -> Vec<Diagnostic> {
        let path = spot.path.key(key);
        self.check(schema, &Spot { node: &entry.value, path: &path, place: fault::shown(entry) })
    }
}

/// Does a node fit one of several JSON types? `Scalar` asks for all that a scalar can be, and then any one fits.
fn fit(types: &[&str], node: &Node) -> bool {
    let scalar = matches!(node.kind, Kind::Scalar { .. }) && SCALAR.iter().all(|kind| types.contains(kind));
    scalar || types.iter().any(|kind| fits(kind, node))
}

/// Does a node fit a JSON type, as strictly as `de` sees it?
fn fits(kind: &str, node: &Node) -> bool {
    match (&node.kind, kind) {
        (Kind::Null, "null") | (Kind::Seq(_), "array") | (Kind::Map(_), "object") => true,
        (Kind::Scalar { .. }, "string") => node.string().is_some(),
        (Kind::Scalar { text, plain: true }, "boolean") => matches!(text.as_str(), "true" | "false"),
        (Kind::Scalar { text, plain: true }, _) if scalar::is_ambiguous_octal(text) => false,
        (Kind::Scalar { text, plain: true }, "integer") => matches!(scalar::meaning(text), Meaning::Int(_)),
        (Kind::Scalar { text, plain: true }, "number") => {
            matches!(scalar::meaning(text), Meaning::Int(_) | Meaning::Float(_))
        }
        _ => false,
    }
}

/// What is asked for, in words.
fn wanted(types: &[&str], words: &[&str]) -> Wanted {
    if !words.is_empty() {
        return Wanted::OneOf(owned(words));
    }
    let types: Vec<&str> = types.iter().copied().filter(|kind| *kind != "null").collect();
    match types.as_slice() {
        [] => Wanted::Null,
        all if all == SCALAR => Wanted::Scalar,
        [one] => wanted_one(one),
        more => {
            let nouns: Vec<String> = more.iter().map(|kind| wanted_one(kind).to_string()).collect();
            Wanted::Other(nouns.join(" or "))
        }
    }
}

fn wanted_one(kind: &str) -> Wanted {
    match kind {
        "string" => Wanted::Text,
        "integer" => Wanted::Int,
        "number" => Wanted::Number,
        "boolean" => Wanted::Bool,
        "array" => Wanted::List,
        "object" => Wanted::Map,
        other => Wanted::Other(listed([other])),
    }
}

type Limit = Option<i128>;

/// The limits of an integer, as written or by its format; the same ones that `de` tells.
fn limits(schema: &Value) -> Option<(Limit, Limit)> {
    if !types(schema).contains(&"integer") {
        return None;
    }
    let said = |word: &str| schema.get(word).and_then(Value::as_i64).map(i128::from);
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let (min, max) = match format {
        "int8" => (Some(i8::MIN.into()), Some(i8::MAX.into())),
        "int16" => (Some(i16::MIN.into()), Some(i16::MAX.into())),
        "int32" => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        "uint8" => (Some(0), Some(u8::MAX.into())),
        "uint16" => (Some(0), Some(u16::MAX.into())),
        "uint32" => (Some(0), Some(u32::MAX.into())),
        "uint64" | "uint" => (Some(0), None),
        _ => (None, None),
    };
    Some((said("minimum").or(min), said("maximum").or(max)))
}

fn within(number: i128, min: Limit, max: Limit) -> bool {
    min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
