//! What a stack waives and raises of the complaints about itself: those of layers and components, which are told before
//! there is an object. Errors among them cannot be waived: there is nothing that could be rendered with them.

use super::waiver::Entries;
use crate::codes;
use crate::components::APPS;
use crate::diagnostic::{At, Diagnostic, Diagnostics, Severity, Step};
use crate::written::Wanted;

/// What a stack wants of such complaints.
pub(crate) struct Asked<'a> {
    wanted: Wanted<'a>,
    waivers: Entries<'a>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(wanted: Wanted<'a>) -> Self {
        let of_checks = wanted.waivers.iter().filter(|waiver| codes::check(&waiver.code).is_some());
        Self { wanted, waivers: Entries::of(of_checks) }
    }

    /// Without the warnings that are waived, and with those as errors that are raised.
    pub(crate) fn judged(&mut self, complaints: Diagnostics) -> Diagnostics {
        complaints.into_iter().filter_map(|complaint| self.one(complaint)).collect()
    }

    fn one(&mut self, complaint: Diagnostic) -> Option<Diagnostic> {
        let waived = self.waivers.waive(complaint.code, component(&complaint));
        match complaint.severity {
            Severity::Warning if waived => None,
            Severity::Warning if self.wanted.raises(complaint.code) => {
                Some(Diagnostic { severity: Severity::Error, ..complaint })
            }
            Severity::Error if waived => Some(
                complaint
                    .because("only its warning can be waived: with this error there is nothing to render"),
            ),
            _ => Some(complaint),
        }
    }

    /// Waivers of which nothing was waived, when all complaints were there.
    pub(crate) fn unused(self) -> Diagnostics {
        self.waivers.unused().collect()
    }
}

/// The component that a complaint is about: `redis`, `redis/session`, `apps/web`.
fn component(complaint: &Diagnostic) -> Option<String> {
    let At::Path(path) = &complaint.at else { return None };
    match path.steps() {
        [Step::Key(word), Step::Key(name), ..] if word == APPS => Some(format!("{word}/{name}")),
        [Step::Key(key), ..] => Some(key.clone()),
        _ => None,
    }
    .map(|name| name.to_lowercase())
}
