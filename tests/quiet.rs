//! What `lint` leaves out when it is asked to, and by default: settings beside the manifests, skips, baselines, summaries,
//! folding. It never hides what it was not told to hide, and says what was without effect.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: tea}\nspec:\n  containers:\n  - {name: main, image: shop/tea}\n";
/// Two containers that need a Secret each, and a field that the server does not know.
const WRONG: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: tea}\nspec:\n  imags: x\n  containers:\n  - {name: a, image: shop/a, envFrom: [{secretRef: {name: one}}]}\n  - {name: b, image: shop/b, envFrom: [{secretRef: {name: two}}]}\n";

fn lint(folder: &Path, arguments: &[&str], input: &str) -> Output {
    support::stackgen(folder, &[&["lint"], arguments].concat(), input)
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn json(folder: &Path, arguments: &[&str], input: &str) -> Value {
    serde_json::from_slice(&lint(folder, &[arguments, &["--output", "json"]].concat(), input).stdout).unwrap()
}

/// The codes that are told, each once.
fn codes(folder: &Path, arguments: &[&str], input: &str) -> Vec<String> {
    let json = json(folder, arguments, input);
    let summary = json["summary"].as_array().unwrap().iter();
    let mut codes: Vec<String> = summary.map(|line| line["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

#[test]
fn settings_count_for_stdin_files_and_folders_alike() {
    let settings = "skip: [image-is-pinned]\nseverity: {runs-as-non-root: error}\n";
    let folder = folder(&[("pod.yaml", POD), ("parts/pod.yaml", POD), (".stackgen-lint.yaml", settings)]);
    let path = folder.path();
    for arguments in [
        &["-"][..],
        &["pod.yaml"],
        &["parts"],
        &["parts/pod.yaml"],
        &["--config", ".stackgen-lint.yaml", "-"],
    ] {
        let output = lint(path, arguments, POD);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let text = told(&output);
        assert!(text.contains("error[runs-as-non-root]") && !text.contains("image-is-pinned"), "{text}");
        assert!(text.contains("note: 1 finding skipped, by .stackgen-lint.yaml\n"), "{text}");
    }
    // From inside of a folder below; and without it.
    let inside = lint(&path.join("parts"), &["pod.yaml"], "");
    assert!(!told(&inside).contains("image-is-pinned"), "{}", told(&inside));
    assert!(codes(path, &["pod.yaml", "--no-config"], "").contains(&"image-is-pinned".to_owned()));
    // Whatever is rendered does not know it.
    fs::write(
        path.join("stack.yaml"),
        "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: a}\nconsul: {}\n",
    )
    .unwrap();
    let before = support::stackgen(path, &["render"], "");
    fs::write(path.join(".stackgen-lint.yaml"), "skp: 1\n").unwrap();
    assert_eq!(support::stackgen(path, &["render"], "").stdout, before.stdout);
    assert!(!before.stdout.is_empty());
}

#[test]
fn settings_are_the_nearest_and_end_with_the_repository() {
    let skip = "skip: [image-is-pinned]\n";
    let folder = folder(&[
        (".stackgen-lint.yaml", skip),
        ("repository/.git/config", ""),
        ("repository/pod.yaml", POD),
        ("other/.stackgen-lint.yaml", "skip: [runs-as-non-root]\n"),
        ("other/pod.yaml", POD),
        ("pod.yaml", POD),
    ]);
    let path = folder.path();
    assert!(codes(path, &["repository"], "").contains(&"image-is-pinned".to_owned()));
    let other = codes(path, &["other/pod.yaml"], "");
    assert!(other.contains(&"image-is-pinned".to_owned()) && !other.contains(&"runs-as-non-root".to_owned()));
    // All of it is one set, which cannot be judged by two.
    let both = lint(path, &["pod.yaml", "other/pod.yaml"], "");
    assert_eq!(both.status.code(), Some(1));
    assert!(told(&both).contains("`--config FILE`"), "{}", told(&both));
    // What stands deeper, or is called nearly so, is not read, and that is said.
    fs::write(path.join("repository/stackgen.toml"), "").unwrap();
    let text = told(&lint(path, &["repository"], ""));
    assert!(text.contains("note: repository/stackgen.toml is not read"), "{text}");
    fs::remove_file(path.join("pod.yaml")).unwrap();
    let text = told(&lint(path, &["."], ""));
    assert!(text.contains("note: ./other/.stackgen-lint.yaml is not read"), "{text}");
}

#[test]
fn mistakes_in_settings_and_flags_are_refused() {
    let folder =
        folder(&[("pod.yaml", POD), (".stackgen-lint.yaml", "skip:\n- image-is-pined\nexlude: [a]\n")]);
    let output = lint(folder.path(), &["pod.yaml"], "");
    assert_eq!(output.status.code(), Some(1));
    let text = told(&output);
    assert!(text.contains("error[unknown-key]") && text.contains("--> .stackgen-lint.yaml:3:1"), "{text}");
    assert!(text.contains("did you mean `exclude`?"), "{text}");
    fs::write(folder.path().join(".stackgen-lint.yaml"), "skip:\n- image-is-pined\n").unwrap();
    let text = told(&lint(folder.path(), &["pod.yaml"], ""));
    assert!(text.contains("did you mean `image-is-pinned`?") && text.contains("lint.yaml:2:3"), "{text}");
    for (flags, wanted) in [
        (&["--skip", "redsi"][..], "did you mean `redis`?"),
        (&["--only-rules", "image-is-pinned,x*y"], "no rule fits `x*y`"),
        (&["--update-baseline"], "`--baseline FILE`"),
        (&["--config", "missing.yaml"], "cannot read missing.yaml"),
        (&["--baseline", "missing.yaml"], "`--update-baseline` writes it"),
    ] {
        let none = if flags[0] == "--config" { &[][..] } else { &["--no-config"] };
        let output = lint(folder.path(), &[&["pod.yaml"], none, flags].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(told(&output).contains(wanted), "{flags:?}: {}", told(&output));
    }
}

#[test]
fn skips_do_not_hide_what_the_server_refuses() {
    let folder = folder(&[("pod.yaml", WRONG)]);
    let told = |flags: &[&str]| codes(folder.path(), &[&["pod.yaml"], flags].concat(), "");
    assert_eq!(told(&["--skip", "*"]), ["schema"]);
    assert_eq!(told(&["--only-rules", "references"]), ["reference-exists", "schema"]);
    assert_eq!(told(&["--only-rules", "reference-exists", "--skip", "schema"]), ["reference-exists"]);
    assert_eq!(lint(folder.path(), &["pod.yaml", "--skip", "schema,references"], "").status.code(), Some(0));
    let unread = lint(folder.path(), &["-", "--skip", "*"], "a: [1\n");
    assert_eq!(unread.status.code(), Some(1));
}

#[test]
fn what_is_assumed_by_a_pattern_exists() {
    let folder = folder(&[("pod.yaml", WRONG)]);
    let told = |flags: &[&str]| codes(folder.path(), &[&["pod.yaml"], flags].concat(), "");
    assert!(told(&["--assume", "Secret/o*"]).contains(&"reference-exists".to_owned()));
    assert!(!told(&["--assume", "Secret/*"]).contains(&"reference-exists".to_owned()));
    // A pattern does not say that there are two of what is defined here.
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: one}\n---\n";
    let both = codes(folder.path(), &["-", "--assume", "Secret/*"], &format!("{secret}{WRONG}"));
    assert!(!both.iter().any(|code| code.starts_with("external-")), "{both:?}");
    let address = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"a:1\", env: [{name: A, value: \"http://db.default.svc\"}]}]}\n";
    let resolves = |flags: &[&str]| codes(folder.path(), &[&["-"], flags].concat(), address);
    assert!(resolves(&[]).contains(&"address-resolves".to_owned()));
    assert!(!resolves(&["--assume", "Service/d*"]).contains(&"address-resolves".to_owned()));
}

#[test]
fn what_is_without_effect_is_told() {
    let settings = "exclude: [charts/, none/]\npaths:\n  old/: {skip: [security]}\n  nwe/: {skip: [security]}\nassume: [Secret/one, Secret/t*, Service/three]\n";
    let folder = folder(&[
        (".stackgen-lint.yaml", settings),
        ("pod.yaml", WRONG),
        ("old/pod.yaml", &WRONG.replace("name: tea", "name: old")),
        ("charts/broken.yaml", "a: {{ b }}\n"),
    ]);
    let text = told(&lint(folder.path(), &["."], ""));
    for wanted in [
        ":1:20: no file or directory fits",
        ":4:3: no file fits",
        ":5:33: nothing refers to this: `Service/three`",
    ] {
        assert!(text.contains(&format!("note: .stackgen-lint.yaml{wanted}")), "{wanted}: {text}");
    }
    assert_eq!(text.matches("note: .stackgen-lint.yaml:").count(), 3, "{text}");
    // Of a part of the files, nobody can say.
    assert!(!told(&lint(folder.path(), &["pod.yaml"], "")).contains("note: .stackgen-lint.yaml:"));
    let text = told(&lint(folder.path(), &["pod.yaml", "--no-config", "--assume", "Host/x"], ""));
    assert!(text.contains("note: `--assume Host/x`: nothing refers to this"), "{text}");
}

#[test]
fn only_new_findings_are_told_beside_a_baseline() {
    let folder = folder(&[("pod.yaml", WRONG)]);
    let path = folder.path();
    let written = lint(path, &["pod.yaml", "--baseline", "known.yaml", "--update-baseline"], "");
    assert_eq!((written.status.code(), written.stdout.len()), (Some(0), 0), "{}", told(&written));
    let baseline = fs::read_to_string(path.join("known.yaml")).unwrap();
    assert!(baseline.contains("- rule: schema\n  object: Pod/tea\n  field: spec.imags\n"), "{baseline}");
    lint(path, &["pod.yaml", "--baseline", "known.yaml", "--update-baseline"], "");
    assert_eq!(fs::read_to_string(path.join("known.yaml")).unwrap(), baseline);
    let known = |input: &str, flags: &[&str]| {
        lint(path, &[&["-", "--baseline", "known.yaml"], flags].concat(), input)
    };
    assert_eq!(known(WRONG, &[]).status.code(), Some(0));
    assert_eq!(known(WRONG, &["--warnings-as-errors"]).status.code(), Some(0));
    // Lines move, a container comes first, and another Secret is missing.
    let moved = format!(
        "# a line\n{}",
        WRONG.replace(
            "  - {name: a",
            "  - {name: first, image: \"x:1\", envFrom: [{secretRef: {name: three}}]}\n  - {name: a"
        )
    );
    let output = known(&moved, &["--severity", "error"]);
    assert_eq!(output.status.code(), Some(1));
    let text = told(&output);
    assert!(text.contains("`three`") && text.contains("refused: 1 error\n"), "{text}");
    assert!(!text.contains("no longer found"), "{text}");
    // What is mended can be removed.
    let text = told(&known(&WRONG.replace("  imags: x\n", ""), &[]));
    assert!(text.contains("note: 1 entry of known.yaml is no longer found"), "{text}");
    let json = json(path, &["-", "--baseline", "known.yaml"], &WRONG.replace("  imags: x\n", ""));
    assert_eq!((&json["baseline"]["gone"], &json["errors"]), (&Value::from(1), &Value::from(0)));
    assert!(json["baseline"]["found"].as_u64().unwrap() > 2);
    // What cannot be read is never known.
    let output = known("a: [1\n", &["--update-baseline"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("known.yaml was not written"), "{}", told(&output));
    assert_eq!(fs::read_to_string(path.join("known.yaml")).unwrap(), baseline);
}

#[test]
fn a_baseline_is_named_in_the_settings_and_holds_no_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {url: \"redis://:hunter2@cache.default.svc:6379\", hunter2: x}\nspec: {hunter2: 1}\n";
    let folder = folder(&[(".stackgen-lint.yaml", "baseline: known.yaml\n"), ("parts/secret.yaml", secret)]);
    let output = lint(&folder.path().join("parts"), &[".", "--update-baseline"], "");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let baseline = fs::read_to_string(folder.path().join("known.yaml")).unwrap();
    assert!(!baseline.contains("hunter2") && baseline.contains("address-resolves"), "{baseline}");
    assert_eq!(lint(folder.path(), &["parts"], "").status.code(), Some(0));
    assert_eq!(lint(folder.path(), &["parts", "--no-config"], "").status.code(), Some(1));
}

#[test]
fn a_summary_is_a_line_for_each_rule() {
    let folder = folder(&[("pod.yaml", WRONG)]);
    let text = told(&lint(folder.path(), &["pod.yaml", "--summary"], ""));
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["errors", "warnings", "rule", "first"]);
    assert_eq!(lines[1], ["2", "0", "reference-exists", "pod.yaml:7:41"]);
    assert!(text.lines().last().unwrap().starts_with("refused: 3 errors, "), "{text}");
    let json = json(folder.path(), &["pod.yaml", "--summary"], "");
    assert_eq!(json["summary"][0]["errors"], 2);
    assert!(json["complaints"].as_array().unwrap().len() > 3);
    let output = lint(folder.path(), &["pod.yaml", "--summary", "--output", "sarif"], "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn many_of_a_kind_are_folded_for_people_alone() {
    let many: String =
        (0..40).map(|at| format!("---\n{}", POD.replace("name: tea", &format!("name: tea-{at}")))).collect();
    let folder = tempfile::tempdir().unwrap();
    let short = lint(folder.path(), &["-"], &many);
    let text = told(&short);
    assert!(text.lines().count() < 80, "{text}");
    assert!(
        text.contains("39 more findings of this rule, which `--all` shows: Pod/tea-1 (<stdin>:"),
        "{text}"
    );
    let long = lint(folder.path(), &["-", "--all"], &many);
    assert_eq!(short.status.code(), long.status.code());
    assert_eq!(text.lines().rev().nth(1), told(&long).lines().rev().nth(1));
    assert_eq!(told(&long).matches("warning[image-is-pinned]").count(), 40);
    let json = json(folder.path(), &["-"], &many);
    assert!(json["complaints"].as_array().unwrap().len() >= 80);
    // The same of each container is said once.
    let containers: String = (0..5).map(|at| format!("  - {{name: c{at}, image: shop/c{at}}}\n")).collect();
    let pod =
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: tea}}\nspec:\n  containers:\n{containers}");
    let text = told(&lint(folder.path(), &["-"], &pod));
    assert_eq!(text.matches("warning[image-is-pinned]").count(), 1, "{text}");
    assert!(text.contains("the same for 4 more: `shop/c1`, `shop/c2`, `shop/c3`, `shop/c4`"), "{text}");
}
