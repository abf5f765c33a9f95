//! The families of rules. A new rule is a row and a function in one of them.

mod names;
mod references;
mod resources;
mod selectors;

use super::Rule;

/// All families, by name.
pub const FAMILIES: &[(&str, &[Rule])] = &[
    ("names", names::RULES),
    ("references", references::RULES),
    ("resources", resources::RULES),
    ("selectors", selectors::RULES),
];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, rules)| rules.iter())
}
