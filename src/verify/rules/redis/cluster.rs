//! What Redis, Valkey and Sentinel need: cluster.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
