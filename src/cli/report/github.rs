//! Workflow commands: GitHub reads them from a job's output and shows them beside the lines of a pull request.

use super::shown::Shown;

/// A command for each complaint; nothing to say is no line.
pub(super) fn commands(shown: &[Shown<'_>]) -> String {
    shown.iter().map(command).collect()
}

fn command(complaint: &Shown<'_>) -> String {
    let mut properties = Vec::new();
    if let Some(spot) = &complaint.spot {
        properties.push(("file", spot.file.to_string()));
        properties.push(("line", spot.line.to_string()));
        properties.push(("endLine", spot.end_line.to_string()));
        // GitHub takes columns only of a single line.
        if spot.line == spot.end_line {
            properties.push(("col", spot.column.to_string()));
            properties.push(("endColumn", spot.end_column.to_string()));
        }
    }
    properties.push(("title", complaint.code.to_owned()));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let lines: Vec<String> = std::iter::once(complaint.title.to_string()).chain(complaint.below()).collect();
    format!("::{} {}::{}\n", complaint.level(), properties.join(","), message(&lines.join("\n")))
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(message("100 %: a,\r\nb"), "100 %25: a,%0D%0Ab");
        assert_eq!(property("C:\\a,b%\n"), "C%3A\\a%2Cb%25%0A");
    }
}
