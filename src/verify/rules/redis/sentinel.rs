//! What Redis, Valkey and Sentinel need: sentinel.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
