//! Drawn: a plan becomes drafts. Each part is one template with its values; its text is read back at once, and
//! everything that all objects get is added to the objects, never to text.

mod dialect;
mod dress;
mod engine;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Drafts};
use crate::k8s::Object;
use crate::parallel;
use crate::plan::Plan;
use crate::plan::part::Part;
use crate::plan::site::Site;
use engine::Engine;

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
    let sums: dress::Sums = all.iter().filter_map(|draft| dress::checksum(&draft.object)).collect();
    for draft in &mut all {
        dress::roll_on_change(&mut draft.object, &sums);
        dress::finish_job(&mut draft.object, &sums, site);
    }
    let mut external = stack.external.clone();
    external.extend(offers.iter().flat_map(|offer| offer.elsewhere.iter().cloned()));
    complaints.or(Drafts {
        all,
        external,
        domain: site.cluster.domain.clone(),
        namespace: site.namespace.clone(),
        kubernetes: site.kubernetes.clone(),
        wanted: stack.wanted(),
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
