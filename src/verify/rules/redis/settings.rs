//! One setting of a server, wherever it is written.

use crate::verify::pods::{File, Text};
use crate::verify::{Finding, texts};

/// One setting and the place where it is written.
pub(super) struct Setting<'a> {
    pub(super) key: String,
    /// Not known when the cluster or a shell puts something in.
    pub(super) value: Option<String>,
    /// As it stands, what is put in included.
    pub(super) written: String,
    /// Never to be printed.
    pub(super) secret: bool,
    pub(super) place: Finding<'a>,
}

impl<'a> Setting<'a> {
    /// A line of a file.
    pub(super) fn new(file: &File<'a>, key: String, value: &str) -> Self {
        let secret = matches!(file.text, Text::Secret(_)) || is_secret(&key, value);
        let value = unquoted(value).to_owned();
        let line = if secret { key.clone() } else { format!("{key} {value}") };
        let place = file.finding("").word(line);
        Self { key, value: Some(value.clone()), written: value, secret, place }
    }

    /// Something is wrong with it.
    pub(super) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        Finding { title: title.into(), ..self.place.clone() }
    }

    /// A part of its value, for a message.
    pub(super) fn shown<'t>(&self, part: &'t str) -> &'t str {
        texts::shown(part, self.secret)
    }

    /// Is it `yes`?
    pub(super) fn is_yes(&self) -> bool {
        self.value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("yes"))
    }
}

/// Does the value hold a password?
pub(super) fn is_secret(key: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    matches!(key, "requirepass" | "masterauth" | "user")
        || value.starts_with("auth-pass")
        || value.starts_with("sentinel-pass")
}

/// Without the quotes around it.
pub(super) fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// Bytes of `1gb` and `1g`, which are not the same here. Source: redis `util.c`, memtoull.
pub(super) fn bytes(size: &str) -> Option<u64> {
    let digits = size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len());
    let (number, unit) = size.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1_000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}
