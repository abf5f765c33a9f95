//! The families of rules. A new rule is a row and a function in one of them.

mod addresses;
mod apps;
mod consul;
mod elsewhere;
mod kafka;
mod mounted;
mod mysql;
mod nacos;
mod names;
mod own_pods;
mod redis;
mod references;
mod resources;
mod rocketmq;
mod security;
mod selectors;
mod served;
mod shardingsphere;
mod variables;
mod workloads;
mod zookeeper;

use super::{Rule, schema, waiver};
pub(super) use addresses::DeadAddresses;
pub(crate) use names::{DUPLICATE, identity};

/// All families, in the order in which they are printed, each with its tables.
pub const FAMILIES: &[(&str, &[&[Rule]])] = &[
    ("schema", &[schema::RULES]),
    ("names", &[names::RULES]),
    ("references", &[references::RULES, mounted::RULES, selectors::RULES, served::RULES, own_pods::RULES]),
    ("addresses", addresses::TABLES),
    ("workloads", workloads::TABLES),
    ("resources", &[resources::RULES]),
    ("security", security::TABLES),
    ("variables", &[variables::RULES]),
    ("nacos", nacos::TABLES),
    ("consul", consul::TABLES),
    ("mysql", mysql::TABLES),
    ("shardingsphere", shardingsphere::TABLES),
    ("redis", redis::TABLES),
    ("rocketmq", rocketmq::TABLES),
    ("kafka", kafka::TABLES),
    ("zookeeper", zookeeper::TABLES),
    ("apps", apps::TABLES),
    ("waivers", &[waiver::RULES]),
];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, tables)| tables.iter()).flat_map(|table| table.iter())
}

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code == code)
}
