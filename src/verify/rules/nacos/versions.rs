//! What a Nacos server needs: versions.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
