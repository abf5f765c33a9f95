//! One thing that an agent is told, whatever it is told by.

use serde_json::Value;

use super::place::Place;

/// One setting, by its dotted name: `acl.tokens.agent`.
#[derive(Debug)]
pub(super) struct Setting<'a, 's> {
    pub(super) key: String,
    /// None when only the cluster knows.
    pub(super) value: Option<Value>,
    pub(super) place: Place<'a, 's>,
}

impl Setting<'_, '_> {
    pub(super) fn text(&self) -> Option<&str> {
        self.value.as_ref()?.as_str()
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self.value.as_ref()? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn is(&self, wanted: bool) -> bool {
        match &self.value {
            Some(Value::Bool(value)) => *value == wanted,
            Some(Value::String(text)) => text.parse() == Ok(wanted),
            _ => false,
        }
    }

    /// Is it given on the command line?
    pub(super) fn is_flag(&self) -> bool {
        matches!(self.place, Place::Own(..))
    }

    /// The texts of a list, or the one text.
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.value {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => vec![text],
            _ => Vec::new(),
        }
    }
}

/// Every leaf of a document with its dotted name; lists are leaves.
pub(super) fn flatten<'a, 's>(
    key: String,
    value: &Value,
    place: Place<'a, 's>,
    settings: &mut Vec<Setting<'a, 's>>,
) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (step, value) in map {
                flatten(format!("{key}.{step}"), value, place.clone(), settings);
            }
        }
        value => settings.push(Setting { key, value: Some(value.clone()), place }),
    }
}
