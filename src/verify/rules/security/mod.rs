//! Secrets and privileges.

mod hosts;
mod privileges;
mod public;
mod rights;
mod secrets;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] =
    &[secrets::RULES, public::RULES, privileges::RULES, hosts::RULES, rights::RULES];
