//! Walks `tests/cases` and `examples`: every folder is one test, and some promises are kept by all of them.
//!
//! `BLESS=1 cargo test --test cases <filter>` writes expectations. Read what was written before you commit it.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Arguments, Failed, Trial};
use support::{Case, cases, example_cases};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for case in cases() {
        let name = case.name.clone();
        trials.push(Trial::test(name, move || expectation(&case)));
    }
    for case in example_cases() {
        let name = case.name.clone();
        trials.push(Trial::test(name, move || expectation(&case)));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// What the case expects, and what all cases promise.
fn expectation(case: &Case) -> Result<(), Failed> {
    let first = run(case, &case.folder);
    let second = run(case, &case.folder);
    if first.stdout != second.stdout || first.stderr != second.stderr {
        return Err("two runs differ".into());
    }
    match first.status.code() {
        Some(0) => {
            compare(case, "manifest.yaml", &first.stdout)?;
            warnings(case, &text(&first.stderr))?;
            support::promises::kept(&String::from_utf8(first.stdout.clone())?)?;
            shuffled(case, &first.stdout)
        }
        Some(1) if first.stdout.is_empty() => {
            // What Windows says of a file that is not there.
            let text = String::from_utf8(first.stderr)?
                .replace("The system cannot find the file specified.", "No such file or directory");
            support::promises::refusal(&text)?;
            compare(case, "refusal.txt", text.as_bytes())
        }
        code => {
            Err(format!("exit {code:?}, stdout {} bytes\n{}", first.stdout.len(), text(&first.stderr)).into())
        }
    }
}

fn run(case: &Case, folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(&case.arguments)
        .current_dir(folder)
        .env_clear()
        .envs(case.env.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap()
}

/// The expectation file of the two that must be there, word for word.
fn compare(case: &Case, name: &str, actual: &[u8]) -> Result<(), Failed> {
    let path = case.expectation(name);
    if std::env::var_os("BLESS").is_some() {
        for other in ["manifest.yaml", "refusal.txt"] {
            let _ = fs::remove_file(case.expectation(other));
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
        return Ok(());
    }
    let Ok(wanted) = fs::read(&path) else {
        return Err(format!(
            "there is no {}; run `BLESS=1 cargo test --test cases {}` and read what it writes. It would be:\n{}",
            path.display(),
            case.name,
            text(actual)
        )
        .into());
    };
    if wanted == actual {
        return Ok(());
    }
    Err(format!("differs from {}:\n{}", path.display(), support::difference(&text(&wanted), &text(actual)))
        .into())
}

/// What a manifest is printed with is expected too; mostly nothing.
fn warnings(case: &Case, actual: &str) -> Result<(), Failed> {
    let path = case.expectation("warnings.txt");
    if std::env::var_os("BLESS").is_some() {
        let _ = fs::remove_file(&path);
        if !actual.is_empty() {
            fs::write(&path, actual).unwrap();
        }
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    if wanted == actual {
        return Ok(());
    }
    Err(format!("differs from {}:\n{}", path.display(), support::difference(&wanted, actual)).into())
}

/// The same stack with every map in another order gives the same bytes.
fn shuffled(case: &Case, wanted: &[u8]) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    support::copy_folder(&case.folder, folder.path());
    for entry in fs::read_dir(folder.path())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            support::shuffle(&path);
        }
    }
    let output = run(case, folder.path());
    if output.stdout == wanted {
        return Ok(());
    }
    let difference = support::difference(&text(wanted), &text(&output.stdout));
    Err(format!("shuffled keys give other bytes:\n{difference}\n{}", text(&output.stderr)).into())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
