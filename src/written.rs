//! What a stack or a profile wants of the rules.

use crate::diagnostic::Path;

/// An entry of the stack's `waive`.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The rule.
    pub code: String,
    /// `kind/name` of the objects that may break it, with `*` for anything; all of them when left out.
    pub object: Option<String>,
    /// Where it was written.
    pub path: Path,
}

/// What the run wants of the rules besides what they say themselves.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Codes of rules whose warnings count as errors: the profile's.
    pub raised: &'a [String],
    /// Rules that somebody has a reason to break.
    pub waivers: &'a [Waiver],
}
