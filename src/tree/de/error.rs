//! The error of the format: a fault, and on its way up, where it was.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::diagnostic::{Diagnostic, Path, Step};
use crate::source::Place;
use crate::tree::fault::{self, Fault};
use crate::tree::node::Node;

/// Why settings could not be read. Becomes a `Diagnostic` at the end of `read`.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    fault: Fault,
    place: Option<Place>,
    /// Innermost first.
    trail: Vec<Step>,
}

impl Error {
    pub(super) fn new(fault: Fault) -> Self {
        Self(Box::new(Inner { fault, place: None, trail: Vec::new() }))
    }

    /// It is about this place, unless a better one is known.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    /// It happened below this step, which is shown at `place`.
    pub(super) fn below(mut self, step: Step, place: Place) -> Self {
        self.0.trail.push(step);
        self.at(place)
    }

    pub(super) fn into_diagnostic(self, root: &Node, path: &Path) -> Diagnostic {
        let Inner { fault, place, trail } = *self.0;
        let path = path.steps().iter().cloned().chain(trail.into_iter().rev()).collect();
        fault.at(&path, place.unwrap_or_else(|| fault::head(root)))
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Fault::Custom(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(Fault::Mismatch { wanted: wanted.to_string(), found: noun(found), help: None })
    }

    fn unknown_variant(value: &str, known: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownValue { value: value.to_owned(), known: owned(known) })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownKey { key: key.to_owned(), known: owned(known) })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Fault::MissingKey(key.to_owned()))
    }
}

fn owned(known: &[&str]) -> Vec<String> {
    known.iter().map(ToString::to_string).collect()
}

fn noun(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::UnitVariant => "string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "list",
        _ => "mapping",
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.trail.iter().rev().cloned().collect();
        let nowhere = Place { source: crate::source::SourceId(0), start: 0, end: 0 };
        f.write_str(&self.0.fault.clone().at(&path, nowhere).title)
    }
}
