//! What a Nacos server needs.

mod auth;
mod database;
mod operator;
mod ports;
mod probes;
mod topology;
mod versions;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    topology::RULES,
    ports::RULES,
    auth::RULES,
    database::RULES,
    probes::RULES,
    versions::RULES,
    operator::RULES,
];
