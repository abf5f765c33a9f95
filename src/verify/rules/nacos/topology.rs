//! What a Nacos server needs: topology.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
