//! What Redis, Valkey and Sentinel need: server.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
