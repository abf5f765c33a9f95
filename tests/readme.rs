//! Whatever the READMEs say is executed: `$ stackgen …` in console blocks prints what stands below it, and the commands
//! of the quick start run. `BLESS=1 cargo test --test readme` writes the outputs.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::process::Command;

use support::{difference, root};

#[test]
fn console_blocks_are_true() {
    for name in ["README.md", "README.zh-CN.md"] {
        let path = root().join(name);
        let text = fs::read_to_string(&path).unwrap();
        let told = tabled(&replayed(&text));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &told).unwrap();
        }
        assert!(told == text || std::env::var_os("BLESS").is_some(), "{name}: {}", difference(&text, &told));
    }
}

#[test]
fn both_readmes_show_the_same_commands() {
    let commands = |name: &str| {
        let text = fs::read_to_string(root().join(name)).unwrap();
        text.lines()
            .filter(|line| line.starts_with("$ ") || line.starts_with("cargo "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(commands("README.md"), commands("README.zh-CN.md"));
}

#[test]
fn the_quick_start_runs() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let runs: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("cargo run --release -- ")).collect();
    assert!(!runs.is_empty(), "the README has no `cargo run --release -- …`");
    for arguments in runs {
        let command = arguments.split(" > ").next().unwrap();
        let output = stackgen(command);
        assert!(output.0, "{command}\n{}", output.1);
    }
}

/// The text with the table of components as the program prints it.
fn tabled(text: &str) -> String {
    let table = stackgen("explain").1;
    let head: String = table.lines().take(2).map(|line| format!("{line}\n")).collect();
    let (before, rest) = text.split_once(&head).expect("the README has a table of components");
    let below: String =
        rest.lines().skip_while(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
    format!("{before}{table}{below}")
}

/// The text with every output below a `$ stackgen …` line replaced by what the program prints.
fn replayed(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    let mut console = false;
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if line.starts_with("```") {
            console = line == "```console";
        }
        let Some(command) = line.strip_prefix("$ stackgen ").filter(|_| console) else { continue };
        while lines.peek().is_some_and(|next| !next.starts_with("$ ") && !next.starts_with("```")) {
            lines.next();
        }
        out.push_str(&stackgen(command).1);
    }
    out
}

fn stackgen(arguments: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(shlex::split(arguments).unwrap())
        .current_dir(root())
        .env_clear()
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// What the READMEs show of a stack is what the example says, word for word.
#[test]
fn snippets_of_the_example_are_the_example() {
    let example = fs::read_to_string(root().join("examples/two-teams/stack.yaml")).unwrap();
    for (name, title) in [("README.md", "## What exists already"), ("README.zh-CN.md", "## 已经存在的东西")]
    {
        let text = fs::read_to_string(root().join(name)).unwrap();
        let section = text.split(title).nth(1).unwrap().split("\n## ").next().unwrap();
        let blocks: Vec<&str> =
            section.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
        assert_eq!(blocks.len(), 5, "{name}");
        for block in blocks {
            assert!(example.contains(block), "{name}: not in the example:\n{block}");
        }
    }
}
