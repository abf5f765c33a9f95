//! What a Consul agent needs: agent.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
