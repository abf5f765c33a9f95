//! Addresses inside of strings.

mod ports;
mod resolve;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[resolve::RULES, ports::RULES];
