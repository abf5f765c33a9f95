//! What ZooKeeper needs.

mod ensemble;
mod probes;
mod server;
mod servers;
mod start;
mod storage;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] =
    &[ensemble::RULES, start::RULES, server::RULES, probes::RULES, storage::RULES];
