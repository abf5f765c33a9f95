//! Complaints, told to people and to machines: a run's complaints in, one text on one stream and a verdict out.
//!
//! **Invariant:** no format prints a secret. Guard: formats see `Shown`, which is made with the secrets covered.

mod fold;
mod github;
mod human;
mod json;
mod junit;
mod sarif;
mod shown;
mod summary;
mod uri;

use std::cell::Cell;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use shown::{Covers, Shown};
use stackgen::diagnostic::{Diagnostic, Diagnostics, Severity};
use stackgen::quiet::Baseline;
use stackgen::source::Sources;

use super::{REFUSED, stream};

/// The flags of every verb that complains.
#[derive(Args)]
pub(super) struct Told {
    /// The output format: for people, or for a machine.
    #[arg(long = "output", value_name = "FORMAT", value_enum, default_value_t = Form::Human)]
    form: Form,
    /// The lowest severity to report.
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Lowest::Warning)]
    severity: Lowest,
    /// Treat warnings as errors, which refuse the input.
    #[arg(long)]
    warnings_as_errors: bool,
    /// One line for each rule, with its counts and the first place, instead of the findings: for people and in JSON.
    #[arg(long)]
    summary: bool,
}

impl Told {
    /// What is wrong with the flags together.
    pub(super) fn misused(&self) -> Option<&'static str> {
        let tabled = matches!(self.form, Form::Human | Form::Json);
        (self.summary && !tabled)
            .then_some("`--summary` is for people and for `--output json`; other formats hold every finding")
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The affected line, why it is wrong and what to write instead.
    Human,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines of a pull request.
    Github,
    /// JUnit XML, which CI systems show as test results.
    Junit,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lowest {
    Error,
    Warning,
}

/// What a verb has on stdout, and so where complaints for machines go. Those for people go to stderr.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A manifest or a text: complaints go to stderr, and on an error nothing is written.
    Manifest,
    /// The complaints themselves: `check`, `lint`.
    Complaints,
}

/// How the complaints of this run are told.
pub(super) struct Report {
    form: Form,
    lowest: Severity,
    warnings_as_errors: bool,
    amount: Amount,
    outcome: Outcome,
    told: Cell<bool>,
}

/// How much people read of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Amount {
    /// A line for each rule.
    Summary,
    /// The first findings of each rule.
    First,
    /// Every finding.
    All,
}

/// Findings that are known, in a run that looks at them.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// How many were found again.
    pub(super) found: usize,
    /// How many were not.
    pub(super) gone: usize,
}

impl Report {
    /// As the flags say, for a verb with that outcome.
    pub(super) fn new(told: &Told, outcome: Outcome) -> Self {
        let lowest = match told.severity {
            Lowest::Error => Severity::Error,
            Lowest::Warning => Severity::Warning,
        };
        Self {
            form: told.form,
            lowest,
            warnings_as_errors: told.warnings_as_errors,
            amount: if told.summary { Amount::Summary } else { Amount::All },
            outcome,
            told: Cell::new(false),
        }
    }

    /// With the first findings of each rule alone, for people who look at the manifests of many.
    pub(super) fn folding(self) -> Self {
        let amount = if self.amount == Amount::All { Amount::First } else { self.amount };
        Self { amount, ..self }
    }

    /// To people, for verbs without such flags; they write nothing anyway.
    pub(super) fn plain() -> Self {
        Self {
            form: Form::Human,
            lowest: Severity::Warning,
            warnings_as_errors: false,
            amount: Amount::All,
            outcome: Outcome::Complaints,
            told: Cell::new(false),
        }
    }

    /// Tells all complaints, sorted, each once; says whether they refuse the input.
    ///
    /// Call it once in a run, without complaints too: a machine reads a document in any case.
    pub(super) fn tell(&self, complaints: Diagnostics, sources: &Sources) -> Result<bool> {
        self.tell_without(&[], complaints, sources)
    }

    /// The same, and what variables and files said does not come up in it.
    pub(super) fn tell_without(
        &self,
        answered: &[String],
        complaints: Diagnostics,
        sources: &Sources,
    ) -> Result<bool> {
        let complaints = self.chosen(complaints).sorted();
        let covers = if complaints.is_empty() { Covers::default() } else { Covers::of(sources, answered) };
        let shown: Vec<Shown<'_>> =
            complaints.iter().map(|complaint| Shown::of(complaint, sources, &covers)).collect();
        self.print(&shown, None)
    }

    /// The same without findings that are known. Which of them are there is noted in the baseline.
    pub(super) fn tell_new(
        &self,
        complaints: Diagnostics,
        sources: &Sources,
        baseline: &mut Baseline,
    ) -> Result<(bool, Known)> {
        // A warning that is known is none that is gone, whatever is shown of it.
        let complaints = self.raised(complaints).sorted();
        let covers = if complaints.is_empty() { Covers::default() } else { Covers::of(sources, &[]) };
        let mut found = 0;
        let mut shown = Vec::new();
        for complaint in complaints.iter() {
            let one = Shown::of(complaint, sources, &covers);
            if one.entry().is_some_and(|entry| baseline.takes(&entry)) {
                found += 1;
            } else if complaint.severity <= self.lowest {
                shown.push(one);
            }
        }
        let gone = baseline.left().map(|(_, count)| count as usize).sum();
        let known = Known { found, gone };
        Ok((self.print(&shown, Some(known))?, known))
    }

    /// What makes these findings known from now on.
    pub(super) fn baseline(complaints: Diagnostics, sources: &Sources) -> Baseline {
        let covers = if complaints.is_empty() { Covers::default() } else { Covers::of(sources, &[]) };
        let complaints = complaints.sorted();
        complaints.iter().filter_map(|complaint| Shown::of(complaint, sources, &covers).entry()).collect()
    }

    /// In the form that was asked for; does it refuse?
    fn print(&self, shown: &[Shown<'_>], known: Option<Known>) -> Result<bool> {
        let tally = Tally::of(shown);
        self.told.set(true);
        match self.form {
            Form::Human => stream::say(&human::text(shown, tally, self.amount, self.outcome))?,
            Form::Json => self.document(&json::document(shown, tally, known))?,
            Form::Sarif => self.document(&sarif::document(shown))?,
            Form::Github => self.document(&github::commands(shown))?,
            Form::Junit => self.document(&junit::document(shown))?,
        }
        Ok(tally.errors > 0)
    }

    /// Those that are told, as severe as they count.
    fn chosen(&self, complaints: Diagnostics) -> Diagnostics {
        let complaints = self.raised(complaints).into_iter();
        complaints.filter(|complaint| complaint.severity <= self.lowest).collect()
    }

    fn raised(&self, complaints: Diagnostics) -> Diagnostics {
        let raised = |complaint: Diagnostic| match complaint.severity {
            Severity::Warning if self.warnings_as_errors => raised(complaint),
            _ => complaint,
        };
        complaints.into_iter().map(raised).collect()
    }

    /// Is there a line for notes, which no machine reads?
    pub(super) fn is_for_people(&self) -> bool {
        self.form == Form::Human
    }

    /// The end of a run. What stopped it before anything could be said is told as a complaint, so that a machine has a
    /// document to read.
    pub(super) fn end(&self, ended: Result<ExitCode>) -> Result<ExitCode> {
        match ended {
            Err(error) if self.form != Form::Human && !self.told.get() => {
                let reasons = stream::reasons(&error).into_iter();
                let complaints = reasons.map(|reason| Diagnostic::error("cannot-start", reason)).collect();
                self.tell(complaints, &Sources::new())?;
                Ok(ExitCode::from(REFUSED))
            }
            ended => ended,
        }
    }

    fn document(&self, document: &str) -> Result<()> {
        match self.outcome {
            Outcome::Complaints => stream::out(document),
            Outcome::Manifest => stream::say_plain(document),
        }
    }
}

fn raised(complaint: Diagnostic) -> Diagnostic {
    let complaint = Diagnostic { severity: Severity::Error, ..complaint };
    complaint.because("a warning, which `--warnings-as-errors` makes an error")
}

/// How many of each.
#[derive(Clone, Copy)]
struct Tally {
    errors: usize,
    warnings: usize,
}

impl Tally {
    fn of(shown: &[Shown<'_>]) -> Self {
        let errors = shown.iter().filter(|one| one.severity == Severity::Error).count();
        Self { errors, warnings: shown.len() - errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_complaint_is_told_once_and_another_is_kept() {
        let complaint = |object: &str, why: &str| {
            Diagnostic::error("code", "the same title").about(object, None).because(why)
        };
        let (one, other, object) = (complaint("a", "x"), complaint("a", "y"), complaint("b", "x"));
        let found = [&one, &object, &other, &one, &other, &object];
        let sorted = found.into_iter().cloned().collect::<Diagnostics>().sorted();
        assert_eq!(sorted, [one, other, object].into_iter().collect());
    }
}
