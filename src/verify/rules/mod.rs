//! The families of rules. A new rule is a row and a function in one of them.

mod names;
mod references;
mod resources;
mod selectors;

use super::{Rule, schema, waiver};

/// All families, in the order in which they are printed.
pub const FAMILIES: &[(&str, &[Rule])] = &[
    ("schema", schema::RULES),
    ("names", names::RULES),
    ("references", references::RULES),
    ("selectors", selectors::RULES),
    ("resources", resources::RULES),
    ("waivers", waiver::RULES),
];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, rules)| rules.iter())
}

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code == code)
}
