//! What the users of `lint` do not want to hear: rules that are left out, all of them or in some files, severities of their
//! own, and findings that are known already. Complaints in, those that are told out.
//!
//! What could not be read is told in any case. What the API server refuses is left out only where its rule is named, not by a
//! pattern that happens to fit: with it, nothing else would be applied either.

mod baseline;
mod codes;
mod files;
mod settings;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Diagnostics, Path, Severity};
use crate::source::{Place, SourceId};
use crate::tree::node::Node;
use crate::tree::{de, schema};
pub use baseline::{Baseline, Entry};
pub use codes::{Codes, is_of_rules};
pub use files::Files;
pub use settings::{Settings, read};

/// The rule of what the API server refuses.
const SCHEMA: &str = "schema";

/// Which complaints are told, and as what.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    /// Rules that are left out.
    pub skip: Codes,
    /// The only rules that are told, where somebody named some.
    pub only: Option<Codes>,
    /// Rules with a severity of their own.
    pub severity: Vec<(Codes, Severity)>,
    /// Rules that are left out in some files.
    pub paths: Vec<OfFiles>,
}

/// Rules that are left out in some files.
#[derive(Clone, Debug)]
pub struct OfFiles {
    /// The files.
    pub files: Files,
    /// The rules.
    pub skip: Codes,
    /// Where that was written.
    pub place: Place,
}

/// What a file says, or everything that is wrong with it: serde stops at the first complaint, the schema finds them all.
fn written<T: DeserializeOwned + JsonSchema>(node: &Node) -> Result<T, Diagnostics> {
    de::read(node, &Path::root()).map_err(|first| {
        let all = schema::complaints(node, &schemars::schema_for!(T), &Path::root());
        if all.is_empty() { first.into() } else { all.into_iter().collect() }
    })
}

impl Quiet {
    /// Those that are told, as severe as somebody wants them, and how many are not. `names` says how the files are called
    /// from where patterns look at them.
    pub fn judged(
        &self,
        complaints: Diagnostics,
        names: &BTreeMap<SourceId, String>,
    ) -> (Diagnostics, usize) {
        let mut left_out = 0;
        let mut of_files: BTreeMap<SourceId, Vec<&Codes>> = BTreeMap::new();
        let told = complaints.into_iter().filter_map(|complaint| {
            let source = complaint.source();
            let here = source
                .map(|id| of_files.entry(id).or_insert_with(|| self.skipped_in(names.get(&id))).as_slice());
            let told = self.one(complaint, here.unwrap_or_default());
            left_out += usize::from(told.is_none());
            told
        });
        (told.collect(), left_out)
    }

    fn skipped_in(&self, name: Option<&String>) -> Vec<&Codes> {
        let Some(name) = name else { return Vec::new() };
        self.paths.iter().filter(|path| path.files.has(name)).map(|path| &path.skip).collect()
    }

    fn one(&self, complaint: Diagnostic, here: &[&Codes]) -> Option<Diagnostic> {
        if !is_of_rules(complaint.code) {
            return Some(complaint);
        }
        let code = complaint.code;
        let mut severity = complaint.severity;
        for (codes, wanted) in &self.severity {
            if codes.names(code) || (codes.has(code) && (*wanted, code) != (Severity::Warning, SCHEMA)) {
                severity = *wanted;
            }
        }
        let refused = code == SCHEMA && complaint.severity == Severity::Error;
        let skips = |codes: &Codes| if refused { codes.names(code) } else { codes.has(code) };
        let unasked = self.only.as_ref().is_some_and(|only| !refused && !only.has(code));
        let skipped = unasked || skips(&self.skip) || here.iter().any(|codes| skips(codes));
        (!skipped).then_some(Diagnostic { severity, ..complaint })
    }
}

#[cfg(test)]
mod tests;
