//! What a Nacos server needs: operator.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
