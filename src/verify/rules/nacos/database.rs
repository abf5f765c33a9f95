//! What a Nacos server needs: database.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
