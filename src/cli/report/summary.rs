//! One line for each rule: how often it is broken, and where first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use stackgen::diagnostic::Severity;

use super::Tally;
use super::shown::Shown;

/// One rule's findings.
struct Line<'s, 'a> {
    code: &'static str,
    tally: Tally,
    first: &'s Shown<'a>,
}

fn lines<'s, 'a>(shown: &'s [Shown<'a>]) -> Vec<Line<'s, 'a>> {
    let mut by_code: BTreeMap<&str, Line<'s, 'a>> = BTreeMap::new();
    for one in shown {
        let none = Tally { errors: 0, warnings: 0 };
        let line = by_code.entry(one.code).or_insert(Line { code: one.code, tally: none, first: one });
        match one.severity {
            Severity::Error => line.tally.errors += 1,
            Severity::Warning => line.tally.warnings += 1,
        }
        // An error is what one looks at first.
        if one.severity < line.first.severity {
            line.first = one;
        }
    }
    let mut lines: Vec<Line<'s, 'a>> = by_code.into_values().collect();
    lines.sort_by_key(|line| (std::cmp::Reverse((line.tally.errors, line.tally.warnings)), line.code));
    lines
}

/// A table for people, the worst rule first.
pub(super) fn table(shown: &[Shown<'_>]) -> String {
    let lines = lines(shown);
    if lines.is_empty() {
        return String::new();
    }
    let widest = lines.iter().map(|line| line.code.len()).max().unwrap_or_default();
    let mut out = format!("{:>6}  {:>8}  {:widest$}  first\n", "errors", "warnings", "rule");
    for Line { code, tally, first } in &lines {
        let Tally { errors, warnings } = tally;
        let _ = writeln!(out, "{errors:>6}  {warnings:>8}  {code:widest$}  {}", place(first));
    }
    out.push('\n');
    out
}

fn place(one: &Shown<'_>) -> String {
    match (&one.spot, &one.object) {
        (Some(spot), _) => format!("{}:{}:{}", spot.file, spot.line, spot.column),
        (None, Some(object)) => object.to_string(),
        (None, None) => one.title.to_string(),
    }
}

/// The same for machines.
pub(super) fn values(shown: &[Shown<'_>]) -> Vec<Value> {
    let value = |Line { code, tally, first }: Line<'_, '_>| {
        let spot = first.spot.as_ref();
        json!({
            "code": code,
            "errors": tally.errors,
            "warnings": tally.warnings,
            "file": spot.map(|spot| &spot.file),
            "line": spot.map(|spot| spot.line),
            "column": spot.map(|spot| spot.column),
        })
    };
    lines(shown).into_iter().map(value).collect()
}
