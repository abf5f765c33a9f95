//! Asked: texts become a checked stack. Texts in, `Stack` out. Never computes a name or an address.

pub mod de;
mod external;
mod fault;
mod flags;
mod hidden;
mod layers;
pub mod manifests;
pub mod merge;
pub mod parse;
pub mod profile;
pub mod raw;
pub mod scalar;
pub mod schema;
mod sections;
pub mod set;
mod shape;
pub mod source;
pub mod stack;
pub(crate) mod subschema;
#[cfg(test)]
mod tests;
pub mod tree;
mod unused;
pub mod vocabulary;
mod waive;

pub use stack::{Asked, Stack, sources};
