//! One mistake is told once: where a rule of a product tells it, with what it means for the product, the rule for everybody
//! stays silent.
//!
//! Codes of product rules in, the places that they complain about out. Rules of products never ask here: there are no circles.

use std::collections::BTreeSet;

use super::super::Set;
use crate::diagnostic::Path;
use crate::k8s::Object;

/// What some rules say of a set: the addresses of objects, and the fields.
pub(super) struct Elsewhere(BTreeSet<(usize, Path)>);

impl Elsewhere {
    /// What the rules of these codes say.
    pub(super) fn of(set: &Set<'_>, codes: &[&str]) -> Self {
        let rules = codes.iter().filter_map(|code| {
            let rule = super::rule(code);
            debug_assert!(rule.is_some(), "unknown rule `{code}`");
            rule
        });
        let found = rules.flat_map(|rule| (rule.check)(set));
        Self(found.map(|finding| (finding.object.address(), finding.field)).collect())
    }

    /// Is one of them about this field of the object, or something in it?
    pub(super) fn says(&self, object: &Object, field: &Path) -> bool {
        // What lies in a field follows it in the order of paths.
        let mut behind = self.0.range((object.address(), field.clone())..);
        behind.next().is_some_and(|(known, found)| {
            *known == object.address() && found.steps().starts_with(field.steps())
        })
    }
}
