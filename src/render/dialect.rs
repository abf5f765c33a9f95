//! How a value is written into a file, by the file's ending. No value can break out of its place: it is quoted, or it
//! is refused.

use std::fmt;

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value};

/// A value that has no place in a file of that kind.
#[derive(Debug)]
pub(super) struct Refused {
    dialect: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value with a line break or control character cannot stand in a {} file", self.dialect)
    }
}

impl std::error::Error for Refused {}

/// The escape of a template called `name.<ending>.j2`.
pub(super) fn escape(name: &str) -> AutoEscape {
    match name.trim_end_matches(".j2").rsplit('.').next().unwrap_or_default() {
        "yaml" | "yml" | "json" => AutoEscape::Json,
        "sh" => AutoEscape::Custom("shell".into()),
        "sql" => AutoEscape::Custom("sql".into()),
        "properties" => AutoEscape::Custom("properties".into()),
        // conf, cnf, cfg, ini: one value to a line.
        _ => AutoEscape::Custom("config".into()),
    }
}

/// Writes one value in the dialect of the file.
pub(super) fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let AutoEscape::Custom(dialect) = state.auto_escape() else {
        return minijinja::escape_formatter(out, state, value);
    };
    if matches!(value.kind(), ValueKind::Undefined) {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value.to_string();
    let quoted = match dialect.as_ref() {
        "shell" => shell(&text),
        "sql" => sql(&text),
        "properties" => line("properties", &text)?.replace('\\', "\\\\"),
        _ => line("config", &text)?,
    };
    out.write_str(&quoted).map_err(Error::from)
}

/// One word for a POSIX shell.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One string literal for MySQL, whatever its SQL mode.
fn sql(text: &str) -> String {
    // Doubling quotes works in every mode; a backslash only escapes outside NO_BACKSLASH_ESCAPES, so it is refused
    // nowhere but doubled, as the servers we configure run in the default mode.
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The text itself, when it stays on its line.
fn line(dialect: &'static str, text: &str) -> Result<String, Error> {
    if text.chars().any(char::is_control) {
        return Err(Error::new(ErrorKind::BadSerialization, "a value does not fit its file")
            .with_source(Refused { dialect }));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_place() {
        assert_eq!(shell("a'b; rm -rf /"), r"'a'\''b; rm -rf /'");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("redis-0.redis:6379"), "redis-0.redis:6379");
        assert_eq!(sql(r"a'b\"), r"'a''b\\'");
        assert!(line("config", "a\nb").is_err());
    }
}
