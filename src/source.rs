//! The texts that were handed in, and places in them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// Which text: an index into `Sources`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

impl SourceId {
    fn numbered(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A span of bytes in a source text. Line and column are computed when a complaint is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One behind the last byte.
    pub end: u32,
}

/// Who says so: later layers win over earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// `templates/<word>/defaults.yaml`.
    Defaults,
    /// An embedded profile.
    Embedded,
    /// A profile of the user's.
    Profile,
    /// A stack file.
    File,
    /// A `--set` flag.
    Set,
}

/// One text.
#[derive(Clone, Debug)]
pub struct Source {
    /// As complaints call it: `stack.yaml`, `profiles/prod.yaml`, `--set`.
    pub name: String,
    /// The text itself.
    pub text: String,
    /// Its rank.
    pub layer: Layer,
    /// Where lines begin, counted when a place is told.
    marks: OnceLock<Vec<Mark>>,
}

/// So many words are looked for in one walk over the text; for fewer, a walk each is sooner done.
const MANY: usize = 16;

/// The part of a stretch that begins `at` its byte with this word.
fn part_of(place: Place, at: Option<usize>, word: &str) -> Place {
    match at.and_then(|at| u32::try_from(at).ok()).zip(u32::try_from(word.len()).ok()) {
        Some((at, length)) => Place { start: place.start + at, end: place.start + at + length, ..place },
        None => place,
    }
}

/// A byte whose line and column are known: the first one of each line, and some on the way along a long one.
#[derive(Clone, Copy, Debug)]
struct Mark {
    offset: usize,
    line: usize,
    column: usize,
}

impl Mark {
    /// So many characters of a line are counted again for each place in it.
    const APART: usize = 1024;

    /// The marks of a text, at least one.
    fn all(text: &str) -> Vec<Self> {
        let mut marks = vec![Self { offset: 0, line: 1, column: 1 }];
        let (mut line, mut column) = (1, 1);
        for (offset, sign) in text.char_indices() {
            if column > 1 && column % Self::APART == 1 {
                marks.push(Self { offset, line, column });
            }
            column += 1;
            if sign == '\n' {
                (line, column) = (line + 1, 1);
                marks.push(Self { offset: offset + 1, line, column });
            }
        }
        marks
    }
}

/// All texts of a run.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// No text yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text and says how it is called from now on.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>, layer: Layer) -> SourceId {
        self.0.push(Source { name: name.into(), text: text.into(), layer, marks: OnceLock::new() });
        SourceId::numbered(self.0.len() - 1)
    }

    /// All of them, in the order in which they came.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..self.0.len()).map(SourceId::numbered)
    }

    /// The text behind an id.
    pub fn of(&self, id: SourceId) -> &Source {
        &self.0[id.index()]
    }

    /// Is it a text of ours, which no complaint points into? Nobody can change it.
    pub fn is_ours(&self, id: SourceId) -> bool {
        matches!(self.of(id).layer, Layer::Defaults | Layer::Embedded)
    }

    /// The texts that are files, by how they are called: what they name is relative to them.
    pub fn files(&self) -> BTreeMap<SourceId, String> {
        let of_file = |source: &Source| matches!(source.layer, Layer::Profile | Layer::File);
        let numbered = self.0.iter().enumerate().filter(|(_, source)| of_file(source));
        numbered.map(|(number, source)| (SourceId::numbered(number), source.name.clone())).collect()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first place in a stretch of text where the piece stands; the whole stretch when it is written otherwise.
    pub fn narrowed(&self, place: Place, word: &str) -> Place {
        part_of(place, self.written(place).find(word), word)
    }

    /// The same for many pieces of one stretch, in their order.
    pub fn narrowed_to_each<'w>(&self, place: Place, words: impl Iterator<Item = &'w str>) -> Vec<Place> {
        let words: Vec<&str> = words.collect();
        let distinct: BTreeSet<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
        let distinct: Vec<&str> = distinct.into_iter().collect();
        let searched = (distinct.len() >= MANY).then(|| AhoCorasick::new(&distinct).ok()).flatten();
        let Some(searched) = searched else {
            return words.into_iter().map(|word| self.narrowed(place, word)).collect();
        };
        let mut first: Vec<Option<usize>> = vec![None; distinct.len()];
        for found in searched.find_overlapping_iter(self.written(place)) {
            first[found.pattern().as_usize()].get_or_insert(found.start());
        }
        let at = |word: &str| match distinct.binary_search(&word) {
            Ok(number) => first[number],
            Err(_) => Some(0),
        };
        words.into_iter().map(|word| part_of(place, at(word), word)).collect()
    }

    fn written(&self, place: Place) -> &str {
        self.of(place.source).text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }

    /// The first line of a text that says something.
    pub fn first_line(&self, id: SourceId) -> Place {
        let text = &self.of(id).text;
        let says = |line: &str| !line.is_empty() && !line.starts_with(['#', '%']) && line != "---";
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if says(line.trim()) {
                return part_of(Place { source: id, start: 0, end: 0 }, Some(start), line.trim_end());
            }
            start += line.len();
        }
        Place { source: id, start: 0, end: 0 }
    }

    /// The bytes of the whole lines that a place stands on, without the last line's end.
    pub fn lines(&self, place: Place) -> Range<usize> {
        let text = &self.of(place.source).text;
        let marks = self.marks(place.source);
        let first = marks[self.mark(place.source, place.start as usize)].line;
        let last = marks[self.mark(place.source, place.end.max(place.start) as usize)].line;
        let begins = |line: usize| marks.get(marks.partition_point(|mark| mark.line < line));
        let start = begins(first).map_or(0, |mark| mark.offset);
        start..begins(last + 1).map_or(text.len(), |next| next.offset - 1)
    }

    fn marks(&self, id: SourceId) -> &[Mark] {
        let Source { text, marks, .. } = self.of(id);
        marks.get_or_init(|| Mark::all(text))
    }

    /// The last mark that is not behind a byte.
    fn mark(&self, id: SourceId, offset: usize) -> usize {
        self.marks(id).partition_point(|mark| mark.offset <= offset).saturating_sub(1)
    }

    /// Line and column, both from 1, of a place's first byte; columns count characters.
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        let text = &self.of(place.source).text;
        let offset = (place.start as usize).min(text.len());
        let Mark { offset: start, line, column } = self.marks(place.source)[self.mark(place.source, offset)];
        (line, column + text[start..offset].chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_alike_in_short_and_long_lines() {
        let text = format!("a\n\n{}\nüb", "ä".repeat(5000));
        let mut sources = Sources::new();
        let source = sources.add("a", text.as_str(), Layer::File);
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = &text[..offset];
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let wanted = (before.matches('\n').count() + 1, before[start..].chars().count() + 1);
            let end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
            let at = u32::try_from(offset).unwrap();
            let place = Place { source, start: at, end: at };
            assert_eq!((sources.line_column(place), sources.lines(place)), (wanted, start..end));
        }
    }

    #[test]
    fn many_words_are_found_where_each_alone_is() {
        let mut sources = Sources::new();
        let text: String = (0..50).map(|number| format!("n{number},")).collect();
        let source = sources.add("a", format!("x: {text}"), Layer::File);
        let place = Place { source, start: 3, end: u32::try_from(text.len()).unwrap() + 3 };
        let words: Vec<String> =
            (0..60).rev().map(|number| format!("n{number}")).chain([String::new()]).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["n1", "absent"]).collect();
        let each: Vec<Place> = words.iter().map(|word| sources.narrowed(place, word)).collect();
        assert_eq!(sources.narrowed_to_each(place, words.into_iter()), each);
    }
}
