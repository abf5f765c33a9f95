//! What a schema says of a single value: which words, how long, how many, how large.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use super::super::fault::{self, Fault};
use super::super::walk::Trail;
use super::schema::Schema;
use super::told;

/// The patterns that were asked for so far, so that each is read once. None where it cannot be read.
#[derive(Debug, Default)]
pub(super) struct Patterns(Mutex<BTreeMap<String, Option<Regex>>>);

impl Patterns {
    /// Does a text match? `None` when we cannot read the pattern.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.contains_key(pattern) {
            read.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        read.get(pattern)?.as_ref().map(|regex| regex.is_match(text))
    }
}

/// One of the words that are allowed.
pub(super) fn of_enum(value: &Value, schema: Schema<'_>, trail: Trail<'_>) -> Option<Fault> {
    let known = schema.get("enum")?.as_array()?;
    if known.iter().any(|known| same(known, value)) {
        return None;
    }
    let known: Vec<String> = known.iter().map(told::plain).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Some(fault::no_word(trail.path(), &told::plain(value), &known))
}

/// Equal, where `1` is `1.0`.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// How long a text is.
pub(super) fn of_text(text: &str, schema: Schema<'_>, trail: Trail<'_>) -> Option<Fault> {
    counted(text.chars().count(), "Length", "character", schema, trail)
}

/// How many items there are, and whether they differ where they must.
pub(super) fn of_list(items: &[Value], schema: Schema<'_>, trail: Trail<'_>) -> Vec<Fault> {
    let count = counted(items.len(), "Items", "item", schema, trail);
    count.into_iter().chain(twice(items, schema, trail)).collect()
}

/// Items of a set that are equal, or items of a map whose keys are.
fn twice(items: &[Value], schema: Schema<'_>, trail: Trail<'_>) -> Vec<Fault> {
    let keys: Vec<&str> = schema.texts("x-kubernetes-list-map-keys").collect();
    let identity = |item: &Value| match schema.text("x-kubernetes-list-type") {
        Some("set") => Some(item.to_string()),
        Some("map") if !keys.is_empty() => {
            let values: Vec<&Value> = keys.iter().filter_map(|key| item.get(key)).collect();
            (values.len() == keys.len()).then(|| values.iter().map(|value| format!("{value} ")).collect())
        }
        _ => None,
    };
    let mut seen = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(identity) = identity(item) else { continue };
        match seen.get(&identity) {
            Some(first) => faults.push(told::twice(&keys, *first, index, trail)),
            None => _ = seen.insert(identity, index),
        }
    }
    faults
}

/// How many keys there are.
pub(super) fn of_map(map: &Map<String, Value>, schema: Schema<'_>, trail: Trail<'_>) -> Option<Fault> {
    counted(map.len(), "Properties", "key", schema, trail)
}

/// `minItems` and `maxItems`, `minLength` and `maxLength`, …
fn counted(count: usize, what: &str, noun: &str, schema: Schema<'_>, trail: Trail<'_>) -> Option<Fault> {
    let bound = |side: &str| {
        let bound = schema.get(&format!("{side}{what}"))?.as_u64()?;
        usize::try_from(bound).ok()
    };
    if let Some(least) = bound("min").filter(|least| count < *least) {
        return Some(told::too_few(count, least, noun, trail));
    }
    bound("max").filter(|most| count > *most).map(|most| told::too_many(count, most, noun, trail))
}

/// How large a number is.
pub(super) fn of_number(number: &Number, schema: Schema<'_>, trail: Trail<'_>) -> Vec<Fault> {
    let Some(value) = number.as_f64() else { return Vec::new() };
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let low = bound("minimum").and_then(|least| match schema.says("exclusiveMinimum") {
        true => (value <= least).then_some(("more than", "minimum")),
        false => (value < least).then_some(("at least", "minimum")),
    });
    let high = bound("maximum").and_then(|most| match schema.says("exclusiveMaximum") {
        true => (value >= most).then_some(("less than", "maximum")),
        false => (value > most).then_some(("at most", "maximum")),
    });
    let odd = bound("multipleOf").filter(|of| *of > 0.0 && !is_whole(value / of));
    let odd = odd.map(|_| ("a multiple of", "multipleOf"));
    let limit = |keyword| schema.get(keyword).map(told::plain).unwrap_or_default();
    let broken = [low, high, odd].into_iter().flatten();
    broken.map(|(word, keyword)| told::out_of_bounds(number, word, &limit(keyword), trail)).collect()
}

/// Is it a whole number, but for what floats lose: `0.3 / 0.1`?
fn is_whole(quotient: f64) -> bool {
    (quotient - quotient.round()).abs() <= f64::EPSILON * quotient.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_whole_within_what_floats_can_tell() {
        for (value, of, wanted) in
            [(6.0, 2.0, true), (0.3, 0.1, true), (1.1, 0.1, true), (7.0, 2.0, false), (0.35, 0.1, false)]
        {
            assert_eq!(is_whole(value / of), wanted, "{value} / {of}");
        }
    }
}
