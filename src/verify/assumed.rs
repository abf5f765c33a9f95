//! What is said to exist besides the objects, as patterns, with a note of which were needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::words::glob;

/// Patterns of `KIND/NAME`: `Secret/*`, `Host/*.example.com`. `*` stands for anything.
#[derive(Clone, Debug, Default)]
pub struct Assumed(Arc<Vec<Pattern>>);

#[derive(Debug)]
struct Pattern {
    text: String,
    used: AtomicBool,
}

impl Assumed {
    /// These patterns, none of which was needed yet.
    pub fn new(patterns: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(
            patterns.into_iter().map(|text| Pattern { text, used: AtomicBool::new(false) }).collect(),
        ))
    }

    /// Does one of them say that it exists? All that do are noted, so that the note is the same in whatever order is asked.
    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        let of_name = |pattern: &&Pattern| {
            let rest = pattern.text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|wanted| glob(wanted, name))
        };
        let mut found = false;
        for pattern in self.0.iter().filter(of_name) {
            pattern.used.store(true, Ordering::Relaxed);
            found = true;
        }
        found
    }

    /// Positions of those that nothing asked for, when everything was looked at.
    pub fn unused(&self) -> Vec<usize> {
        let unused = self.0.iter().enumerate().filter(|(_, pattern)| !pattern.used.load(Ordering::Relaxed));
        unused.map(|(index, _)| index).collect()
    }
}
