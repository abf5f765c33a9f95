//! What Kafka needs: storage.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
