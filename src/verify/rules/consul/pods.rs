//! What a Consul agent needs: pods.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
