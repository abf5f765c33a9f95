//! Files: what a stack names (`world`), how they are read (`read`, `below`), and how the result is written.
#![expect(clippy::disallowed_methods, reason = "this is `cli`: disk and environment are its job")]

mod below;
mod read;
mod world;
mod write;

pub(super) use below::manifests_below;
pub(super) use read::{MANIFEST, STACK, given};
pub(super) use world::Disk;
pub(super) use write::{is_folder, replace_file, replace_folder};
