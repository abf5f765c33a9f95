//! What a line of `values.txt` may ask of a field.
//!
//! `!` it must be there, `filled` not empty when it is there, `empty` empty, `-` not there at all, `=A,B` one of these words,
//! `1..9` a number, `[1..3]` so many items, `distinct` no item twice, `distinct:name` no two items with the same `name`;
//! `one-of A,B`, `some-of A,B` and `at-most-one-of A,B` the fields that a map has; else the name of a `Form`. Of forms, words and
//! numbers lists and maps are looked through: each of their items is to have them. `free`: nothing is asked of what is below,
//! whatever its type.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::facts::is_empty;
use super::fault::{self, Fault};
use super::forms::Form;
use super::walk::Trail;
use crate::words;

#[derive(Debug)]
pub(super) enum Demand {
    There,
    Filled,
    Empty,
    Absent,
    Word(Vec<&'static str>),
    Number(i64, i64),
    Items(usize, usize),
    Distinct(&'static str),
    Fields(Fields, Vec<&'static str>),
    Form(Form),
    Free,
}

/// How many of some fields a map has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    One,
    Some,
    AtMostOne,
}

impl Demand {
    /// Reads `! filled subdomain`.
    pub(super) fn read(text: &'static str) -> Option<Vec<Self>> {
        let list = |text: &'static str| text.split(',').collect();
        let mut words = text.split(' ');
        let mut demands = Vec::new();
        while let Some(word) = words.next() {
            let fields = match word {
                "one-of" => Some(Fields::One),
                "some-of" => Some(Fields::Some),
                "at-most-one-of" => Some(Fields::AtMostOne),
                _ => None,
            };
            demands.push(match (word, fields) {
                (_, Some(how)) => Self::Fields(how, list(words.next()?)),
                ("!", _) => Self::There,
                ("filled", _) => Self::Filled,
                ("empty", _) => Self::Empty,
                ("-", _) => Self::Absent,
                ("free", _) => Self::Free,
                ("distinct", _) => Self::Distinct(""),
                _ => Self::parameter(word, list)?,
            });
        }
        Some(demands)
    }

    fn parameter(word: &'static str, list: impl Fn(&'static str) -> Vec<&'static str>) -> Option<Self> {
        if let Some(words) = word.strip_prefix('=') {
            return Some(Self::Word(list(words)));
        }
        if let Some(field) = word.strip_prefix("distinct:") {
            return Some(Self::Distinct(field));
        }
        if let Some(range) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
            let (least, most) = range.split_once("..")?;
            let most = if most.is_empty() { usize::MAX } else { most.parse().ok()? };
            return Some(Self::Items(if least.is_empty() { 0 } else { least.parse().ok()? }, most));
        }
        match word.split_once("..") {
            Some((least, "")) => Some(Self::Number(least.parse().ok()?, i64::MAX)),
            Some((least, most)) => Some(Self::Number(least.parse().ok()?, most.parse().ok()?)),
            None => Form::named(word).map(Self::Form),
        }
    }

    /// The fields that it names.
    #[cfg(test)]
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        let fields = if let Self::Fields(_, fields) = self { fields.as_slice() } else { &[] };
        fields.iter().copied()
    }

    /// What is wrong with a value; `here` is it as a map, or the map that the line is about.
    pub(super) fn check(
        &self,
        value: Option<&Value>,
        here: Option<&Map<String, Value>>,
        knows: &dyn Fn(&str) -> bool,
        trail: Trail<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let mut wrong = |wrong: &str| {
            let path = trail.path();
            faults.push(Fault::new(path.clone(), format!("`{path}` {wrong}")));
        };
        match (self, value) {
            (Self::There, None) => faults.push(fault::missing(trail.path(), false)),
            (Self::Filled, Some(value)) if is_empty(value) => wrong("must not be empty"),
            (Self::Empty, Some(value)) if !is_empty(value) => {
                let scalar = matches!(value, Value::Bool(_) | Value::Number(_));
                wrong(if scalar { "must not be set" } else { "must be empty" });
            }
            (Self::Absent, Some(_)) => wrong("must not be set"),
            (Self::Items(least, most), Some(Value::Array(items)))
                if !(*least..=*most).contains(&items.len()) =>
            {
                wrong(&amount(*least, *most, items.len()));
            }
            (Self::Distinct(field), Some(Value::Array(items))) => distinct(items, field, trail, faults),
            (Self::Fields(how, fields), _) => {
                if let Some(text) = here.and_then(|map| missing_fields(map, *how, fields, knows)) {
                    wrong(&text);
                }
            }
            (_, Some(value)) => self.each(value, trail, false, faults),
            _ => {}
        }
    }

    /// The value, or each item of it.
    fn each(&self, value: &Value, trail: Trail<'_>, item: bool, faults: &mut Vec<Fault>) {
        if !matches!(self, Self::Word(_) | Self::Number(..) | Self::Form(_)) {
            return;
        }
        match (self, value) {
            (_, Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.each(value, Trail::Index(&trail, index), true, faults);
                }
            }
            (Self::Form(Form::Labels), Value::Object(map)) => {
                for (key, value) in map {
                    let trail = Trail::Key(&trail, key);
                    let wrong = Form::LabelKey.of_text(key);
                    faults.extend(wrong.map(|wrong| Fault::new(trail.path(), format!("`{key}` {wrong}"))));
                    Self::Form(Form::LabelValue).each(value, trail, true, faults);
                }
            }
            (_, Value::Object(map)) => {
                for (key, value) in map {
                    self.each(value, Trail::Key(&trail, key), true, faults);
                }
            }
            // An empty text is a field left out; what may not be empty says so.
            (_, Value::String(text)) if text.is_empty() && !item => {}
            (Self::Word(words), Value::String(word)) if !words.contains(&word.as_str()) => {
                faults.push(fault::no_word(trail.path(), word, words));
            }
            (Self::Number(least, most), Value::Number(number)) => {
                let wrong = number.as_i64().filter(|number| !(least..=most).contains(&number));
                faults.extend(wrong.map(|number| out_of(trail, number, *least, *most)));
            }
            (Self::Form(form), value) => faults.extend(form.wrong(value).map(|wrong| {
                let path = trail.path();
                let title = format!("`{path}` {wrong}");
                Fault::new(path, title).maybe_help(form.instead(value))
            })),
            _ => {}
        }
    }
}

fn out_of(trail: Trail<'_>, number: i64, least: i64, most: i64) -> Fault {
    let path = trail.path();
    let title = match most {
        i64::MAX => format!("`{path}` must be {least} or more, not {number}"),
        most => format!("`{path}` must be {least} to {most}, not {number}"),
    };
    Fault::new(path, title)
}

fn amount(least: usize, most: usize, found: usize) -> String {
    let wanted = match (least, most) {
        (least, most) if least == most => format!("exactly {}", words::counted(least, "item")),
        (0, most) => format!("at most {}", words::counted(most, "item")),
        (least, usize::MAX) => format!("at least {}", words::counted(least, "item")),
        (least, most) => format!("{least} to {most} items"),
    };
    format!("must have {wanted}, not {found}")
}

/// No item twice; of maps that is told by one of their fields.
fn distinct(items: &[Value], field: &str, trail: Trail<'_>, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let value = if field.is_empty() { Some(item) } else { item.get(field) };
        let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) else { continue };
        if !seen.insert(text) {
            let item = Trail::Index(&trail, index);
            let path = if field.is_empty() { item.path() } else { Trail::Key(&item, field).path() };
            faults.push(Fault::new(path.clone(), format!("`{path}` repeats `{text}`")));
        }
    }
}

/// Go's zero value counts as a field left out, but a map does not.
fn is_there(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Number(number) => number.as_i64() != Some(0),
        value => !is_empty(value),
    }
}

fn missing_fields(
    map: &Map<String, Value>,
    how: Fields,
    fields: &[&str],
    knows: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let mut there = fields.iter().filter(|field| map.get(**field).is_some_and(is_there));
    match (there.next(), there.next()) {
        (None, _) if how != Fields::AtMostOne => {
            let known = fields.iter().copied().filter(|field| knows(field));
            Some(format!("must have {}", words::listed(known)))
        }
        (Some(first), Some(second)) if how != Fields::Some => {
            Some(format!("has both `{first}` and `{second}`"))
        }
        _ => None,
    }
}
