//! What Kafka needs.

mod listeners;
mod quorum;
mod storage;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[quorum::RULES, listeners::RULES, storage::RULES];
