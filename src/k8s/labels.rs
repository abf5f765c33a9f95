//! The recommended labels, and the selector subset of them.

use indexmap::IndexMap;
use serde::Serialize;

use super::address::is_subdomain;

/// Label keys and values in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Labels(pub IndexMap<String, String>);

/// The label that selectors and people know a product by.
pub const NAME: &str = "app.kubernetes.io/name";
/// The label that tells two instances of a product apart.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// What every pod of a StatefulSet gets: its name.
pub const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// So many bytes an object's annotations may have, keys and values together. Source: `TotalAnnotationSizeLimitB`.
pub const MOST_ANNOTATIONS: usize = 256 << 10;

/// Is it the key of a label or an annotation: a word, with the domain of who gives it a meaning in front?
///
/// Source: Kubernetes documentation, Labels and Selectors, syntax and character set.
pub fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        None => is_word(text),
        Some((domain, name)) => is_word(name) && is_subdomain(domain),
    }
}

/// Is it a value of a label that says something?
pub fn is_word(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
    text.len() <= 63 && text.chars().all(inner) && text.starts_with(edge) && text.ends_with(edge)
}

impl Labels {
    /// `name` and `instance`: all that a selector may hold, for selectors are immutable and versions are not.
    pub fn selector(name: &str, instance: &str) -> Self {
        Self(
            [(NAME, name), (INSTANCE, instance)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        )
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}
