//! The recommended labels, and the selector subset of them.

use indexmap::IndexMap;
use serde::Serialize;

/// Label keys and values in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Labels(pub IndexMap<String, String>);

/// The label that selectors and people know a product by.
pub const NAME: &str = "app.kubernetes.io/name";
/// The label that tells two instances of a product apart.
pub const INSTANCE: &str = "app.kubernetes.io/instance";

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
