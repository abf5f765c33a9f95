//! Quoted text over several lines that goes on further left than YAML 1.2 lets it. kubectl's reader takes it at any column, so
//! what is linted may have it: its lines are joined in a copy of the text, byte for byte as long, and read again.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser};

use super::{options, span, stream};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::SourceId;
use crate::tree::node::Node;

/// What the joined texts say, by the byte of their quote: in the copy, their indentation would count.
pub(super) type Joined = BTreeMap<usize, String>;

/// A text is read again for each of them; so many bytes in all.
const BUDGET: usize = 16 << 20;

/// As `stream`, with such texts as kubectl reads them. What cannot be read all the same is told as YAML 1.2 has it.
pub(super) fn stream_as_kubectl(text: &str, id: SourceId, base: usize) -> (Vec<Node>, Diagnostics) {
    let first = stream(text, id, base, &Joined::new());
    let Some(start) = first.left else { return (first.nodes, first.complaints) };
    let (mut copy, mut joined) = (text.to_owned(), Joined::new());
    let (mut next, mut left) = (Some(start), BUDGET / (text.len() - base).max(1));
    while let Some(quote) = next.filter(|_| left > 0) {
        let Some((end, value)) = quoted(text, quote) else { break };
        copy.replace_range(quote..end, &text[quote..end].replace(['\n', '\r'], " "));
        joined.insert(quote, value);
        let again = stream(&copy, id, base, &joined);
        if !again.complaints.refuse() {
            let mut complaints = again.complaints;
            complaints.push(told(id, start));
            return (again.nodes, complaints);
        }
        next = again.left.filter(|quote| !joined.contains_key(quote));
        left -= 1;
    }
    (first.nodes, first.complaints)
}

/// Where the quoted text ends that begins there, and what it says; none where it does not end.
fn quoted(text: &str, start: usize) -> Option<(usize, String)> {
    let mut bytes = text.bytes().enumerate().skip(start);
    let (_, sign) = bytes.next().filter(|(_, sign)| matches!(sign, b'"' | b'\''))?;
    let mut end = None;
    while let Some((at, byte)) = bytes.next() {
        let doubled = sign == b'\'' && text.as_bytes().get(at + 1) == Some(&sign);
        match byte {
            b'\\' if sign == b'"' => {
                bytes.next();
            }
            _ if byte == sign && doubled => {
                bytes.next();
            }
            _ if byte == sign => {
                end = Some(at + 1);
                break;
            }
            _ => {}
        }
    }
    // Alone it has nothing that it could be too far left of.
    let alone = Parser::new_from_str_with_options(&text[start..end?], options());
    let said = alone.map_while(Result::ok).find_map(|(event, _)| match event {
        Event::Scalar(text, ..) => Some(text.into_owned()),
        _ => None,
    })?;
    Some((end?, said))
}

fn told(id: SourceId, start: usize) -> Diagnostic {
    Diagnostic::warning("yaml-indentation", "this value goes on further left than YAML 1.2 allows")
        .at(span(id, start, start + 1))
        .because("kubectl reads it, and stricter readers refuse it")
        .help("indent its other lines deeper than its key")
}
