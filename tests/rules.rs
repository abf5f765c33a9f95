//! Every rule is a promise that is seen kept and seen broken: `tests/rules/<code>/{kept,broken}*.yaml`, plain manifests that
//! are linted, and `broken*.txt`, its findings with their places, word for word.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use stackgen::Linted;
use stackgen::diagnostic::{At, Severity};
use stackgen::source::{Layer, Sources};
use stackgen::verify::{self, Rule};
use support::root;
use support::rules::{around, files};

#[test]
fn every_rule_is_kept_and_broken() {
    let mut wrong = String::new();
    for rule in
        verify::all().filter(|rule| !verify::schema::RULES.iter().any(|known| known.code == rule.code))
    {
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

/// What the rule says of the file, with the place in it. The first line may say how the world is:
/// `# Kubernetes 1.29, namespace shop, domain k8s.example`.
fn findings(rule: &Rule, path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let mut sources = Sources::new();
    let file = sources.add(path.file_name().unwrap().to_string_lossy(), text.clone(), Layer::File);
    let (_, complaints) = stackgen::lint(
        &mut sources,
        &Linted { files: vec![file], around: around(&text), ..Linted::default() },
    );
    let mut out = String::new();
    for complaint in complaints.sorted().iter() {
        assert!(!complaint.code.starts_with("yaml-"), "{}: {}", path.display(), complaint.title);
        if complaint.code != rule.code {
            continue;
        }
        let At::Place(place) = complaint.at else { panic!("{} has no place", complaint.title) };
        let (line, column) = sources.line_column(place);
        let severity = if complaint.severity == Severity::Error { "error" } else { "warning" };
        let _ = writeln!(out, "{severity} at {line}:{column}: {}", complaint.title);
        for help in complaint.help.iter().filter(|help| *help != rule.fix) {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}
