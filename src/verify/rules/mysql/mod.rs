//! What MySQL needs.

mod replication;
mod server;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[replication::RULES, server::RULES];
