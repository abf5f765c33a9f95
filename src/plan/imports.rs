//! What other stacks offer to this one.

use std::collections::BTreeMap;

use super::offer::{Databases, Given, Need, Offer, Offers};
use super::stack::{Imported, Stack};
use crate::components::Key;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::words;

/// Adds the offers of all imported stacks, each under the name of its import, and tells what is asked of them in vain.
pub(super) fn add(
    stack: &Stack,
    asked: &BTreeMap<Key, Vec<Need>>,
    offers: &mut Offers,
    complaints: &mut Diagnostics,
) {
    for import in &stack.imports {
        let Some(theirs) = &import.stack else { continue };
        let mut told = Diagnostics::new();
        let found = super::offers(theirs, &mut told);
        let Some(found) = found.filter(|_| !told.refuse()) else {
            complaints.push(refused(import, &told));
            continue;
        };
        // What they import themselves is theirs.
        for offer in found.iter().filter(|offer| offer.key.import.is_none()) {
            let offer = named(offer, &import.name);
            let needs = asked.get(&offer.key).into_iter().flatten();
            complaints.extend(offer.databases.iter().flat_map(|databases| lacks(databases, needs.clone())));
            offers.add(offer);
        }
    }
}

/// One complaint for all of theirs: who owns that stack sees them when he renders it.
pub(crate) fn refused(import: &Imported, told: &Diagnostics) -> Diagnostic {
    let first = told.iter().find(|complaint| complaint.severity == Severity::Error);
    let why = first.map_or("it is refused", |complaint| complaint.title.as_str());
    Diagnostic::error("import-refused", format!("the stack `{}` cannot be used: {why}", import.name))
        .at(import.path.key("file"))
        .because("what it offers follows from the whole of it")
        .help("run `stackgen check -f FILE` on it, with the same profile")
}

/// As this stack calls it. Its Secrets are made by the other stack, or must exist already.
fn named(offer: &Offer, import: &str) -> Offer {
    let mut offer = offer.clone();
    offer.key.import = Some(import.to_owned());
    let bound = offer.bindings.iter().filter_map(|binding| match &binding.value {
        Given::Secret(key) => Some(key.name.clone()),
        _ => None,
    });
    let databases = offer.databases.iter().flat_map(|databases| {
        databases.users.values().chain([&databases.root]).map(|who| who.password.name.clone())
    });
    let secrets: Vec<String> =
        bound.chain(databases).filter(|name| !name.is_empty()).map(|name| format!("Secret/{name}")).collect();
    offer.elsewhere.extend(secrets);
    offer
}

/// Databases that nobody makes there for us.
fn lacks<'a>(
    databases: &'a Databases,
    needs: impl Iterator<Item = &'a Need>,
) -> impl Iterator<Item = Diagnostic> {
    needs.filter(|need| !databases.names.contains(&need.database)).map(|need| {
        let Need { of, database, at } = need;
        Diagnostic::error("import-lacks", format!("`{of}` has no database `{database}`"))
            .at(at)
            .because(format!(
                "it has {}; an imported stack makes none for others",
                words::listed(&databases.names)
            ))
            .maybe_help(
                words::closest(database, databases.names.iter().map(String::as_str))
                    .map(|near| format!("did you mean `{near}`?")),
            )
            .help(format!(
                "add it to `databases` of `{}` in the other stack",
                Key { import: None, ..of.clone() }
            ))
    })
}
