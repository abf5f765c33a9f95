//! What MySQL needs.

mod config;
mod doors;
mod files;
mod hosts;
mod options;
mod plugins;
mod probes;
mod releases;
mod replication;
mod server;
mod servers;
mod sql;
mod storage;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    releases::RULES,
    config::RULES,
    files::RULES,
    plugins::RULES,
    server::RULES,
    storage::RULES,
    probes::RULES,
    hosts::RULES,
    replication::RULES,
    doors::RULES,
    sql::RULES,
];
