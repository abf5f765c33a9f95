//! The parser's own complaints, in the words of the person who must fix the text.

use std::ops::Range;

use granit_parser::ErrorKind;

use super::span;
use crate::diagnostic::{At, Diagnostic};
use crate::source::SourceId;
use crate::tree::fault::quoted;

/// Told once a text: the first one counts the others.
pub(super) const TAB: &str = "a tab instead of spaces";

/// What is said about an error: what is wrong, in which bytes, and what to write instead.
struct Said {
    title: String,
    at: Range<usize>,
    help: Option<String>,
}

/// A syntax error at `offset`; the parser understood everything up to `since`.
pub(super) fn refusal(text: &str, id: SourceId, offset: usize, kind: &ErrorKind, since: usize) -> Diagnostic {
    let Said { title, at, help } = Spot { text, offset: floor(text, offset), since }.said(kind);
    let complaint = match kind {
        ErrorKind::RecursionLimitExceeded => Diagnostic::error("yaml-limit", title),
        _ => Diagnostic::error("yaml-syntax", title),
    };
    complaint.at(span(id, at.start, at.end)).maybe_help(help)
}

/// Where a text can be picked up again behind an error: the next line that begins with a key or a `---`.
pub(super) fn resume(text: &str, refusal: &Diagnostic, offset: usize) -> Option<usize> {
    let shown = match &refusal.at {
        At::Place(place) => place.start as usize,
        _ => offset,
    };
    // The line on which an open quote was noticed is most likely sound itself.
    let quote = text[floor(text, shown)..].starts_with(['"', '\'']);
    let mut from = floor(text, if quote { shown } else { offset.max(shown) });
    loop {
        from += text[from..].find('\n')? + 1;
        let line = line_of(text, from);
        if line.starts_with("---") || (line.starts_with(is_key_start) && has_key(line)) {
            return Some(from);
        }
    }
}

fn is_key_start(character: char) -> bool {
    character.is_alphanumeric() || "\"'_".contains(character)
}

fn has_key(line: &str) -> bool {
    line.trim_end().ends_with(':') || line.contains(": ")
}

/// The byte at which the line of `offset` begins.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text[..floor(text, offset)].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The line of `offset`, without its end.
pub(super) fn line_of(text: &str, offset: usize) -> &str {
    text[line_start(text, offset)..].lines().next().unwrap_or_default()
}

/// From 1.
pub(super) fn line_number(text: &str, offset: usize) -> usize {
    text[..floor(text, offset)].matches('\n').count() + 1
}

/// What stands from `start` to the end of the value, in quotes.
pub(super) fn quoted_value(text: &str, start: usize) -> String {
    let start = floor(text, start);
    let rest = text[start..].lines().next().unwrap_or_default();
    let rest = rest.split(" #").next().unwrap_or_default().trim_end();
    let before = &text[line_start(text, start)..start];
    // In `[a, @b]` and `{a: @b}` the value ends before the bracket.
    let opened = before.matches(['[', '{']).count() > before.matches([']', '}']).count();
    let in_flow = (opened || before.trim_end().ends_with(['[', ','])) && !rest.starts_with('{');
    quoted(if in_flow { rest.split([',', ']', '}']).next().unwrap_or_default() } else { rest })
}

/// What to write when a line says `key:value`.
pub(super) fn blank_after_colon(line: &str) -> Option<String> {
    let (key, value) = line.trim().split_once(':')?;
    let looks = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c));
    let missing = !value.is_empty() && !value.starts_with([' ', '/', '\t']);
    (looks && missing).then(|| format!("add a space after the colon: `{key}: {value}`"))
}

pub(super) fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&byte| text.is_char_boundary(byte)).unwrap_or_default()
}

struct Spot<'t> {
    text: &'t str,
    offset: usize,
    since: usize,
}

impl Spot<'_> {
    fn said(&self, kind: &ErrorKind) -> Said {
        match kind {
            ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar => self.tab(),
            ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
                let title = format!("the character U+{:04X} is not allowed in YAML", u32::from(*character));
                self.here(title, "remove it, or write it as an escape in double quotes")
            }
            ErrorKind::UnexpectedCharacter { character } => self.unquoted(*character),
            ErrorKind::MissingAnchorOrAliasName => {
                self.unquoted(self.text[self.offset..].chars().next().unwrap_or('*'))
            }
            ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::UnclosedQuotedScalar
            | ErrorKind::DocumentIndicatorInQuotedScalar => self.open_quote(),
            ErrorKind::InvalidTrailingSingleQuotedScalar => {
                self.here("text after the closing quote", "double a `'` inside single quotes: `''`")
            }
            ErrorKind::InvalidTrailingDoubleQuotedScalar => {
                self.here("text after the closing quote", "put the whole value in quotes")
            }
            ErrorKind::UnknownQuotedScalarEscape => self.escape(),
            _ => self.said_of_structure(kind),
        }
    }

    fn said_of_structure(&self, kind: &ErrorKind) -> Said {
        match kind {
            ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidSimpleKey => self.colon(),
            ErrorKind::SimpleKeyExpected => self.no_colon(),
            ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => self.indentation(),
            ErrorKind::UnclosedFlowCollection { open } => {
                self.here(format!("`{open}` is opened but not closed"), "close it, or quote it if it is text")
            }
            ErrorKind::InvalidColonPlacement
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator => self.flow(),
            ErrorKind::MisplacedFlowCollectionEnd => {
                self.here("a closing bracket without an opening one", "remove it, or quote it if it is text")
            }
            ErrorKind::MismatchedFlowCollectionEnd { open, close } => self
                .here(format!("`{open}` is closed by `{close}`"), "close each bracket with its counterpart"),
            ErrorKind::BlockSequenceEntryNotAllowed => self.here(
                "a list cannot start on the line of its key",
                "start it on the next line, indented: `- item`",
            ),
            ErrorKind::InvalidBlockScalarHeader => self.here(
                "text after `|` or `>`, which start a block on the next lines",
                "write the text on the next line, indented",
            ),
            ErrorKind::RecursionLimitExceeded => self.here("lists and mappings nested too deeply", ""),
            _ => self.here(kind.to_string(), ""),
        }
    }

    fn here(&self, title: impl Into<String>, help: &str) -> Said {
        let help = (!help.is_empty()).then(|| help.to_owned());
        Said { title: title.into(), at: self.word(self.offset), help }
    }

    /// From a byte to the end of the word that begins there.
    fn word(&self, start: usize) -> Range<usize> {
        let rest = &self.text[start..];
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        start..start + word.max(if rest.starts_with('\n') { 0 } else { first })
    }

    fn tab(&self) -> Said {
        // The parser may notice a tab at the end of the line before.
        let tab = self.text[self.line()..].find('\t').map_or(self.offset, |tab| self.line() + tab);
        let lines = self.text[tab..].lines().skip(1).filter(|line| line.starts_with('\t')).count();
        let more = match lines {
            0 => String::new(),
            1 => "; 1 line below starts with a tab too".to_owned(),
            _ => format!("; {lines} lines below start with a tab too"),
        };
        let help = format!("indent with spaces, two per level{more}");
        Said { title: TAB.to_owned(), at: tab..(tab + 1).min(self.text.len()), help: Some(help) }
    }

    fn line(&self) -> usize {
        line_start(self.text, self.offset)
    }

    fn unquoted(&self, character: char) -> Said {
        let help = format!("write it in quotes: {}", quoted_value(self.text, self.offset));
        Said {
            title: format!("a value cannot start with `{character}`"),
            at: self.word(self.offset),
            help: Some(help),
        }
    }

    fn open_quote(&self) -> Said {
        let quote = super::quote(self.text, self.offset, self.since).unwrap_or(self.offset);
        let end = quote + line_of(self.text, quote).len()
            - (quote - line_start(self.text, quote)).min(line_of(self.text, quote).len());
        let sign = self.text[quote..].chars().next().unwrap_or('"');
        let help = format!("write `{sign}` at the end of the value");
        Said {
            title: "a quote is opened but not closed".to_owned(),
            at: quote..end.max(quote),
            help: Some(help),
        }
    }

    fn escape(&self) -> Said {
        let known = "0abt\tnvfre \"/\\N_LPxuU\r\n";
        let mut characters = self.text[self.offset..].char_indices();
        while let Some((at, character)) = characters.next() {
            let escaped = if character == '\\' { characters.next() } else { None };
            if let Some((_, escaped)) = escaped.filter(|(_, escaped)| !known.contains(*escaped)) {
                let start = self.offset + at;
                let title = format!("`\\{escaped}` is not an escape in double quotes");
                let help = "write `\\\\` for a backslash, or use single quotes".to_owned();
                return Said { title, at: start..start + 1 + escaped.len_utf8(), help: Some(help) };
            }
        }
        self.here("an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes")
    }

    /// A `: ` where no key can be: a forgotten blank, a forgotten quote or a wrong indentation.
    fn colon(&self) -> Said {
        let (start, line) = (self.line(), line_of(self.text, self.offset));
        let above = self.text[..start].trim_end_matches(['\n', '\r', ' ']);
        let above_start = line_start(above, above.len());
        if let Some(help) = blank_after_colon(&above[above_start..]) {
            return Said {
                title: "expected `key: value`".to_owned(),
                at: trimmed(above, above_start),
                help: Some(help),
            };
        }
        let before = self.text[start..self.offset].trim_start_matches([' ', '-']);
        if let Some((key, rest)) = before.split_once(": ") {
            let value = line[line.find(rest).unwrap_or_default()..].split(" #").next().unwrap_or_default();
            let help = format!("if it is text, write it in quotes: `{key}: {}`", quoted(value.trim_end()));
            return Said {
                title: "a second `: ` on one line".to_owned(),
                at: self.word(self.offset),
                help: Some(help),
            };
        }
        let help = format!("`{}` already has a value: indent both lines alike", above[above_start..].trim());
        let help = (!above.is_empty()).then_some(help);
        Said { title: "a key without a parent".to_owned(), at: trimmed(self.text, start), help }
    }

    fn no_colon(&self) -> Said {
        let line = line_of(self.text, self.offset);
        let help = blank_after_colon(line).unwrap_or_else(|| "write `key: value`".to_owned());
        Said {
            title: "expected `key: value`".to_owned(),
            at: trimmed(self.text, self.line()),
            help: Some(help),
        }
    }

    fn indentation(&self) -> Said {
        let line = line_of(self.text, self.offset);
        let at = trimmed(self.text, self.line());
        let (title, help) = if line.contains(": {{") {
            let value = self.line() + line.find("{{").unwrap_or_default();
            let help = format!("write it in quotes: {}", quoted_value(self.text, value));
            ("a value cannot start with `{{`: in YAML that is a mapping", help)
        } else {
            (
                "the indentation of this line matches no line above it",
                "indent it like the lines it belongs to".to_owned(),
            )
        };
        Said { title: title.to_owned(), at, help: Some(help) }
    }

    fn flow(&self) -> Said {
        let line = line_of(self.text, self.offset);
        let help = if line.contains("${{") {
            "inside of `[…]` and `{…}`, write `${{ … }}` in quotes"
        } else {
            "check that each `[` and `{` above is closed, and that items are separated by `,`"
        };
        self.here("invalid list or mapping in brackets", help)
    }
}

/// A line without the blanks around it.
fn trimmed(text: &str, start: usize) -> Range<usize> {
    let line = line_of(text, start);
    let start = start + line.len() - line.trim_start().len();
    start..start + line.trim().len()
}
