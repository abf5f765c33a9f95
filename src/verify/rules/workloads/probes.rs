//! What every workload needs: rollouts, probes, scaling, networking: probes.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
