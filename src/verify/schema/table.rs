//! The kinds of Kubernetes and their fields: a text in, one definition at a time out, read when it is first asked for.
//!
//! `builtin.txt` is written by `.ci/schema/table.py`, which explains the form; `custom.txt` is written by hand.
//! Nothing is parsed before it is asked for but the headings: a stack pays for the kinds that it has.

use std::sync::{LazyLock, OnceLock};

use super::facts::{self, Fact};
use super::merge::Merging;
use super::minor::Minors;
use super::relations::{self, Relation};

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::new([(include_str!("builtin.txt"), false), (include_str!("custom.txt"), true)]));

/// All definitions, sorted by name.
pub(super) struct Table(Vec<Entry>);

/// One definition, not read yet.
pub(super) struct Entry {
    /// `apps/v1/Deployment` for a kind, `core.v1.Container` for what is inside of one.
    pub(super) name: &'static str,
    /// The minors that have it.
    pub(super) minors: Minors,
    /// Is it a custom resource's?
    pub(super) custom: bool,
    body: &'static str,
    read: OnceLock<Definition>,
    facts: OnceLock<Vec<Fact>>,
    relations: OnceLock<Vec<Relation>>,
}

/// What a value may hold.
pub(super) enum Definition {
    /// A map with these fields, sorted by name.
    Fields(Vec<Field>),
    /// One of these words.
    Words(Vec<(&'static str, Minors)>),
}

/// One field of a map.
pub(super) struct Field {
    /// Its name; there are several fields of a name when its shape was changed.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) shape: Shape,
    /// The minors that know it.
    pub(super) known: Minors,
    /// The minors that demand it.
    pub(super) required: Minors,
    /// How it takes a patch.
    pub(super) merging: Merging,
}

/// What a value looks like.
#[derive(Debug, PartialEq)]
pub(super) enum Shape {
    Text,
    /// This text and no other: a kind's own name.
    Exactly(&'static str),
    Bool,
    Int32,
    Int64,
    Number,
    Base64,
    Time,
    Quantity,
    IntOrText,
    /// A map of anything.
    Open,
    Anything,
    List(Box<Shape>),
    Map(Box<Shape>),
    /// A definition of the table.
    Defined(usize),
}

/// The table of this program.
pub(super) fn table() -> &'static Table {
    &TABLE
}

impl Table {
    fn new(texts: [(&'static str, bool); 2]) -> Self {
        let mut entries: Vec<Entry> = texts
            .into_iter()
            .flat_map(|(text, custom)| paragraphs(text).map(move |part| Entry::new(part, custom)))
            .collect();
        entries.sort_unstable_by_key(|entry| entry.name);
        Self(entries)
    }

    /// Where the definition of that name is.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by_key(&name, |entry| entry.name).ok()
    }

    pub(super) fn entry(&self, index: usize) -> &Entry {
        &self.0[index]
    }

    pub(super) fn definition(&self, index: usize) -> &Definition {
        let entry = &self.0[index];
        entry.read.get_or_init(|| self.read(entry))
    }

    /// What the API server asks of its values.
    pub(super) fn facts(&self, index: usize) -> &[Fact] {
        let entry = &self.0[index];
        entry.facts.get_or_init(|| facts::read(entry.name))
    }

    /// What the API server asks of them together.
    pub(super) fn relations(&self, index: usize) -> &[Relation] {
        let entry = &self.0[index];
        entry.relations.get_or_init(|| relations::of(entry.name))
    }

    /// All kinds: apiVersion, kind, and their entry.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str, &Entry)> {
        self.0.iter().filter_map(|entry| entry.name.rsplit_once('/').map(|(api, kind)| (api, kind, entry)))
    }

    fn read(&self, entry: &Entry) -> Definition {
        let lines = || entry.body.lines().filter_map(|line| line.strip_prefix(' '));
        if entry.body.starts_with(" =") {
            return Definition::Words(lines().filter_map(|line| line.strip_prefix('=')).map(word).collect());
        }
        let package = entry.name.rsplit_once('.').map_or("", |(package, _)| package);
        let mut fields: Vec<Field> = lines().filter_map(|line| self.field(line, package)).collect();
        if let Some((api, kind)) = entry.name.rsplit_once('/') {
            for (name, value) in [("apiVersion", api), ("kind", kind)] {
                let shape = Shape::Exactly(value);
                fields.push(Field::new(name, shape));
            }
            fields.sort_by_key(|field| field.name);
        }
        Definition::Fields(fields)
    }

    /// Reads `hostUsers b 25-32 !-31`.
    fn field(&self, line: &'static str, package: &str) -> Option<Field> {
        let mut words = line.split(' ');
        let (name, shape) = (words.next()?, self.shape(words.next()?, package)?);
        let mut field = Field::new(name, shape);
        for word in words {
            match word.as_bytes()[0] {
                b'!' if word.len() == 1 => field.required = field.known,
                b'!' => field.required = Minors::parse(&word[1..])?,
                b'^' => field.merging.by = Some(&word[1..]),
                b'~' => field.merging.retains = true,
                // How a server-side apply merges, which is the server's own affair.
                b'#' => {}
                _ => field.known = Minors::parse(word)?,
            }
        }
        Some(field)
    }

    fn shape(&self, text: &str, package: &str) -> Option<Shape> {
        let inner = |text: &str| self.shape(text, package).map(Box::new);
        Some(match text {
            "s" => Shape::Text,
            "b" => Shape::Bool,
            "i" => Shape::Int32,
            "l" => Shape::Int64,
            "n" => Shape::Number,
            "y" => Shape::Base64,
            "t" => Shape::Time,
            "q" => Shape::Quantity,
            "x" => Shape::IntOrText,
            "o" => Shape::Open,
            "*" => Shape::Anything,
            _ => match text.as_bytes()[0] {
                b'[' => Shape::List(inner(text.strip_prefix('[')?.strip_suffix(']')?)?),
                b'{' => Shape::Map(inner(text.strip_prefix('{')?.strip_suffix('}')?)?),
                b'.' => Shape::Defined(self.find(&format!("{package}{text}"))?),
                _ => Shape::Defined(self.find(text)?),
            },
        })
    }
}

impl Field {
    fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, known: Minors::ALL, required: Minors::NONE, merging: Merging::default() }
    }
}

impl Entry {
    fn new(paragraph: &'static str, custom: bool) -> Self {
        let (heading, body) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let (name, minors) = heading.split_once(' ').unwrap_or((heading, ""));
        let minors = Minors::parse(minors).unwrap_or(Minors::ALL);
        let (read, facts, relations) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { name, minors, custom, body, read, facts, relations }
    }
}

/// A heading at the margin, and the indented lines below it. Comments stand at the margin as well, between paragraphs.
fn paragraphs(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        }
        let end = next_heading(rest)?;
        let (paragraph, more) = rest.split_at(end);
        rest = more;
        Some(paragraph)
    })
}

/// Where the heading after the first one is.
fn next_heading(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(end) = text[at..].find('\n') {
        at += end + 1;
        if text.as_bytes().get(at) != Some(&b' ') {
            return Some(at);
        }
    }
    (at < text.len()).then_some(text.len())
}

/// Reads `Gt 35-`, `cert sign`.
fn word(line: &'static str) -> (&'static str, Minors) {
    match line.rsplit_once(' ').map(|(word, minors)| (word, Minors::parse(minors))) {
        Some((word, Some(minors))) => (word, minors),
        _ => (line, Minors::ALL),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Minor;
    use super::*;

    /// Whatever the reader does not understand it leaves out: this is where that would be seen.
    #[test]
    fn every_line_of_the_table_is_read() {
        let table = table();
        for (index, entry) in table.0.iter().enumerate() {
            let lines = entry.body.lines().count();
            let implied = if entry.name.contains('/') { 2 } else { 0 };
            let (read, sorted) = match table.definition(index) {
                Definition::Fields(fields) => {
                    (fields.len() - implied, fields.is_sorted_by_key(|field| field.name))
                }
                Definition::Words(words) => (words.len(), true),
            };
            assert_eq!(read, lines, "{}", entry.name);
            assert!(sorted, "{}", entry.name);
        }
        assert!(table.0.is_sorted_by(|a, b| a.name < b.name), "a name is there twice");
        assert!(table.kinds().count() > 150);
        let minors = format!("\n# Kubernetes {} to {}\n", Minor::FIRST, Minor::LAST);
        assert!(include_str!("builtin.txt").contains(&minors), "`Minor` and .ci/schema/table.py differ");
    }

    #[test]
    fn lines_are_read_as_written() {
        let table = table();
        let Some(index) = table.find("apps.v1.StatefulSetSpec") else { panic!("no StatefulSetSpec") };
        let Definition::Fields(fields) = table.definition(index) else { panic!("an enum") };
        let field = |name| fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!(field("serviceName").required.told(), "until 1.32");
        assert_eq!(field("replicas").shape, Shape::Int32);
        assert_eq!(field("selector").required, Minors::ALL);
    }
}
