//! What apps need: the JVM, Spring's settings, probes, registries.

mod actuator;
mod discovery;
mod environment;
mod hook;
mod jvm;
mod probes;
mod registries;
mod rollout;

use crate::verify::pods::{Container, Pod, Product};
use crate::verify::{Rule, Set};

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    jvm::RULES,
    probes::RULES,
    actuator::RULES,
    environment::RULES,
    rollout::RULES,
    discovery::RULES,
    registries::RULES,
];

/// The containers of apps that stay, with their pods.
fn all<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = (&'s Pod<'a>, &'s Container<'a>)> {
    set.running(Product::Java)
}
