//! A rule is a promise with its check.

use super::Set;
use crate::diagnostic::{Diagnostic, Path, Severity};
use crate::render::Draft;

/// A promise about the output.
pub struct Rule {
    /// A stable name, such as `selector-finds-pods`.
    pub code: &'static str,
    /// What a broken promise costs.
    pub severity: Severity,
    /// One sentence that is true of every manifest we print.
    pub promise: &'static str,
    /// What happens on a cluster when it is broken.
    pub why: &'static str,
    /// Every way in which these objects break it.
    pub check: fn(&Set<'_>) -> Vec<Finding>,
}

/// One way in which a promise was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The object, `Service/redis`.
    pub object: String,
    /// What is wrong: one phrase.
    pub title: String,
    /// What to do, when that is known.
    pub help: Option<String>,
}

impl Finding {
    /// Something is wrong with `object`.
    pub fn new(object: &crate::k8s::Object, title: impl Into<String>) -> Self {
        Self { object: object.id(), title: title.into(), help: None }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Rule {
    /// The complaint, at the component that asked for the object.
    pub fn diagnostic(&self, finding: Finding, drafts: &[Draft]) -> Diagnostic {
        let draft = drafts.iter().find(|draft| draft.object.id() == finding.object);
        let title = format!("{}: {}", finding.object, finding.title);
        let complaint = match self.severity {
            Severity::Error => Diagnostic::error(self.code, title),
            Severity::Warning => Diagnostic::warning(self.code, title),
        };
        let complaint = complaint.because(self.why).maybe_help(finding.help);
        match draft {
            Some(draft) => {
                complaint.because(format!("drawn from templates/{}", draft.template)).at(place(draft))
            }
            None => complaint,
        }
    }
}

fn place(draft: &Draft) -> Path {
    let key = &draft.owner;
    match &key.name {
        Some(name) if key.word == crate::components::APPS => Path::root().key(&key.word).key(name),
        _ if key.word.is_empty() => Path::root().key("metadata"),
        _ => Path::root().key(key.to_string()),
    }
}
