//! One walk over a custom resource beside its schema. Paths are built only for what is wrong.

use serde_json::{Map, Number, Value};

use super::super::fault::{self, Fault};
use super::super::minor::Minor;
use super::super::table::{Shape, table};
use super::super::walk::{self, Trail};
use super::bounds::{self, Patterns};
use super::schema::Schema;
use super::told::{self, Tried};

/// What Kubernetes itself defines in a whole object.
const OBJECT: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// How much is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everything.
    Strict,
    /// All but fields that the schema does not have.
    Lenient,
    /// Values only, of an alternative in `allOf`, `anyOf`, `oneOf` or `not`: it stands beside the schema that has the fields.
    Values,
}

pub(super) struct Walk<'c> {
    patterns: &'c Patterns,
    minor: Minor,
    mode: Mode,
    faults: Vec<Fault>,
    /// Was something met that cannot be judged, so that there may be more faults?
    unsure: bool,
}

impl<'c> Walk<'c> {
    pub(super) fn new(patterns: &'c Patterns, minor: Minor, mode: Mode) -> Self {
        Self { patterns, minor, mode, faults: Vec::new(), unsure: false }
    }

    /// All faults of a whole object whose defaults are set.
    pub(super) fn resource(mut self, object: &Value, schema: Schema<'_>) -> Vec<Fault> {
        if let Value::Object(map) = object {
            self.map(map, schema, true, Trail::Root);
            self.alternatives(object, schema, Trail::Root);
        }
        self.faults
    }

    fn value(&mut self, value: &Value, schema: Schema<'_>, trail: Trail<'_>) {
        let shape = schema.shape();
        if value.is_null() {
            if let Some(shape) = shape.filter(|_| schema.drops_null()) {
                self.faults.push(fault::null(trail.path(), &shape));
            }
            return;
        }
        if let Some(shape) = shape.filter(|shape| !fits(shape, value)) {
            self.faults.push(fault::wrong_shape(trail.path(), &shape, value));
            return;
        }
        self.faults.extend(bounds::of_enum(value, schema, trail));
        match value {
            Value::String(text) => self.text(text, schema, trail),
            Value::Number(number) => self.faults.extend(bounds::of_number(number, schema, trail)),
            Value::Array(items) => self.items(items, schema, trail),
            Value::Object(map) => {
                let whole = schema.says("x-kubernetes-embedded-resource") && self.mode != Mode::Values;
                self.map(map, schema, whole, trail);
            }
            Value::Bool(_) | Value::Null => {}
        }
        self.alternatives(value, schema, trail);
    }

    fn text(&mut self, text: &str, schema: Schema<'_>, trail: Trail<'_>) {
        self.faults.extend(bounds::of_text(text, schema, trail));
        self.unsure |= schema.get("format").is_some();
        let Some(pattern) = schema.text("pattern").filter(|_| !schema.is_quantity()) else { return };
        match self.patterns.matches(pattern, text) {
            Some(true) => {}
            Some(false) => self.faults.push(told::no_match(text, pattern, trail)),
            None => self.unsure = true,
        }
    }

    fn items(&mut self, items: &[Value], schema: Schema<'_>, trail: Trail<'_>) {
        self.faults.extend(bounds::of_list(items, schema, trail));
        let Some(inner) = schema.items() else { return };
        for (index, item) in items.iter().enumerate() {
            self.value(item, inner, Trail::Index(&trail, index));
        }
    }

    /// `whole`: is it an object of its own, with metadata?
    fn map(&mut self, map: &Map<String, Value>, schema: Schema<'_>, whole: bool, trail: Trail<'_>) {
        self.faults.extend(bounds::of_map(map, schema, trail));
        for (key, value) in map {
            let trail = Trail::Key(&trail, key);
            if whole && OBJECT.contains(&key.as_str()) {
                self.of_object(key, value, schema, trail);
            } else {
                self.field(key, value, schema, trail);
            }
        }
        let own = if whole { &OBJECT[..2] } else { &[] };
        let own = own.iter().copied().filter(|name| !schema.requires(name));
        for name in own.chain(schema.texts("required")).filter(|name| !map.contains_key(*name)) {
            self.faults.push(fault::missing(Trail::Key(&trail, name).path(), false));
        }
    }

    fn field(&mut self, key: &str, value: &Value, schema: Schema<'_>, trail: Trail<'_>) {
        let drops = |inner: Schema<'_>| value.is_null() && inner.drops_null();
        match schema.property(key) {
            // Of those that are dropped, only the required ones are still there.
            Some(inner) if drops(inner) && self.mode != Mode::Values => {
                self.faults.push(fault::missing(trail.path(), true));
            }
            Some(inner) if drops(inner) => {}
            Some(inner) => self.value(value, inner, trail),
            None => match schema.additional() {
                Some(inner) => self.value(value, inner, trail),
                None if self.mode == Mode::Strict && schema.is_closed() => {
                    self.faults.push(fault::no_field(trail.path(), key, schema));
                }
                None => {}
            },
        }
    }

    /// apiVersion, kind and metadata: they are Kubernetes' own; a definition may only narrow them.
    fn of_object(&mut self, key: &str, value: &Value, schema: Schema<'_>, trail: Trail<'_>) {
        let faults = match (key, value) {
            ("metadata", Value::Null) => return,
            ("metadata", Value::Object(map)) => self.metadata(map, trail),
            ("metadata", _) => vec![fault::wrong_shape(trail.path(), &Shape::Open, value)],
            (_, Value::String(_)) => Vec::new(),
            _ => vec![fault::wrong_shape(trail.path(), &Shape::Text, value)],
        };
        let narrowed = schema.property(key).filter(|_| faults.is_empty());
        self.faults.extend(faults);
        self.faults
            .extend(narrowed.map(|inner| self.tried(value, inner, trail).faults).into_iter().flatten());
    }

    fn metadata(&self, map: &Map<String, Value>, trail: Trail<'_>) -> Vec<Fault> {
        let mut walk = walk::Walk { table: table(), minor: self.minor, faults: Vec::new(), free: 1 };
        if let Some(index) = walk.table.find("meta.v1.ObjectMeta") {
            walk.fields(map, index, trail);
        }
        walk.faults
    }

    fn alternatives(&mut self, value: &Value, schema: Schema<'_>, trail: Trail<'_>) {
        let tried = |keyword| -> Vec<Tried<'_>> {
            schema.all(keyword).map(|each| self.tried(value, each, trail)).collect()
        };
        let (all, any, one) = (tried("allOf"), tried("anyOf"), tried("oneOf"));
        let not = schema.one("not").map(|not| self.tried(value, not, trail));
        self.unsure |= all.iter().chain(&any).chain(&one).chain(&not).any(|tried| tried.unsure);
        for tried in [&any, &one] {
            if !tried.is_empty() && tried.iter().all(|each| !each.faults.is_empty()) {
                self.faults.extend(told::none_fits(tried, trail));
            }
        }
        let fitting: Vec<Schema<'_>> =
            one.iter().filter(|each| each.fits()).map(|each| each.schema).collect();
        if fitting.len() > 1 {
            self.faults.push(told::several_fit(&fitting, trail));
        }
        if let Some(not) = not.filter(Tried::fits) {
            self.faults.push(told::ruled_out(value, not.schema, trail));
        }
        for fault in all.into_iter().flat_map(|each| each.faults) {
            // Generators like to say the same twice.
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
    }

    /// What is to be said of a value beside an alternative.
    fn tried<'s>(&self, value: &Value, schema: Schema<'s>, trail: Trail<'_>) -> Tried<'s> {
        let mut walk = Self::new(self.patterns, self.minor, Mode::Values);
        walk.value(value, schema, trail);
        Tried { schema, faults: walk.faults, unsure: walk.unsure || schema.is_unknown() }
    }
}

/// Like that of our own kinds, but a whole number may be written `2.0`, and an amount is one or text.
fn fits(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::List(_), Value::Array(_)) => true,
        (Shape::Int32, Value::Number(number)) => {
            whole(number).is_some_and(|number| i32::try_from(number).is_ok())
        }
        (Shape::Int64 | Shape::IntOrText | Shape::Quantity, Value::Number(number)) => whole(number).is_some(),
        _ => walk::fits(shape, value),
    }
}

/// The whole number that it is, when it is one.
fn whole(number: &Number) -> Option<i64> {
    // Beyond this, a float leaves out whole numbers.
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT);
    #[allow(clippy::cast_possible_truncation)]
    number.as_i64().or_else(|| float().map(|float| float as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_may_be_floats_as_long_as_they_are_exact() {
        for (text, wanted) in [
            ("3", Some(3)),
            ("-3", Some(-3)),
            ("2.0", Some(2)),
            ("2.5", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("1e15", Some(1_000_000_000_000_000)),
            ("1e19", None),
        ] {
            assert_eq!(whole(&text.parse().unwrap()), wanted, "{text}");
        }
    }
}
