//! A string in, the way to spell it in YAML out: plain, double-quoted or literal.
//!
//! Comes in: any string. Goes out: its [`Style`], or its spelling on one line. Never happens here: indentation, and
//! trust in one reader's rules: a word is plain only when readers of YAML 1.1 (PyYAML, go-yaml) and of YAML 1.2
//! both take it for a string.

use std::fmt::Write as _;

/// How a string is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// In double quotes, with the escapes of JSON.
    Quoted,
    /// As a `|` block: only where a value stands, never for a key.
    Literal,
}

/// What a byte makes us look for. A string without any of these needs a look at its ends only.
mod class {
    pub(super) const BREAK: u8 = 1;
    pub(super) const TAB: u8 = 2;
    pub(super) const CONTROL: u8 = 4;
    /// May begin a character that a reader refuses or takes for a line break.
    pub(super) const WIDE: u8 = 8;
    /// `:` and `#`, which end a plain scalar next to a blank.
    pub(super) const STOP: u8 = 16;
}

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = class::CONTROL;
        byte += 1;
    }
    table[0x7f] = class::CONTROL;
    table[b'\n' as usize] = class::BREAK;
    table[b'\t' as usize] = class::TAB;
    table[b':' as usize] = class::STOP;
    table[b'#' as usize] = class::STOP;
    // First bytes of U+0080..BF, U+2000..2FFF and U+F000..FFFF.
    table[0xc2] = class::WIDE;
    table[0xe2] = class::WIDE;
    table[0xef] = class::WIDE;
    table
};

/// Words which some reader takes for a boolean, null, the default value or a merge, whatever their case.
const WORDS: [&str; 12] = ["y", "n", "on", "no", "yes", "off", "true", "false", "null", "~", "=", "<<"];

/// Bytes which mean something at the start of a scalar. A dash does only before a blank.
const INDICATORS: &[u8] = b" ?:,[]{}#&*!|>'\"%@`";

/// Writes a string on one line, quoted if need be: keys, and documents that are a string.
pub(super) fn one_line(text: &str, out: &mut String) {
    match style(text) {
        Style::Plain => out.push_str(text),
        Style::Quoted | Style::Literal => quoted(text, out),
    }
}

/// Chooses the most readable style that every reader reads back exactly.
pub(super) fn style(text: &str) -> Style {
    let seen = text.bytes().fold(0, |seen, byte| seen | CLASSES[byte as usize]);
    if seen & class::CONTROL != 0 || (seen & class::WIDE != 0 && text.contains(is_hazard)) {
        Style::Quoted
    } else if seen & class::BREAK != 0 {
        if edges_are_clean(text) { Style::Literal } else { Style::Quoted }
    } else if seen & class::TAB == 0 && is_plain(text, seen & class::STOP != 0) {
        Style::Plain
    } else {
        Style::Quoted
    }
}

/// Writes a string in double quotes.
pub(super) fn quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if matches!(c, '"' | '\\') || is_hazard(c) {
            out.push_str(&text[done..at]);
            escape(c, out);
            done = at + c.len_utf8();
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}

fn escape(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        // Every hazard lies within the first 65,536 characters. Writing into a String cannot fail.
        _ => drop(write!(out, "\\u{:04x}", c as u32)),
    }
}

/// Characters which a reader refuses (controls, U+FFFE, U+FFFF, a byte order mark inside) or takes for a line break
/// (YAML 1.1: U+0085, U+2028, U+2029).
fn is_hazard(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Can a literal carry it? Lines of blanks before the first or after the last word are seen as indentation by one
/// reader and as content by the next; between words they are safe.
fn edges_are_clean(text: &str) -> bool {
    let blank = [' ', '\t'];
    let ends = [' ', '\t', '\n'];
    let start = text.len() - text.trim_start_matches(ends).len();
    let end = text.trim_end_matches(ends).len();
    let before = text[..start].rsplit_once('\n').map_or("", |(lines, _)| lines);
    let after = text[end..].split_once('\n').map_or("", |(_, lines)| lines);
    end > 0 && !before.contains(blank) && !after.contains(blank)
}

/// Is it a string to every reader without quotes? `stops`: it has a `:` or `#` somewhere. It has no controls.
fn is_plain(text: &str, stops: bool) -> bool {
    let (Some(&first), Some(&last)) = (text.as_bytes().first(), text.as_bytes().last()) else { return false };
    if last == b' ' || (stops && (last == b':' || text.contains(": ") || text.contains(" #"))) {
        return false;
    }
    match first {
        _ if INDICATORS.contains(&first) => false,
        b'-' if text.len() == 1 || text.starts_with("- ") || text.starts_with("---") => false,
        b'.' if text.starts_with("...") => false,
        b'0'..=b'9' | b'+' | b'-' | b'.' => !is_number_like(text),
        _ => text.len() > 5 || !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)),
    }
}

/// Could some reader see a number or a date? Wide on purpose, yet `500m`, `10Gi`, `1.2.3`, `-c` and `./run` are not.
fn is_number_like(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // go-yaml drops underscores before it looks: `0_x1` is 1.
    let mut start = unsigned.bytes().filter(|byte| *byte != b'_');
    if start.next() == Some(b'0') && matches!(start.next(), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B')) {
        return true;
    }
    if [".inf", ".nan"].iter().any(|word| word.eq_ignore_ascii_case(unsigned)) {
        return true;
    }
    let (mut dots, mut digits, mut letters) = (0, 0, 0);
    for byte in unsigned.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => dots += 1,
            b'e' | b'E' | b't' | b'T' | b'z' | b'Z' => letters += 1,
            b'_' | b'+' | b'-' | b':' | b',' | b' ' => {}
            _ => return false,
        }
    }
    dots < 2 && (digits > 0 || letters == 0)
}
