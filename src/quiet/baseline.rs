//! Findings that are known already: a file that says which, so that only new ones are told.
//!
//! An entry says what a finding says, and no line: it stays the same when lines move, a container is put before another one,
//! or a file gets another name. What occurs several times is counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::source::{SourceId, Sources};
use crate::tree::parse;
use crate::yaml;

/// What a finding is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The code.
    pub rule: String,
    /// The object, or the file where it is about none.
    pub object: String,
    /// The field, without positions in lists.
    pub field: String,
    /// What is wrong, in the words of the finding, with secrets covered.
    pub says: String,
}

impl Entry {
    /// That of a finding whose words may be shown to anybody.
    pub fn new(rule: &str, object: &str, field: &str, title: &str) -> Self {
        let says = title.strip_prefix(object).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(title);
        Self {
            rule: rule.to_owned(),
            object: object.to_owned(),
            field: without_positions(field),
            says: says.to_owned(),
        }
    }
}

/// `spec.containers[0].image` as `spec.containers[].image`.
fn without_positions(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for part in field.split_inclusive('[') {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(if out.ends_with('[') && digits.starts_with(']') { digits } else { part });
    }
    out
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    /// The form of the file.
    version: u32,
    /// The known findings.
    findings: Vec<WrittenEntry>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenEntry {
    rule: String,
    object: String,
    #[serde(default)]
    field: String,
    says: String,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

/// The form of the file that is written.
const VERSION: u32 = 1;
const HEAD: &str = "# Findings that `stackgen lint --baseline` does not report. Written by `--update-baseline`; remove what is fixed.\n";

/// Known findings, and how many of each are still to come.
#[derive(Clone, Debug, Default)]
pub struct Baseline(BTreeMap<Entry, u32>);

impl Baseline {
    /// Reads the file; what is wrong with it is told where it stands.
    pub fn read(sources: &Sources, id: SourceId) -> Result<Self, Diagnostics> {
        let node = parse::document(sources, id)?;
        let written: Written = super::written(&node)?;
        if written.version != VERSION {
            let title = format!("a baseline of version {} cannot be read", written.version);
            let complaint =
                Diagnostic::error("bad-value", title).at(node.place_of(&Path::root().key("version")));
            return Err(complaint.help("write it again: `--update-baseline`").into());
        }
        let mut known = Self::default();
        for WrittenEntry { rule, object, field, says, count } in written.findings {
            *known.0.entry(Entry { rule, object, field, says }).or_default() += count;
        }
        Ok(known)
    }

    /// Takes one finding out of it; was it there?
    pub fn takes(&mut self, entry: &Entry) -> bool {
        match self.0.get_mut(entry) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// What nothing was found of any more, and how often.
    pub fn left(&self) -> impl Iterator<Item = (&Entry, u32)> {
        self.0.iter().filter(|(_, count)| **count > 0).map(|(entry, count)| (entry, *count))
    }

    /// The text of the file: sorted, an entry for each finding.
    pub fn text(&self) -> String {
        let findings = self.left().map(|(entry, count)| {
            let Entry { rule, object, field, says } = entry;
            let mut written = Map::new();
            written.insert("rule".to_owned(), json!(rule));
            written.insert("object".to_owned(), json!(object));
            if !field.is_empty() {
                written.insert("field".to_owned(), json!(field));
            }
            written.insert("says".to_owned(), json!(says));
            if count > 1 {
                written.insert("count".to_owned(), json!(count));
            }
            Value::Object(written)
        });
        let mut out = HEAD.to_owned();
        let document = json!({"version": VERSION, "findings": findings.collect::<Vec<_>>()});
        yaml::document(&document, &mut out);
        out
    }
}

impl FromIterator<Entry> for Baseline {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut known = Self::default();
        for entry in entries {
            *known.0.entry(entry).or_default() += 1;
        }
        known
    }
}
