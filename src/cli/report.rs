//! How complaints look on a terminal: like rustc's.

use super::mask;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use stackgen::diagnostic::{At, Diagnostic, Diagnostics, Severity};
use stackgen::load::source::Sources;

/// Prints all complaints, sorted, and a closing line that counts the errors.
pub(super) fn tell(complaints: Diagnostics, sources: &Sources) {
    if complaints.is_empty() {
        return;
    }
    let complaints = complaints.sorted(sources);
    for complaint in complaints.iter() {
        anstream::eprintln!("{}\n", one(complaint, sources));
    }
    let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error).count();
    if errors > 0 {
        anstream::eprintln!("refused: {}; nothing was written", stackgen::words::counted(errors, "error"));
    }
}

fn one(complaint: &Diagnostic, sources: &Sources) -> String {
    let level = match complaint.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(complaint.title.as_str()).id(complaint.code));
    if let At::Place(place) = &complaint.at {
        let source = sources.of(place.source);
        let text = mask::masked(&source.text);
        let (start, end) = (place.start as usize, (place.end as usize).min(source.text.len()));
        let mut annotation = AnnotationKind::Primary.span(start.min(end)..end);
        if let Some(label) = &complaint.label {
            annotation = annotation.label(label.as_str());
        }
        group = group
            .element(Snippet::source(text).path(source.name.as_str()).line_start(1).annotation(annotation));
    }
    for because in &complaint.because {
        group = group.element(Level::NOTE.message(because.as_str()));
    }
    for help in &complaint.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::styled().render(&[group])
}
