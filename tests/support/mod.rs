//! What the test binaries share: finding cases, shuffling stacks, showing differences.
#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, unreachable_pub)]

pub mod cores;
pub mod literals;
pub mod misspell;
pub mod mutate;
pub mod promises;
pub mod readers;
pub mod rules;
pub mod run;
pub mod vocabulary;
pub mod words;
pub mod xml;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// One folder with a stack and what it must become.
pub struct Case {
    /// `redis/sentinel-names-every-peer`.
    pub name: String,
    /// Where the stack is.
    pub folder: PathBuf,
    /// Where the expectation is, when that is elsewhere.
    pub expected: PathBuf,
    /// The command line behind `stackgen`.
    pub arguments: Vec<String>,
    /// The environment of the run.
    pub env: Vec<(String, String)>,
}

impl Case {
    /// The path of an expectation file.
    pub fn expectation(&self, name: &str) -> PathBuf {
        self.expected.join(name)
    }
}

/// The program in a folder, without an environment, with a text on stdin.
pub fn stackgen(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that refuses its flags does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The project's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A path inside the repository, as it is called on every system.
pub fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// Every folder below `tests/cases` that has a stack or a command.
pub fn cases() -> Vec<Case> {
    let base = root().join("tests/cases");
    let mut found = Vec::new();
    walk(&base, &mut |folder| {
        if !folder.join("stack.yaml").exists() && !folder.join("command").exists() {
            return;
        }
        let command =
            fs::read_to_string(folder.join("command")).unwrap_or_else(|_| "stackgen render".to_owned());
        let words = shlex::split(command.trim()).unwrap();
        assert_eq!(words[0], "stackgen", "{}", folder.display());
        found.push(Case {
            name: slashed(folder.strip_prefix(&base).unwrap()),
            folder: folder.to_owned(),
            expected: folder.to_owned(),
            arguments: words[1..].to_vec(),
            env: variables(&folder.join("env")),
        });
    });
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Every example in both profiles; expectations lie in `tests/cases/examples`.
pub fn example_cases() -> Vec<Case> {
    let mut found = Vec::new();
    for name in children(&root().join("examples")) {
        let folder = root().join("examples").join(&name);
        for profile in ["dev", "prod"] {
            found.push(Case {
                name: format!("examples/{name}/{profile}"),
                expected: root().join("tests/cases/examples").join(&name).join(profile),
                arguments: ["render", "-p", profile].map(str::to_owned).to_vec(),
                env: variables(&folder.join("ci.env")),
                folder: folder.clone(),
            });
        }
    }
    found
}

fn children(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| folder.join(name).is_dir())
        .collect();
    names.sort();
    names
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    visit(folder);
    for name in children(folder) {
        walk(&folder.join(name), visit);
    }
}

/// `NAME=value` lines.
pub fn variables(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Copies the files of a folder, not its sub-folders' golden files.
pub fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// Rewrites a YAML file as JSON (which is YAML) with every map in reverse order.
pub fn shuffle(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let Ok(value) = serde_yaml::from_str::<Value>(&text) else { return };
    fs::write(path, serde_json::to_string_pretty(&reversed(value)).unwrap()).unwrap();
}

fn reversed(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .rev()
            .map(|(key, value)| (key, reversed(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(reversed).collect(),
        other => other,
    }
}

/// The first place where two texts part, with some lines around it.
pub fn difference(wanted: &str, actual: &str) -> String {
    let (wanted, actual): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), actual.lines().collect());
    let same = wanted.iter().zip(&actual).take_while(|(a, b)| a == b).count();
    let show = |lines: &[&str], mark: char| {
        let from = same.saturating_sub(if mark == '-' { 3 } else { 0 });
        let lines = &lines[from.min(lines.len())..(same + 6).min(lines.len())];
        lines.iter().map(|line| format!("{mark} {line}\n")).collect::<String>()
    };
    format!("line {}:\n{}{}", same + 1, show(&wanted, '-'), show(&actual, '+'))
}
