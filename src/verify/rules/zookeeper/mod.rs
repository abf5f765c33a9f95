//! What ZooKeeper needs.

mod ensemble;
mod probes;
mod server;
mod servers;
mod settings;
mod storage;

use crate::verify::Rule;
pub(super) use settings::keeps_data;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[ensemble::RULES, server::RULES, probes::RULES, storage::RULES];
