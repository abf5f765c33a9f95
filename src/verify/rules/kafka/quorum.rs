//! What Kafka needs: quorum.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
