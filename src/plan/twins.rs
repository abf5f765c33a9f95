//! Databases whose names differ by a letter: one of them is a slip, and whoever has the slip gets an empty database.

use std::collections::BTreeMap;

use super::offer::{Databases, Need};
use crate::diagnostic::Diagnostic;
use crate::words;

/// Shorter names are close to each other by nature: `im`, `am`.
const SHORTEST: usize = 4;

/// Warns where somebody names a database that nobody declared and that is nearly another one's name.
pub(super) fn warnings(databases: &Databases, asked: &[Need]) -> Vec<Diagnostic> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for need in asked {
        *times.entry(&need.database).or_default() += 1;
    }
    let weight = |name: &str| (databases.declared.iter().any(|one| one == name), times.get(name).copied());
    let without = by_letters_left_out(&databases.names);
    let mut twins: BTreeMap<&str, &str> = BTreeMap::new();
    for name in times.keys().filter(|name| !weight(name).0 && name.len() >= SHORTEST) {
        let alike = letters_left_out(name).filter_map(|rest| without.get(&rest)).flatten();
        let near = alike.copied().find(|other| words::differ_by_a_letter(name, other));
        twins.extend(near.filter(|near| weight(near) >= weight(name)).map(|near| (*name, near)));
    }
    let told = |need: &Need| {
        let near = twins.get(need.database.as_str())?;
        // Of two that are named alike often, the first one is no slip.
        let first = asked.iter().find(|one| one.database == need.database || one.database == *near)?;
        let tie = weight(near) == weight(&need.database) && first.database == need.database;
        (!tie).then(|| warning(need, near))
    };
    asked.iter().filter_map(told).collect()
}

/// Names by what is left of them when one letter is left out, or none: names that differ by a letter have one in common.
/// Each with each would take too long, for there may be thousands.
fn by_letters_left_out(names: &[String]) -> BTreeMap<String, Vec<&str>> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        letters_left_out(name).for_each(|rest| found.entry(rest).or_default().push(name));
    }
    found
}

fn letters_left_out(name: &str) -> impl Iterator<Item = String> {
    let without =
        name.char_indices().map(|(at, letter)| format!("{}{}", &name[..at], &name[at + letter.len_utf8()..]));
    without.chain([name.to_owned()])
}

fn warning(need: &Need, near: &str) -> Diagnostic {
    let name = &need.database;
    Diagnostic::warning("database-twins", format!("`{name}` is a different database from `{near}`"))
        .at(&need.at)
        .because("it is created because something refers to it, and is empty")
        .help(format!("use `{near}`, or list both in `{}.databases`", need.of))
}
