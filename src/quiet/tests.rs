use super::*;
use crate::source::{Layer, Sources};

fn settings(text: &str) -> Result<Settings, Vec<String>> {
    let mut sources = Sources::new();
    let id = sources.add("settings", text, Layer::File);
    read(&sources, id).map_err(|told| {
        let line = |complaint: &Diagnostic| {
            let crate::diagnostic::At::Place(place) = complaint.at else { panic!("{}", complaint.title) };
            let (line, column) = sources.line_column(place);
            format!("{line}:{column} {} {} {}", complaint.code, complaint.title, complaint.help.join(" "))
        };
        told.sorted().iter().map(line).collect()
    })
}

fn told(text: &str, complaint: Diagnostic) -> Option<Severity> {
    let names = BTreeMap::from([(SourceId(0), "old/app.yaml".to_owned())]);
    let complaint = complaint.at(Place { source: SourceId(0), start: 0, end: 0 });
    let (told, left_out) = settings(text).unwrap().quiet.judged(complaint.into(), &names);
    assert_eq!(left_out, usize::from(told.is_empty()));
    told.iter().next().map(|complaint| complaint.severity)
}

#[test]
fn rules_are_named_by_code_family_and_pattern() {
    let warning = |text: &str| told(text, Diagnostic::warning("image-is-pinned", "x")).is_some();
    for (text, wanted) in [
        ("skip: [image-is-pinned]", false),
        ("skip: [workloads, 'image-*']", false),
        ("skip: [redis]", true),
        ("only: ['image-*']", true),
        ("only: [redis, kafka]", false),
        ("paths: {old/: {skip: [image-is-pinned]}}", false),
        ("paths: {new: {skip: [image-is-pinned]}}", true),
    ] {
        assert_eq!(warning(text), wanted, "{text}");
    }
}

#[test]
fn what_the_server_refuses_is_skipped_by_its_name_alone() {
    let error = |text: &str| told(text, Diagnostic::error("schema", "x"));
    for text in ["skip: ['*']", "skip: ['schem*']", "only: [redis]", "severity: {'*': warning}"] {
        assert_eq!(error(text), Some(Severity::Error), "{text}");
    }
    assert_eq!(error("skip: [schema]"), None);
    assert_eq!(error("severity: {schema: warning}"), Some(Severity::Warning));
    // What could not be read is no matter of taste.
    let unread = |text: &str| told(text, Diagnostic::error("yaml-syntax", "x"));
    assert_eq!(unread("skip: ['*']\nonly: [redis]"), Some(Severity::Error));
}

#[test]
fn severities_are_changed_by_name_before_pattern() {
    let warning = |text: &str| told(text, Diagnostic::warning("image-is-pinned", "x"));
    assert_eq!(warning("severity: {image-is-pinned: error}"), Some(Severity::Error));
    assert_eq!(warning("severity: {image-is-pinned: warning, '*': error}"), Some(Severity::Warning));
    assert_eq!(warning("severity: {'image*': error}"), Some(Severity::Error));
}

#[test]
fn mistakes_are_told_where_they_stand_with_what_was_meant() {
    for (text, wanted) in [
        ("skp: []", "1:1 unknown-key"),
        ("skp: []", "did you mean `skip`?"),
        (
            "skip: [image-is-pined]",
            "1:8 unknown-rule unknown rule `image-is-pined`; did you mean `image-is-pinned`?",
        ),
        ("skip: [reids]", "did you mean `redis`?"),
        ("skip: ['kafak-*']", "no rule fits `kafak-*`"),
        ("skip: [yaml-syntax]", "what cannot be read cannot be checked"),
        ("skip: [redis-open]", "`lint` never reports it"),
        ("only: []", "1:1 bad-value"),
        ("severity: {image-is-pined: error}", "1:12 unknown-rule"),
        ("severity: {image-is-pinned: off}", "1:29 "),
        ("severity: {image-is-pinned: eror}", "did you mean `error`?"),
        ("paths: {a: {only: [x]}}", "unknown-key"),
        ("assume: [secret/tls]", "1:10 bad-external"),
        ("a: [", "yaml-syntax"),
    ] {
        let told = settings(text).unwrap_err().join("\n");
        assert!(told.contains(wanted), "{text}: {told}");
    }
}

#[test]
fn files_are_named_as_in_ignore_files() {
    for (pattern, path, wanted) in [
        ("a.yaml", "a.yaml", true),
        ("a.yaml", "x/a.yaml", true),
        ("./x/a.yaml", "x/a.yaml", true),
        ("x/a.yaml", "y/x/a.yaml", false),
        ("x", "x/y/a.yaml", true),
        ("x/", "y/x/a.yaml", true),
        ("x/**", "x/y/a.yaml", true),
        ("x/**", "y/x/z", false),
        ("x/*.yaml", "x/y/a.yaml", false),
        ("x/**/*.yaml", "x/a.yaml", true),
        ("x/**/*.yaml", "x/y/z/a.yaml", true),
        ("**/x/*.yaml", "w/v/x/a.yaml", true),
        ("**/x/*.yaml", "wx/a.yaml", false),
        ("*.json", "x/a.json", true),
        ("**", "a.yaml", true),
        ("-", "-", true),
    ] {
        assert_eq!(Files::new(pattern).has(path), wanted, "{pattern} {path}");
    }
}

#[test]
fn a_baseline_is_written_as_it_is_read() {
    let entry = |field: &str, says: &str| Entry::new("a-rule", "Pod/a", field, says);
    let first = entry("spec.containers[0].image", "Pod/a: container `x`: no\n\"y\"");
    assert_eq!(
        (first.field.as_str(), first.says.as_str()),
        ("spec.containers[].image", "container `x`: no\n\"y\"")
    );
    let known: Baseline =
        [first.clone(), entry("", "b"), entry("spec.containers[1].image", &first.says)].into_iter().collect();
    let text = known.text();
    let mut sources = Sources::new();
    let id = sources.add("baseline", text.as_str(), Layer::File);
    let mut read = Baseline::read(&sources, id).unwrap();
    assert_eq!(read.text(), text);
    assert!(text.contains("count: 2"), "{text}");
    assert_eq!((read.takes(&first), read.takes(&first), read.takes(&first)), (true, true, false));
    assert_eq!(
        read.left().map(|(entry, count)| (entry.says.as_str(), count)).collect::<Vec<_>>(),
        [("b", 1)]
    );
    let id = sources.add("baseline", "version: 2\nfindings: []\n", Layer::File);
    assert!(Baseline::read(&sources, id).is_err());
}
