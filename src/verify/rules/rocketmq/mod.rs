//! What RocketMQ needs.

mod addresses;
mod brokers;
mod conf;
mod dashboard;
mod heap;
mod keys;
mod modes;
mod pods;
mod ports;
mod proxy;
mod registration;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    brokers::RULES,
    modes::RULES,
    keys::RULES,
    addresses::RULES,
    registration::RULES,
    ports::RULES,
    heap::RULES,
    pods::RULES,
    proxy::RULES,
    dashboard::RULES,
];
