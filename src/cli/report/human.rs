//! For people: like rustc's, on stderr, with colours where a terminal shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use stackgen::diagnostic::Severity;
use stackgen::words::counted;

use super::fold::{self, Folded};
use super::shown::{Shown, Spot};
use super::{Amount, Outcome, Tally, summary};

/// The complaints, as many as somebody wants to read, and a closing line that counts all of them.
pub(super) fn text(shown: &[Shown<'_>], tally: Tally, amount: Amount, outcome: Outcome) -> String {
    let folded = match amount {
        Amount::Summary => Vec::new(),
        Amount::First => fold::folded(shown),
        Amount::All => fold::all(shown),
    };
    let mut text = if amount == Amount::Summary { summary::table(shown) } else { String::new() };
    text.extend(folded.iter().map(|one| format!("{}\n\n", self::one(one))));
    if let Some(closing) = closing(tally, outcome) {
        text.push_str(&closing);
        text.push('\n');
    }
    text
}

fn closing(tally: Tally, outcome: Outcome) -> Option<String> {
    let errors = counted(tally.errors, "error");
    let warnings = counted(tally.warnings, "warning");
    match (tally.errors, tally.warnings, outcome) {
        (0, 0, _) => None,
        (0, _, _) => Some(warnings),
        (_, _, Outcome::Manifest) => Some(format!("refused: {errors}; nothing was written")),
        (_, 0, Outcome::Complaints) => Some(format!("refused: {errors}")),
        (_, _, Outcome::Complaints) => Some(format!("refused: {errors}, {warnings}")),
    }
}

fn one(Folded { complaint, also }: &Folded<'_, '_>) -> String {
    let level = match complaint.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&*complaint.title).id(complaint.code));
    if let Some(spot) = &complaint.spot {
        group = on(spot, group, complaint.label.as_deref());
    }
    for note in complaint.notes() {
        group = group.element(Level::NOTE.message(note));
    }
    for help in &complaint.help {
        group = group.element(Level::HELP.message(&**help));
    }
    for also in also {
        group = group.element(Level::NOTE.message(&**also));
    }
    Renderer::styled().render(&[group])
}

fn on<'a>(spot: &'a Spot<'_>, group: Group<'a>, label: Option<&'a str>) -> Group<'a> {
    if spot.clipped {
        return group.element(Origin::path(&*spot.file).line(spot.line).char_column(spot.column));
    }
    let annotation = AnnotationKind::Primary.span(spot.marked.clone()).label(label);
    let snippet = Snippet::source(&*spot.text).path(&*spot.file).line_start(spot.line);
    group.element(snippet.annotation(annotation))
}

#[cfg(test)]
mod tests {
    use stackgen::diagnostic::{Diagnostic, Path};
    use stackgen::source::Sources;

    use super::*;
    use crate::cli::report::shown::Covers;

    #[test]
    fn the_field_of_the_object_is_the_first_note() {
        let field = Path::root().keys(&["spec", "replicas"]);
        let complaint = Diagnostic::error("even", "two is even")
            .because("half of two is one")
            .about("StatefulSet/redis", Some(field));
        let sources = Sources::new();
        let complaint = Shown::of(&complaint, &sources, &Covers::default());
        let shown = one(&Folded { complaint: &complaint, also: Vec::new() });
        assert_eq!(
            anstream::adapter::strip_str(&shown).to_string(),
            "error[even]: two is even\n |\n = note: in StatefulSet/redis at spec.replicas\n = note: half of two is one"
        );
    }

    #[test]
    fn the_closing_line_counts() {
        let closing = |errors, warnings, outcome| closing(Tally { errors, warnings }, outcome);
        for (errors, warnings, outcome, wanted) in [
            (0, 0, Outcome::Manifest, None),
            (0, 1, Outcome::Manifest, Some("1 warning")),
            (0, 2, Outcome::Complaints, Some("2 warnings")),
            (2, 1, Outcome::Manifest, Some("refused: 2 errors; nothing was written")),
            (1, 0, Outcome::Complaints, Some("refused: 1 error")),
            (2, 1, Outcome::Complaints, Some("refused: 2 errors, 1 warning")),
        ] {
            assert_eq!(closing(errors, warnings, outcome).as_deref(), wanted);
        }
    }
}
