//! What MySQL needs: replication.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
