//! The schema proof, seen kept and seen broken: `tests/schema/{kept,broken}*.yaml`, plain manifests that go to it directly,
//! and `broken*.txt`, its findings word for word. The first line names the minors: `# Kubernetes 1.25, 1.28`.
//!
//! `BLESS=1 cargo test --test schema` writes the findings. Read what was written before you commit it.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize as _;
use serde_json::{Value, json};
use stackgen::components::Key;
use stackgen::diagnostic::Path;
use stackgen::draft::{Draft, Drafts, Origin};
use stackgen::k8s::{Object, Version};
use stackgen::verify::schema::{Custom, Minor, RULES};
use stackgen::verify::{self, Around, Set};
use support::root;

#[test]
fn schemas_are_kept_and_broken() {
    let mut wrong = String::new();
    for path in files() {
        let found = findings(&fs::read_to_string(&path).unwrap());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("kept") {
            if !found.is_empty() {
                let _ = writeln!(wrong, "{name} breaks it:\n{found}");
            }
            continue;
        }
        let text = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&text, &found).unwrap();
        }
        let wanted = fs::read_to_string(&text).unwrap_or_default();
        if found.is_empty() || wanted != found {
            let _ = writeln!(wrong, "{name}:\n{}", support::difference(&wanted, &found));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The whole way: a draft is refused at the component that asked for it, with the words of `Rule::diagnostic`.
#[test]
fn a_draft_is_refused_at_its_component() {
    let object = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "redis" },
        "spec": {
            "replica": 3, "serviceName": "redis", "selector": { "matchLabels": { "a": "b" } },
            "template": { "metadata": { "labels": { "a": "b" } }, "spec": { "containers": [] } },
        },
    });
    let owner = Key::own("redis", None);
    let origin = Origin::Drawn { template: "redis/statefulset.yaml.j2", owner };
    let draft = Draft { object: Object::new(object).unwrap(), origin, patched: Vec::new() };
    let kubernetes = Version::parse("1.34").unwrap();
    let complaints =
        verify::drafts(Drafts { all: vec![draft], kubernetes, ..Drafts::default() }).unwrap_err();
    let complaint = complaints.iter().next().unwrap();
    assert_eq!(complaint.code, "schema");
    assert_eq!(complaint.title, "StatefulSet/redis: unknown field `spec.replica`");
    assert_eq!(complaint.help, ["did you mean `replicas`?"]);
    assert_eq!(complaint.because[1], "rendered from templates/redis/statefulset.yaml.j2");
    assert_eq!(complaint.at, Path::root().key("redis").into());
    assert_eq!(complaint.field, Some(Path::from("/spec/replica")));
}

/// Definitions may come from elsewhere; those among the objects are the newer ones.
#[test]
fn definitions_may_stand_apart() {
    let definition = |kind: &str, field: &str| {
        let schema = json!({ "type": "object", "properties": { field: { "type": "string" } } });
        let version =
            json!({ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } });
        let object = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": { "name": "any" },
            "spec": {
                "group": "tea.example.com", "scope": "Namespaced",
                "names": { "kind": kind, "plural": "any" }, "versions": [version],
            },
        });
        Object::new(object).unwrap()
    };
    let object = |kind: &str| {
        let object = json!({
            "apiVersion": "tea.example.com/v1", "kind": kind, "metadata": { "name": "tea" }, "new": "a",
        });
        Object::new(object).unwrap()
    };
    let apart = [definition("Cup", "old"), definition("Pot", "old")];
    let objects = [definition("Pot", "new"), object("Cup"), object("Pot")];
    let around = Around::default();
    let set = Set::new(objects.iter().collect(), &around).knowing(Custom::new(&apart));
    let found: Vec<String> = RULES
        .iter()
        .flat_map(|rule| (rule.check)(&set))
        .map(|finding| format!("{}: {}", finding.object.id(), finding.title))
        .collect();
    assert_eq!(found, ["Cup/tea: unknown field `new`"]);
}

fn files() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join("tests/schema"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    paths.sort();
    paths
}

/// The findings in every minor that the file names, a block each.
fn findings(text: &str) -> String {
    let minors =
        text.lines().next().and_then(|line| line.strip_prefix("# Kubernetes ")).expect("names no minor");
    let objects: Vec<Object> = serde_yaml::Deserializer::from_str(text)
        .map(|document| Object::new(Value::deserialize(document).unwrap()).unwrap())
        .collect();
    let mut out = String::new();
    for minor in minors.split(", ") {
        let minor = Minor::nearest(&Version::parse(minor).unwrap());
        let around = Around { minor, ..Around::default() };
        let set = Set::new(objects.iter().collect(), &around);
        let mut block = String::new();
        for (rule, finding) in
            RULES.iter().flat_map(|rule| (rule.check)(&set).into_iter().map(move |found| (rule, found)))
        {
            let _ = writeln!(block, "{}: {}: {}", rule.code, finding.object.id(), finding.title);
            if let Some(help) = finding.help {
                let _ = writeln!(block, "  help: {help}");
            }
        }
        if !block.is_empty() {
            let _ = writeln!(out, "on {minor}\n{block}");
        }
    }
    out
}
