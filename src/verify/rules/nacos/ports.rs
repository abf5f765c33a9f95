//! What a Nacos server needs: ports.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
