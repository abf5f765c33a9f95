//! Words that steer nothing. What a terminal would obey, what turns the direction of a text, and what a CI runner takes for
//! a command of its own is made visible instead. Texts of anybody in, texts for any stream out.

use std::fmt;
use std::ops::{Deref, Range};

use serde::Serialize;

/// A text that may be printed anywhere. Formats print nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Harmless(String);

impl Harmless {
    /// In one line, whatever was in it.
    pub(crate) fn line(text: &str) -> Self {
        Self(cleaned(text, false, 0..0).0)
    }

    /// The words as they are, line by line.
    pub(crate) fn lines(text: &str) -> Self {
        Self(cleaned(text, true, 0..0).0)
    }

    /// The same, and where the marked bytes have gone to.
    pub(crate) fn marked(text: &str, marked: Range<usize>) -> (Self, Range<usize>) {
        let (text, marked) = cleaned(text, true, marked);
        (Self(text), marked)
    }
}

impl Deref for Harmless {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Harmless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn cleaned(text: &str, lines: bool, marked: Range<usize>) -> (String, Range<usize>) {
    let mut out = String::with_capacity(text.len());
    let (mut from, mut to) = (None, None);
    // GitHub reads `::` behind blanks at the beginning of a line.
    let mut begins = true;
    for (at, one) in text.char_indices() {
        from = from.or((at >= marked.start).then_some(out.len()));
        to = to.or((at >= marked.end).then_some(out.len()));
        let rest = &text[at..];
        match one {
            '\n' | '\t' if lines => out.push(one),
            '\r' if lines && rest.starts_with("\r\n") => {}
            '\t' => out.push(' '),
            ':' if begins && rest.starts_with("::") => out.push_str(": "),
            '#' if is_command(rest) => out.push_str("# "),
            _ => out.push(visible(one)),
        }
        begins = (lines && one == '\n') || (begins && one.is_whitespace());
    }
    let end = out.len();
    (out, from.unwrap_or(end)..to.unwrap_or(end))
}

/// `##[error]`, `##vso[task.…]`, `##teamcity[…]`: read anywhere in a line.
fn is_command(text: &str) -> bool {
    let name =
        text.strip_prefix("##").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    name.is_some_and(|rest| rest.starts_with('['))
}

/// What stands for a character that nobody would see, but that something would obey.
fn visible(one: char) -> char {
    match one {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(one)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        // The second control set; marks of direction; separators of lines and paragraphs; what XML cannot hold.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}'
        | '\u{ffff}'
        | '\u{e0001}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        _ => one,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_is_shown_instead() {
        for (text, line, lines) in [
            ("a\u{1b}[31mb", "a␛[31mb", "a␛[31mb"),
            ("a\r\n b\tc", "a␍␊ b c", "a\n b\tc"),
            ("a\rb", "a␍b", "a␍b"),
            (
                "\u{202e}a\u{2028}b\u{9b}c\u{7f}",
                "\u{fffd}a\u{fffd}b\u{fffd}c␡",
                "\u{fffd}a\u{fffd}b\u{fffd}c␡",
            ),
            (" ::error::x\n\t::y a::b", " : :error::x␊ ::y a::b", " : :error::x\n\t: :y a::b"),
            (
                "x ##[error]y ##vso[a]b ###[",
                "x # #[error]y # #vso[a]b ## #[",
                "x # #[error]y # #vso[a]b ## #[",
            ),
            ("## a heading [x] 茶", "## a heading [x] 茶", "## a heading [x] 茶"),
        ] {
            assert_eq!((&*Harmless::line(text), &*Harmless::lines(text)), (line, lines));
        }
    }

    proptest! {
        #[test]
        fn nothing_steers(text in "([\\x00-\\x1f:# a-c\\[\\]vso\n\u{202e}\u{2028}\u{9b}\u{7f}茶]|::|##\\[|##vso\\[){0,24}") {
            for clean in [Harmless::line(&text), Harmless::lines(&text)] {
                prop_assert!(!clean.chars().any(|c| c.is_control() && !"\n\t".contains(c)));
                let turned = |c| matches!(c, '\u{202e}' | '\u{2028}');
                prop_assert!(!clean.contains(turned));
                prop_assert!(!clean.contains("##[") && !clean.contains("##vso["));
                prop_assert!(clean.lines().all(|line| !line.trim_start().starts_with("::")));
                prop_assert_eq!(&Harmless::lines(&clean), &clean);
            }
            prop_assert!(!Harmless::line(&text).contains(['\n', '\t']));
        }

        #[test]
        fn what_is_marked_stays_marked(before in ".{0,9}", word in "[a-z]{1,9}", behind in ".{0,9}") {
            let text = format!("{before}{word}{behind}");
            let (clean, marked) = Harmless::marked(&text, before.len()..before.len() + word.len());
            prop_assert_eq!(&clean[marked], word);
        }
    }
}
