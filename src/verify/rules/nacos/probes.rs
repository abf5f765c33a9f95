//! What a Nacos server needs: probes.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
