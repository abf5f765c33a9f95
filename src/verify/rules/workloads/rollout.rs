//! What every workload needs: rollouts, probes, scaling, networking: rollout.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
