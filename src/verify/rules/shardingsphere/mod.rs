//! What ShardingSphere-Proxy needs.

mod config;
mod files;
mod nodes;
mod proxy;
mod rules;
mod sources;
mod tags;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] =
    &[config::RULES, tags::RULES, rules::RULES, sources::RULES, proxy::RULES];
