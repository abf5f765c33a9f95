//! What the API server's validation asks of values beyond their schema: `values.txt`, a type a paragraph, as in `builtin.txt`.
//!
//! ` FIELD DEMAND... [?OTHER=WORD,WORD]`: the way to a field below the type, joined by dots, or `*` for the type itself; what
//! it must be; and when: only where another field holds one of these words, of which `*` is any and an empty one is a field left out.
//! Demands: `!` must be there, `filled` not empty when it is there, `empty` must not be there, `=A,B` one of these words,
//! `1..9` a number, `one-of A,B` and `some-of A,B` the fields that a map has, else the name of a `Form`. Lists and maps are
//! looked through: each of their items is to have the form. `free`: nothing is asked of what is below, whatever its type.
//!
//! **Invariant:** every line is read and names a field of the table, or a test fails. Guard: `tests`.

use serde_json::{Map, Value};

use super::fault::{self, Fault};
use super::forms::Form;
use super::walk::Trail;
use crate::diagnostic::Path;
use crate::words;

/// One line of `values.txt`.
#[derive(Debug)]
pub(super) struct Fact {
    field: Vec<&'static str>,
    demands: Vec<Demand>,
    when: Option<When>,
}

#[derive(Debug)]
enum Demand {
    There,
    Filled,
    Empty,
    Word(Vec<&'static str>),
    Number(i64, i64),
    OneOf(Vec<&'static str>),
    SomeOf(Vec<&'static str>),
    Form(Form),
    Free,
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
    let (line, when) = match line.split_once(" ?") {
        Some((line, when)) => {
            let (field, words) = when.split_once('=')?;
            (line, Some(When { field: way(field), words: words.split(',').collect() }))
        }
        None => (line, None),
    };
    let (field, mut rest) = line.split_once(' ')?;
    let mut demands = Vec::new();
    while !rest.is_empty() {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let list = |text: &'static str| text.split(',').collect();
        demands.push(match word {
            "!" => Demand::There,
            "filled" => Demand::Filled,
            "empty" => Demand::Empty,
            "free" => Demand::Free,
            "one-of" => {
                return Some(Fact { field: way(field), demands: vec![Demand::OneOf(list(after))], when });
            }
            "some-of" => {
                return Some(Fact { field: way(field), demands: vec![Demand::SomeOf(list(after))], when });
            }
            _ => match (word.strip_prefix('='), word.split_once("..")) {
                (Some(words), _) => Demand::Word(list(words)),
                (_, Some((least, ""))) => Demand::Number(least.parse().ok()?, i64::MAX),
                (_, Some((least, most))) => Demand::Number(least.parse().ok()?, most.parse().ok()?),
                _ => Demand::Form(Form::named(word)?),
            },
        });
        rest = after;
    }
    Some(Fact { field: way(field), demands, when })
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
        knows: &dyn Fn(&str) -> bool,
        trail: Trail<'_>,
    ) -> Vec<Fault> {
        if self.when.as_ref().is_some_and(|when| !when.holds(map)) {
            return Vec::new();
        }
        let value = at(map, &self.field);
        let mut faults = Vec::new();
        within(trail, &self.field, &mut |trail| {
            for demand in &self.demands {
                match (demand, value) {
                    (Demand::There, None) => faults.push(fault::missing(trail.path(), false)),
                    (Demand::Filled, Some(value)) if is_empty(value) => {
                        let path = trail.path();
                        faults.push(Fault::new(path.clone(), format!("`{path}` must not be empty")));
                    }
                    (Demand::Empty, Some(value)) if !is_empty(value) => {
                        faults.push(self.not_here(&trail.path()));
                    }
                    (Demand::OneOf(fields), _) => faults.extend(one_of(map, fields, knows, trail, true)),
                    (Demand::SomeOf(fields), _) => faults.extend(one_of(map, fields, knows, trail, false)),
                    (demand, Some(value)) => demand.each(value, trail, false, &mut faults),
                    _ => {}
                }
                if !faults.is_empty() {
                    break;
                }
            }
        });
        faults
    }

    fn not_here(&self, path: &Path) -> Fault {
        let title = match &self.when {
            Some(when) => format!("`{path}` must be empty with this `{}`", when.field.join(".")),
            None => format!("`{path}` must be empty"),
        };
        Fault::new(path.clone(), title)
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
    fn holds(&self, map: &Map<String, Value>) -> bool {
        let value = at(map, &self.field).filter(|value| !is_empty(value));
        self.words.iter().any(|word| match value {
            None => word.is_empty(),
            Some(value) => *word == "*" || value == word,
        })
    }
}

impl Demand {
    /// The value, or each item of it.
    fn each(&self, value: &Value, trail: Trail<'_>, item: bool, faults: &mut Vec<Fault>) {
        match (self, value) {
            (Self::There | Self::Filled | Self::Empty | Self::OneOf(_) | Self::SomeOf(_) | Self::Free, _) => {
            }
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
                faults.extend(wrong.map(|number| out_of(trail.path(), number, *least, *most)));
            }
            (Self::Form(form), value) => faults.extend(form.wrong(value).map(|wrong| {
                let (path, help) =
                    (trail.path(), form.near(value).map(|near| format!("did you mean `{near}`?")));
                let title = format!("`{path}` {wrong}");
                Fault::new(path, title).maybe_help(help)
            })),
            _ => {}
        }
    }
}

fn out_of(path: Path, number: i64, least: i64, most: i64) -> Fault {
    let title = match most {
        i64::MAX => format!("`{path}` must be {least} or more, not {number}"),
        most => format!("`{path}` must be {least} to {most}, not {number}"),
    };
    Fault::new(path, title)
}

fn one_of(
    map: &Map<String, Value>,
    fields: &[&str],
    knows: &dyn Fn(&str) -> bool,
    trail: Trail<'_>,
    only_one: bool,
) -> Option<Fault> {
    let there: Vec<&str> = fields
        .iter()
        .copied()
        .filter(|field| map.get(*field).is_some_and(|value| !value.is_null()))
        .collect();
    let wrong = match there.as_slice() {
        [] => {
            let known = fields.iter().copied().filter(|field| knows(field));
            format!("must have {}", words::listed(known))
        }
        [first, second, ..] if only_one => format!("has both `{first}` and `{second}`"),
        _ => return None,
    };
    let path = trail.path();
    let title = format!("`{path}` {wrong}");
    Some(Fault::new(path, title))
}

/// What stands there; nothing where it is null.
fn at<'v>(map: &'v Map<String, Value>, field: &[&str]) -> Option<&'v Value> {
    let (first, rest) = field.split_first()?;
    let value = map.get(*first)?;
    let value = rest.iter().try_fold(value, |value, key| value.get(*key))?;
    (!value.is_null()).then_some(value)
}

fn is_empty(value: &Value) -> bool {
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
        let read: usize = names.iter().map(|name| super::read(name).len()).sum();
        assert_eq!(read, text.lines().filter(|line| line.starts_with(' ')).count());
        for name in names {
            let Some(index) = table().find(name) else { panic!("there is no type `{name}`") };
            let Definition::Fields(fields) = table().definition(index) else { panic!("`{name}` is an enum") };
            let known = |field: &str| fields.iter().any(|known| known.name == field);
            for fact in super::read(name) {
                let others = fact.demands.iter().flat_map(|demand| match demand {
                    Demand::OneOf(fields) | Demand::SomeOf(fields) => fields.as_slice(),
                    _ => &[],
                });
                let when = fact.when.iter().filter_map(|when| when.field.first());
                for field in fact.field.first().into_iter().chain(others).chain(when) {
                    assert!(known(field), "`{name}` has no `{field}`");
                }
            }
        }
    }
}
