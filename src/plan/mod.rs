//! Derived: a stack becomes a plan. Stack in, parts out. Never looks at YAML, never formats text.
//!
//! **Invariant:** `offers` does not see other offers. Guard: its signature.

pub mod draw;
pub mod env;
pub(crate) mod imports;
pub mod offer;
pub mod part;
pub mod reference;
pub mod role;
pub mod site;
mod stack;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

use crate::components::Key;
use crate::diagnostic::Diagnostics;
use crate::parallel;
use crate::words;
use offer::{Need, Offers};
use part::Part;
pub use stack::{Imported, Stack};

/// Everything to draw, in the order in which a stack comes up.
pub struct Plan<'a> {
    /// The stack it was made from.
    pub stack: &'a Stack,
    /// What all components tell.
    pub offers: Offers,
    /// What to draw.
    pub parts: Vec<Part>,
    /// What will hurt.
    pub warnings: Diagnostics,
    /// What must exist that nobody here makes, a sentence for each component that exists already.
    pub demands: Vec<String>,
}

/// Fewer members than this are asked sooner than a thread is up.
const WORTHWHILE: usize = 32;

/// Collects every need, then every offer, then asks everyone for parts. All complaints at once.
pub fn stack(stack: &Stack) -> Result<Plan<'_>, Diagnostics> {
    let site = &stack.site;
    let checked = stack.members.iter().flat_map(|member| member.check(site));
    let mut complaints: Diagnostics = stack.useless.iter().cloned().chain(checked).collect();
    let Some(offers) = offers(stack, &mut complaints) else { return Err(complaints) };
    let own = stack.members.iter().filter_map(|member| member.namespace());
    let mut parts = draw::namespaces(site, own);
    for parts_of_one in parallel::map(&stack.members, WORTHWHILE, |member| member.parts(site, &offers)) {
        let drawn = complaints.keep(parts_of_one).unwrap_or_default();
        parts.extend(env_secrets(&drawn));
        parts.extend(drawn);
    }
    if complaints.refuse() {
        return Err(complaints);
    }
    let demands = demands(&offers);
    Ok(Plan { stack, offers, parts, warnings: complaints, demands })
}

/// What all members offer, and those of imported stacks; nothing when one of ours is silent, for it would be reported as
/// missing by everyone who uses it.
fn offers(stack: &Stack, complaints: &mut Diagnostics) -> Option<Offers> {
    let site = &stack.site;
    let mut asked: BTreeMap<Key, Vec<Need>> = BTreeMap::new();
    for need in stack.members.iter().flat_map(|member| member.needs(site)) {
        asked.entry(need.of.clone()).or_default().push(need);
    }
    let mut offers = Offers::default();
    let mut silent = false;
    imports::add(stack, &asked, &mut offers, complaints);
    for member in &stack.members {
        let asked = asked.get(member.key()).map(Vec::as_slice).unwrap_or_default();
        match complaints.keep(member.offers(site, asked)) {
            Some(offer) => {
                let databases = offer.databases.iter();
                complaints.extend(databases.flat_map(|databases| twins::warnings(databases, asked)));
                offers.add(offer);
            }
            None => silent = true,
        }
    }
    (!silent).then_some(offers)
}

/// What must exist where a component does.
fn demands(offers: &Offers) -> Vec<String> {
    let told = offers.iter().filter(|offer| !offer.demands.is_empty());
    let told = told.map(|offer| {
        format!("`{}` exists already, and must have {}", offer.key, words::joined(&offer.demands))
    });
    told.collect()
}

/// A Secret for every role whose user wrote variables that come from outside.
fn env_secrets(parts: &[Part]) -> Vec<Part> {
    let mut seen = BTreeSet::new();
    let mut secrets = Vec::new();
    for role in parts.iter().map(|part| &part.role) {
        if !role.env_secret.is_empty() && seen.insert(role.name.clone()) {
            secrets.push(draw::secret(role, &format!("{}-env", role.name), &role.env_secret));
        }
    }
    secrets
}
