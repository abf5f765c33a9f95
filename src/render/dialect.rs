//! How a value is written into a file, by the file's ending. No value can break out of its place: it is quoted, or it
//! is refused.

use std::fmt::{self, Write as _};

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value};

/// A value that has no place in a file of that kind.
#[derive(Debug)]
pub(super) struct Refused {
    dialect: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value with a line break or control character is not allowed in a {} file", self.dialect)
    }
}

impl std::error::Error for Refused {}

/// The escape of a template called `name.<ending>.j2`.
pub(super) fn escape(name: &str) -> AutoEscape {
    match name.trim_end_matches(".j2").rsplit('.').next().unwrap_or_default() {
        "yaml" | "yml" | "json" => AutoEscape::Json,
        "sh" => AutoEscape::Custom("shell".into()),
        "properties" => AutoEscape::Custom("properties".into()),
        "cnf" => AutoEscape::Custom("cnf".into()),
        // conf, cfg, ini: one value to a line.
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
        "shell" => shell(whole("shell", &text)?),
        "properties" => properties(whole("properties", &text)?),
        "cnf" => option(whole("cnf", &text)?),
        _ => line("config", &text)?,
    };
    out.write_str(&quoted).map_err(Error::from)
}

/// `{{ value|argument }}` in a redis.conf: one argument of a directive, in quotes when it needs them.
pub(super) fn argument(text: &str) -> Value {
    Value::from_safe_string(redis(text))
}

/// One word for a POSIX shell.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A value of Java's properties, whichever way the file is loaded: as Latin-1 by a stream, as text by a reader.
///
/// Source: `java.util.Properties.load`; blanks before a value are skipped, those behind it are kept.
fn properties(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, sign) in text.char_indices() {
        match sign {
            '\\' => out.push_str(r"\\"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\u{c}' => out.push_str(r"\f"),
            ' ' if at == 0 => out.push_str(r"\ "),
            ' '..='~' => out.push(sign),
            _ => {
                for unit in sign.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    out
}

/// A value of an option file of MySQL: in quotes when a `#`, a quote, a backslash or a blank at an end would be lost.
///
/// Source: mysys/my_default.cc; between double quotes `\\` and `\"` stand for themselves, and a `#` begins no comment.
fn option(text: &str) -> String {
    let odd = |c: char| c.is_control() || "#\"'\\".contains(c);
    if !text.contains(odd) && text.trim() == text {
        return text.to_owned();
    }
    let mut out = String::from('"');
    for sign in text.chars() {
        match sign {
            '\\' | '"' => out.extend(['\\', sign]),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\u{8}' => out.push_str(r"\b"),
            _ => out.push(sign),
        }
    }
    out + "\""
}

/// One argument in a redis.conf. Source: `sdssplitargs` in redis' sds.c.
fn redis(text: &str) -> String {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "\"'\\".contains(c);
    if !text.is_empty() && !text.contains(odd) {
        return text.to_owned();
    }
    let mut out = String::from('"');
    for sign in text.chars() {
        match sign {
            '\\' | '"' => out.extend(['\\', sign]),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            _ if sign.is_ascii_control() => {
                let _ = write!(out, r"\x{:02x}", u32::from(sign));
            }
            _ => out.push(sign),
        }
    }
    out + "\""
}

/// The text itself, when it stays on its line.
fn line(dialect: &'static str, text: &str) -> Result<String, Error> {
    if text.chars().any(char::is_control) { Err(refused(dialect)) } else { Ok(text.to_owned()) }
}

/// The text itself, without the character that ends a text in C, which no program could read.
fn whole<'t>(dialect: &'static str, text: &'t str) -> Result<&'t str, Error> {
    if text.contains('\0') { Err(refused(dialect)) } else { Ok(text) }
}

fn refused(dialect: &'static str) -> Error {
    Error::new(ErrorKind::BadSerialization, "a value does not fit its file").with_source(Refused { dialect })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_place() {
        assert_eq!(shell("a'b; rm -rf /"), r"'a'\''b; rm -rf /'");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("redis-0.redis:6379"), "redis-0.redis:6379");
        assert_eq!(properties(" a\\b\n#😀é "), r"\ a\\b\n#\uD83D\uDE00\u00E9 ");
        assert_eq!(option("utf8mb4"), "utf8mb4");
        assert_eq!(option("SET NAMES 'x' # y\n[client]"), r#""SET NAMES 'x' # y\n[client]""#);
        assert_eq!(option(r#" "\"#), r#"" \"\\""#);
        assert_eq!(redis("64mb"), "64mb");
        assert_eq!(redis(""), r#""""#);
        assert_eq!(redis("a \"b\"\n\u{1}"), r#""a \"b\"\n\x01""#);
        assert!(line("config", "a\nb").is_err());
        assert!(whole("shell", "a\0b").is_err());
    }
}
