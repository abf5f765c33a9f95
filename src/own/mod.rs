//! What users say in Kubernetes' own words, where no key of ours says it: whole objects, and changes to what is drawn. Both
//! are proven like all else, and what is wrong with them is told where they are written.

mod json;
mod objects;
mod patches;
mod strategic;
mod target;
mod values;

use crate::diagnostic::{Diagnostics, Path};
use crate::draft::Drafts;
use crate::plan::Stack;
use crate::plan::offer::Offers;
use crate::tree::node::Kind;

/// Adds the stack's `objects`, then applies its `patches`, in their order.
pub(crate) fn applied(stack: &Stack, offers: &Offers, drafts: &mut Drafts<'_>) -> Result<(), Diagnostics> {
    let (own, mut told) = objects::drafts(stack, offers);
    // Whoever names an object says that it exists, wherever it comes from; what the user himself calls external does not
    // come from here too.
    let named = Path::root().key("external");
    let said = |id: &str| match stack.tree.at(&named).map(|node| &node.kind) {
        Some(Kind::Seq(items)) => items.iter().any(|item| item.as_text() == Some(id)),
        _ => false,
    };
    for id in own.iter().map(|draft| draft.object.id()).filter(|id| !said(id)) {
        drafts.external.remove(&id);
    }
    drafts.all.extend(own);
    told.extend(patches::apply(stack, offers, &mut drafts.all));
    told.or(())
}
