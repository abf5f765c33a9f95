//! Secrets and privileges: privileges.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
