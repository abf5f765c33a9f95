//! One mistake is told once: where a rule of a product tells it, with what it means for the product, the rule for everybody
//! stays silent.
//!
//! Codes of product rules in, the places that they complain about out. Rules of products never ask here: there are no circles.

use super::super::{Finding, Set};
use crate::diagnostic::Path;
use crate::k8s::Object;

/// What some rules say of a set.
pub(super) struct Elsewhere<'a>(Vec<Finding<'a>>);

impl<'a> Elsewhere<'a> {
    /// What the rules of these codes say.
    pub(super) fn of(set: &Set<'a>, codes: &[&str]) -> Self {
        let rules = codes.iter().filter_map(|code| {
            let rule = super::rule(code);
            debug_assert!(rule.is_some(), "there is no rule `{code}`");
            rule
        });
        Self(rules.flat_map(|rule| (rule.check)(set)).collect())
    }

    /// Is one of them about this field of the object, or something in it?
    pub(super) fn says(&self, object: &Object, field: &Path) -> bool {
        let within = |finding: &Finding<'a>| finding.field.steps().starts_with(field.steps());
        self.0.iter().any(|finding| std::ptr::eq(finding.object, object) && within(finding))
    }
}
