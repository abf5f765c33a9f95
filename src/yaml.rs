//! One object tree in, its canonical YAML out.
//!
//! Comes in: a `serde_json::Value`, keys already in their final order. Goes out: block style, two blanks a level,
//! lists at the indentation of their key as `kubectl` prints them, always a line break at the end. Never happens
//! here: sorting, `---` between documents, anchors, tags, single quotes, folded lines. A document may end in a
//! literal whose trailing empty lines count (`|+`), so what follows it has to be `---` or the end of the file.
//!
//! **Invariant:** a YAML 1.1 and a YAML 1.2 reader both read the value that came in. Guard: `tests`, which read
//! everything back.

mod scalar;
pub(crate) mod subset;
#[cfg(test)]
mod tests;

use scalar::Style;
use serde_json::{Map, Number, Value};
use std::fmt::Write as _;

/// Columns per level.
const STEP: usize = 2;

/// The longest key that may stand before its colon: the specification says 1024 characters, libyaml and PyYAML
/// refuse a longer one. Counted in bytes, which is never less.
const SIMPLE_KEY: usize = 1024;

/// Appends `value` to `out` as one YAML document without a leading `---`.
pub fn document(value: &Value, out: &mut String) {
    match value {
        // A root has no parent to count an indentation indicator from, and readers disagree: no literals here.
        Value::String(text) => {
            scalar::one_line(text, out);
            out.push('\n');
        }
        _ => compact(value, 0, out),
    }
}

/// Appends a mapping to `out` as one YAML document without a leading `---`.
pub fn object(map: &Map<String, Value>, out: &mut String) {
    if map.is_empty() { out.push_str("{}\n") } else { mapping(map, 0, out) }
}

/// Writes a value whose first line continues the current one: at the root, and after `- `. Containers place their
/// further entries at column `indent`.
fn compact(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => mapping(map, indent, out),
        Value::Array(items) if !items.is_empty() => sequence(items, indent, out),
        _ => leaf(value, indent.saturating_sub(STEP), out),
    }
}

fn mapping(map: &Map<String, Value>, indent: usize, out: &mut String) {
    for (at, (name, value)) in map.iter().enumerate() {
        if at > 0 {
            pad(indent, out);
        }
        key(name, indent, out);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                pad(indent + STEP, out);
                mapping(inner, indent + STEP, out);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                pad(indent, out);
                sequence(items, indent, out);
            }
            _ => {
                out.push(' ');
                leaf(value, indent, out);
            }
        }
    }
}

fn sequence(items: &[Value], indent: usize, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            pad(indent, out);
        }
        out.push_str("- ");
        compact(item, indent + STEP, out);
    }
}

/// Writes the key and its colon; a key too long for one line gets the explicit form, `? key` and `:` below it.
fn key(name: &str, indent: usize, out: &mut String) {
    let start = out.len();
    scalar::one_line(name, out);
    if out.len() - start > SIMPLE_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        pad(indent, out);
    }
    out.push(':');
}

/// Writes what has no entries, and ends its line. `indent` is the column of the surrounding container.
fn leaf(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(text) => match scalar::style(text) {
            Style::Plain => out.push_str(text),
            Style::Quoted => scalar::quoted(text, out),
            Style::Literal => return literal(text, indent + STEP, out),
        },
        Value::Number(n) => number(n, out),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Null => out.push_str("null"),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
    out.push('\n');
}

/// Writes `text`, which is known to fit a literal, with its lines at column `indent`.
fn literal(text: &str, indent: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    out.push('|');
    // Blanks at the start would be taken for indentation, and libyaml refuses a tab there, unless it is announced.
    if text.starts_with([' ', '\t', '\n']) {
        out.push('2');
    }
    match breaks {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    out.push('\n');
    for line in body.split('\n') {
        if !line.is_empty() {
            pad(indent, out);
            out.push_str(line);
        }
        out.push('\n');
    }
    out.extend(std::iter::repeat_n('\n', breaks.saturating_sub(1)));
}

/// Writes a number as JSON does, except for exponents: YAML 1.1 sees a float only with a dot and a signed exponent,
/// and would read `1e30` as a string.
fn number(n: &Number, out: &mut String) {
    let start = out.len();
    // Writing into a String cannot fail.
    let _ = write!(out, "{n}");
    let Some(at) = out[start..].find('e') else { return };
    let exponent = out.split_off(start + at);
    let power = exponent.trim_start_matches(['e', '+']);
    let dot = if out[start..].contains('.') { "" } else { ".0" };
    let sign = if power.starts_with('-') { "" } else { "+" };
    let _ = write!(out, "{dot}e{sign}{power}");
}

fn pad(columns: usize, out: &mut String) {
    const BLANKS: &str = "                                ";
    let mut left = columns;
    while left > BLANKS.len() {
        out.push_str(BLANKS);
        left -= BLANKS.len();
    }
    out.push_str(&BLANKS[..left]);
}
