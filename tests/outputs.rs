//! Complaints in every format: valid, with the same places as people are shown, without secrets, on the right stream.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::xml::elements;

const MACHINES: [&str; 4] = ["json", "sarif", "github", "junit"];
const HEAD: &str = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: tea}\n";
/// In prod: one warning, `redis-open`.
const WARNS: &str = "redis: {}\n";
/// In dev: not a word.
const FINE: &str = "consul: {}\n";
/// Five mistakes, some behind wide characters.
const WRONG: &str = "redis: {\"茶\": 1, mode: standalon, version: 7.2}\nkafka: {brokers: many}\nredsi: {}\n";

#[test]
fn every_format_names_the_same_places() {
    let folder = stack(WRONG);
    let human = text(&run(folder.path(), &["check"]).stderr);
    let wanted: Vec<(String, u64, u64)> = human
        .lines()
        .zip(human.lines().skip(1))
        .filter_map(|(title, place)| {
            let (line, column) = place.trim().strip_prefix("--> stack.yaml:")?.split_once(':')?;
            let code = title.split_once('[')?.1.split_once(']')?.0;
            Some((code.to_owned(), line.parse().unwrap(), column.parse().unwrap()))
        })
        .collect();
    assert!(wanted.len() >= 5, "{human}");
    let told = |format| text(&run(folder.path(), &["check", "--output", format]).stdout);

    let json: Value = serde_json::from_str(&told("json")).unwrap();
    let place = |one: &Value| (word(&one["code"]), number(&one["line"]), number(&one["column"]));
    assert_eq!(list(&json["complaints"]).iter().map(place).collect::<Vec<_>>(), wanted);
    assert_eq!((number(&json["errors"]), number(&json["warnings"])), (wanted.len() as u64, 0));

    let sarif: Value = serde_json::from_str(&told("sarif")).unwrap();
    let place = |one: &Value| {
        let region = &one["locations"][0]["physicalLocation"]["region"];
        (word(&one["ruleId"]), number(&region["startLine"]), number(&region["startColumn"]))
    };
    assert_eq!(list(&sarif["runs"][0]["results"]).iter().map(place).collect::<Vec<_>>(), wanted);

    let github = told("github");
    for ((code, line, column), command) in wanted.iter().zip(github.lines()) {
        let start = format!("::error file=stack.yaml,line={line},endLine={line},col={column},endColumn=");
        assert!(command.starts_with(&start) && command.contains(&format!(",title={code}::")), "{command}");
    }
    assert_eq!(github.lines().count(), wanted.len());

    let junit = told("junit");
    assert_eq!(elements(&junit, "failure"), wanted.len());
    for (code, line, column) in &wanted {
        assert!(junit.contains(&format!("<testcase classname=\"{code}\" ")), "{junit}");
        assert!(
            junit.contains(&format!("({line}:{column})\" file=\"stack.yaml\" line=\"{line}\"")),
            "{junit}"
        );
    }
}

#[test]
fn columns_count_characters_and_end_behind_the_last_one() {
    let folder = stack("redis: {\"茶\": 1, mode: standalon}\n");
    let json = json(folder.path(), &["check"]);
    let spans: Vec<[u64; 4]> = list(&json["complaints"])
        .iter()
        .map(|one| ["line", "column", "endLine", "endColumn"].map(|key| number(&one[key])))
        .collect();
    assert_eq!(spans, [[4, 9, 4, 12], [4, 23, 4, 32]]);
}

#[test]
fn json_has_all_keys_and_null_where_there_is_no_place() {
    let folder = stack(FINE);
    let json = json(folder.path(), &["check", "-p", "nobody"]);
    let complaint = &json["complaints"][0];
    let wanted = serde_json::json!({
        "code": "unknown-profile",
        "severity": "error",
        "title": "unknown profile `nobody`",
        "file": null, "line": null, "column": null, "endLine": null, "endColumn": null,
        "object": null, "field": null,
        "because": complaint["because"],
        "help": complaint["help"],
    });
    assert_eq!(format!("{complaint:#}"), format!("{wanted:#}"));
    assert!(complaint["because"].is_array() && complaint["help"].is_array());
    assert_eq!(json["version"], 1);
}

#[test]
fn sarif_describes_the_rules_that_occur() {
    let folder = support::root().join("tests/cases/refusals/a-limit-below-the-request");
    let output = run(&folder, &["check", "--output", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(
        (&driver["name"], &driver["version"]),
        (&"stackgen".into(), &env!("CARGO_PKG_VERSION").into())
    );
    let rule = stackgen::verify::all().find(|rule| rule.code == "request-fits-limit").unwrap();
    let described = list(&driver["rules"]);
    assert_eq!(described.len(), 1);
    assert_eq!(described[0]["id"], rule.code);
    assert_eq!(described[0]["shortDescription"]["text"], rule.promise);
    assert_eq!(described[0]["fullDescription"]["text"], rule.why);
    let result = &run["results"][0];
    assert_eq!((word(&result["level"]).as_str(), number(&result["ruleIndex"])), ("error", 0));
    assert!(word(&result["message"]["text"]).contains("\nhelp: raise the limit"), "{result}");
}

// Windows has no such names.
#[cfg(not(windows))]
#[test]
fn a_name_that_needs_escaping_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a&b, <茶> 5%.yaml";
    fs::write(folder.path().join(name), format!("{HEAD}redsi: {{}}\n")).unwrap();
    let told = |format| text(&run(folder.path(), &["check", "-f", name, "--output", format]).stdout);
    let uri = "\"uri\": \"a%26b%2C%20%3C%E8%8C%B6%3E%205%25.yaml\"";
    assert!(told("sarif").contains(uri), "{}", told("sarif"));
    assert!(told("github").starts_with("::error file=a&b%2C <茶> 5%25.yaml,line=4,"), "{}", told("github"));
    assert!(told("junit").contains("file=\"a&amp;b, &lt;茶&gt; 5%.yaml\""), "{}", told("junit"));
    assert_eq!(elements(&told("junit"), "testcase"), 1);
    assert_eq!(serde_json::from_str::<Value>(&told("json")).unwrap()["complaints"][0]["file"], name);
}

#[test]
fn github_gets_no_columns_of_several_lines() {
    let folder = support::root().join("tests/cases/refusals/a-secret-over-several-lines");
    let told = text(&run(&folder, &["check", "-p", "prod", "--output", "github"]).stdout);
    assert!(told.starts_with("::error file=stack.yaml,line=6,endLine="), "{told}");
    assert!(!told.contains("col=") && !told.contains("endColumn="), "{told}");
}

#[test]
fn no_format_shows_a_secret() {
    let cases: Vec<_> = support::cases().into_iter().filter(|case| case.name.contains("secret")).collect();
    assert!(cases.len() >= 4);
    let mut covered = 0;
    for case in cases {
        for format in MACHINES.iter().chain(&["human"]) {
            let arguments: Vec<&str> = case.arguments.iter().map(String::as_str).collect();
            let output = run(&case.folder, &[arguments.as_slice(), &["--output", format]].concat());
            let told = [text(&output.stdout), text(&output.stderr)].concat();
            assert!(!told.contains("hunter2"), "{} {format}: {told}", case.name);
            covered += usize::from(told.contains("***"));
        }
    }
    // One case says what is written in its help: there every format covers it.
    assert!(covered >= 5, "{covered}");
}

#[test]
fn machines_read_a_document_where_there_is_nothing_to_say() {
    let folder = stack(FINE);
    for format in MACHINES {
        let output = run(folder.path(), &["check", "--output", format]);
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(text(&output.stderr).starts_with("ok: "), "{format}");
        let told = text(&output.stdout);
        match format {
            "json" => {
                let json: Value = serde_json::from_str(&told).unwrap();
                assert_eq!((&json["errors"], list(&json["complaints"]).len()), (&Value::from(0), 0));
            }
            "sarif" => {
                let log: Value = serde_json::from_str(&told).unwrap();
                let run = &log["runs"][0];
                assert_eq!(
                    (list(&run["results"]).len(), list(&run["tool"]["driver"]["rules"]).len()),
                    (0, 0)
                );
            }
            "junit" => {
                assert_eq!((elements(&told, "testcase"), elements(&told, "failure")), (1, 0), "{told}");
            }
            _ => assert_eq!(told, ""),
        }
    }
}

#[test]
fn complaints_of_check_are_its_result_and_those_of_render_are_talk() {
    let folder = stack(WARNS);
    let manifest = text(&run(folder.path(), &["render", "-p", "prod"]).stdout);
    for format in MACHINES {
        let check = run(folder.path(), &["check", "-p", "prod", "--output", format]);
        let render = run(folder.path(), &["render", "-p", "prod", "--output", format]);
        assert_eq!(text(&render.stdout), manifest, "{format}");
        assert_eq!(text(&render.stderr), text(&check.stdout), "{format}");
        assert!(text(&check.stdout).contains("redis-open"), "{format}");
    }
    let check = run(folder.path(), &["check", "-p", "prod"]);
    assert!(check.stdout.is_empty());
    assert!(
        text(&check.stderr).ends_with("\n\n1 warning\nok: 8 objects, profile prod\n"),
        "{}",
        text(&check.stderr)
    );
}

#[test]
fn a_warning_is_a_passed_test_and_a_warning_everywhere_else() {
    let folder = stack(WARNS);
    let told = |format| text(&run(folder.path(), &["check", "-p", "prod", "--output", format]).stdout);
    assert!(told("github").starts_with("::warning file=stack.yaml,line=4,"));
    assert!(told("sarif").contains("\"level\": \"warning\""));
    assert!(told("json").contains("\"severity\": \"warning\""));
    let junit = told("junit");
    assert_eq!((elements(&junit, "failure"), elements(&junit, "system-out")), (0, 1), "{junit}");
}

#[test]
fn warnings_refuse_when_asked_to() {
    let folder = stack(WARNS);
    let prod = |arguments: &[&str]| run(folder.path(), &[arguments, &["-p", "prod"]].concat());
    assert_eq!(prod(&["render"]).status.code(), Some(0));

    let refused = prod(&["render", "-o", "out.yaml", "--warnings-as-errors"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!folder.path().join("out.yaml").exists());
    let told = text(&refused.stderr);
    assert!(told.starts_with("error[redis-open]"), "{told}");
    assert!(told.contains("= note: a warning, which `--warnings-as-errors` makes an error"), "{told}");
    assert!(told.ends_with("refused: 1 error; nothing was written\n"), "{told}");

    let refused = prod(&["check", "--warnings-as-errors", "--severity", "error", "--output", "json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.is_empty());
    let json: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((number(&json["errors"]), number(&json["warnings"])), (1, 0));
}

#[test]
fn warnings_are_left_out_when_asked_to() {
    let folder = stack(WARNS);
    let check = run(folder.path(), &["check", "-p", "prod", "--severity", "error"]);
    assert_eq!(
        (check.status.code(), text(&check.stderr).as_str()),
        (Some(0), "ok: 8 objects, profile prod\n")
    );
    let folder = stack("redis: {}\nzookeeper: {replicas: 2}\n");
    let all = run(folder.path(), &["check", "-p", "prod"]);
    assert!(text(&all.stderr).ends_with("\nrefused: 1 error, 1 warning\n"), "{}", text(&all.stderr));
    let errors = run(folder.path(), &["check", "-p", "prod", "--severity", "error"]);
    assert!(text(&errors.stderr).ends_with("\nrefused: 1 error\n"), "{}", text(&errors.stderr));
}

#[test]
fn wrong_usage_stays_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["check", "--output", "json", "--severity", "loud"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).starts_with("error: "), "{}", text(&output.stderr));
}

/// A folder with a `stack.yaml`.
fn stack(sections: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.yaml"), format!("{HEAD}{sections}")).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_slice(&run(folder, &[arguments, &["--output", "json"]].concat()).stdout).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}
