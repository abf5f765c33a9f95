//! What a Consul agent needs.

mod agent;
mod config;
mod image;
mod joining;
mod keys;
mod network;
mod place;
mod pods;
mod ports;
mod registration;
mod secrets;
mod setting;
mod start;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    image::RULES,
    agent::RULES,
    keys::RULES,
    network::RULES,
    ports::RULES,
    joining::RULES,
    secrets::RULES,
    pods::RULES,
    registration::RULES,
];
