//! Texts as trees with places: read, checked against a schema, laid over each other, turned into types. Knows no key of ours.

pub mod de;
pub(crate) mod fast;
pub(crate) mod fault;
pub(crate) mod kubectl;
pub mod merge;
pub mod node;
pub mod parse;
pub mod raw;
pub mod scalar;
pub mod schema;
pub(crate) mod subschema;

/// The key below which users choose names that are no keys.
pub const APPS: &str = "apps";
