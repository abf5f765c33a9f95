//! A complaint as anybody may see it: its place counted out, the secrets that stand there covered, in the line and in the
//! words, and nothing in it that steers a terminal or a CI runner.

use std::collections::BTreeMap;
use std::ops::Range;

use stackgen::diagnostic::{At, Diagnostic, Severity};
use stackgen::quiet::{Entry, is_of_rules};
use stackgen::secrets::{Known, Secrets, without_repeated};
use stackgen::source::{Layer, Place, SourceId, Sources};

use super::uri;
use crate::cli::harmless::Harmless;

/// The texts with their secrets covered, each made once, and what those secrets are, wherever they come up again.
#[derive(Default)]
pub(super) struct Covers {
    texts: BTreeMap<SourceId, (Secrets, String)>,
    known: Known,
}

impl Covers {
    /// `answered` is what variables and files said.
    pub(super) fn of(sources: &Sources, answered: &[String]) -> Self {
        let mut covers = Self::default();
        answered.iter().for_each(|text| Secrets::tell_answer(text, &mut covers.known));
        // A secret of one file may come up in a complaint about another one; our own files have none.
        for id in sources.ids().filter(|id| sources.of(*id).layer != Layer::Defaults) {
            let source = sources.of(id);
            let secrets = Secrets::of(source);
            secrets.tell(&source.text, &mut covers.known);
            let covered = secrets.covered(&source.text);
            covers.texts.insert(id, (secrets, covered));
        }
        covers
    }

    /// Whole lines of a text.
    fn lines(&self, id: SourceId, text: &str, lines: Range<usize>) -> String {
        let Some((_, covered)) = self.texts.get(&id) else {
            return text.get(lines).unwrap_or_default().to_owned();
        };
        let mut shown = covered.get(lines).unwrap_or_default().to_owned();
        for found in self.known.found(&shown) {
            let stars = "*".repeat(found.len());
            shown.replace_range(found, &stars);
        }
        shown
    }

    /// What is covered in a stretch of a text.
    fn between(&self, id: SourceId, text: &str, stretch: &Range<usize>) -> Vec<String> {
        self.texts.get(&id).map(|(secrets, _)| secrets.between(text, stretch)).unwrap_or_default()
    }
}

/// One complaint, ready for every format.
pub(super) struct Shown<'a> {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) title: Harmless,
    pub(super) spot: Option<Spot<'a>>,
    pub(super) object: Option<Harmless>,
    pub(super) field: Option<Harmless>,
    pub(super) label: Option<Harmless>,
    pub(super) because: Vec<Harmless>,
    pub(super) help: Vec<Harmless>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(complaint: &'a Diagnostic, sources: &'a Sources, covers: &Covers) -> Self {
        let spot = match &complaint.at {
            At::Place(place) => Some(Spot::of(*place, sources, covers)),
            _ => None,
        };
        // These repeat what was written; what is covered in the text is covered in the words too.
        let repeats =
            complaint.code.starts_with("yaml-") || matches!(complaint.code, "wrong-type" | "unknown-value");
        let written = match &complaint.at {
            At::Place(place) if repeats => near(*place, sources, covers),
            _ => Vec::new(),
        };
        let clean = |said: &String| {
            let said = covers.known.without(&without_repeated(said, &written));
            Harmless::line(&shortened(said))
        };
        Self {
            code: complaint.code,
            severity: complaint.severity,
            title: clean(&complaint.title),
            object: complaint.object.as_ref().map(clean),
            field: complaint.field.as_ref().map(|field| clean(&field.to_string())),
            label: complaint.label.as_ref().map(clean),
            because: complaint.because.iter().map(clean).collect(),
            help: complaint.help.iter().map(clean).collect(),
            spot,
        }
    }

    /// What it is known by in a baseline; none where something could not be read, which nobody gets used to.
    pub(super) fn entry(&self) -> Option<Entry> {
        let file = self.spot.as_ref().map(|spot| &*spot.file);
        let object = self.object.as_deref().or(file).unwrap_or_default();
        let field = self.field.as_deref().unwrap_or_default();
        is_of_rules(self.code).then(|| Entry::new(self.code, object, field, &self.title))
    }

    /// `error` or `warning`.
    pub(super) fn level(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }

    /// The field it is about, then why it breaks.
    pub(super) fn notes(&self) -> Vec<String> {
        let about = self.field.as_ref().map(|field| match &self.object {
            Some(object) => format!("in {object} at {field}"),
            None => format!("at {field}"),
        });
        about.into_iter().chain(self.because.iter().map(ToString::to_string)).collect()
    }

    /// All that is said below the title, a line each.
    pub(super) fn below(&self) -> Vec<String> {
        let notes = self.notes().into_iter().map(|note| format!("note: {note}"));
        notes.chain(self.help.iter().map(|help| format!("help: {help}"))).collect()
    }
}

/// A place in a text, for people and machines: lines and columns from 1, columns in characters.
pub(super) struct Spot<'a> {
    /// The file, as it was named.
    pub(super) file: Harmless,
    path: &'a str,
    pub(super) line: usize,
    pub(super) column: usize,
    /// Where the character behind the last one is.
    pub(super) end_line: usize,
    pub(super) end_column: usize,
    /// The whole lines, with secrets covered; of a very long one the part around the place.
    pub(super) text: Harmless,
    /// Is it only a part?
    pub(super) clipped: bool,
    /// The marked bytes of `text`.
    pub(super) marked: Range<usize>,
}

/// A longer stretch of text is not shown: nobody reads it, and laying it out for each of its findings takes minutes.
const LONGEST: usize = 20_000;
/// On a longer line, what a complaint repeats stands near its place.
const NEAR: usize = 2_000;
/// So many bytes around a place are kept of it.
const AROUND: usize = 200;

/// The part of a long text around a place.
fn around(text: &str, start: usize, end: usize) -> (usize, usize) {
    let first = text.floor_char_boundary(start.saturating_sub(AROUND));
    let last = text.ceil_char_boundary((end.min(start + LONGEST) + AROUND).min(text.len()));
    (first, last)
}

impl<'a> Spot<'a> {
    fn of(place: Place, sources: &'a Sources, covers: &Covers) -> Self {
        let source = sources.of(place.source);
        let end = (place.end as usize).min(source.text.len());
        let start = (place.start as usize).min(end);
        let Range { start: first, end: last } = sources.lines(place);
        let clipped = last - first > LONGEST;
        let (first, last) = if clipped { around(&source.text, start, end) } else { (first, last) };
        let (line, column) = sources.line_column(place);
        let (end_line, end_column) =
            sources.line_column(Place { start: place.end.max(place.start), ..place });
        let shown = covers.lines(place.source, &source.text, first..last);
        let (text, marked) = Harmless::marked(&shown, start - first..end.min(last) - first);
        Self {
            file: Harmless::line(&source.name),
            path: &source.name,
            line,
            column,
            end_line,
            end_column,
            text,
            clipped,
            marked,
        }
    }

    /// The file for who wants a URI, in which every strange byte is written as a number.
    pub(super) fn uri(&self) -> String {
        uri::of(self.path)
    }
}

/// Words that repeat a megabyte of input are not read.
fn shortened(mut said: String) -> String {
    const LONGEST: usize = 4_000;
    if said.len() > LONGEST {
        said.truncate(said.floor_char_boundary(LONGEST));
        said.push('…');
    }
    said
}

/// What is covered on the lines of a place; of a very long line near it.
fn near(place: Place, sources: &Sources, covers: &Covers) -> Vec<String> {
    let text = &sources.of(place.source).text;
    let Range { start: first, end: last } = sources.lines(place);
    let (first, last) = if last - first > NEAR {
        let end = (place.end as usize).min(text.len());
        around(text, (place.start as usize).min(end), end)
    } else {
        (first, last)
    };
    covers.between(place.source, text, &(first..last))
}
