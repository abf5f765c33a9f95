//! What ZooKeeper needs.

mod ensemble;
mod server;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[ensemble::RULES, server::RULES];
