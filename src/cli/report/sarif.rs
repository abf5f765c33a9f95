//! SARIF 2.1.0, the format of code scanning: one run, the rules that occur, a result for each complaint.

use serde_json::{Map, Value, json};
use stackgen::{codes, verify};

use super::shown::{Shown, Spot};

/// A log with one run, which is valid without results too.
pub(super) fn document(shown: &[Shown<'_>]) -> String {
    let mut codes: Vec<&str> = shown.iter().map(|complaint| complaint.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver(&codes)},
            "columnKind": "unicodeCodePoints",
            "results": shown.iter().map(|complaint| result(complaint, &codes)).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn driver(codes: &[&str]) -> Value {
    let mut driver = json!({
        "name": "stackgen",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": codes.iter().map(|code| descriptor(code)).collect::<Vec<_>>(),
    });
    // An empty address would be none: the schema wants an absolute one.
    let home = env!("CARGO_PKG_REPOSITORY");
    if !home.is_empty() {
        driver["informationUri"] = json!(home);
    }
    driver
}

/// What is known about a code.
fn descriptor(code: &str) -> Value {
    match (verify::rule(code), codes::check(code)) {
        (Some(rule), _) => {
            let mut described = described(code, rule.promise, rule.why, rule.fix);
            described["properties"] = json!({"source": rule.source});
            described
        }
        (None, Some(check)) => described(code, check.promise, check.why, check.fix),
        (None, None) => json!({"id": code}),
    }
}

fn described(code: &str, promise: &str, why: &str, fix: &str) -> Value {
    let help: Vec<&str> = [why, fix].into_iter().filter(|said| !said.is_empty()).collect();
    json!({
        "id": code,
        "shortDescription": {"text": promise},
        "fullDescription": {"text": why},
        "help": {"text": help.join("\n")},
    })
}

fn result(complaint: &Shown<'_>, codes: &[&str]) -> Value {
    let help = complaint.help.iter().map(|help| format!("help: {help}"));
    let lines: Vec<String> = std::iter::once(complaint.title.to_string()).chain(help).collect();
    json!({
        "ruleId": complaint.code,
        "ruleIndex": codes.iter().position(|code| *code == complaint.code),
        "level": complaint.level(),
        "message": {"text": lines.join("\n")},
        "locations": location(complaint).into_iter().collect::<Vec<_>>(),
    })
}

fn location(complaint: &Shown<'_>) -> Option<Value> {
    let mut location = Map::new();
    if let Some(spot) = &complaint.spot {
        location.insert("physicalLocation".to_owned(), physical(spot));
    }
    if let Some(object) = &complaint.object {
        let mut logical = vec![json!({"fullyQualifiedName": object, "kind": "object"})];
        if let Some(field) = &complaint.field {
            let whole = format!("{object}/{field}");
            logical.push(json!({"name": field, "fullyQualifiedName": whole, "kind": "property"}));
        }
        location.insert("logicalLocations".to_owned(), Value::from(logical));
    }
    (!location.is_empty()).then(|| Value::from(location))
}

fn physical(spot: &Spot<'_>) -> Value {
    json!({
        "artifactLocation": {"uri": spot.uri()},
        "region": {
            "startLine": spot.line,
            "startColumn": spot.column,
            "endLine": spot.end_line,
            "endColumn": spot.end_column,
        },
    })
}

#[cfg(test)]
mod tests {
    use stackgen::diagnostic::{Diagnostic, Path};
    use stackgen::source::Sources;

    use super::*;
    use crate::cli::report::shown::Covers;

    #[test]
    fn a_rule_of_ours_is_described_and_the_object_is_located() {
        let rule = verify::all().next().unwrap();
        let complaint = Diagnostic::error(rule.code, "x").about("Pod/a", Some(Path::root().key("spec")));
        let sources = Sources::new();
        let shown = Shown::of(&complaint, &sources, &Covers::default());
        let log: Value = serde_json::from_str(&document(&[shown])).unwrap();
        let run = &log["runs"][0];
        let described = &run["tool"]["driver"]["rules"][0];
        assert_eq!(described["id"], rule.code);
        assert_eq!(described["shortDescription"]["text"], rule.promise);
        assert_eq!(described["fullDescription"]["text"], rule.why);
        let location = &run["results"][0]["locations"][0];
        assert_eq!(location["physicalLocation"], Value::Null);
        assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "Pod/a");
        assert_eq!(location["logicalLocations"][1]["fullyQualifiedName"], "Pod/a/spec");
    }
}
