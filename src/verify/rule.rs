//! A rule is a promise with its check.

use super::Set;
use crate::diagnostic::{Diagnostic, Path, Severity};
use crate::k8s::Object;

/// A promise about the output.
pub struct Rule {
    /// A stable name, such as `selector-finds-pods`.
    pub code: &'static str,
    /// What a broken promise costs, and where.
    pub grade: Grade,
    /// One sentence that is true of every manifest we print.
    pub promise: &'static str,
    /// What happens on a cluster when it is broken.
    pub why: &'static str,
    /// What to do, where a finding has nothing better to say.
    pub fix: &'static str,
    /// Where that is known from: a document, a source file, an issue of the product, or `observed` with the version.
    pub source: &'static str,
    /// Every way in which these objects break it.
    pub check: for<'a> fn(&Set<'a>) -> Vec<Finding<'a>>,
}

/// What a broken promise costs: an error will not work or loses data, a warning will hurt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Where nobody asks for more.
    pub severity: Severity,
    /// Are its warnings errors where the profile is strict (`policy.strict`)?
    pub strict: bool,
    /// Does it miss something, so that it says nothing of a set of which a part could not be read? It may be there.
    pub whole_sets: bool,
}

impl Grade {
    /// An error everywhere.
    pub const ERROR: Self = Self { severity: Severity::Error, strict: false, whole_sets: false };
    /// A warning everywhere.
    pub const WARNING: Self = Self { severity: Severity::Warning, strict: false, whole_sets: false };
    /// A warning that prod and every other strict profile refuse: it loses data, stops the whole or lets strangers in.
    pub const PROD: Self = Self::WARNING.strict();

    /// Findings that only warn are errors in a strict profile.
    #[must_use]
    pub const fn strict(self) -> Self {
        Self { strict: true, ..self }
    }

    /// It misses something.
    #[must_use]
    pub const fn of_whole_sets(self) -> Self {
        Self { whole_sets: true, ..self }
    }
}

/// One way in which a promise was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding<'a> {
    /// The object to change.
    pub object: &'a Object,
    /// The field of the object: the root when it is about the object as a whole.
    pub field: Path,
    /// A piece of the field's text that is meant in particular: one address of a list.
    pub word: Option<String>,
    /// What is wrong: one phrase, lower case, no full stop, never a secret's value.
    pub title: String,
    /// What to do, when that is known better than the rule's `fix`.
    pub help: Option<String>,
    /// Another severity than the rule's, where a version or a circumstance makes the difference.
    pub severity: Option<Severity>,
}

impl<'a> Finding<'a> {
    /// Something is wrong with `object`.
    pub fn new(object: &'a Object, title: impl Into<String>) -> Self {
        let (title, field) = (title.into(), Path::root());
        Self { object, field, word: None, title, help: None, severity: None }
    }

    /// The field, as a path or as a JSON pointer: `/spec/replicas`.
    #[must_use]
    pub fn at(mut self, field: impl Into<Path>) -> Self {
        self.field = field.into();
        self
    }

    /// The piece of the field's text that is meant.
    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.word = Some(word.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Here it only hurts.
    #[must_use]
    pub fn warns(mut self) -> Self {
        self.severity = Some(Severity::Warning);
        self
    }

    /// Here it does not work at all.
    #[must_use]
    pub fn refuses(mut self) -> Self {
        self.severity = Some(Severity::Error);
        self
    }
}

impl Rule {
    /// The complaint, without a place.
    pub fn diagnostic(&self, finding: &Finding<'_>, severity: Severity) -> Diagnostic {
        let title = format!("{}: {}", finding.object.id(), finding.title);
        let complaint = match severity {
            Severity::Error => Diagnostic::error(self.code, title),
            Severity::Warning => Diagnostic::warning(self.code, title),
        };
        let field = (!finding.field.steps().is_empty()).then(|| finding.field.clone());
        let fix = (!self.fix.is_empty()).then(|| self.fix.to_owned());
        let complaint = complaint
            .because(self.why)
            .maybe_help(finding.help.clone().or(fix))
            .about(finding.object.id(), field);
        Diagnostic { word: finding.word.clone(), ..complaint }
    }
}
