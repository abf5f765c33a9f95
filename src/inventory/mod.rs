//! What a manifest needs that it does not bring: Secrets that must exist before it is applied, images that must be there to be
//! pulled.

mod images;
mod secrets;

pub use images::{Image, images};
pub use secrets::{Secret, commands, secrets};
