//! Finding one's way in a schema that `schemars` made: what may stand at a path.

use schemars::Schema;
use serde_json::Value;

use crate::diagnostic::{Path, Step};

/// The subschema at a path, followed to where it is defined; nothing when the path leads nowhere.
pub fn key_at<'a>(schema: &'a Schema, path: &Path) -> Option<&'a Value> {
    let root = schema.as_value();
    field_at(schema, path).map(|found| resolved(root, found))
}

/// The subschema at a path as its parent mentions it: with the description of the field, not of its type.
pub fn field_at<'a>(schema: &'a Schema, path: &Path) -> Option<&'a Value> {
    let root = schema.as_value();
    let mut here = root;
    for (depth, step) in path.steps().iter().enumerate() {
        here = alternatives(root, here).into_iter().find_map(|one| match step {
            Step::Key(key) => property(one, key, depth == 0),
            Step::Index(_) => one.get("items"),
        })?;
    }
    Some(here)
}

/// The keys that are known at a path, in the order of the schema.
pub fn keys_at<'a>(schema: &'a Schema, path: &Path) -> Vec<&'a str> {
    let root = schema.as_value();
    let Some(here) = key_at(schema, path) else { return Vec::new() };
    let mut keys: Vec<&str> = Vec::new();
    for key in alternatives(root, here).into_iter().flat_map(properties) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The words of which a scalar at a path must be one; none where any other scalar may stand too.
pub(crate) fn words_at(schema: &Schema, path: &Path) -> Vec<String> {
    let Some(here) = key_at(schema, path) else { return Vec::new() };
    let mut found = Vec::new();
    for one in alternatives(schema.as_value(), here) {
        let open = types(one).iter().any(|kind| !matches!(*kind, "null" | "object" | "array"));
        match words(one) {
            none if none.is_empty() && open => return Vec::new(),
            words => found.extend(words.into_iter().map(str::to_owned)),
        }
    }
    found
}

/// Follows `$ref` to a definition.
pub(crate) fn resolved<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    // No type refers to itself by nothing but references; the limit is for schemas made by hand.
    for _ in 0..32 {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
        match target.and_then(|pointer| root.pointer(pointer)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// A schema, or what it says one must choose from; flattened.
pub(crate) fn alternatives<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let mut found = Vec::new();
    collect(root, schema, &mut found, 0);
    found
}

fn collect<'a>(root: &'a Value, schema: &'a Value, found: &mut Vec<&'a Value>, depth: usize) {
    let schema = resolved(root, schema);
    let choices: Vec<&Value> = choices(schema).collect();
    // A struct with a flattened enum has properties of its own beside the choice.
    if choices.is_empty() || schema.get("properties").is_some() {
        found.push(schema);
    }
    if depth < 8 {
        for choice in choices {
            collect(root, choice, found, depth + 1);
        }
    }
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten()
}

/// What stands behind a key. At the root `redis/session` is looked up as `redis`.
pub(crate) fn property<'a>(schema: &'a Value, key: &str, at_root: bool) -> Option<&'a Value> {
    let known = |key: &str| schema.get("properties")?.get(key);
    let word = key.split_once('/').filter(|_| at_root).and_then(|(word, _)| known(word));
    known(key).or(word).or_else(|| schema.get("additionalProperties").filter(|other| other.is_object()))
}

/// The names of the properties.
pub(crate) fn properties(schema: &Value) -> impl Iterator<Item = &str> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|all| all.keys().map(String::as_str))
}

/// `string`, `object` …; for constants what their values are.
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(more)) => more.iter().filter_map(Value::as_str).collect(),
        _ if !words(schema).is_empty() => vec!["string"],
        _ => Vec::new(),
    }
}

/// The words of an `enum` or `const`.
pub(crate) fn words(schema: &Value) -> Vec<&str> {
    let one = schema.get("const").into_iter();
    one.chain(schema.get("enum").and_then(Value::as_array).into_iter().flatten())
        .filter_map(Value::as_str)
        .collect()
}
