//! JUnit XML, as CI systems read it: a suite per file, an error is a failed test, a warning is a passed one with output.

use std::fmt::Write as _;

use stackgen::diagnostic::Severity;

use super::shown::Shown;

/// The suite of complaints that are about no file, and of no complaint.
const NO_FILE: &str = "stackgen";

/// A document with at least one suite: one without tests counts as a failure in some places.
pub(super) fn document(shown: &[Shown<'_>]) -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n", totals(shown));
    for suite in shown.chunk_by(|one, next| file(one) == file(next)) {
        let _ = writeln!(out, "  <testsuite name=\"{}\" {}>", escaped(file(&suite[0])), totals(suite));
        out.extend(suite.iter().map(case));
        out.push_str("  </testsuite>\n");
    }
    if shown.is_empty() {
        let _ = writeln!(out, "  <testsuite name=\"{NO_FILE}\" {}>", totals(shown));
        out.push_str("    <testcase classname=\"stackgen\" name=\"nothing to complain about\"/>\n");
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

fn file<'a>(complaint: &'a Shown<'_>) -> &'a str {
    complaint.spot.as_ref().map_or(NO_FILE, |spot| &*spot.file)
}

fn totals(shown: &[Shown<'_>]) -> String {
    let failures = shown.iter().filter(|one| one.severity == Severity::Error).count();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", shown.len().max(1))
}

fn case(complaint: &Shown<'_>) -> String {
    let title = escaped(&complaint.title);
    let (mut name, mut place, mut lines) = (title.clone(), String::new(), Vec::new());
    if let Some(spot) = &complaint.spot {
        // Readers tell tests apart by their names.
        let _ = write!(name, " ({}:{})", spot.line, spot.column);
        place = format!(" file=\"{}\" line=\"{}\"", escaped(&spot.file), spot.line);
        lines.push(format!("{}:{}:{}", spot.file, spot.line, spot.column));
    }
    lines.extend(complaint.below());
    let text = lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n");
    let code = escaped(complaint.code);
    let inside = match complaint.severity {
        Severity::Error => format!("<failure type=\"{code}\" message=\"{title}\">{text}</failure>"),
        Severity::Warning => format!("<system-out>warning: {title}\n{text}</system-out>"),
    };
    format!("    <testcase classname=\"{code}\" name=\"{name}\"{place}>\n      {inside}\n    </testcase>\n")
}

/// For text and for attributes. XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(one));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(one),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(escaped("<a b=\"c\">&'\u{1b}\n茶"), "&lt;a b=&quot;c&quot;&gt;&amp;'\u{fffd}&#10;茶");
    }
}
