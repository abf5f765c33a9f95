//! How complaints look on a terminal: like rustc's.

use std::collections::BTreeMap;

use super::mask;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use stackgen::diagnostic::{At, Diagnostic, Diagnostics, Severity};
use stackgen::load::source::{Place, SourceId, Sources};

/// Prints all complaints, sorted, and a closing line that counts the errors.
pub(super) fn tell(complaints: Diagnostics, sources: &Sources) {
    if complaints.is_empty() {
        return;
    }
    let complaints = complaints.sorted(sources);
    let mut masks = Masks::new();
    for complaint in complaints.iter() {
        anstream::eprintln!("{}\n", one(complaint, sources, &mut masks));
    }
    let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error).count();
    if errors > 0 {
        anstream::eprintln!("refused: {}; nothing was written", stackgen::words::counted(errors, "error"));
    }
}

fn one(complaint: &Diagnostic, sources: &Sources, masks: &mut Masks) -> String {
    let level = match complaint.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let shown = match &complaint.at {
        At::Place(place) => Some(Shown::of(*place, sources, masks)),
        _ => None,
    };
    // These repeat what was written; what is covered in the text is covered in the words too.
    let repeats =
        complaint.code.starts_with("yaml-") || matches!(complaint.code, "wrong-type" | "unknown-value");
    let written = shown.as_ref().filter(|_| repeats);
    let clean = |said: &str| written.map_or_else(|| said.to_owned(), |shown| shown.clean(said));
    let mut group = Group::with_title(level.primary_title(clean(&complaint.title)).id(complaint.code));
    if let Some(shown) = &shown {
        group = shown.on(group, complaint.label.as_deref());
    }
    for because in &complaint.because {
        group = group.element(Level::NOTE.message(clean(because)));
    }
    for help in &complaint.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    Renderer::styled().render(&[group])
}

/// The texts with their secrets covered, each made once.
type Masks = BTreeMap<SourceId, String>;

/// A longer stretch of text is not shown: nobody reads it, and laying it out takes seconds.
const LONGEST: usize = 20_000;

/// The lines that a complaint is about.
struct Shown<'a> {
    name: &'a str,
    line: usize,
    column: usize,
    text: String,
    start: usize,
    end: usize,
    secrets: Vec<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(place: Place, sources: &'a Sources, masks: &mut Masks) -> Self {
        let source = sources.of(place.source);
        let masked = masks.entry(place.source).or_insert_with(|| mask::masked(&source.text));
        let end = (place.end as usize).min(source.text.len());
        let start = (place.start as usize).min(end);
        let first = source.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let last = source.text[end..].find('\n').map_or(source.text.len(), |newline| end + newline);
        let (line, column) = sources.line_column(place);
        Self {
            name: &source.name,
            line,
            column,
            text: masked[first..last].to_owned(),
            start: start - first,
            end: end - first,
            secrets: mask::covered(&source.text[first..last], &masked[first..last]),
        }
    }

    fn clean(&self, said: &str) -> String {
        self.secrets.iter().fold(said.to_owned(), |said, secret| said.replace(secret, "***"))
    }

    fn on(&self, group: Group<'a>, label: Option<&str>) -> Group<'a> {
        if self.text.len() > LONGEST {
            return group.element(Origin::path(self.name).line(self.line).char_column(self.column));
        }
        let mut annotation = AnnotationKind::Primary.span(self.start..self.end);
        if let Some(label) = label {
            annotation = annotation.label(label.to_owned());
        }
        let snippet = Snippet::source(self.text.clone()).path(self.name).line_start(self.line);
        group.element(snippet.annotation(annotation))
    }
}
