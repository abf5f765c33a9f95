//! What a Nacos server needs.

mod auth;
mod clients;
mod database;
mod folders;
mod fronts;
mod heap;
mod keys;
mod list;
mod members;
mod operator;
mod pages;
mod ports;
mod probes;
mod running;
mod servers;
mod settings;
mod start;
mod storage;
mod topology;
mod versions;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    topology::RULES,
    members::RULES,
    start::RULES,
    ports::RULES,
    pages::RULES,
    auth::RULES,
    keys::RULES,
    database::RULES,
    storage::RULES,
    folders::RULES,
    probes::RULES,
    heap::RULES,
    versions::RULES,
    clients::RULES,
    operator::RULES,
];
