//! Reading: plain files of a bounded size. What is no plain file may never end, never answer, or do something when it is
//! opened; it is refused before that.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::Read;
use std::path::Path;
use std::{fs, io};

/// The most bytes of a stack file or a profile.
pub(in crate::cli) const STACK: u64 = 16 << 20;
/// The most bytes of a file with manifests.
pub(in crate::cli) const MANIFEST: u64 = 256 << 20;

/// What the user named on the command line: a plain file, or what is open already. A shell's `<(…)` and `/dev/stdin` are
/// pipes that somebody writes to; any other pipe or device would be opened by us, and may never answer.
pub(in crate::cli) fn given(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    if is_stdin(path) {
        return bounded(io::stdin().lock(), most);
    }
    if is_open_already(path) {
        return bounded(File::open(path).map_err(|error| error.to_string())?, most);
    }
    plain(path, most)
}

/// `-`, or one of the names that systems have for it.
fn is_stdin(path: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].into_iter().any(|name| path == Path::new(name))
}

/// Does the path name a file of this process that its caller has opened, such as `/dev/fd/63`, or lead to one?
pub(super) fn is_open_already(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..8 {
        let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
        let is_open = |folder: &Path| {
            folder == Path::new("/dev/fd") || (folder.starts_with("/proc") && folder.ends_with("fd"))
        };
        if is_stdin(&path) || folder.as_deref().is_some_and(is_open) {
            return true;
        }
        let Some((folder, leads)) = folder.zip(fs::read_link(&path).ok()) else { return false };
        path = folder.join(leads);
    }
    false
}

/// The bytes of a plain file; the error is a phrase for people.
pub(super) fn plain(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    opened(path, most, true)
}

/// The same for a path without links: one that stands there by now is not followed.
pub(super) fn resolved(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    opened(path, most, false)
}

fn opened(path: &Path, most: u64, links: bool) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| error.to_string();
    // Some devices act on being opened, so it is asked before; and after, because by then it may be another one.
    fits(&fs::metadata(path).map_err(told)?, most)?;
    let mut options = OpenOptions::new();
    options.read(true);
    without_waiting(&mut options, links);
    let file = options.open(path).map_err(told)?;
    fits(&file.metadata().map_err(told)?, most)?;
    bounded(file, most)
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions, links: bool) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let follow = if links { OFlags::empty() } else { OFlags::NOFOLLOW };
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY | follow).bits().cast_signed());
}

#[cfg(not(unix))]
fn without_waiting(_: &mut OpenOptions, _: bool) {}

fn fits(found: &Metadata, most: u64) -> Result<(), String> {
    match what(found.file_type()) {
        None if found.len() > most => Err(too_large(most)),
        None => Ok(()),
        Some("folder") => Err("it is a directory".to_owned()),
        Some(what) => Err(format!(
            "it is a {what}; only regular files are read, because reading a {what} may block forever"
        )),
    }
}

/// What it is, when it is no plain file.
pub(super) fn what(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("named pipe");
        }
        if kind.is_socket() {
            return Some("socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("device");
        }
    }
    match kind {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("folder"),
        _ => Some("special file"),
    }
}

/// Files of some file systems say that they are empty, and pipes say nothing: the bytes themselves are counted too.
fn bounded(source: impl Read, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        Ok(bytes)
    } else {
        Err(too_large(most))
    }
}

fn too_large(most: u64) -> String {
    format!("it is larger than {} MiB, the limit for such a file", most >> 20)
}
