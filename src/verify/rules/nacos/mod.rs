//! What a Nacos server needs.

mod auth;
mod clients;
mod database;
mod keys;
mod operator;
mod ports;
mod probes;
mod servers;
mod settings;
mod storage;
mod topology;
mod versions;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    topology::RULES,
    ports::RULES,
    auth::RULES,
    keys::RULES,
    database::RULES,
    storage::RULES,
    probes::RULES,
    versions::RULES,
    clients::RULES,
    operator::RULES,
];
