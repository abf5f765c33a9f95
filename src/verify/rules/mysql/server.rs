//! What MySQL needs: server.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
