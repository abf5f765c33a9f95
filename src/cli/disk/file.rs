//! One file: written beside the old one and renamed, so that readers see the old text or the new one.

use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::lock::Lock;
use super::place::Place;
use super::{names, read, system};

/// Writes the text to what the path names; notes come back.
///
/// A device or a pipe (`/dev/null`) is written to: a rename would put a plain file in its place for the whole machine.
/// A link stays a link: what it leads to is replaced.
pub(in crate::cli) fn replace_file(path: &Path, text: &str, secret: bool) -> Result<Vec<String>> {
    let writing = || format!("cannot write {}", path.display());
    if read::is_open_already(path) {
        return pour(path, text).map(|()| Vec::new()).with_context(writing);
    }
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(_) if path.is_symlink() => {
            bail!("{} is a link to a missing file: create the file, or remove the link", path.display())
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(writing),
        Err(_) => path.to_owned(),
    };
    let old = match fs::symlink_metadata(&real) {
        Ok(found) if found.is_file() => Some(found),
        Ok(_) => return pour(&real, text).map(|()| Vec::new()).with_context(writing),
        Err(_) => None,
    };
    let (parent, name) = (real.parent().unwrap_or(Path::new("")), real.file_name().with_context(writing)?);
    let shown = if path.is_symlink() { parent } else { path.parent().unwrap_or(parent) };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let parent = Place::new(parent, shown);
    if !parent.is_dir() {
        bail!("cannot write {}: the directory {} does not exist", path.display(), parent.display());
    }
    let lock = Lock::on(&parent)?;
    let beginning = names::prefix(Some(name));
    if lock.is_held() {
        clear_left(&parent, &beginning);
    }
    let new = beside(&parent, &beginning, text, secret, old.as_ref());
    let moved = new.and_then(|new| match fs::rename(&new, &real) {
        Err(error) => {
            let _ = fs::remove_file(new);
            Err(error)
        }
        moved => moved.and_then(|()| system::sync_folder(&parent)),
    });
    match moved {
        Err(error) if old.is_some() && system::cannot(&error) => {
            rewrite(&real, text).with_context(writing)?;
            Ok(vec![format!(
                "{} was written in place, because it cannot be replaced ({error}): an interrupted run leaves it \
                 incomplete",
                path.display()
            )])
        }
        result => result.map(|()| Vec::new()).with_context(writing),
    }
}

/// The new file under a name of its own, complete and lasting.
fn beside(
    parent: &Place,
    beginning: &OsStr,
    text: &str,
    secret: bool,
    old: Option<&Metadata>,
) -> io::Result<Place> {
    // Closed until it is dressed like the old one.
    let closed = secret || old.is_some();
    let (new, mut file) = names::fresh(parent, beginning, |path| system::create(path, closed))?;
    let mut fill = || {
        file.write_all(text.as_bytes())?;
        if let Some(old) = old {
            let _ = system::dress_like(&new, old)?;
        }
        file.sync_all()
    };
    match fill() {
        Err(error) => {
            let _ = fs::remove_file(new);
            Err(error)
        }
        Ok(()) => Ok(new),
    }
}

/// What an interrupted run left: plain files under names that only we give.
fn clear_left(parent: &Place, beginning: &OsStr) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let found = fs::symlink_metadata(&path);
        if names::is_own(&entry.file_name(), beginning)
            && found.is_ok_and(|found| found.is_file() && system::is_mine(&found))
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Into what is no plain file, or is open already: nothing is created, and nothing cut off.
fn pour(path: &Path, text: &str) -> io::Result<()> {
    // A second opening would begin again at the first byte.
    if ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].into_iter().any(|name| path == Path::new(name)) {
        let mut stdout = io::stdout().lock();
        return stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }
    OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
}

/// The old file itself, where nothing can take its place: a file that is mounted, or in a folder that is closed to us.
fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NOFOLLOW.bits().cast_signed(),
    );
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace_file(&link, "new", false).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }

    #[test]
    fn what_is_no_file_is_written_to_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        // Nobody can open a socket like a file: the refusal shows that nothing was renamed over it.
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(replace_file(&path, "new", false).is_err());
        assert!(!fs::symlink_metadata(&path).unwrap().is_file());
        drop(listener);
    }
}
