//! What we write: the old tree or the new tree, never half of one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Does the user mean a folder?
pub(in crate::cli) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.to_string_lossy().ends_with('/')
}

/// Writes beside the file and renames: readers see the old text or the new one.
///
/// A device or a pipe (`/dev/null`) is written to: a rename would put a plain file in its place for the whole machine.
/// A link stays a link: what it leads to is replaced.
pub(in crate::cli) fn replace_file(path: &Path, text: &str) -> Result<()> {
    let real = fs::canonicalize(path);
    let path = real.as_deref().unwrap_or(path);
    if path.exists() && !path.is_file() {
        return fs::OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!("cannot write {}: there is no folder {}", path.display(), folder.display());
    }
    let beside = sibling(path, "new")?;
    fs::write(&beside, text).with_context(|| format!("cannot write {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("cannot replace {}", path.display()))
}

/// The file that marks a folder as ours: only such a folder is replaced.
const MARK: &str = ".stackgen";

/// Writes a new folder beside the old one and swaps them.
pub(in crate::cli) fn replace_folder(path: &Path, files: &[(String, String)]) -> Result<()> {
    // A link stays a link: what it leads to is replaced.
    let real = fs::canonicalize(path);
    let path = real.as_deref().unwrap_or(path);
    if path.exists() && !path.is_dir() {
        bail!("{} is a file: name a folder", path.display());
    }
    let occupied = path.is_dir() && fs::read_dir(path)?.next().is_some();
    if occupied && !path.join(MARK).exists() {
        bail!(
            "{} is not empty and was not written by stackgen: name a new folder, or empty this one",
            path.display()
        );
    }
    let (new, old) = (sibling(path, "new")?, sibling(path, "old")?);
    for left in [&new, &old] {
        if left.exists() {
            fs::remove_dir_all(left).with_context(|| format!("cannot remove {}", left.display()))?;
        }
    }
    fs::create_dir_all(&new).with_context(|| format!("cannot create {}", new.display()))?;
    let mark = (MARK.to_owned(), "written by stackgen; replaced as a whole by the next run\n".to_owned());
    for (name, text) in files.iter().chain([&mark]) {
        fs::write(new.join(name), text)
            .with_context(|| format!("cannot write {}", new.join(name).display()))?;
    }
    if path.exists() {
        fs::rename(path, &old).with_context(|| format!("cannot move {} away", path.display()))?;
    }
    if let Err(error) = fs::rename(&new, path) {
        // Put the old tree back before giving up.
        if old.exists() {
            fs::rename(&old, path).with_context(|| format!("cannot put {} back", path.display()))?;
        }
        return Err(error).with_context(|| format!("cannot put {} in its place", path.display()));
    }
    if old.exists() {
        fs::remove_dir_all(&old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    Ok(())
}

fn sibling(path: &Path, ending: &str) -> Result<PathBuf> {
    let name = path.file_name().with_context(|| format!("{} has no name", path.display()))?;
    Ok(path.with_file_name(format!(".{}.stackgen-{ending}", name.to_string_lossy())))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("stackgen-{name}-{}", std::process::id()))
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = scratch("link");
        fs::create_dir_all(&folder).unwrap();
        let (file, link) = (folder.join("file"), folder.join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace_file(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_file_is_written_to_and_not_replaced() {
        let folder = scratch("socket");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("socket");
        // Nobody can open a socket like a file: the refusal shows that nothing was renamed over it.
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(replace_file(&path, "new").is_err());
        assert!(!fs::symlink_metadata(&path).unwrap().is_file());
        drop(listener);
        fs::remove_dir_all(&folder).unwrap();
    }
}
