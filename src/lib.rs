#![doc = include_str!("README.md")]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod alternatives;
pub mod codes;
pub mod components;
pub mod diagnostic;
pub mod draft;
pub mod explain;
pub mod inventory;
pub mod k8s;
mod leaks;
pub mod load;
mod own;
mod parallel;
pub mod plan;
mod products;
pub mod quiet;
pub mod render;
pub mod secrets;
pub mod source;
pub mod tree;
pub mod verify;
pub mod words;
pub mod world;
pub mod write;
pub mod written;
pub mod yaml;

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostic::{At, Diagnostic, Diagnostics, Severity};
use load::Asked;
use load::manifests::Spot;
use plan::Stack;
use source::{SourceId, Sources};
use verify::schema::Custom;
use verify::{Around, Manifest, Set};
use world::World;
use written::Wanted;

/// The whole program: asked, derived, drawn, proven. Printing is `write::manifest`.
///
/// Warnings come with the manifest. Complaints have their places filled in.
pub fn generate(
    sources: &mut Sources,
    asked: &Asked,
    world: Arc<dyn World>,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let generated = load::sources(sources, asked, world) // asked
        .and_then(|stack| {
            let placed = |complaints: Diagnostics| {
                complaints.placed(|path, word| {
                    let place = load::written(&stack.tree, path, sources)?;
                    let whole = place == stack.tree.place_of(path);
                    let word = word.filter(|_| whole);
                    Some(word.map_or(place, |word| sources.narrowed(place, word)))
                })
            };
            prove(&stack).map(|(manifest, warnings)| (manifest, placed(warnings))).map_err(placed)
        });
    let theirs = |complaints| outside_of_ours(complaints, sources, asked);
    generated.map(|(manifest, warnings)| (manifest, theirs(warnings))).map_err(theirs)
}

/// No complaint about a stack points into a text of ours, which nobody can change: what has no better place stands at the
/// first line of the stack.
fn outside_of_ours(complaints: Diagnostics, sources: &Sources, asked: &Asked) -> Diagnostics {
    let Some(first) = asked.files.first().map(|id| sources.first_line(*id)) else { return complaints };
    let theirs = |complaint: Diagnostic| match complaint.at {
        At::Path(_) => complaint.at(first),
        At::Place(place) if sources.is_ours(place.source) => complaint.at(first),
        _ => complaint,
    };
    complaints.into_iter().map(theirs).collect()
}

fn prove(stack: &Stack) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let mut asked = verify::Asked::new(stack.wanted());
    let mut plan = plan::stack(stack).map_err(|complaints| asked.judged(complaints))?; // derived
    let mut foretold = asked.judged(std::mem::take(&mut plan.warnings));
    foretold.extend(asked.judged(stack.warnings.clone()));
    let demands = std::mem::take(&mut plan.demands);
    let drafts = drawn(plan)?; // drawn
    foretold.extend(asked.judged(render::demanded(&drafts)));
    foretold.extend(asked.unused());
    let (manifest, mut warnings) = match verify::drafts(drafts) {
        Ok(proven) => proven, // proven
        Err(mut broken) => {
            broken.extend(foretold.into_iter().filter(|complaint| complaint.severity == Severity::Error));
            return Err(broken);
        }
    };
    warnings.extend(foretold);
    warnings.or_with(manifest.of_profile(&stack.profile).demanding(demands))
}

/// A plan's objects and the user's own, patched and finished, and not yet proven.
pub fn drawn(plan: plan::Plan<'_>) -> Result<draft::Drafts<'_>, Diagnostics> {
    let stack = plan.stack;
    let (mut drafts, offers) = render::plan(plan)?;
    own::applied(stack, &offers, &mut drafts)?;
    render::finished(&mut drafts.all, &stack.site);
    drafts.beside = beside(stack)?;
    Ok(drafts)
}

/// The objects of what a stack imports, as they are rendered elsewhere.
fn beside(stack: &Stack) -> Result<Vec<k8s::Object>, Diagnostics> {
    let mut told = Diagnostics::new();
    let mut objects = Vec::new();
    for import in &stack.imports {
        objects.extend(import.objects.iter().cloned());
        let Some(theirs) = &import.stack else { continue };
        match plan::stack(theirs).and_then(drawn) {
            Ok(drafts) => {
                objects.extend(drafts.all.into_iter().map(|draft| draft.object));
                objects.extend(drafts.beside);
            }
            Err(complaints) => told.push(plan::imports::refused(import, &complaints)),
        }
    }
    told.or(objects)
}

/// What `lint` was asked to look at, and with what in mind.
#[derive(Default)]
pub struct Linted {
    /// Manifests, already added to the sources, in order.
    pub files: Vec<SourceId>,
    /// Those of them that nobody named: they were found in a folder.
    pub found: BTreeSet<SourceId>,
    /// CustomResourceDefinitions that are not linted themselves.
    pub definitions: Vec<SourceId>,
    /// What exists besides them.
    pub around: Around,
    /// Whether warnings count as errors for all rules that are graded so.
    pub strict: bool,
    /// Codes of rules whose warnings count as errors besides.
    pub raised: Vec<String>,
}

/// The same proofs for manifests that others wrote, across all of them together. How many objects there are, and all
/// complaints, with their places filled in.
pub fn lint(sources: &mut Sources, linted: &Linted) -> (usize, Diagnostics) {
    let (manifests, mut complaints) = load::manifests::read(sources, &linted.files, &linted.found);
    // What is missed may stand in a text that could not be read.
    let incomplete = complaints.refuse();
    let (definitions, unread) = load::manifests::read(sources, &linted.definitions, &linted.found);
    complaints.extend(unread);
    let mut around = linted.around.clone();
    let written: BTreeSet<String> = manifests.objects.iter().map(k8s::Object::id).collect();
    around.external.extend(manifests.made.iter().filter(|made| !written.contains(*made)).cloned());
    let wanted = Wanted { strict: linted.strict, raised: &linted.raised, waivers: &[] };
    let mut told = Vec::new();
    for mut layer in alternatives::layers(&manifests, &around, sources) {
        let (objects, more) = (std::mem::take(&mut layer.objects), std::mem::take(&mut layer.more));
        let set = Set::new(objects, &around).knowing(Custom::new(&definitions.objects));
        let mut found = Vec::new();
        let broken = verify::complaints_and(&set, wanted, more, |complaint, finding| {
            found.push((finding.object, finding.field.clone()));
            complaint
        });
        let told_here = broken.into_iter().zip(found).filter(|(complaint, (object, _))| {
            layer.tells(object) && !(incomplete && misses(complaint.code))
        });
        told.extend(told_here);
    }
    let spots = told.iter().map(|(complaint, (object, field))| Spot {
        object,
        field,
        word: complaint.word.as_deref(),
    });
    let places = manifests.places(sources, &spots.collect::<Vec<_>>());
    complaints.extend(told.into_iter().zip(places).map(|((complaint, _), place)| match place {
        Some(place) => complaint.at(place),
        None => complaint,
    }));
    (manifests.objects.len(), complaints)
}

/// Does the rule of that code miss something?
fn misses(code: &str) -> bool {
    verify::rule(code).is_some_and(|rule| rule.grade.whole_sets)
}
