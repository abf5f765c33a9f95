//! What Redis, Valkey and Sentinel need.

mod cluster;
mod sentinel;
mod server;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[cluster::RULES, sentinel::RULES, server::RULES];
