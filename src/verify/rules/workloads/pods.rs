//! What every workload needs: rollouts, probes, scaling, networking: pods.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
