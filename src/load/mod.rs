//! Asked: texts become a checked stack. Texts in, `Stack` out. Never computes a name or an address.

mod existing;
mod external;
mod flags;
mod hidden;
mod imports;
mod included;
mod layers;
pub mod manifests;
mod members;
pub mod profile;
mod sections;
pub mod set;
mod shape;
pub mod stack;
#[cfg(test)]
mod tests;
mod unused;
pub mod vocabulary;
mod waive;

pub(crate) use external::unfit;
pub use stack::{Asked, sources, written};
