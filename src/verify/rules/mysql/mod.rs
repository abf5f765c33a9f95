//! What MySQL needs.

mod config;
mod doors;
mod files;
mod options;
mod probes;
mod releases;
mod replication;
mod server;
mod servers;
mod sql;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    releases::RULES,
    config::RULES,
    files::RULES,
    server::RULES,
    probes::RULES,
    replication::RULES,
    doors::RULES,
    sql::RULES,
];
