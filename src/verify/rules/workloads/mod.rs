//! What every workload needs: rollouts, probes, scaling, networking.

mod bindings;
mod budgets;
mod config;
mod handlers;
mod hooks;
mod ingress;
mod metadata;
mod networking;
mod pods;
mod policies;
mod probes;
mod rollout;
mod scaling;
mod schedule;
mod script;
mod secrets;
mod spread;
mod start;
mod volumes;

use crate::verify::Rule;

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[
    rollout::RULES,
    hooks::RULES,
    probes::RULES,
    start::RULES,
    handlers::RULES,
    schedule::RULES,
    scaling::RULES,
    budgets::RULES,
    networking::RULES,
    ingress::RULES,
    policies::RULES,
    spread::RULES,
    pods::RULES,
    volumes::RULES,
    config::RULES,
    secrets::RULES,
    bindings::RULES,
    metadata::RULES,
];
