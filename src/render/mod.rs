//! Drawn: a plan becomes drafts. Each part is one template with its values; its text is read back at once, and
//! everything that all objects get is added to the objects, never to text.

mod dialect;
mod dress;
mod engine;
mod subset;

use std::collections::BTreeMap;

use crate::components::Key;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::{Object, Version};
use crate::load::tree::Node;
use crate::parallel;
use crate::plan::Plan;
use crate::plan::part::Part;
use crate::plan::site::Site;
use crate::verify::Wanted;
use engine::Engine;

/// An object that nobody has proven yet, and where it came from.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The object.
    pub object: Object,
    /// The template, below `templates/`.
    pub template: &'static str,
    /// Which component asked for it.
    pub owner: Key,
}

/// All drafts, in the order of the plan, and what the user declared as existing elsewhere.
#[derive(Default)]
pub struct Drafts<'s> {
    /// The objects.
    pub all: Vec<Draft>,
    /// `kind/name` of objects that the output refers to and that exist already.
    pub external: std::collections::BTreeSet<String>,
    /// The cluster's DNS domain.
    pub domain: String,
    /// Where objects live that name no namespace.
    pub namespace: String,
    /// The cluster's minor.
    pub kubernetes: Version,
    /// What the stack wants of the rules.
    pub wanted: Wanted<'s>,
    /// The merged stack, for complaints to point into.
    pub tree: Option<&'s Node>,
}

/// Fewer parts than this are drawn sooner than a thread is up.
const WORTHWHILE: usize = 64;

/// Draws every part.
pub fn plan(plan: Plan<'_>) -> Result<Drafts<'_>, Diagnostics> {
    let Plan { stack, offers, parts, .. } = plan;
    let site = &stack.site;
    let engine = Engine::new(&parts).map_err(|error| ours("", &error))?;
    let drawn = parallel::map(&parts, WORTHWHILE, |part| draw(&engine, part, site));
    let mut complaints = Diagnostics::new();
    let mut all = Vec::with_capacity(parts.len());
    // What follows works on objects: the values they were drawn with need not wait beside them.
    drop(parts);
    for drafts in drawn {
        all.extend(complaints.keep(drafts).unwrap_or_default());
    }
    let sums: BTreeMap<String, String> =
        all.iter().filter_map(|draft| dress::checksum(&draft.object)).collect();
    for draft in &mut all {
        dress::roll_on_change(&mut draft.object, &sums);
    }
    let mut external = stack.external.clone();
    external.extend(offers.iter().flat_map(|offer| offer.elsewhere.iter().cloned()));
    complaints.or(Drafts {
        all,
        external,
        domain: site.cluster.domain.clone(),
        namespace: site.namespace.clone(),
        kubernetes: site.kubernetes.clone(),
        wanted: Wanted { raised: &site.policy.raise, waivers: &stack.waivers },
        tree: Some(&stack.tree),
    })
}

/// The objects of one part, dressed.
fn draw(engine: &Engine, part: &Part, site: &Site) -> Result<Vec<Draft>, Diagnostic> {
    let objects = engine.draw(part).map_err(|error| ours(part.template.name, &error))?;
    let dressed = |mut object: Object| {
        dress::object(&mut object, &part.role, site);
        Draft { object, template: part.template.name, owner: part.owner.clone() }
    };
    Ok(objects.into_iter().map(dressed).collect())
}

/// A template that cannot be drawn is our mistake, or a value that has no place in a config file.
fn ours(template: &str, error: &anyhow::Error) -> Diagnostic {
    if let Some(refused) = error.chain().find_map(|cause| cause.downcast_ref::<dialect::Refused>()) {
        return Diagnostic::error("config-value", refused.to_string()).because(format!(
            "it would not stay on its line in the file rendered from templates/{template}"
        ));
    }
    Diagnostic::error("template", format!("templates/{template} cannot be rendered"))
        .because(format!("{error:#}"))
        .help("this is a bug in stackgen, not in your stack: please report it")
}
