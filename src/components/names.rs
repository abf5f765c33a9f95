//! Names that end up in SQL, in shells and in URLs: so plain that they need no quoting there.

use serde::Deserialize as _;
use serde::de::{Deserializer, Error as _};

use crate::diagnostic::{Diagnostic, Path};

/// Databases that a MySQL server keeps for itself.
const SYSTEM: &[&str] = &["information_schema", "mysql", "performance_schema", "sys"];
/// Source: the manual; a longer one is refused.
const LONGEST_USER: usize = 32;
const LONGEST_DATABASE: usize = 64;

/// The name of an object, where one is given: an empty one would be as good as none, without a word.
pub(super) fn not_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(from)? {
        Some(name) if name.is_empty() => Err(D::Error::custom("a name is not empty: leave it out for none")),
        name => Ok(name),
    }
}

/// What is wrong with the name of a database that is to be made, whoever asks for it.
pub(super) fn database(code: &'static str, name: &str, path: &Path) -> Option<Diagnostic> {
    if SYSTEM.contains(&name.to_lowercase().as_str()) {
        let title = format!("`{name}` is reserved by the server");
        return Some(Diagnostic::error(code, title).at(path).help("use another name"));
    }
    used_database(code, name, path)
}

/// What is wrong with the name of a database that is there already.
pub(super) fn used_database(code: &'static str, name: &str, path: &Path) -> Option<Diagnostic> {
    (!is_plain(name, LONGEST_DATABASE)).then(|| unfit(code, "a database", name, LONGEST_DATABASE).at(path))
}

/// What is wrong with the name of an account.
pub(super) fn account(code: &'static str, name: &str, path: &Path) -> Option<Diagnostic> {
    (!is_plain(name, LONGEST_USER)).then(|| unfit(code, "an account", name, LONGEST_USER).at(path))
}

/// Needs no quoting in SQL, in URLs, in keys of Secrets; and is no option of a program that is called with it.
fn is_plain(name: &str, longest: usize) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && !name.starts_with('-') && name.len() <= longest && name.chars().all(inner)
}

fn unfit(code: &'static str, what: &str, name: &str, longest: usize) -> Diagnostic {
    Diagnostic::error(code, format!("`{name}` is not a valid name for {what}"))
        .because("it is used in SQL, in addresses and in the arguments of programs")
        .help(format!("use letters, digits, `_` and `-`, no `-` at the start, at most {longest} characters"))
}

/// What is wrong with the name of a host, or with an address.
pub(super) fn host(code: &'static str, text: &str, path: &Path) -> Option<Diagnostic> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-:[]".contains(c);
    let fine = !text.is_empty() && text.len() <= 253 && !text.starts_with('-') && text.chars().all(inner);
    (!fine).then(|| {
        Diagnostic::error(code, format!("`{text}` is not a valid host"))
            .at(path)
            .because("a host is a DNS name or an address")
            .help("use a name such as `db.example.com`, or an address such as `10.0.0.1`")
    })
}

/// What is wrong with an option of a JVM that a start script hands on without quotes.
pub(super) fn jvm_option(code: &'static str, text: &str, path: &Path) -> Option<Diagnostic> {
    let fits = text.starts_with('-') && text.chars().all(|c| c.is_ascii_graphic() && !"*?['\"".contains(c));
    (!fits).then(|| {
        Diagnostic::error(code, format!("`{text}` is not one JVM option"))
            .at(path)
            .because("it starts with `-`; the start script splits at spaces, and does not support quotes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_or_refused() {
        for (name, fine) in [
            ("im_orders-2", true),
            ("x`; DROP DATABASE im; -- ", false),
            ("", false),
            ("--help", false),
            ("Sys", false),
            ("täglich", false),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(database("code", name, &Path::root()).is_none(), fine, "{name}");
        }
        assert!(account("code", &"x".repeat(33), &Path::root()).is_some());
        assert!(used_database("code", "mysql", &Path::root()).is_none());
        assert!(host("code", "db.example.com", &Path::root()).is_none());
        assert!(host("code", "-oProxyCommand=id", &Path::root()).is_some());
    }
}
