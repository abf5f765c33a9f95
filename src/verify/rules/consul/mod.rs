//! What a Consul agent needs.

mod agent;
mod pods;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[agent::RULES, pods::RULES];
