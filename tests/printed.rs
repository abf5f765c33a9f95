//! What is printed, and where to: nothing from the input steers a terminal or a CI runner, machines get their document in any
//! case, and a stream that takes nothing is no reason to break down.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::xml::elements;

const FORMATS: [&str; 5] = ["human", "json", "sarif", "github", "junit"];
/// All that steers, with a word behind each that shows that the place is printed at all.
const HOSTILE: [&str; 4] = [
    "x\u{1b}[31mred\u{9b}2J\u{7f}\u{8}",
    "x\n::error file=a,line=1::INJ\n  ::stop-commands::t\r::add-mask::x",
    "::warning::INJ ##[error]z ##vso[task.setvariable variable=a]b",
    "x\u{202e}gpj\u{2066}a\u{200f}b\u{61c}c\u{2028}::error::d\u{2029}e\u{85}f",
];
const HEAD: &str = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: tea}\n";

/// In double quotes, for YAML.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn nothing_of_a_file_steers_who_shows_it() {
    let stacks = [
        "HOSTILE: 1\n",
        "redis: {mode: HOSTILE}\n",
        "redis: {HOSTILE: 1}\n",
        "redis: {storage: {size: HOSTILE}}\n",
        "apps: {HOSTILE: {image: a}}\n",
        "apps: {a: {image: HOSTILE}}\n",
        "apps: {a: {image: a/b:1, env: {A: \"${{ HOSTILE }}\"}}}\n",
        "apps: {a: {image: a/b:1, HOSTILE: {a: 1}}}\n",
        "mysql: {databases: [HOSTILE]}\n",
        "profile: HOSTILE\n",
        "waive: [{rule: HOSTILE, because: HOSTILE}]\n",
    ];
    let manifests = [
        "{apiVersion: v1, kind: HOSTILE, metadata: {name: a}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: HOSTILE}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, HOSTILE: a}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {HOSTILE: [a]}}",
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {HOSTILE: HOSTILE}, ports: [{port: 1, name: HOSTILE}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {a: HOSTILE}}, spec: {containers: [{name: HOSTILE, image: HOSTILE}]}}",
        "{apiVersion: HOSTILE, metadata: {name: a}, spec: HOSTILE}",
        "- HOSTILE",
        "a: 'b\nHOSTILE: c",
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let filled = |text: &str| text.replace("HOSTILE", &quoted(hostile));
        for (at, text) in stacks.iter().enumerate() {
            fs::write(folder.path().join(format!("s{number}-{at}.yaml")), format!("{HEAD}{}", filled(text)))
                .unwrap();
        }
        for (at, text) in manifests.iter().enumerate() {
            fs::write(folder.path().join(format!("m{number}-{at}.yaml")), filled(text)).unwrap();
        }
    }
    // What is written without quotes, too: a line of the source is shown.
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let name = format!("m{number}-raw.yaml");
        fs::write(folder.path().join(name), format!("apiVersion: v1\nkind: [a{hostile}\nb: @c\n")).unwrap();
    }
    for format in FORMATS {
        for number in 0..HOSTILE.len() {
            for at in 0..stacks.len() {
                let file = format!("s{number}-{at}.yaml");
                let output = run(folder.path(), &["check", "-f", &file, "--output", format]);
                assert_eq!(output.status.code(), Some(1), "{file}");
                is_tame(&output, format, true, &file);
            }
        }
        let lint = run(folder.path(), &["lint", ".", "--output", format]);
        is_tame(&lint, format, true, "lint .");
        let told = [text(&lint.stdout), text(&lint.stderr)].concat();
        for shown in ["red", "INJ", "gpj"].iter().filter(|_| format == "human") {
            assert!(told.contains(shown), "{format}: {shown} was not even shown");
        }
    }
}

#[test]
fn nothing_of_the_command_line_steers_who_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.yaml"), format!("{HEAD}redis: {{}}\n")).unwrap();
    fs::write(folder.path().join("a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .unwrap();
    for hostile in HOSTILE {
        let flag = format!("--{hostile}");
        let set = format!("redis.{hostile}={hostile}");
        let lines: &[&[&str]] = &[
            &[hostile],
            &[&flag],
            &["check", hostile],
            &["check", &flag],
            &["check", "-f", hostile],
            &["check", "-p", hostile],
            &["check", "--set", hostile],
            &["check", "--set", &set],
            &["check", "--kubernetes", hostile],
            &["check", "--namespace", hostile],
            &["check", "--output", hostile],
            &["render", "-o", hostile, "--only", hostile],
            &["lint", hostile],
            &["lint", "a.yaml", "--assume", hostile],
            &["lint", "a.yaml", "--kubernetes", hostile],
            &["lint", "a.yaml", "--crd", hostile],
            &["rules", hostile],
            &["explain", hostile],
            &["completion", hostile],
        ];
        for line in lines {
            let output = run(folder.path(), line);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{line:?}: {:?}", output.status);
            is_tame(&output, "human", false, &format!("{line:?}"));
            let machines = output.status.code() == Some(1) && matches!(line[0], "check" | "lint");
            for format in FORMATS[1..].iter().filter(|_| machines) {
                let output = run(folder.path(), &[*line, &["--output", format]].concat());
                assert_eq!(output.status.code(), Some(1), "{line:?}");
                is_tame(&output, format, true, &format!("{line:?}"));
            }
        }
    }
    // A file of that name.
    #[cfg(unix)]
    for (number, hostile) in HOSTILE.iter().map(|hostile| hostile.replace('/', "")).enumerate() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(format!("{hostile}.yaml")), "a: 1\n").unwrap();
        for format in FORMATS {
            is_tame(
                &run(folder.path(), &["lint", ".", "--output", format]),
                format,
                true,
                &number.to_string(),
            );
        }
    }
}

/// Nothing in either stream steers, and a machine gets its document.
#[track_caller]
fn is_tame(output: &Output, format: &str, document: bool, what: &str) {
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    for told in [&stdout, &stderr] {
        let steers = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!told.contains(steers), "{what} {format}: {told:?}");
        assert!(!told.contains("##[") && !told.contains("##vso["), "{what} {format}: {told}");
        for line in told.lines().map(str::trim_start).filter(|line| line.starts_with("::")) {
            let ours = ["::error file=", "::warning file=", "::error title=", "::warning title="];
            assert!(
                format == "github" && ours.iter().any(|start| line.starts_with(start)),
                "{what} {format}: {line}"
            );
            assert!(
                line.matches("::").count() >= 2 && !line.starts_with("::error file=a,line=1::"),
                "{line}"
            );
        }
    }
    if document {
        is_document(&stdout, format, what);
    }
}

#[track_caller]
fn is_document(told: &str, format: &str, what: &str) {
    match format {
        "json" => {
            let json: Value =
                serde_json::from_str(told).unwrap_or_else(|error| panic!("{what}: {error}: {told}"));
            assert!(!json["complaints"].as_array().unwrap().is_empty(), "{what}: {told}");
        }
        "sarif" => {
            let log: Value =
                serde_json::from_str(told).unwrap_or_else(|error| panic!("{what}: {error}: {told}"));
            assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty(), "{what}: {told}");
        }
        "junit" => assert!(elements(told, "testcase") >= 1 && told.contains("<failure "), "{what}: {told}"),
        "github" => assert!(told.starts_with("::"), "{what}: {told}"),
        _ => {}
    }
}

#[test]
fn machines_get_a_document_when_the_input_could_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.yaml"), format!("{HEAD}redis: {{}}\n")).unwrap();
    fs::write(folder.path().join("latin.yaml"), b"a: \xe9\n").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let lines: &[&[&str]] = &[
        &["check", "-f", "missing.yaml"],
        &["check", "-f", "latin.yaml", "-f", "missing.yaml"],
        &["check", "-f", "empty"],
        &["check", "-f", "-", "-f", "-"],
        &["check", "--set", "redis"],
        &["check", "--set", "redis.a[0]=1"],
        &["check", "--kubernetes", "one"],
        &["check", "-p", "nobody"],
        &["check", "-p", "./missing.yaml"],
        &["lint", "missing.yaml"],
        &["lint", "latin.yaml"],
        &["lint", "empty"],
        &["lint", "stack.yaml", "--assume", "x"],
        &["lint", "stack.yaml", "--kubernetes", "one"],
        &["lint", "stack.yaml", "--crd", "missing"],
    ];
    for line in lines {
        for format in &FORMATS[1..] {
            let output = run(folder.path(), &[*line, &["--output", format]].concat());
            assert_eq!(output.status.code(), Some(1), "{line:?}");
            is_document(&text(&output.stdout), format, &format!("{line:?}"));
            assert_eq!(text(&output.stderr), "", "{line:?}");
        }
    }
    let both = run(folder.path(), &["check", "-f", "latin.yaml", "-f", "missing.yaml", "--output", "json"]);
    let json: Value = serde_json::from_slice(&both.stdout).unwrap();
    assert_eq!(json["complaints"].as_array().unwrap().len(), 2, "{json:#}");
    // What `render` has to say goes to stderr.
    let render = run(folder.path(), &["render", "-f", "missing.yaml", "--output", "sarif"]);
    assert_eq!(render.status.code(), Some(1));
    is_document(&text(&render.stderr), "sarif", "render");
}

/// Through a shell, which has the words for what becomes of the streams.
#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_takes_nothing_ends_the_run_with_1() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.yaml"), format!("{HEAD}redis: {{}}\n")).unwrap();
    fs::write(folder.path().join("wrong.yaml"), format!("{HEAD}redsi: {{}}\n")).unwrap();
    fs::write(folder.path().join("a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .unwrap();
    let shell = |line: &str| {
        let line = line.replace("stackgen", env!("CARGO_BIN_EXE_stackgen"));
        Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap()
    };
    let to_stdout = [
        "render",
        "check --output json",
        "check -f wrong.yaml --output junit",
        "lint a.yaml --output sarif",
        "rules",
        "rules selector-finds-pods",
        "explain",
        "explain redis",
        "completion bash",
        "completion zsh",
        "--help",
        "--version",
        "help render",
    ];
    for line in to_stdout {
        let full = shell(&format!("stackgen {line} > /dev/full"));
        assert_eq!(full.status.code(), Some(1), "{line}");
        let said = text(&full.stderr);
        assert!(
            said.ends_with("error: cannot write to stdout: No space left on device (os error 28)\n"),
            "{line}: {said}"
        );
        // Nobody is there to read any word.
        assert_eq!(
            shell(&format!("stackgen {line} > /dev/full 2> /dev/full")).status.code(),
            Some(1),
            "{line}"
        );
        let gone = shell(&format!(
            "{{ sleep 0.2; stackgen {line}; echo $? > code; }} | true; while [ ! -s code ]; do sleep 0.05; done; cat code; rm code"
        ));
        // Whoever left early has what it wanted: the verdict stays.
        let code = text(&shell(&format!("stackgen {line} > /dev/null 2>&1; echo $?")).stdout);
        assert_eq!((text(&gone.stdout), text(&gone.stderr).contains("bug")), (code, false), "{line}");
        // Closed from the start: the runtime puts /dev/null there.
        assert_eq!(
            shell(&format!("stackgen {line} >&-")).status.code(),
            shell(&format!("stackgen {line}")).status.code()
        );
    }
    for line in [
        "check",
        "check -f wrong.yaml",
        "check -f missing.yaml",
        "lint a.yaml",
        "lint missing",
        "render -f wrong.yaml",
        "render -f wrong.yaml --output json",
        "rules nothing",
        "explain nothing",
    ] {
        assert_eq!(shell(&format!("stackgen {line} 2> /dev/full")).status.code(), Some(1), "{line}");
        let closed = shell(&format!("stackgen {line} 2>&-")).status.code();
        assert_eq!(closed, shell(&format!("stackgen {line}")).status.code(), "{line}");
    }
    let usage = shell("stackgen --nonsense 2> /dev/full");
    assert!(matches!(usage.status.code(), Some(1 | 2)), "{:?}", usage.status);
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
