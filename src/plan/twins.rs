//! Databases whose names differ by a letter: one of them is a slip, and whoever has the slip gets an empty database.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::offer::{Databases, Need};
use crate::diagnostic::Diagnostic;
use crate::words;

/// Shorter names are close to each other by nature: `im`, `am`.
const SHORTEST: usize = 4;

/// Warns where somebody names a database that nobody declared and that is nearly another one's name.
pub(super) fn warnings(databases: &Databases, asked: &[Need]) -> Vec<Diagnostic> {
    let declared: BTreeSet<&str> = databases.declared.iter().map(String::as_str).collect();
    // How often each is named, and where first.
    let mut named: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (number, need) in asked.iter().enumerate() {
        named.entry(&need.database).or_insert((0, number)).0 += 1;
    }
    // Of two, the one that is declared, that more name, or that somebody names first is no slip.
    let weight = |name: &str| {
        let named = named.get(name).map(|(times, first)| (*times, Reverse(*first)));
        (declared.contains(name), named)
    };
    let without = by_letters_left_out(&databases.names);
    let mut twins: BTreeMap<&str, &str> = BTreeMap::new();
    for name in named.keys().filter(|name| !declared.contains(*name) && name.len() >= SHORTEST) {
        let alike = letters_left_out(name).filter_map(|rest| without.get(&rest)).flatten();
        let near = alike.copied().find(|other| words::differ_by_a_letter(name, other));
        twins.extend(near.filter(|near| weight(near) > weight(name)).map(|near| (*name, near)));
    }
    let why = match databases.exists {
        true => "the server exists already: it would have to have both",
        false => "it is created because something refers to it, and is empty",
    };
    asked.iter().filter_map(|need| Some(warning(need, twins.get(need.database.as_str())?, why))).collect()
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

fn warning(need: &Need, near: &str, why: &str) -> Diagnostic {
    let name = &need.database;
    Diagnostic::warning("database-twins", format!("`{name}` is a different database from `{near}`"))
        .at(&need.at)
        .because(why)
        .help(format!("use `{near}`, or list both in `{}.databases`", need.of))
}
