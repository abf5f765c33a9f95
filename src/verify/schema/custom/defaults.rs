//! What the API server does before it validates: defaults are set, and a null that stands for nothing goes away.

use serde_json::{Map, Value};

use super::schema::Schema;

/// Sets the defaults of a map and of all below it.
///
/// A null goes away where the field is not nullable; one that is required stays, for it is told in other words than a
/// field that was forgotten.
pub(super) fn set(map: &mut Map<String, Value>, schema: Schema<'_>) {
    for (name, field) in schema.properties() {
        if let Some(default) = field.default() {
            let found = map.get(name);
            if found.is_none_or(|found| found.is_null() && field.drops_null()) {
                map.insert(name.to_owned(), default.clone());
            }
        }
    }
    map.retain(|name, value| {
        let drops_null = || schema.property(name).is_some_and(Schema::drops_null);
        !value.is_null() || !drops_null() || schema.requires(name)
    });
    for (name, value) in map.iter_mut() {
        if let Some(inner) = schema.field(name) {
            settle(value, inner);
        }
    }
}

fn settle(value: &mut Value, schema: Schema<'_>) {
    if value.is_null()
        && schema.drops_null()
        && let Some(default) = schema.default()
    {
        *value = default.clone();
    }
    match value {
        Value::Object(map) => set(map, schema),
        Value::Array(items) => {
            if let Some(inner) = schema.one("items") {
                items.iter_mut().for_each(|item| settle(item, inner));
            }
        }
        _ => {}
    }
}
