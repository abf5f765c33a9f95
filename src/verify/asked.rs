//! What a stack waives and raises of the complaints about itself: those of layers and components, which are told before
//! there is an object. Errors among them cannot be waived: there is nothing that could be rendered with them.

use super::{glob, waiver};
use crate::codes;
use crate::components::APPS;
use crate::diagnostic::{At, Diagnostic, Diagnostics, Severity, Step};
use crate::written::{Waiver, Wanted};

/// The stack's waivers of such complaints, with a note of which were used.
pub(crate) struct Asked<'a> {
    wanted: Wanted<'a>,
    waivers: Vec<(&'a Waiver, bool)>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(wanted: Wanted<'a>) -> Self {
        let of_checks = |waiver: &&Waiver| codes::check(&waiver.code).is_some();
        Self {
            wanted,
            waivers: wanted.waivers.iter().filter(of_checks).map(|waiver| (waiver, false)).collect(),
        }
    }

    /// Without the warnings that are waived, and with those as errors that are raised.
    pub(crate) fn judged(&mut self, complaints: Diagnostics) -> Diagnostics {
        complaints.into_iter().filter_map(|complaint| self.one(complaint)).collect()
    }

    fn one(&mut self, complaint: Diagnostic) -> Option<Diagnostic> {
        let waived = self.waive(&complaint);
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

    fn waive(&mut self, complaint: &Diagnostic) -> bool {
        let component = component(complaint);
        let mut waived = false;
        for (waiver, used) in self.waivers.iter_mut().filter(|(waiver, _)| waiver.code == complaint.code) {
            let fits = match (&waiver.object, &component) {
                (None, _) => true,
                (Some(pattern), Some(name)) => glob(&pattern.to_lowercase(), name),
                (Some(_), None) => false,
            };
            *used |= fits;
            waived |= fits;
        }
        waived
    }

    /// Waivers of which nothing was waived, when all complaints were there.
    pub(crate) fn unused(self) -> Diagnostics {
        self.waivers.iter().filter(|(_, used)| !used).map(|(waiver, _)| waiver::unused(waiver)).collect()
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
