//! What every workload needs: rollouts, probes, scaling, networking: scaling.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
