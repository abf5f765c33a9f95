//! What a stack or a profile wants of the rules.

use crate::diagnostic::Path;

/// An entry of the stack's `waive`.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The code of a rule, or of a warning about the stack itself.
    pub code: String,
    /// `kind/name` of the objects that may break it, or the component, with `*` for anything; all of them when left out.
    pub object: Option<String>,
    /// Where it was written.
    pub path: Path,
}

/// What the run wants of the rules besides what they say themselves.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Whether warnings count as errors for all rules that are graded so: the profile's.
    pub strict: bool,
    /// Codes whose warnings count as errors besides.
    pub raised: &'a [String],
    /// Rules that somebody has a reason to break.
    pub waivers: &'a [Waiver],
}

impl Wanted<'_> {
    /// Is this one's warning an error by name?
    pub fn raises(&self, code: &str) -> bool {
        self.raised.iter().any(|raised| raised == code)
    }
}
