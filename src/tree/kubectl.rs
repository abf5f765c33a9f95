//! Trees as kubectl reads them: YAML 1.1 as Go's reader has it, made into JSON.

use serde_json::{Map, Number, Value};

use super::node::{Kind, Node};
use super::scalar;

/// A whole document.
pub(crate) fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar { text, plain: false } => Value::String(text.clone()),
        Kind::Scalar { text, plain: true } => plain(text),
        Kind::Seq(items) => items.iter().map(value).collect(),
        Kind::Map(map) => map
            .iter()
            .map(|(key, entry)| (key.clone(), value(&entry.value)))
            .collect::<Map<String, Value>>()
            .into(),
    }
}

/// What a scalar without quotes is to it.
pub(crate) fn plain(text: &str) -> Value {
    let first = text.as_bytes().first().copied().unwrap_or_default();
    // Most scalars are words.
    if !(first.is_ascii_digit() || b"+-.~nNyYtTfFoO".contains(&first)) {
        return Value::String(text.to_owned());
    }
    if let Some(value) = scalar::go_bool(text) {
        return value.into();
    }
    match scalar::meaning(&text.replace('_', "")) {
        _ if scalar::is_null(text) => Value::Null,
        scalar::Meaning::Int(_) if scalar::is_ambiguous_octal(text) => {
            let digits = text.trim_start_matches(['+', '-']);
            i64::from_str_radix(digits, 8).map_or_else(|_| Value::String(text.to_owned()), Value::from)
        }
        scalar::Meaning::Int(number) => match i64::try_from(number) {
            Ok(number) => number.into(),
            Err(_) => Number::from_f64(number as f64).map_or(Value::Null, Value::Number),
        },
        scalar::Meaning::Float(number) => {
            Number::from_f64(number).map_or_else(|| Value::String(text.to_owned()), Value::Number)
        }
        scalar::Meaning::Bool(_) | scalar::Meaning::Text => Value::String(text.to_owned()),
    }
}
