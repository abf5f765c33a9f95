//! One JSON document. Keys are only ever added; `version` rises when one changes its meaning.

use serde_json::{Value, json};

use super::shown::Shown;
use super::{Known, Tally, summary};

/// All complaints, and a line for each rule; places are null where there is none.
pub(super) fn document(shown: &[Shown<'_>], tally: Tally, known: Option<Known>) -> String {
    let document = json!({
        "version": 1,
        "errors": tally.errors,
        "warnings": tally.warnings,
        "complaints": shown.iter().map(one).collect::<Vec<_>>(),
        "summary": summary::values(shown),
        "baseline": known.map(|known| json!({"found": known.found, "gone": known.gone})),
    });
    format!("{document:#}\n")
}

fn one(complaint: &Shown<'_>) -> Value {
    let spot = complaint.spot.as_ref();
    json!({
        "code": complaint.code,
        "severity": complaint.level(),
        "title": complaint.title,
        "file": spot.map(|spot| &spot.file),
        "line": spot.map(|spot| spot.line),
        "column": spot.map(|spot| spot.column),
        "endLine": spot.map(|spot| spot.end_line),
        "endColumn": spot.map(|spot| spot.end_column),
        "object": complaint.object,
        "field": complaint.field,
        "because": complaint.because,
        "help": complaint.help,
    })
}
