//! What a Nacos server needs.

mod auth;
mod database;
mod fronts;
mod heap;
mod list;
mod members;
mod operator;
mod pages;
mod policy;
mod ports;
mod probes;
mod server;
mod start;
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
    database::RULES,
    probes::RULES,
    heap::RULES,
    versions::RULES,
    operator::RULES,
];
