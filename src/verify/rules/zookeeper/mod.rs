//! What ZooKeeper needs.

mod ensemble;
mod probes;
mod server;
mod servers;
mod storage;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[ensemble::RULES, server::RULES, probes::RULES, storage::RULES];
