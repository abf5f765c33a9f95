//! What the API server's validation asks of values beyond their schema: `values.txt`, a type a paragraph, as in `builtin.txt`.
//!
//! ` FIELD DEMAND... [?OTHER=WORD,WORD]... [@MINORS]`: the way to a field below the type, joined by dots, or `*` for the type
//! itself; what it must be; and when: only where another field holds one of these words, of which `*` is any and an empty one
//! is a field left out, and only in these minors. `demand.rs` lists the demands.
//! What no line can say is in `relations`.
//!
//! **Invariant:** every line is read and names a field of the table, or a test fails. Guard: `tests`.

use serde_json::{Map, Value};

use super::demand::Demand;
use super::fault::Fault;
use super::minor::{Minor, Minors};
use super::walk::Trail;

/// One line of `values.txt`.
#[derive(Debug)]
pub(super) struct Fact {
    field: Vec<&'static str>,
    demands: Vec<Demand>,
    when: Vec<When>,
    minors: Minors,
}

/// Only where another field holds one of these.
#[derive(Debug)]
struct When {
    field: Vec<&'static str>,
    words: Vec<&'static str>,
}

/// The paragraph of a type; nothing for most types.
pub(super) fn body(name: &str) -> &'static str {
    let text = include_str!("values.txt");
    let start = text
        .match_indices(name)
        .map(|(at, _)| at)
        .find(|at| text[..*at].ends_with('\n') && text[at + name.len()..].starts_with('\n'));
    let Some(start) = start else { return "" };
    let body = &text[start + name.len() + 1..];
    let lines = body.split_inclusive('\n').take_while(|line| line.starts_with(' '));
    &body[..lines.map(str::len).sum()]
}

/// All that is asked of a type.
pub(super) fn read(name: &str) -> Vec<Fact> {
    body(name).lines().filter_map(|line| fact(line.trim_start())).collect()
}

fn fact(line: &'static str) -> Option<Fact> {
    let (line, minors) = match line.rsplit_once(" @") {
        Some((line, minors)) => (line, Minors::parse(minors)?),
        None => (line, Minors::ALL),
    };
    let mut parts = line.split(" ?");
    let (field, demands) = parts.next()?.split_once(' ')?;
    let when: Option<Vec<When>> = parts.map(When::read).collect();
    Some(Fact { field: way(field), demands: Demand::read(demands)?, when: when?, minors })
}

fn way(field: &'static str) -> Vec<&'static str> {
    if field == "*" { Vec::new() } else { field.split('.').collect() }
}

impl Fact {
    /// Is nothing asked of what is below that field?
    pub(super) fn frees(&self, field: &str) -> bool {
        matches!(self.demands.as_slice(), [Demand::Free]) && self.field == [field]
    }

    /// What a map lacks of it. `knows` tells the fields that there are in this minor; a path is built only for a fault.
    pub(super) fn check(
        &self,
        map: &Map<String, Value>,
        minor: Minor,
        knows: &dyn Fn(&str) -> bool,
        trail: Trail<'_>,
    ) -> Vec<Fault> {
        if !self.minors.has(minor) || self.when.iter().any(|when| !when.holds(map)) {
            return Vec::new();
        }
        let value = if self.field.is_empty() { None } else { at(map, &self.field) };
        let here = if self.field.is_empty() { Some(map) } else { value.and_then(Value::as_object) };
        // The fields of an inner type are not those of this one.
        let all = |_: &str| true;
        let knows: &dyn Fn(&str) -> bool = if self.field.is_empty() { knows } else { &all };
        let mut faults = Vec::new();
        within(trail, &self.field, &mut |trail| {
            for demand in &self.demands {
                demand.check(value, here, knows, trail, &mut faults);
                if let Some(fault) = faults.first_mut() {
                    // Whether a field may be there is said with what decides it.
                    let by_another = matches!(demand, Demand::There | Demand::Empty | Demand::Absent);
                    if let Some(when) = self.when.first().filter(|_| by_another) {
                        fault.title.push_str(&when.told(map));
                    }
                    break;
                }
            }
        });
        faults
    }
}

/// Some keys further.
fn within(trail: Trail<'_>, keys: &[&str], then: &mut dyn FnMut(Trail<'_>)) {
    match keys.split_first() {
        Some((key, rest)) => within(Trail::Key(&trail, key), rest, then),
        None => then(trail),
    }
}

impl When {
    fn read(text: &'static str) -> Option<Self> {
        let (field, words) = text.split_once('=')?;
        Some(Self { field: way(field), words: words.split(',').collect() })
    }

    fn holds(&self, map: &Map<String, Value>) -> bool {
        let value = at(map, &self.field).filter(|value| !is_empty(value));
        self.words.iter().any(|word| match value {
            None => word.is_empty(),
            Some(value) => *word == "*" || says(value, word),
        })
    }

    /// ` with `type: NodePort``; a value that may be anything is not shown.
    fn told(&self, map: &Map<String, Value>) -> String {
        let field = self.field.join(".");
        let value = at(map, &self.field).filter(|value| !is_empty(value));
        match value.and_then(|value| self.words.iter().find(|word| says(value, word))) {
            Some(word) => format!(" with `{field}: {word}`"),
            None if value.is_some() => format!(" with `{field}`"),
            None => format!(" without `{field}`"),
        }
    }
}

fn says(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text == word,
        Value::Bool(value) => word == if *value { "true" } else { "false" },
        _ => false,
    }
}

/// What stands there; nothing where it is null.
fn at<'v>(map: &'v Map<String, Value>, field: &[&str]) -> Option<&'v Value> {
    let (first, rest) = field.split_first()?;
    let value = map.get(*first)?;
    let value = rest.iter().try_fold(value, |value, key| value.get(*key))?;
    (!value.is_null()).then_some(value)
}

/// Go's zero value of a text, a list, a map.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Definition, table};
    use super::*;

    /// Whatever the reader does not understand it leaves out: this is where that would be seen.
    #[test]
    fn every_line_is_read_and_names_a_field() {
        let text = include_str!("values.txt");
        let names: Vec<&str> = text.lines().filter(|line| !line.starts_with(['#', ' '])).collect();
        assert!(names.is_sorted(), "the types are not sorted");
        for line in text.lines().filter(|line| line.starts_with(' ')) {
            assert!(fact(line.trim_start()).is_some(), "not understood: `{line}`");
        }
        for name in names {
            let Some(index) = table().find(name) else { panic!("there is no type `{name}`") };
            let Definition::Fields(fields) = table().definition(index) else { panic!("`{name}` is an enum") };
            let known = |field: &str| fields.iter().any(|known| known.name == field);
            for fact in super::read(name) {
                let own = fact.field.is_empty();
                let others = fact.demands.iter().flat_map(Demand::fields).filter(|_| own);
                let when = fact.when.iter().filter_map(|when| when.field.first()).copied();
                for field in fact.field.first().copied().into_iter().chain(others).chain(when) {
                    assert!(known(field), "`{name}` has no `{field}`");
                }
            }
        }
    }
}
