//! JSON on one line: strings, and `{…}` and `[…]` of JSON, as auto-escape writes them.
//!
//! Never happens here: YAML's own liberties within a flow, such as bare words, comments or a comma at the end.

use super::{Key, MAX_KEY, Make, Reader, plain};

impl<M: Make> Reader<'_, '_, M> {
    /// Reads a flow container.
    pub(super) fn flow(&mut self) -> Option<M::Out> {
        self.deeper()?;
        let value = match self.cursor.peek()? {
            b'{' => self.flow_mapping()?,
            _ => self.flow_sequence()?,
        };
        self.depth -= 1;
        Some(value)
    }

    fn flow_sequence(&mut self) -> Option<M::Out> {
        let start = self.cursor.offset();
        let mut items = Vec::new();
        while self.goes_on(b']', items.is_empty())? {
            items.push(self.flow_value()?);
        }
        self.end = self.cursor.offset();
        Some(self.make.list(items, start..self.end))
    }

    fn flow_mapping(&mut self) -> Option<M::Out> {
        let (mark, opened) = (self.pairs.len(), self.cursor.offset());
        while self.goes_on(b'}', self.pairs.len() == mark)? {
            let start = self.cursor.offset();
            let text = self.string()?;
            let key = Key { text, at: start..self.cursor.offset(), plain: false };
            if key.at.len() > MAX_KEY {
                return None;
            }
            self.skip_blanks();
            if self.cursor.peek()? != b':' {
                return None;
            }
            self.cursor.pass(1);
            self.skip_blanks();
            let value = self.flow_value()?;
            self.pairs.push((key, value));
        }
        self.end = self.cursor.offset();
        self.close(mark, opened)
    }

    /// Passes the opening bracket, a comma or the closing bracket; is there another entry? `first`: none was read.
    fn goes_on(&mut self, close: u8, first: bool) -> Option<bool> {
        if first {
            self.cursor.pass(1);
        }
        self.skip_blanks();
        let found = self.cursor.peek()?;
        if found == close {
            self.cursor.pass(1);
            return Some(false);
        }
        if !first {
            if found != b',' {
                return None;
            }
            self.cursor.pass(1);
            self.skip_blanks();
        }
        Some(true)
    }

    fn flow_value(&mut self) -> Option<M::Out> {
        match self.cursor.peek()? {
            b'"' => {
                let (start, text) = (self.cursor.offset(), self.string()?);
                Some(self.string_at(text, start))
            }
            b'{' | b'[' => self.flow(),
            _ => {
                let rest = self.cursor.rest();
                let length = rest.find([',', ']', '}', ' ', '\n'])?;
                let start = self.cursor.offset();
                self.cursor.pass(length);
                self.end = self.cursor.offset();
                let word = rest.get(..length).filter(|word| plain::json(word).is_some())?;
                self.make.plain(word, start..self.end)
            }
        }
    }

    fn skip_blanks(&mut self) {
        while self.cursor.peek() == Some(b' ') {
            self.cursor.pass(1);
        }
    }

    /// Reads a string in double quotes with the escapes of JSON, which has to end on its line.
    pub(super) fn string(&mut self) -> Option<String> {
        if self.cursor.peek()? != b'"' {
            return None;
        }
        self.cursor.pass(1);
        let mut text = String::new();
        loop {
            let rest = self.cursor.rest();
            let stop = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | b'\n'))?;
            self.cursor.pass(stop);
            text.push_str(rest.get(..stop)?);
            match self.cursor.peek()? {
                b'"' => {
                    self.cursor.pass(1);
                    return Some(text);
                }
                b'\\' => text.push(self.escape()?),
                _ => return None,
            }
        }
    }

    /// Reads one escape. Half a surrogate pair is none to libyaml, so pairs are left to the full parser.
    fn escape(&mut self) -> Option<char> {
        let rest = self.cursor.rest().as_bytes();
        let (length, c) = match rest.get(1)? {
            b'n' => (2, '\n'),
            b't' => (2, '\t'),
            b'r' => (2, '\r'),
            b'b' => (2, '\u{8}'),
            b'f' => (2, '\u{c}'),
            c @ (b'"' | b'\\' | b'/') => (2, char::from(*c)),
            b'u' => {
                let digits = rest.get(2..6)?;
                let hex =
                    digits.iter().try_fold(0, |sum, d| Some(sum * 16 + char::from(*d).to_digit(16)?))?;
                (6, char::from_u32(hex)?)
            }
            _ => return None,
        };
        self.cursor.pass(length);
        Some(c)
    }
}
