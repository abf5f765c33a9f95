//! What Kafka needs: listeners.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
