//! What Redis, Valkey and Sentinel need.

mod bootstrap;
mod clients;
mod cluster;
mod conf;
mod disk;
mod links;
mod names;
mod probes;
mod sentinel;
mod server;
mod settings;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    cluster::RULES,
    names::RULES,
    bootstrap::RULES,
    sentinel::RULES,
    server::RULES,
    disk::RULES,
    links::RULES,
    probes::RULES,
    clients::RULES,
];
