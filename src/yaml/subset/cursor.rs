//! Text in, a place in it out: where the next entry is, how far it is indented, what stands there.
//!
//! Never happens here: values. Comments and empty lines are passed over, so nobody else knows of them.

/// May stand in a plain key.
const KEY: u8 = 1;
/// May stand in a plain value.
const WORD: u8 = 2;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte: u8 = 0;
    while byte < 0x80 {
        table[byte as usize] = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'/' | b'$' | b'-' => KEY | WORD,
            b'+' | b'=' | b',' | b'@' | b'(' | b')' | b'%' | b'~' | b':' => WORD,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// A place in a text. After [`Cursor::next_line`] it is at an entry, at a separator or at the end.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    line_start: usize,
    column: usize,
}

impl<'t> Cursor<'t> {
    /// Refuses text with characters that some reader refuses or takes for a line break, so that from here on a line
    /// is what `\n` ends and blanks are spaces.
    pub(super) fn new(text: &'t str) -> Option<Self> {
        let (mut control, mut wide) = (false, false);
        for byte in text.bytes() {
            control |= ((byte < b' ') & (byte != b'\n')) | (byte == 0x7f);
            wide |= byte >= 0x80;
        }
        if control || (wide && text.contains(is_hazard)) {
            return None;
        }
        Some(Self { text, at: 0, line: 0, line_start: 0, column: 0 })
    }

    /// The column of the current entry, from 1. 0: no entry, the document is over.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// The text from here on.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Is the byte that far ahead a blank, or is the line over there?
    fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), None | Some(b' ' | b'\n'))
    }

    pub(super) fn at_dash(&self) -> bool {
        self.peek() == Some(b'-') && self.is_blank(1)
    }

    pub(super) fn at_colon(&self) -> bool {
        self.peek() == Some(b':') && self.is_blank(1)
    }

    pub(super) fn at_separator(&self) -> bool {
        self.at == self.line_start && self.rest().starts_with("---") && self.is_blank(3)
    }

    /// Does an entry of a mapping start here? Looks ahead for the end of the key and its colon.
    pub(super) fn at_key(&self) -> bool {
        let rest = self.rest().as_bytes();
        let length = match rest.first() {
            Some(b'"') => {
                let mut escaped = true;
                let end = rest.iter().position(|b| {
                    let ends = matches!(b, b'"' if !escaped) || *b == b'\n';
                    escaped = *b == b'\\' && !escaped;
                    ends
                });
                end.map_or(0, |end| end + 1)
            }
            Some(b'\'') => {
                rest.iter().skip(1).position(|b| matches!(b, b'\'' | b'\n')).map_or(0, |end| end + 2)
            }
            _ => class_length(rest, KEY),
        };
        rest.get(length) == Some(&b':') && self.is_blank(length + 1)
    }

    /// The entry that follows on the line opens a container of its own, whose column is here.
    pub(super) fn indent_here(&mut self) {
        self.column = self.at - self.line_start + 1;
    }

    pub(super) fn plain_key(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let key = rest.get(..class_length(rest.as_bytes(), KEY))?;
        self.at += key.len();
        (!key.is_empty() && !key.starts_with('-')).then_some(key)
    }

    /// What stands in single quotes and ends on its line, without them.
    pub(super) fn single(&mut self) -> Option<String> {
        let inside = self.rest().strip_prefix('\'')?;
        let mut from = 0;
        loop {
            let stop = from + inside[from..].bytes().position(|byte| matches!(byte, b'\'' | b'\n'))?;
            match inside.as_bytes().get(stop..)? {
                [b'\'', b'\'', ..] => from = stop + 2,
                [b'\'', ..] => {
                    self.at += stop + 2;
                    return Some(inside[..stop].replace("''", "'"));
                }
                _ => return None,
            }
        }
    }

    /// The words up to the end of the line or its comment; `None` if a `: ` or an unusual character is among them.
    pub(super) fn plain_words(&mut self) -> Option<&'t str> {
        let start = self.at;
        loop {
            self.at += class_length(self.rest().as_bytes(), WORD);
            let end = self.at;
            if end == start || self.text.as_bytes()[end - 1] == b':' {
                return None;
            }
            match self.peek() {
                Some(b' ') if self.pass_blanks() => {}
                None | Some(b' ' | b'\n' | b'#') => return self.text.get(start..end),
                _ => return None,
            }
        }
    }

    /// Passes the blanks here and tells whether content follows. If not, a comment is passed too, and the cursor is
    /// at the end of the line. Only for places where a comment may start: after a blank, or right after `-` or `:`.
    pub(super) fn pass_blanks(&mut self) -> bool {
        let blanks = self.rest().bytes().take_while(|b| *b == b' ').count();
        self.at += blanks;
        match self.peek() {
            None | Some(b'\n') => false,
            Some(b'#') if blanks > 0 => {
                self.at += line_length(self.rest());
                false
            }
            Some(_) => true,
        }
    }

    /// Leaves a line whose value has been read; nothing but a comment may be left on it.
    pub(super) fn end_line(&mut self) -> Option<()> {
        if self.pass_blanks() {
            return None;
        }
        self.next_line();
        Some(())
    }

    /// Passes `---`; a document that starts on the same line is outside of the subset.
    pub(super) fn pass_separator(&mut self) -> Option<()> {
        self.at += 3;
        self.end_line()
    }

    /// Goes from the end of a line to the next entry, past comments and empty lines.
    pub(super) fn next_line(&mut self) {
        // Before the first line there is none to leave.
        self.line_start = if self.line == 0 { 0 } else { self.at + 1 };
        loop {
            self.line += 1;
            self.at = self.line_start;
            let blanks = self.rest().bytes().take_while(|b| *b == b' ').count();
            self.at += blanks;
            match self.peek() {
                Some(b'\n') => {}
                Some(b'#') => self.at += line_length(self.rest()),
                found => {
                    let over = found.is_none() || self.at_separator();
                    self.column = if over { 0 } else { blanks + 1 };
                    return;
                }
            }
            self.line_start = self.at + 1;
        }
    }

    /// The whole line below the one that ends here; `None` if there is none which `\n` ends.
    pub(super) fn line_below(&self) -> Option<&'t str> {
        let rest = self.text.get(self.at + 1..)?;
        rest.find('\n').and_then(|end| rest.get(..end))
    }

    /// Goes to the end of `line`, the one below.
    pub(super) fn pass_line(&mut self, line: &str) {
        self.at += 1 + line.len();
        self.line += 1;
    }
}

fn class_length(bytes: &[u8], class: u8) -> usize {
    bytes.iter().take_while(|b| CLASSES[**b as usize] & class != 0).count()
}

fn line_length(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

fn is_hazard(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
