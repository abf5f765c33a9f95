//! The codes of complaints that are not about a drawn object: about texts, layers, components and the program itself. Each
//! says what it promises, why, and what to write, as a rule does; `verify::rules` has those of objects.
//!
//! **Invariant:** a code stands here or on a rule, once. Guard: `tests/house.rs` reads every constructor in `src`.

mod apps;
mod components;
mod databases;
mod jobs;
mod lookups;
mod messaging;
mod nacos;
mod redis;
mod stack;
mod texts;

use crate::diagnostic::Severity;

/// A promise about what is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// A stable name, such as `unknown-key`.
    pub code: &'static str,
    /// The mildest form of it. An error stops the run before there is anything to render, so it cannot be waived.
    pub severity: Severity,
    /// One sentence that is true of every stack that we render.
    pub promise: &'static str,
    /// What happens when it is broken.
    pub why: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

/// Those of texts, which `lint` tells too.
pub const TEXTS: &[Check] = texts::CHECKS;

/// All of them, by what they look at.
pub const FAMILIES: &[(&str, &[Check])] = &[
    ("texts", TEXTS),
    ("stack", stack::CHECKS),
    ("components", components::CHECKS),
    ("apps", apps::CHECKS),
    ("apps: names and addresses", lookups::CHECKS),
    ("apps: programs that end", jobs::CHECKS),
    ("mysql and shardingsphere", databases::CHECKS),
    ("kafka, zookeeper and rocketmq", messaging::CHECKS),
    ("nacos and consul", nacos::CHECKS),
    ("redis", redis::CHECKS),
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().flat_map(|(_, checks)| checks.iter())
}

/// The check of that code.
pub fn check(code: &str) -> Option<&'static Check> {
    all().find(|check| check.code == code)
}

const fn error(code: &'static str, promise: &'static str, why: &'static str, fix: &'static str) -> Check {
    Check { code, severity: Severity::Error, promise, why, fix }
}

/// Some of these are errors in a worse case; that one cannot be waived.
const fn warning(code: &'static str, promise: &'static str, why: &'static str, fix: &'static str) -> Check {
    Check { code, severity: Severity::Warning, promise, why, fix }
}
