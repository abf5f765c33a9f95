//! What ShardingSphere-Proxy needs.

mod config;
mod proxy;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[config::RULES, proxy::RULES];
