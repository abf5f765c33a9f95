//! What an expression may do. It is a stranger's: whatever is written, it ends at once and makes little text.
//!
//! Nothing loops, names are bound to facts alone, and `*` sees numbers alone (`super::rewritten`); so text grows by filters only, and each of
//! them says beforehand how much it would make.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, filters, tests};

/// Longer than anything that a person writes between braces.
pub(super) const LENGTH: usize = 1_000;
/// Deeper than anything that a person can read.
pub(super) const DEPTH: usize = 32;
/// What the filters of one expression may make together, and how long a text may become. A ConfigMap holds no more.
pub(super) const BYTES: usize = 1 << 20;
/// What a list counts for each of its items.
const ITEM: usize = 100;
/// Far more steps than an expression of that length has.
const FUEL: u64 = 10_000;

/// What a filter would make of its arguments, in bytes.
type Estimate = fn(&[Value]) -> usize;

/// An engine that knows the filters and tests below and nothing else: no functions, none of its own insides.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    let made = Arc::new(AtomicUsize::new(0));
    for (name, filter, estimate) in all_filters() {
        let made = Arc::clone(&made);
        environment.add_filter(name, move |state: &mut State<'_, '_>, arguments: Rest<Value>| {
            let more = estimate(&arguments);
            if made.fetch_add(more, Ordering::Relaxed).saturating_add(more) > BYTES {
                return Err(too_much(name));
            }
            filter.call(state, &arguments)
        });
    }
    add_tests(&mut environment);
    environment
}

fn too_much(name: &str) -> Error {
    let why = format!(
        "`{name}` would produce too much: an expression is limited to {BYTES} bytes and {} items",
        BYTES / ITEM
    );
    Error::new(ErrorKind::InvalidOperation, why)
}

fn all_filters() -> Vec<(&'static str, Value, Estimate)> {
    vec![
        ("abs", Value::from_function(filters::abs), as_much),
        ("bool", Value::from_function(filters::bool), as_much),
        ("capitalize", Value::from_function(filters::capitalize), as_much),
        ("count", Value::from_function(filters::length), as_much),
        ("d", Value::from_function(filters::default), as_much),
        ("default", Value::from_function(filters::default), as_much),
        ("first", Value::from_function(filters::first), as_much),
        ("float", Value::from_function(filters::float), as_much),
        ("int", Value::from_function(filters::int), as_much),
        ("join", Value::from_function(filters::join), joined),
        ("last", Value::from_function(filters::last), as_much),
        ("length", Value::from_function(filters::length), as_much),
        ("lines", Value::from_function(filters::lines), parted),
        ("list", Value::from_function(filters::list), parted),
        ("lower", Value::from_function(filters::lower), as_much),
        ("map", Value::from_function(filters::map), as_much),
        ("max", Value::from_function(filters::max), as_much),
        ("min", Value::from_function(filters::min), as_much),
        ("replace", Value::from_function(filters::replace), replaced),
        ("reverse", Value::from_function(filters::reverse), as_much),
        ("round", Value::from_function(filters::round), as_much),
        ("sort", Value::from_function(filters::sort), as_much),
        ("split", Value::from_function(filters::split), parted),
        ("string", Value::from_function(filters::string), as_much),
        ("title", Value::from_function(filters::title), as_much),
        ("tojson", Value::from_function(filters::tojson), escaped),
        ("trim", Value::from_function(filters::trim), as_much),
        ("unique", Value::from_function(filters::unique), as_much),
        ("upper", Value::from_function(filters::upper), as_much),
    ]
}

fn add_tests(environment: &mut Environment<'_>) {
    environment.add_test("boolean", tests::is_boolean);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("divisibleby", tests::is_divisibleby);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("even", tests::is_even);
    environment.add_test("in", tests::is_in);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("none", tests::is_none);
    environment.add_test("number", tests::is_number);
    environment.add_test("odd", tests::is_odd);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("string", tests::is_string);
    environment.add_test("undefined", tests::is_undefined);
}

/// How many bytes a value takes; a list at least `ITEM` for each of its items.
pub(super) fn size(value: &Value) -> usize {
    measured(value, 0)
}

fn measured(value: &Value, depth: usize) -> usize {
    if let Some(text) = value.as_str() {
        return text.len();
    }
    let mut bytes: usize = ITEM;
    let items = value.try_iter().into_iter().flatten().take(if depth < DEPTH { BYTES } else { 0 });
    for item in items {
        let below = value.get_item(&item).ok().filter(|_| value.kind() == minijinja::value::ValueKind::Map);
        bytes += measured(&item, depth + 1) + below.map_or(0, |below| measured(&below, depth + 1)) + ITEM;
        if bytes > BYTES {
            break;
        }
    }
    bytes
}

/// Not more than it was given. Changing the case of a letter makes three of it at most.
fn as_much(arguments: &[Value]) -> usize {
    arguments.iter().map(size).fold(0, usize::saturating_add).saturating_mul(3)
}

/// A quote in JSON takes six bytes at most.
fn escaped(arguments: &[Value]) -> usize {
    as_much(arguments).saturating_mul(2)
}

/// An item for each character at most.
fn parted(arguments: &[Value]) -> usize {
    arguments.first().map_or(0, |text| match text.as_str() {
        Some(text) => text.len().saturating_mul(ITEM),
        None => size(text),
    })
}

/// The separator between all the items.
fn joined(arguments: &[Value]) -> usize {
    let Some(list) = arguments.first() else { return 0 };
    let count = list.as_str().map_or_else(|| list.len().unwrap_or(0), str::len);
    let between = arguments.get(1).map_or(0, size);
    size(list).saturating_add(count.saturating_mul(between))
}

/// The new text in all the places of the old one.
fn replaced(arguments: &[Value]) -> usize {
    let text = |index: usize| arguments.get(index).map(ToString::to_string).unwrap_or_default();
    let places = text(0).matches(text(1).as_str()).count();
    text(0).len().saturating_add(places.saturating_mul(text(2).len()))
}

/// The names of the filters.
pub(super) fn names() -> Vec<&'static str> {
    all_filters().iter().map(|(name, ..)| *name).collect()
}
