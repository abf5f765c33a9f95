//! What apps need: the JVM, variables, discovery.

mod discovery;
mod environment;
mod jvm;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[jvm::RULES, environment::RULES, discovery::RULES];
