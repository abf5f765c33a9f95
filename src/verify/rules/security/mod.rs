//! Secrets and privileges.

mod privileges;
mod secrets;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[secrets::RULES, privileges::RULES];
