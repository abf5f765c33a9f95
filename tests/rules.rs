//! Every rule is a promise that is seen kept and seen broken: `tests/rules/<code>/{kept,broken}*.yaml`, plain manifests that
//! go to the rule directly, and `broken*.txt`, its findings word for word.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;
use stackgen::k8s::Object;
use stackgen::verify::{self, Rule, Set};
use support::root;

#[test]
fn every_rule_is_kept_and_broken() {
    let mut wrong = String::new();
    for rule in verify::all() {
        let folder = root().join("tests/rules").join(rule.code);
        let (kept, broken) = (files(&folder, "kept"), files(&folder, "broken"));
        if kept.is_empty() || broken.is_empty() {
            let _ = writeln!(wrong, "tests/rules/{} needs a kept.yaml and a broken.yaml", rule.code);
        }
        for path in kept {
            let found = findings(rule, &path);
            if !found.is_empty() {
                let _ = writeln!(wrong, "{} breaks it:\n{found}", path.display());
            }
        }
        for path in broken {
            let _ = write!(wrong, "{}", expectation(rule, &path));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_folder_has_its_rule_and_codes_are_unique() {
    let codes: Vec<&str> = verify::all().map(|rule| rule.code).collect();
    let unique: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(codes.len(), unique.len());
    for entry in fs::read_dir(root().join("tests/rules")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(unique.contains(name.as_str()), "there is no rule `{name}`");
    }
}

fn files(folder: &Path, start: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(start))
        .collect();
    paths.sort();
    paths
}

/// What is wrong with the file that must break the rule; nothing when all is as written.
fn expectation(rule: &Rule, path: &Path) -> String {
    let found = findings(rule, path);
    let text = path.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&text, &found).unwrap();
    }
    match fs::read_to_string(&text) {
        _ if found.is_empty() => format!("{} does not break it\n", path.display()),
        Ok(wanted) if wanted == found => String::new(),
        Ok(wanted) => format!("{}:\n{}", path.display(), support::difference(&wanted, &found)),
        Err(_) => format!("{} should hold:\n{found}", text.display()),
    }
}

fn findings(rule: &Rule, path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let objects: Vec<Object> = serde_yaml::Deserializer::from_str(&text)
        .map(|document| Object::new(Value::deserialize(document).unwrap()).unwrap())
        .collect();
    let external = BTreeSet::from(["Secret/declared".to_owned()]);
    let set = Set::new(objects.iter().collect(), &external, "cluster.local");
    let mut out = String::new();
    for finding in (rule.check)(&set) {
        let _ = writeln!(out, "{}: {}", finding.object, finding.title);
        if let Some(help) = finding.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}
