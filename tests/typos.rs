//! Every key of every example and case misspelt once, and every word that is one of a list: each is refused where it
//! stands, by one complaint, which names what was meant. `-- --nocapture` prints the rates.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fmt;

use stackgen::diagnostic::{At, Diagnostic, Severity};
use support::cores;
use support::misspell::misspelt;
use support::run::Run;
use support::words::{Word, words};
use support::{cases, example_cases};

type Gaps = &'static [(&'static str, &'static str)];

/// What the product does not do: the word as the test prints it, and why. An entry that is done fails the test. All are
/// refused at their place with the right suggestion, but not alone.
const GAPS_OF_KEYS: Gaps = &[
    ("examples/im/dev: mysql", REST),
    ("examples/im/dev: mysql.users", REST),
    ("layers/a-file-takes-a-component-and-an-app-away: apps", NULL),
    ("layers/a-file-takes-a-component-and-an-app-away: redis", NULL),
    ("layers/a-namespace-may-begin-with-a-digit: metadata", REST),
    ("layers/the-last-file-wins: redis", NULL),
    ("layers/the-last-file-wins: redis.labels", NULL),
    ("layers/the-section-of-the-profile-wins-over-the-file: kafka", NULL),
];
const REST: &str = "another layer has the right key, and what it says there is not complete by itself";
const NULL: &str = "another layer takes away what is not there under its right name";

#[test]
fn a_misspelt_key_is_refused_where_it_stands() {
    judge("keys", GAPS_OF_KEYS, |word| word.is_key);
}

#[test]
fn a_misspelt_value_is_refused_where_it_stands() {
    judge("values", &[], |word| !word.is_key);
}

/// Misspells all the words that are wanted, one at a time.
fn judge(what: &str, known: Gaps, wanted: impl Fn(&Word) -> bool + Sync) {
    let (mut rates, mut wrong, mut closed) = (Rates::default(), String::new(), known.to_vec());
    let runs: Vec<Run> = example_cases().iter().chain(&cases()).filter_map(Run::of).filter(is_fine).collect();
    let tried = cores::each(&runs, |_, run| {
        let verdicts = words(run).into_iter().filter(&wanted).map(|word| {
            let about = format!("{}: {}", run.name, word.path);
            let written = misspelt(&word.text, &about, &word.known);
            let verdict = written.as_ref().map(|written| Verdict::of(run, &word, written));
            (about, written, verdict)
        });
        verdicts.collect::<Vec<_>>()
    });
    for (about, written, verdict) in tried.into_iter().flatten() {
        let (Some(written), Some(verdict)) = (written, verdict) else {
            rates.free += 1;
            continue;
        };
        rates.count(&verdict);
        let Some(gap) = verdict.gap() else { continue };
        if known.iter().any(|(known, _)| *known == about) {
            closed.retain(|(known, _)| *known != about);
        } else {
            wrong += &format!("{about}: `{written}` {gap}\n");
        }
    }
    println!("{what}: {rates}");
    for (gap, _) in closed {
        wrong += &format!("{gap}: is no gap any more, take it out of the table\n");
    }
    assert!(wrong.is_empty(), "{wrong}{what}: {rates}");
    // Whatever the table of gaps may say.
    assert_eq!((rates.refused, rates.placed), (rates.misspelt, rates.misspelt), "{what}: {rates}");
    assert!(rates.misspelt > 100, "the words were not found: {rates}");
}

fn is_fine(run: &Run) -> bool {
    !run.said(run.sources(None)).iter().any(is_error)
}

fn is_error(complaint: &Diagnostic) -> bool {
    complaint.severity == Severity::Error
}

/// What the product made of one misspelt word.
struct Verdict {
    complaints: usize,
    is_placed: bool,
    is_suggested: bool,
}

impl Verdict {
    fn of(run: &Run, word: &Word, written: &str) -> Self {
        let (from, to) = (word.place.start as usize, word.place.end as usize);
        let old = &run.files[word.place.source.0 as usize].1[from..to];
        // With its quotes, when it has some, and with the name behind the slash.
        let new = old.replacen(&word.text, written, 1);
        let said = run.said(run.sources(Some((word.place, &new))));
        let errors: Vec<&Diagnostic> = said.iter().filter(|complaint| is_error(complaint)).collect();
        let end = word.place.start + new.len() as u32;
        let here = |complaint: &&&Diagnostic| match complaint.at {
            At::Place(place) => {
                (place.source, place.start, place.end) == (word.place.source, word.place.start, end)
            }
            _ => false,
        };
        let wanted = format!("did you mean `{}`?", old.trim_matches(['"', '\'']));
        let placed = errors.iter().find(here);
        Self {
            complaints: errors.len(),
            is_placed: placed.is_some(),
            // Of one or two letters, one that is wrong leaves too little to guess from.
            is_suggested: word.text.len() <= 2
                || placed.is_some_and(|complaint| complaint.help.contains(&wanted)),
        }
    }

    fn gap(&self) -> Option<&'static str> {
        match self {
            Self { complaints: 0, .. } => Some("is accepted"),
            Self { is_placed: false, .. } => Some("is complained about elsewhere"),
            Self { is_suggested: false, .. } => Some("gets no suggestion, or a wrong one"),
            Self { complaints: 1, .. } => None,
            _ => Some("gets several complaints"),
        }
    }
}

/// How many of the misspelt words were treated well.
#[derive(Default)]
struct Rates {
    free: usize,
    misspelt: usize,
    refused: usize,
    placed: usize,
    suggested: usize,
    alone: usize,
}

impl Rates {
    fn count(&mut self, verdict: &Verdict) {
        self.misspelt += 1;
        self.refused += usize::from(verdict.complaints > 0);
        self.placed += usize::from(verdict.is_placed);
        self.suggested += usize::from(verdict.is_suggested);
        self.alone += usize::from(verdict.complaints == 1);
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |count: usize| format!("{count} ({:.1} %)", 100.0 * count as f64 / self.misspelt as f64);
        write!(
            f,
            "{} misspelt, {} refused, {} at their place, {} with the right suggestion, {} with nothing else said; \
             {} more are for users to choose",
            self.misspelt,
            rate(self.refused),
            rate(self.placed),
            rate(self.suggested),
            rate(self.alone),
            self.free,
        )
    }
}
