//! Members that decide by majority.

use crate::diagnostic::{Diagnostic, Path};

/// What is wrong with so many of them, if anything is. `noun` is one of them, in the words of the product.
pub(super) fn complaint(members: u32, noun: &str, path: &Path) -> Option<Diagnostic> {
    let fewer = members.saturating_sub(1);
    match members {
        0 => Some(Diagnostic::error("no-quorum", format!("0 {noun}s cannot work")).help("set 1 or 3")),
        2 => Some(
            Diagnostic::error("no-quorum", format!("2 {noun}s stop as soon as one is down"))
                .because("both are needed for a majority, so two fail more often than one")
                .help("set 1 or 3"),
        ),
        even if even % 2 == 0 => Some(
            Diagnostic::warning(
                "even-quorum",
                format!("{members} {noun}s tolerate no more failures than {fewer}"),
            )
            .because(format!("{} of {members} are needed for a majority", members / 2 + 1))
            .help(format!("set {fewer} or {}", members + 1)),
        ),
        _ => None,
    }
    .map(|complaint| complaint.at(path))
}
