//! Complaints, told to people and to machines: a run's complaints in, one text on one stream and a verdict out.
//!
//! **Invariant:** no format prints a secret. Guard: formats see `Shown`, which is made with the secrets covered.

mod github;
mod human;
mod json;
mod junit;
mod sarif;
mod shown;
mod uri;

use std::cell::Cell;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use shown::{Covers, Shown};
use stackgen::diagnostic::{Diagnostic, Diagnostics, Severity};
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
    outcome: Outcome,
    told: Cell<bool>,
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
            outcome,
            told: Cell::new(false),
        }
    }

    /// To people, for verbs without such flags; they write nothing anyway.
    pub(super) fn plain() -> Self {
        Self {
            form: Form::Human,
            lowest: Severity::Warning,
            warnings_as_errors: false,
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
        let tally = Tally::of(&shown);
        self.told.set(true);
        match self.form {
            Form::Human => stream::say(&human::text(&shown, tally, self.outcome))?,
            Form::Json => self.print(&json::document(&shown, tally))?,
            Form::Sarif => self.print(&sarif::document(&shown))?,
            Form::Github => self.print(&github::commands(&shown))?,
            Form::Junit => self.print(&junit::document(&shown))?,
        }
        Ok(tally.errors > 0)
    }

    /// Those that are told, as severe as they count.
    fn chosen(&self, complaints: Diagnostics) -> Diagnostics {
        let raised = |complaint: Diagnostic| match complaint.severity {
            Severity::Warning if self.warnings_as_errors => raised(complaint),
            _ => complaint,
        };
        complaints.into_iter().map(raised).filter(|complaint| complaint.severity <= self.lowest).collect()
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

    fn print(&self, document: &str) -> Result<()> {
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
