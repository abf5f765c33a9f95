//! The components and apps of a stack, each by its word.

use super::stack::meant;
use super::vocabulary::roots;
use crate::components::{self, APPS, Key, Member};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::source::Place;
use crate::tree::node::Entry;
use crate::words;

/// Those that stand at one key; what is wrong with them is told.
pub(super) fn read_members(key: &str, entry: &Entry, complaints: &mut Diagnostics) -> Vec<Box<dyn Member>> {
    let parsed = Key::parse(key);
    let Some(word) = components::word(&parsed.word).filter(|word| word.name != APPS || parsed.name.is_none())
    else {
        complaints.push(unknown_word(key, entry.key));
        return Vec::new();
    };
    let path = Path::root().key(key);
    if word.name != APPS {
        return complaints.keep((word.read)(parsed, &path, &entry.value)).into_iter().collect();
    }
    let Some(apps) = entry.value.as_map() else {
        complaints.push(
            Diagnostic::error("wrong-type", "`apps` must be a mapping of app names").at(entry.value.place),
        );
        return Vec::new();
    };
    apps.iter()
        .filter_map(|(name, app)| {
            let key = Key::own(APPS, Some(name.clone()));
            complaints.keep((word.read)(key, &path.key(name), &app.value))
        })
        .collect()
}

/// A key that is no word of ours.
pub(super) fn unknown_word(key: &str, place: Place) -> Diagnostic {
    let name = Key::parse(key).name.map_or_else(String::new, |name| format!("/{name}"));
    Diagnostic::error("unknown-key", format!("unknown key `{key}`"))
        .at(place)
        .because(format!("the keys here are {}", words::listed(roots())))
        .maybe_help(meant(key).map(|near| format!("did you mean `{near}{name}`?")))
}
