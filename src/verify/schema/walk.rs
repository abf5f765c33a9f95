//! One walk over an object beside its definition. Paths are built only for what is wrong.

use serde_json::{Map, Number, Value};

use super::fault::{self, Fault};
use super::minor::Minor;
use super::relations::Here;
use super::scalar;
use super::table::{Definition, Field, Shape, Table};
use crate::diagnostic::{Path, Step};

pub(super) struct Walk<'t> {
    pub(super) table: &'t Table,
    pub(super) minor: Minor,
    pub(super) faults: Vec<Fault>,
    /// How many of the fields above are ones below which the API server looks at no values.
    pub(super) free: u32,
}

/// Where the walk is: a step and the way to it, on the stack.
#[derive(Clone, Copy)]
pub(super) enum Trail<'a> {
    Root,
    Key(&'a Trail<'a>, &'a str),
    Index(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    pub(super) fn path(self) -> Path {
        let mut steps = Vec::new();
        let mut here = self;
        loop {
            let (before, step) = match here {
                Trail::Root => break,
                Trail::Key(before, key) => (before, Step::Key(key.to_owned())),
                Trail::Index(before, index) => (before, Step::Index(index)),
            };
            steps.push(step);
            here = *before;
        }
        steps.into_iter().rev().collect()
    }
}

impl Walk<'_> {
    /// Checks a map against the definition of its type.
    pub(super) fn fields(&mut self, map: &Map<String, Value>, index: usize, trail: Trail<'_>) {
        let Definition::Fields(fields) = self.table.definition(index) else { return };
        for (key, value) in map {
            let trail = Trail::Key(&trail, key);
            match self.known(fields, key) {
                // Null is what clients send for "not set": the API server takes it as that.
                Some(field) if value.is_null() && !field.required.has(self.minor) => {}
                Some(_) if value.is_null() => self.faults.push(fault::missing(trail.path(), true)),
                Some(field) => {
                    let free = u32::from(self.table.facts(index).iter().any(|fact| fact.frees(key)));
                    self.free += free;
                    self.value(value, field, trail);
                    self.free -= free;
                }
                None => {
                    let fault = fault::unknown_field(trail.path(), key, fields, self.minor, self.table);
                    self.faults.push(fault);
                }
            }
        }
        for field in fields.iter().filter(|field| field.required.has(self.minor)) {
            if !map.contains_key(field.name) {
                self.faults.push(fault::missing(Trail::Key(&trail, field.name).path(), false));
            }
        }
        if self.free == 0 {
            self.asked(map, index, fields, trail);
        }
    }

    /// What the server's validation asks beyond the OpenAPI documents.
    fn asked(&mut self, map: &Map<String, Value>, index: usize, fields: &[Field], trail: Trail<'_>) {
        let mut here = Here { map, minor: self.minor, trail, faults: Vec::new() };
        for fact in self.table.facts(index) {
            let knows = |name: &str| self.known(fields, name).is_some();
            here.faults.extend(fact.check(map, self.minor, &knows, trail));
        }
        for relation in self.table.relations(index) {
            relation(&mut here);
        }
        self.faults.extend(here.faults.into_iter().map(|fault| Fault { beyond_openapi: true, ..fault }));
    }

    /// The field of that name in this minor.
    fn known<'f>(&self, fields: &'f [Field], name: &str) -> Option<&'f Field> {
        let start = fields.partition_point(|field| field.name < name);
        fields[start..]
            .iter()
            .take_while(|field| field.name == name)
            .find(|field| field.known.has(self.minor))
    }

    fn value(&mut self, value: &Value, field: &Field, trail: Trail<'_>) {
        // An empty word is a field left out, where it may be left out: Go's zero value.
        let optional = !field.required.has(self.minor);
        if optional && value == "" && matches!(&field.shape, Shape::Defined(index) if self.is_word(*index)) {
            return;
        }
        self.shape(value, &field.shape, trail);
    }

    fn is_word(&self, index: usize) -> bool {
        matches!(self.table.definition(index), Definition::Words(_))
    }

    fn shape(&mut self, value: &Value, shape: &Shape, trail: Trail<'_>) {
        match (shape, value) {
            (Shape::Anything, _) => {}
            (_, Value::Null) => self.faults.push(fault::null(trail.path(), shape)),
            (Shape::Defined(index), value) => self.defined(value, *index, trail),
            (Shape::List(inner), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.shape(item, inner, Trail::Index(&trail, index));
                }
            }
            (Shape::Map(inner), Value::Object(map)) => {
                for (key, value) in map {
                    self.shape(value, inner, Trail::Key(&trail, key));
                }
            }
            (shape, value) if fits(shape, value) => {}
            (shape, value) => self.faults.push(fault::wrong_shape(trail.path(), shape, value)),
        }
    }

    fn defined(&mut self, value: &Value, index: usize, trail: Trail<'_>) {
        match (self.table.definition(index), value) {
            (Definition::Fields(_), Value::Object(map)) => self.fields(map, index, trail),
            (Definition::Words(words), Value::String(word)) => {
                if !words.iter().any(|(known, minors)| known == word && minors.has(self.minor)) {
                    self.faults.push(fault::unknown_word(trail.path(), word, words, self.minor));
                }
            }
            (Definition::Fields(_), _) => {
                self.faults.push(fault::wrong_shape(trail.path(), &Shape::Open, value));
            }
            (Definition::Words(_), _) => {
                self.faults.push(fault::wrong_shape(trail.path(), &Shape::Text, value));
            }
        }
    }
}

/// Is a scalar, or a container of anything, what the shape asks for?
pub(super) fn fits(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Exactly(wanted), Value::String(text)) => text == wanted,
        (Shape::Text, Value::String(_))
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Number | Shape::Quantity, Value::Number(_))
        | (Shape::IntOrText, Value::String(_))
        | (Shape::Open, Value::Object(_)) => true,
        (Shape::Int32 | Shape::IntOrText, Value::Number(number)) => is_int32(number),
        (Shape::Int64, Value::Number(number)) => number.is_i64(),
        (Shape::Quantity, Value::String(text)) => scalar::is_quantity(text),
        (Shape::Base64, Value::String(text)) => scalar::is_base64(text),
        (Shape::Time, Value::String(text)) => scalar::is_time(text),
        _ => false,
    }
}

fn is_int32(number: &Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}
