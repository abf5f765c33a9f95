//! `.stackgen`: what was written into a folder, for people and for `sha256sum --check`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The list's name. While a run has not ended, `DONE` is the list that takes its place.
pub(super) const LIST: &str = ".stackgen";
pub(super) const DONE: &str = ".stackgen-done";

const HEAD: &str = "# Written by stackgen. The next run replaces these files and leaves all others alone;\n\
                    # `sha256sum --check .stackgen` tells which of them were changed since.\n";
/// What stackgen 0.1 put into its folders.
const OLD_MARK: &str = "written by stackgen; replaced as a whole by the next run\n";

/// The files of a folder by name, with their sha256.
pub(super) type Sums = BTreeMap<String, String>;

/// What stands in a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    /// What was written.
    pub(super) files: Sums,
    /// The run that wrote it has not ended.
    pub(super) run: Option<Run>,
    /// Of stackgen 0.1, which listed nothing.
    pub(super) unlisted: bool,
}

/// A run on its way: what the next one must know to finish it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// The name of its own folder, where the new files are before and the old ones after the exchange.
    pub(super) stage: String,
    /// What tells the old folder from all others; nothing when there was none, or when it stays.
    pub(super) before: Option<u64>,
    /// Files of ours that go, and those that are replaced one by one.
    pub(super) old: Sums,
}

/// The sha256 of a text, as people write it.
pub(super) fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl List {
    /// As a text.
    pub(super) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        if let Some(run) = &self.run {
            let before = run.before.map_or_else(|| "-".to_owned(), |inode| inode.to_string());
            let _ = writeln!(text, "#run {before} {}", run.stage);
            for (name, sum) in &run.old {
                let _ = writeln!(text, "#old {sum}  {name}");
            }
        }
        for (name, sum) in &self.files {
            let _ = writeln!(text, "{sum}  {name}");
        }
        text
    }

    /// Reads a list, and believes no name in it that is more than a name. The error is the number of the line that is none.
    pub(super) fn parse(text: &str) -> Result<Self, usize> {
        if text == OLD_MARK {
            return Ok(Self { unlisted: true, ..Self::default() });
        }
        if !text.starts_with("# Written by stackgen") {
            return Err(1);
        }
        let mut list = Self::default();
        for (number, line) in text.lines().enumerate() {
            let bad = || number + 1;
            if let Some(rest) = line.strip_prefix("#run ") {
                list.run = Some(run(rest).ok_or_else(bad)?);
            } else if let Some(rest) = line.strip_prefix("#old ") {
                let (name, sum) = entry(rest).ok_or_else(bad)?;
                list.run.as_mut().ok_or_else(bad)?.old.insert(name, sum);
            } else if !line.is_empty() && !line.starts_with('#') {
                let (name, sum) = entry(line).ok_or_else(bad)?;
                list.files.insert(name, sum);
            }
        }
        Ok(list)
    }
}

/// Is this the beginning of a list, cut off anywhere?
pub(super) fn begins(text: &[u8]) -> bool {
    let head = HEAD.as_bytes();
    head.starts_with(text) || text.starts_with(head)
}

fn run(text: &str) -> Option<Run> {
    let (before, stage) = text.split_once(' ')?;
    let before = if before == "-" { None } else { Some(before.parse().ok()?) };
    (is_name(stage) && stage.contains(".stackgen-")).then(|| Run {
        stage: stage.to_owned(),
        before,
        old: Sums::new(),
    })
}

fn entry(line: &str) -> Option<(String, String)> {
    let (sum, name) = line.split_once("  ")?;
    let is_sum =
        sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    (is_sum && is_name(name) && !name.starts_with('.')).then(|| (name.to_owned(), sum.to_owned()))
}

fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

/// Did stackgen 0.1 write this file? Its folders have no list; its names begin with a number and every object has our label.
pub(super) fn is_unlisted(name: &str, text: &[u8]) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let ours = |label: &[u8]| text.windows(label.len()).any(|window| window == label);
    digits >= 3
        && name[digits..].starts_with('-')
        && (name.ends_with(".yaml") || name.ends_with(".json"))
        && (ours(b"app.kubernetes.io/managed-by: stackgen")
            || ours(b"\"app.kubernetes.io/managed-by\": \"stackgen\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            files in prop::collection::btree_map("[a-z0-9][a-z0-9. #_-]{0,20}", "[a-f0-9]{64}", 0..8),
            old in prop::collection::btree_map("[a-z0-9][a-z0-9. #_-]{0,20}", "[a-f0-9]{64}", 0..8),
            before in any::<Option<u64>>(),
            on_its_way in any::<bool>(),
        ) {
            let run = on_its_way.then(|| Run { stage: ".x.stackgen-abc".to_owned(), before, old });
            let list = List { files, run, unlisted: false };
            prop_assert_eq!(List::parse(&list.text()), Ok(list));
        }

        #[test]
        fn no_name_leads_elsewhere(text in "(# Written by stackgen\n)(((#old )?[a-f0-9]{64}  |#run [0-9-]{1,3} |)[./a-z\\\\]{0,9}\n){0,4}") {
            if let Ok(list) = List::parse(&text) {
                let run = list.run.iter().flat_map(|run| run.old.keys().chain([&run.stage]));
                for name in list.files.keys().chain(run) {
                    prop_assert!(!name.contains(['/', '\\']) && name != ".." && name != ".", "{name}");
                }
            }
        }
    }
}
