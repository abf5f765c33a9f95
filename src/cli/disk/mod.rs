//! Files: what a stack names (`world`), how it is read (`read`, `below`), and how the result is written: the old file or
//! tree, or the new one, never half of one.
//!
//! `file` writes one file, `folder` a tree: it asks `survey` what is there, builds the new tree in a `stage`, and puts it in
//! its place by `exchange`, or `in_place` where that cannot be. `list` is what tells ours from others' the next time.
//!
//! Trusted is who may write to the folder above: nothing that stands there is followed or removed unless it is proven to be
//! ours, but who swaps it between that look and the step after it could as well have removed it himself. Nobody else can
//! come between, for what is on its way is closed to others.
#![expect(clippy::disallowed_methods, reason = "this is `cli`: disk and environment are its job")]

mod below;
mod exchange;
mod file;
mod folder;
mod in_place;
mod list;
mod lock;
mod names;
mod place;
mod read;
mod settings;
mod stage;
mod survey;
mod system;
mod world;

pub(super) use below::Below;
pub(super) use file::replace_file;
pub(super) use folder::{Wish, is_folder, replace_folder};
pub(super) use read::{MANIFEST, STACK, given};
pub(super) use settings::{Folder, SETTINGS, settings_above};
pub(super) use world::Disk;

/// The most names in one line.
const NAMED: usize = 5;

/// `a`, `b`, `c` and 4 more: names that somebody else gave, which must not steer a terminal.
fn named<T: AsRef<str>>(names: &[T]) -> String {
    let shown = names.iter().take(NAMED).map(|name| format!("`{}`", name.as_ref().escape_debug()));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
