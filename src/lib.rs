#![doc = include_str!("README.md")]

pub mod components;
pub mod diagnostic;
pub mod explain;
pub mod k8s;
pub mod load;
mod parallel;
pub mod plan;
pub mod render;
pub mod verify;
pub mod words;
pub mod world;
pub mod write;

use std::sync::Arc;

use diagnostic::Diagnostics;
use load::source::Sources;
use load::{Asked, Stack};
use verify::Manifest;
use world::World;

/// The whole program: asked, derived, drawn, proven. Printing is `write::manifest`.
///
/// Warnings come with the manifest. Complaints have their places filled in.
pub fn generate(
    sources: &mut Sources,
    asked: &Asked,
    world: Arc<dyn World>,
) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let stack = load::sources(sources, asked, world)?; // asked
    let placed = |complaints: Diagnostics| complaints.placed(|path| Some(stack.tree.place_of(path)));
    prove(&stack).map(|(manifest, warnings)| (manifest, placed(warnings))).map_err(placed)
}

fn prove(stack: &Stack) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let mut plan = plan::stack(stack)?; // derived
    let foretold = std::mem::take(&mut plan.warnings);
    let drafts = render::plan(plan)?; // drawn
    let (manifest, mut warnings) = verify::drafts(drafts)?; // proven
    warnings.extend(foretold);
    Ok((manifest, warnings))
}
