//! The YAML that most manifests are written in, and all of our templates: a fast reader of what everybody reads alike.
//!
//! Comes in: text in block style whose scalars are JSON, safe bare words, words in single quotes, or literals.
//! Goes out: every document, made into what the caller wants (`Make`), or `None` as soon as one byte lies outside of that
//! subset: the caller then asks the full parser. Never happens here: a guess. Duplicate keys, tabs, anchors, tags, folded and
//! multi-line scalars, and words which two YAML versions read differently are all `None`.
//!
//! **Invariant:** what is answered is what `serde_yaml` would answer, at the places that the full parser gives. Guard:
//! `tests`, on generated text and on mutations of it. Linear in the text, nests 64 deep at most.

mod cursor;
mod flow;
mod literal;
mod plain;
#[cfg(test)]
mod tests;
mod values;

use std::ops::Range;

use cursor::Cursor;
pub(crate) use plain::is_agreed;
pub(crate) use values::{values, values_by};

/// Deeper nesting is left to the full parser.
const MAX_DEPTH: usize = 64;

/// libyaml takes no key beyond 1024 characters; counted in bytes, with room for its quotes.
const MAX_KEY: usize = 1000;

/// What is made of a text while it is read.
pub(crate) trait Make {
    /// A value.
    type Out;
    /// Of words without quotes; `None` where readers disagree about them.
    fn plain(&mut self, words: &str, at: Range<usize>) -> Option<Self::Out>;
    /// Of what is a text in any case.
    fn text(&mut self, text: String, at: Range<usize>) -> Self::Out;
    /// Of nothing, behind a key or a dash.
    fn null(&mut self, at: usize) -> Self::Out;
    /// Of a list.
    fn list(&mut self, items: Vec<Self::Out>, at: Range<usize>) -> Self::Out;
    /// Of a mapping; `None` if a key came twice.
    fn map(
        &mut self,
        pairs: impl ExactSizeIterator<Item = (Key, Self::Out)>,
        at: Range<usize>,
    ) -> Option<Self::Out>;
}

/// A key and where it stands.
pub(crate) struct Key {
    /// Without its quotes.
    pub(crate) text: String,
    /// With them.
    pub(crate) at: Range<usize>,
    /// It has none.
    pub(crate) plain: bool,
}

/// Reads every document of `text` that is not empty; comments and `---` do not count. `None`: not within the subset, which
/// does not say that it is no YAML.
pub(crate) fn documents<M: Make>(text: &str, make: &mut M) -> Option<Vec<M::Out>> {
    let mut reader = Reader { cursor: Cursor::new(text)?, make, pairs: Vec::new(), depth: 0, end: 0 };
    let mut documents = Vec::new();
    reader.cursor.next_line();
    while !reader.cursor.at_end() {
        if reader.cursor.at_separator() {
            reader.cursor.pass_separator()?;
            continue;
        }
        documents.push(reader.block()?);
        // An entry is left over: it was indented as no container expected, or continues what had ended.
        if reader.cursor.column() > 0 {
            return None;
        }
    }
    Some(documents)
}

struct Reader<'t, 'm, M: Make> {
    cursor: Cursor<'t>,
    make: &'m mut M,
    /// Entries of the mappings being read, innermost last, so that each map is allocated once and in its size.
    pairs: Vec<(Key, M::Out)>,
    depth: usize,
    /// One behind the last byte that meant something.
    end: usize,
}

impl<M: Make> Reader<'_, '_, M> {
    /// Reads the container whose first entry the cursor is at. Each container ends at the first entry that stands
    /// elsewhere and trusts its callers to refuse an entry which is nobody's.
    fn block(&mut self) -> Option<M::Out> {
        if let b'{' | b'[' = self.cursor.peek()? {
            let value = self.flow()?;
            self.cursor.end_line()?;
            return Some(value);
        }
        self.deeper()?;
        let value = if self.cursor.at_dash() { self.sequence()? } else { self.mapping()? };
        self.depth -= 1;
        Some(value)
    }

    fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    fn sequence(&mut self) -> Option<M::Out> {
        let (column, start) = (self.cursor.column(), self.cursor.offset());
        let mut items = Vec::new();
        while self.cursor.column() == column && self.cursor.at_dash() {
            self.cursor.pass(1);
            self.end = self.cursor.offset();
            items.push(if self.cursor.pass_blanks() {
                self.item(column)?
            } else {
                self.cursor.next_line();
                if self.cursor.column() > column { self.block()? } else { self.make.null(self.end) }
            });
        }
        Some(self.make.list(items, start..self.end))
    }

    /// Reads what follows a dash on its line; `column` is that of the dash.
    fn item(&mut self, column: usize) -> Option<M::Out> {
        if self.cursor.at_dash() || self.cursor.at_key() {
            self.cursor.indent_here();
            self.block()
        } else {
            self.value(column)
        }
    }

    fn mapping(&mut self) -> Option<M::Out> {
        let (column, start) = (self.cursor.column(), self.cursor.offset());
        let mark = self.pairs.len();
        while self.cursor.column() == column {
            let key = self.key()?;
            self.end = self.cursor.offset();
            let value = if self.cursor.pass_blanks() { self.value(column)? } else { self.below(column)? };
            self.pairs.push((key, value));
        }
        self.close(mark, start)
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Option<Key> {
        let start = self.cursor.offset();
        let first = self.cursor.peek()?;
        let text = match first {
            b'"' => self.string()?,
            b'\'' => self.cursor.single()?,
            _ => self.cursor.plain_key()?.to_owned(),
        };
        let at = start..self.cursor.offset();
        if at.len() > MAX_KEY || !self.cursor.at_colon() {
            return None;
        }
        self.cursor.pass(1);
        Some(Key { text, at, plain: !matches!(first, b'"' | b'\'') })
    }

    /// Reads a value that starts on the line of its key or dash, and goes on to the next entry. `column` is that of
    /// the key or dash.
    fn value(&mut self, column: usize) -> Option<M::Out> {
        let start = self.cursor.offset();
        let value = match self.cursor.peek()? {
            b'|' => {
                let (text, at) = literal::read(&mut self.cursor, column)?;
                self.end = at.end;
                self.make.text(text, at)
            }
            b'"' => {
                let text = self.string()?;
                self.string_at(text, start)
            }
            b'\'' => {
                let text = self.cursor.single()?;
                self.string_at(text, start)
            }
            b'{' | b'[' => self.flow()?,
            _ => {
                let words = self.cursor.plain_words()?;
                self.end = start + words.len();
                self.make.plain(words, start..self.end)?
            }
        };
        self.cursor.end_line()?;
        Some(value)
    }

    /// A text in quotes that ends here.
    fn string_at(&mut self, text: String, start: usize) -> M::Out {
        self.end = self.cursor.offset();
        self.make.text(text, start..self.end)
    }

    /// Reads the value of a key that stands on the lines below it; a list may stand at the column of its key.
    fn below(&mut self, column: usize) -> Option<M::Out> {
        self.cursor.next_line();
        let found = self.cursor.column();
        if found > column || (found == column && self.cursor.at_dash()) {
            self.block()
        } else {
            Some(self.make.null(self.end))
        }
    }

    /// Makes a map of the pairs since `mark`; `None` if a key came twice.
    fn close(&mut self, mark: usize, start: usize) -> Option<M::Out> {
        self.make.map(self.pairs.drain(mark..), start..self.end)
    }
}
