//! What a Nacos server needs: auth.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
