//! The settings of `lint`, as they stand beside the manifests: a text in, what is wanted of it out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Codes, Files, OfFiles, Quiet};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Severity};
use crate::load;
use crate::source::{Place, SourceId, Sources};
use crate::tree::node::Node;
use crate::tree::parse;

/// What the file says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which complaints are told.
    pub quiet: Quiet,
    /// Files in folders that are not read.
    pub exclude: Vec<(Files, Place)>,
    /// What exists besides the manifests: `KIND/NAME` with `*` for anything.
    pub assume: Vec<(String, Place)>,
    /// The file of known findings, beside this one.
    pub baseline: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    /// Rules that are not reported: codes, families, patterns.
    #[serde(default)]
    skip: Vec<String>,
    /// The only rules that are reported.
    #[serde(default)]
    only: Option<Vec<String>>,
    /// Patterns of files in directories that are not read.
    #[serde(default)]
    exclude: Vec<String>,
    /// Patterns of files, with the rules that are not reported there.
    #[serde(default)]
    paths: BTreeMap<String, InPath>,
    /// What exists in the cluster besides the manifests: `KIND/NAME`.
    #[serde(default)]
    assume: Vec<String>,
    /// Severities of rules: `error` or `warning`.
    #[serde(default)]
    severity: BTreeMap<String, Level>,
    /// The file of known findings.
    #[serde(default)]
    baseline: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InPath {
    /// Rules that are not reported here.
    skip: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Level {
    Error,
    Warning,
}

/// Reads the settings; everything that is wrong with them at once, where it stands.
pub fn read(sources: &Sources, id: SourceId) -> Result<Settings, Diagnostics> {
    let node = parse::document(sources, id)?;
    let written: Written = super::written(&node)?;
    let mut told = Told { node: &node, complaints: Diagnostics::new() };
    let settings = told.settings(written);
    told.complaints.or(settings)
}

/// The file as it was read, and what is wrong with it.
struct Told<'n> {
    node: &'n Node,
    complaints: Diagnostics,
}

impl Told<'_> {
    fn settings(&mut self, written: Written) -> Settings {
        let root = Path::root();
        let skip = self.codes(&written.skip, &root.key("skip"));
        let only = written.only.map(|only| {
            if only.is_empty() {
                let nothing =
                    Diagnostic::error("bad-value", "`only` names no rule: nothing would be reported");
                self.complaints.push(nothing.at(self.node.place_of(&root.key("only"))));
            }
            self.codes(&only, &root.key("only"))
        });
        let paths = written.paths.into_iter().map(|(pattern, here)| {
            let path = root.key("paths").key(&pattern);
            let skip = self.codes(&here.skip, &path.key("skip"));
            OfFiles { files: Files::new(&pattern), skip, place: self.key(&root.key("paths"), &pattern) }
        });
        let paths = paths.collect();
        let severity = written.severity.into_iter().map(|(word, level)| {
            let mut codes = Codes::default();
            if let Err(unknown) = codes.add(&word) {
                let place = self.key(&root.key("severity"), &word);
                self.complaints.push(Diagnostic::error("unknown-rule", unknown).at(place).help(LISTED));
            }
            let severity = match level {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
            };
            (codes, severity)
        });
        // What is written out wins over a pattern.
        let mut severity: Vec<(Codes, Severity)> = severity.collect();
        severity.sort_by_key(|(codes, _)| codes.is_written_out());
        let exclude = self.placed(&written.exclude, &root.key("exclude"));
        let assume = self.placed(&written.assume, &root.key("assume"));
        let unfit = assume.iter().filter_map(|(id, place)| Some(load::unfit(id, &root)?.at(*place)));
        self.complaints.extend(unfit);
        Settings {
            quiet: Quiet { skip, only, severity, paths },
            exclude: exclude.into_iter().map(|(pattern, place)| (Files::new(&pattern), place)).collect(),
            assume,
            baseline: written.baseline,
        }
    }

    fn codes(&mut self, words: &[String], path: &Path) -> Codes {
        let mut codes = Codes::default();
        for (index, word) in words.iter().enumerate() {
            if let Err(unknown) = codes.add(word) {
                let place = self.node.place_of(&path.index(index));
                self.complaints.push(Diagnostic::error("unknown-rule", unknown).at(place).help(LISTED));
            }
        }
        codes
    }

    /// Where a key of the map at a path was written.
    fn key(&self, path: &Path, key: &str) -> Place {
        let entry = self.node.at(path).and_then(Node::as_map).and_then(|map| map.get(key));
        entry.map_or_else(|| self.node.place_of(path), |entry| entry.key)
    }

    fn placed(&self, words: &[String], path: &Path) -> Vec<(String, Place)> {
        let words = words.iter().enumerate();
        words.map(|(index, word)| (word.clone(), self.node.place_of(&path.index(index)))).collect()
    }
}

const LISTED: &str = "`stackgen rules` lists the rules and their families; `*` stands for anything";
