//! Members that decide by majority.

use crate::diagnostic::{Diagnostic, Path};

/// What is wrong with so many of them, if anything is; of other even numbers, rules tell. `noun` is one of them, in the words of the product.
pub(super) fn complaint(members: u32, noun: &str, path: &Path) -> Option<Diagnostic> {
    match members {
        0 => Some(Diagnostic::error("no-quorum", format!("0 {noun}s cannot work")).help("set 1 or 3")),
        2 => Some(
            Diagnostic::error("no-quorum", format!("2 {noun}s stop as soon as one is down"))
                .because("both are needed for a majority, so two fail more often than one")
                .help("set 1 or 3"),
        ),
        _ => None,
    }
    .map(|complaint| complaint.at(path))
}
