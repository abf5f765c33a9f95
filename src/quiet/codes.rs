//! Sets of codes as people write them: a code, a family of `stackgen rules`, a pattern with `*`.

use std::collections::BTreeSet;

use crate::codes;
use crate::diagnostic::Severity;
use crate::verify;
use crate::words;

/// Codes that `lint` may tell and that can be left out.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    named: BTreeSet<&'static str>,
    meant: BTreeSet<&'static str>,
}

impl Codes {
    /// One more word; the error says what is wrong with it.
    pub fn add(&mut self, word: &str) -> Result<(), String> {
        if let Some(code) = known().find(|code| *code == word) {
            self.named.insert(code);
            self.meant.insert(code);
            return Ok(());
        }
        let of_family: Vec<&'static str> = verify::FAMILIES
            .iter()
            .filter(|(name, _)| *name == word)
            .flat_map(|(_, tables)| tables.iter().flat_map(|table| table.iter()))
            .map(|rule| rule.code)
            .collect();
        let fit = |code: &&'static str| word.contains('*') && words::glob(word, code);
        let before = self.meant.len();
        self.meant.extend(of_family.iter().copied().chain(known().filter(fit)));
        // They may all have been meant already.
        if self.meant.len() > before || !of_family.is_empty() || known().any(|code| fit(&code)) {
            Ok(())
        } else {
            Err(unknown(word))
        }
    }

    /// Is the code one of them?
    pub fn has(&self, code: &str) -> bool {
        self.meant.contains(code)
    }

    /// Were codes written out, not patterns?
    pub(super) fn is_written_out(&self) -> bool {
        !self.named.is_empty()
    }

    /// Is it one that was written out?
    pub fn names(&self, code: &str) -> bool {
        self.named.contains(code)
    }
}

/// Is a complaint of that code one of a rule, or a warning about a text? All others say that something could not be read.
pub fn is_of_rules(code: &str) -> bool {
    known().any(|known| known == code)
}

/// Rules, and what only warns of the texts that `lint` reads.
fn known() -> impl Iterator<Item = &'static str> {
    let warns = codes::TEXTS.iter().filter(|check| check.severity == Severity::Warning);
    verify::all().map(|rule| rule.code).chain(warns.map(|check| check.code))
}

fn unknown(word: &str) -> String {
    if word.contains('*') {
        return format!("no rule fits `{word}`");
    }
    match codes::check(word) {
        Some(check) if codes::TEXTS.iter().any(|own| own.code == check.code) => {
            format!(
                "`{word}` cannot be changed here: what cannot be read cannot be checked; leave the file out"
            )
        }
        Some(_) => format!("`{word}` is about a stack file: `lint` never reports it"),
        None => {
            let families = verify::FAMILIES.iter().map(|(name, _)| *name);
            let near = words::closest(word, known().chain(families));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("unknown rule `{word}`{near}")
        }
    }
}
