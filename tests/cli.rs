//! What the command line promises: where things go, what exit codes say, and that a folder is the old one or the new one.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use support::stackgen;

const STACK: &str =
    "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: tea}\nconsul: {}\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_stack_may_come_from_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let output = stackgen(folder.path(), &["render", "-f", "-"], STACK);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("kind: StatefulSet"));
}

#[test]
fn nothing_is_never_a_success() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, input, wanted) in [
        (&["render", "-f", "-"][..], "", "empty"),
        (&["render", "-f", "-"], "# nothing\n", "empty"),
        (&["render"], "", "cannot read stack.yaml"),
        (&["render", "-f", "-", "--only", "Pod/*"], STACK, "no object matches"),
        (&["render", "-f", "-", "-p", "prd"], STACK, "did you mean `prod`?"),
        (&["render", "-f", "-", "--set", "consul.mod=agents"], STACK, "did you mean `mode`?"),
        (&["render", "-f", "-", "--kubernetes", "1.99"], STACK, "1.99"),
    ] {
        let output = stackgen(folder.path(), arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains(wanted), "{arguments:?}: {told}");
    }
}

#[test]
fn wrong_usage_is_two() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["rendr"][..], &["render", "--frmat", "yaml"], &["render", "--format", "xml"], &[]] {
        assert_eq!(stackgen(folder.path(), arguments, "").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn json_holds_the_same_objects_as_yaml() {
    use serde::Deserialize as _;
    let folder = tempfile::tempdir().unwrap();
    let yaml = stackgen(folder.path(), &["render", "-f", "-"], STACK);
    let json = stackgen(folder.path(), &["render", "-f", "-", "--format", "json"], STACK);
    let documents: Vec<serde_json::Value> = serde_yaml::Deserializer::from_str(&text(&yaml.stdout))
        .map(|document| serde_json::Value::deserialize(document).unwrap())
        .collect();
    let list: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(list["items"], serde_json::Value::from(documents));
}

#[test]
fn a_folder_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let render = |arguments: &[&str]| {
        stackgen(folder.path(), &[&["render", "-f", "-", "-o", "out/"], arguments].concat(), STACK)
    };
    assert_eq!(render(&[]).status.code(), Some(0));
    let all = names(&out);
    assert!(all.iter().any(|name| name == "50-statefulset-consul.yaml"), "{all:?}");
    // A refusal leaves the old tree alone.
    assert_eq!(render(&["--set", "consul.datacenter=A"]).status.code(), Some(1));
    assert_eq!(names(&out), all);
    // What is no longer drawn is gone.
    assert_eq!(render(&["--only", "Service/*"]).status.code(), Some(0));
    assert!(names(&out).iter().all(|name| name.contains("-service-") || name == ".stackgen"));
    assert_eq!(names(folder.path()), ["out"], "something was left beside it");
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/precious.txt"), "mine").unwrap();
    let output = stackgen(folder.path(), &["render", "-f", "-", "-o", "src"], STACK);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(&folder.path().join("src")), ["precious.txt"]);
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.yaml");
    fs::write(&file, "old").unwrap();
    assert_eq!(
        stackgen(folder.path(), &["render", "-f", "-", "-o", "out.yaml", "-p", "prod"], STACK).status.code(),
        Some(1)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(
        stackgen(folder.path(), &["render", "-f", "-", "-o", "out.yaml"], STACK).status.code(),
        Some(0)
    );
    assert!(fs::read_to_string(&file).unwrap().starts_with("---\n"));
    assert_eq!(names(folder.path()), ["out.yaml"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(["render", "-f", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(STACK.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
