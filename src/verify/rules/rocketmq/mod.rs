//! What RocketMQ needs.

mod addresses;
mod brokers;
mod dashboard;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[brokers::RULES, addresses::RULES, dashboard::RULES];
