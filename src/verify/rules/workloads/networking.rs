//! What every workload needs: rollouts, probes, scaling, networking: networking.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
