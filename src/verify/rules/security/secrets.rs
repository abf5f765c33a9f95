//! Secrets and privileges: secrets.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
