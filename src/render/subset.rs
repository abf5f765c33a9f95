//! The YAML that our own templates draw in, its documents as `serde_json` values out, fast.
//!
//! Comes in: text in block style whose scalars are JSON (what auto-escape writes), safe bare words, or literals.
//! Goes out: every document and the line it starts on, or `None` as soon as one byte lies outside of that subset:
//! the caller then asks the full parser. Never happens here: a guess. Duplicate keys, tabs, anchors, tags, single
//! quotes, folded and multi-line scalars, and words which two YAML versions read differently are all `None`.
//!
//! **Invariant:** what is answered is what `serde_yaml` would answer. Guard: `tests`, on generated text and on
//! mutations of it. Linear in the text, nests 64 deep at most.

mod cursor;
mod flow;
mod literal;
mod plain;
#[cfg(test)]
mod tests;

use cursor::Cursor;
use serde_json::{Map, Value};

/// Deeper nesting is left to the full parser.
const MAX_DEPTH: usize = 64;

/// libyaml takes no key beyond 1024 characters; counted in bytes, with room for its quotes.
const MAX_KEY: usize = 1000;

/// Reads every document of `text` that is not empty, with the line (from 1) of its first entry; comments and `---`
/// do not count. `None`: not within the subset, which does not say that it is no YAML.
pub(super) fn documents(text: &str) -> Option<Vec<(usize, Value)>> {
    let mut reader = Reader { cursor: Cursor::new(text)?, pairs: Vec::new(), depth: 0 };
    let mut documents = Vec::new();
    reader.cursor.next_line();
    while !reader.cursor.at_end() {
        if reader.cursor.at_separator() {
            reader.cursor.pass_separator()?;
            continue;
        }
        let line = reader.cursor.line();
        documents.push((line, reader.block()?));
        // An entry is left over: it was indented as no container expected, or continues what had ended.
        if reader.cursor.column() > 0 {
            return None;
        }
    }
    Some(documents)
}

struct Reader<'t> {
    cursor: Cursor<'t>,
    /// Entries of the mappings being read, innermost last, so that each map is allocated once and in its size.
    pairs: Vec<(String, Value)>,
    depth: usize,
}

impl Reader<'_> {
    /// Reads the container whose first entry the cursor is at. Each container ends at the first entry that stands
    /// elsewhere and trusts its callers to refuse an entry which is nobody's.
    fn block(&mut self) -> Option<Value> {
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

    fn sequence(&mut self) -> Option<Value> {
        let column = self.cursor.column();
        let mut items = Vec::new();
        while self.cursor.column() == column && self.cursor.at_dash() {
            self.cursor.pass(1);
            items.push(if self.cursor.pass_blanks() {
                self.item(column)?
            } else {
                self.cursor.next_line();
                if self.cursor.column() > column { self.block()? } else { Value::Null }
            });
        }
        Some(Value::Array(items))
    }

    /// Reads what follows a dash on its line; `column` is that of the dash.
    fn item(&mut self, column: usize) -> Option<Value> {
        if self.cursor.at_dash() || self.cursor.at_key() {
            self.cursor.indent_here();
            self.block()
        } else {
            self.value(column)
        }
    }

    fn mapping(&mut self) -> Option<Value> {
        let column = self.cursor.column();
        let mark = self.pairs.len();
        while self.cursor.column() == column {
            let key = self.key()?;
            let value = if self.cursor.pass_blanks() { self.value(column)? } else { self.below(column)? };
            self.pairs.push((key, value));
        }
        self.close(mark)
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Option<String> {
        let start = self.cursor.offset();
        let key = match self.cursor.peek()? {
            b'"' => self.string()?,
            _ => self.cursor.plain_key()?.to_owned(),
        };
        if self.cursor.offset() - start > MAX_KEY || !self.cursor.at_colon() {
            return None;
        }
        self.cursor.pass(1);
        Some(key)
    }

    /// Reads a value that starts on the line of its key or dash, and goes on to the next entry. `column` is that of
    /// the key or dash.
    fn value(&mut self, column: usize) -> Option<Value> {
        let value = match self.cursor.peek()? {
            b'|' => Value::String(literal::read(&mut self.cursor, column)?),
            b'"' => Value::String(self.string()?),
            b'{' | b'[' => self.flow()?,
            _ => plain::value(self.cursor.plain_words()?)?,
        };
        self.cursor.end_line()?;
        Some(value)
    }

    /// Reads the value of a key that stands on the lines below it; a list may stand at the column of its key.
    fn below(&mut self, column: usize) -> Option<Value> {
        self.cursor.next_line();
        let found = self.cursor.column();
        if found > column || (found == column && self.cursor.at_dash()) {
            self.block()
        } else {
            Some(Value::Null)
        }
    }

    /// Makes a map of the pairs since `mark`; `None` if a key came twice.
    fn close(&mut self, mark: usize) -> Option<Value> {
        let length = self.pairs.len() - mark;
        let map: Map<String, Value> = self.pairs.drain(mark..).collect();
        (map.len() == length).then_some(Value::Object(map))
    }
}
