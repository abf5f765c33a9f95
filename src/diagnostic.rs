//! One shape for every complaint: what is wrong, where, why it breaks, what to write instead.
//!
//! A `Diagnostic` holds words and a place in the *input*; how it looks on a terminal is decided in `cli`.
//! It never holds a secret's value.

mod path;

use crate::source::{Place, SourceId};
pub use path::{Path, Step};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Will not work, or loses data: nothing is printed.
    Error,
    /// Will hurt: printed, and told.
    Warning,
}

/// Where in the input a complaint belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Not in any text: a missing file, a flag.
    Nowhere,
    /// A span of a source text.
    Place(Place),
    /// A path in the merged stack; its place is looked up when the complaint is printed.
    Path(Path),
}

/// One complaint. Built in the order in which it is read: `error(…).at(…).because(…).help(…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable name, such as `unknown-key`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong: one phrase, lower case, no full stop.
    pub title: String,
    /// Where.
    pub at: At,
    /// The object that breaks a rule, `StatefulSet/redis`, when it is about one.
    pub object: Option<String>,
    /// The piece of the text at that place that is meant, where it is not all of it.
    pub word: Option<String>,
    /// The field of that object: `spec.replicas`. Beside `at`, which is what somebody wrote.
    pub field: Option<Path>,
    /// A few words under the marked text.
    pub label: Option<String>,
    /// Why it breaks, or what is known.
    pub because: Vec<String>,
    /// What to write instead.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A complaint that stops the run.
    pub fn error(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, title.into())
    }

    /// A complaint that does not.
    pub fn warning(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, title.into())
    }

    fn new(severity: Severity, code: &'static str, title: String) -> Self {
        Self {
            code,
            severity,
            title,
            at: At::Nowhere,
            object: None,
            word: None,
            field: None,
            label: None,
            because: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn at(mut self, at: impl Into<At>) -> Self {
        self.at = at.into();
        self
    }

    /// Which object of the output it is about, and which of its fields.
    #[must_use]
    pub fn about(mut self, object: impl Into<String>, field: Option<Path>) -> Self {
        (self.object, self.field) = (Some(object.into()), field);
        self
    }

    /// A few words under the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Why it breaks.
    #[must_use]
    pub fn because(mut self, because: impl Into<String>) -> Self {
        self.because.push(because.into());
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The text that it has a place in.
    pub fn source(&self) -> Option<SourceId> {
        match &self.at {
            At::Place(place) => Some(place.source),
            _ => None,
        }
    }

    /// `help` when there is something to say.
    #[must_use]
    pub fn maybe_help(self, help: Option<impl Into<String>>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }
}

impl From<Place> for At {
    fn from(place: Place) -> Self {
        Self::Place(place)
    }
}

impl From<Path> for At {
    fn from(path: Path) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for At {
    fn from(path: &Path) -> Self {
        Self::Path(path.clone())
    }
}

/// All complaints of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// The value, or `None` with the complaints kept: for going on after a failure to find the next one.
    pub fn keep<T>(&mut self, result: Result<T, impl Into<Diagnostics>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(more) => {
                self.0.extend(more.into().0);
                None
            }
        }
    }

    /// Those of which nothing like it is said about the same place yet.
    pub fn add_unless_told(&mut self, more: Self) {
        let told = |new: &Diagnostic| self.0.iter().any(|old| (&old.at, old.code) == (&new.at, new.code));
        let new: Vec<Diagnostic> = more.0.into_iter().filter(|new| !told(new)).collect();
        self.0.extend(new);
    }

    /// Are there errors among them?
    pub fn refuse(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Is there nothing to say?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order they were found, or sorted after `sorted`.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// `value` when there is no error (warnings are dropped: read them before), else the complaints.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.refuse() { Err(self) } else { Ok(value) }
    }

    /// `value` with the warnings when there is no error, else all complaints.
    pub fn or_with<T>(self, value: T) -> Result<(T, Self), Self> {
        if self.refuse() { Err(self) } else { Ok((value, self)) }
    }

    /// Errors first by place: file, then position, then code; the same complaint once.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        fn key(diagnostic: &Diagnostic) -> impl Ord + use<'_> {
            let place = match &diagnostic.at {
                At::Place(place) => (0, place.source.0, place.start),
                _ => (1, 0, 0),
            };
            let Diagnostic { code, title, object, field, because, help, .. } = diagnostic;
            (place, code, title, object, field, because, help)
        }
        self.0.sort_by(|one, other| key(one).cmp(&key(other)));
        self.0.dedup();
        self
    }

    /// Replaces every path by the place that `place_of` finds for it, or by the piece that is meant.
    #[must_use]
    pub fn placed(mut self, place_of: impl Fn(&Path, Option<&str>) -> Option<Place>) -> Self {
        for diagnostic in &mut self.0 {
            if let At::Path(path) = &diagnostic.at
                && let Some(place) = place_of(path, diagnostic.word.as_deref())
            {
                diagnostic.at = At::Place(place);
            }
        }
        self
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, more: I) {
        self.0.extend(more);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}
