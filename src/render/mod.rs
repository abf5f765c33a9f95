//! Drawn: a plan becomes drafts. Each part is one template with its values; its text is read back at once, and
//! everything that all objects get is added to the objects, never to text.

mod copies;
mod dialect;
mod dress;
mod engine;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Drafts, Origin};
use crate::k8s::Object;
use crate::parallel;
use crate::plan::Plan;
use crate::plan::offer::Offers;
use crate::plan::part::Part;
use crate::plan::site::Site;
use engine::Engine;

/// Fewer parts than this are drawn sooner than a thread is up.
const WORTHWHILE: usize = 64;

/// Draws every part. What was offered for it comes back, for the user's own objects to ask.
pub fn plan(plan: Plan<'_>) -> Result<(Drafts<'_>, Offers), Diagnostics> {
    let Plan { stack, offers, parts, .. } = plan;
    let site = &stack.site;
    let engine = Engine::new(&parts).map_err(|error| ours("", &error))?;
    let drawn = parallel::map(&parts, WORTHWHILE, |part| draw(&engine, part));
    let mut complaints = Diagnostics::new();
    let mut all = Vec::with_capacity(parts.len());
    // What follows works on objects: the values they were drawn with need not wait beside them.
    drop(parts);
    for drafts in drawn {
        all.extend(complaints.keep(drafts).unwrap_or_default());
    }
    let mut external = stack.external.clone();
    external.extend(offers.iter().flat_map(|offer| offer.elsewhere.iter().cloned()));
    let drafts = Drafts {
        all,
        external,
        beside: Vec::new(),
        domain: site.cluster.domain.clone(),
        namespace: site.namespace.clone(),
        kubernetes: site.kubernetes.clone(),
        wanted: stack.wanted(),
        tree: Some(&stack.tree),
    };
    complaints.or((drafts, offers))
}

/// What can be said only when nobody changes the objects any more: the checksums of what pods read, the names of Jobs.
/// Objects of the user's stay as he wrote them; what stands in them counts.
pub fn finished(drafts: &mut Vec<Draft>, site: &Site) {
    let copies = copies::of_secrets(drafts);
    drafts.extend(copies);
    let sums: dress::Sums = drafts.iter().filter_map(|draft| dress::checksum(&draft.object)).collect();
    for draft in drafts.iter_mut().filter(|draft| draft.owner().is_some()) {
        dress::roll_on_change(&mut draft.object, &sums);
        dress::finish_job(&mut draft.object, &sums, site);
    }
}

/// What must exist where these objects are applied, and is made elsewhere.
pub fn demanded(drafts: &Drafts<'_>) -> Diagnostics {
    if drafts.beside.is_empty() { Diagnostics::new() } else { copies::demanded(drafts) }
}

/// The objects of one part, dressed.
fn draw(engine: &Engine, part: &Part) -> Result<Vec<Draft>, Diagnostic> {
    let objects = engine.draw(part).map_err(|error| ours(part.template.name, &error))?;
    let dressed = |mut object: Object| {
        dress::object(&mut object, &part.role);
        let origin = Origin::Drawn { template: part.template.name, owner: part.owner.clone() };
        Draft { object, origin, patched: Vec::new() }
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
