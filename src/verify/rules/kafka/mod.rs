//! What Kafka needs.

mod advertised;
mod cluster;
mod copies;
mod identity;
mod image;
mod listeners;
mod pods;
mod ports;
mod quorum;
mod settings;
mod storage;
mod versions;
mod zookeeper;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    versions::RULES,
    quorum::RULES,
    identity::RULES,
    listeners::RULES,
    advertised::RULES,
    copies::RULES,
    ports::RULES,
    pods::RULES,
    storage::RULES,
    zookeeper::RULES,
];
