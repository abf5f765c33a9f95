//! A literal block scalar, from its `|` to its last line.
//!
//! Never happens here: indentation indicators, folding, and literals without any text.

use std::ops::Range;

use super::cursor::Cursor;

/// Reads the literal at whose `|` the cursor is, and stops at the end of its last line. `column` is that of the key
/// or dash it belongs to: its text stands to the right of it. Gives the text, and where
/// it stands: from its first word to its last.
pub(super) fn read(cursor: &mut Cursor, column: usize) -> Option<(String, Range<usize>)> {
    cursor.pass(1);
    let chomp = cursor.peek()?;
    if matches!(chomp, b'-' | b'+') {
        cursor.pass(1);
    }
    // Readers differ about a literal whose last line the text does not end.
    if cursor.pass_blanks() || !cursor.rest().ends_with('\n') {
        return None;
    }
    let mut text = String::new();
    let indent = first_line(cursor, &mut text)?;
    if indent < column {
        return None;
    }
    let start = cursor.offset() + 1 + indent;
    let mut end = start;
    while let Some(line) = cursor.line_below() {
        let blanks = blanks(line);
        if blanks < indent && blanks < line.len() {
            break;
        }
        text.push_str(line.get(indent..).unwrap_or_default());
        text.push('\n');
        cursor.pass_line(line);
        if blanks < line.len() {
            end = cursor.offset() - (line.len() - line.trim_ascii_end().len());
        }
    }
    let kept = text.trim_end_matches('\n').len();
    match chomp {
        b'+' => {}
        b'-' => text.truncate(kept),
        _ => text.truncate(kept + 1),
    }
    Some((text, start..end))
}

/// Reads the empty lines at the start and tells the indentation of the first with text, which it leaves unread.
fn first_line(cursor: &mut Cursor, text: &mut String) -> Option<usize> {
    let mut widest = 0;
    loop {
        let line = cursor.line_below()?;
        let blanks = blanks(line);
        if blanks < line.len() {
            // Wider lines of blanks above the text are an error to some readers.
            return (widest <= blanks).then_some(blanks);
        }
        widest = widest.max(blanks);
        text.push('\n');
        cursor.pass_line(line);
    }
}

fn blanks(line: &str) -> usize {
    line.bytes().take_while(|b| *b == b' ').count()
}
