//! The manifests in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::world;

/// All files below a folder that may hold manifests, by name; hidden ones are left out. What cannot be read is noted.
///
/// Nobody named what is found: a link out of the folder is followed only where that is allowed, for complaints show the
/// lines of what is read.
pub(in crate::cli) fn manifests_below(
    folder: &Path,
    outside: bool,
    unread: &mut Vec<String>,
) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(
        folder,
        &|path| if outside { Ok(()) } else { world::inside(path, folder).map(drop) },
        &mut found,
        unread,
    )?;
    Ok(found)
}

fn walk(
    folder: &Path,
    allowed: &dyn Fn(&Path) -> Result<(), String>,
    found: &mut Vec<PathBuf>,
    unread: &mut Vec<String>,
) -> Result<()> {
    let reading = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(reading)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>().with_context(reading)?;
    paths.sort();
    for path in paths {
        if path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        // A link to a folder may lead in a circle.
        if path.is_dir() {
            if !path.is_symlink() {
                walk(&path, allowed, found, unread)?;
            }
            continue;
        }
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let ending = ending.or_else(|| path.ends_with("Kustomization").then(|| "yaml".to_owned()));
        if ending.is_some_and(|ending| matches!(&*ending, "yaml" | "yml" | "json")) {
            let checked = if path.is_symlink() { allowed(&path) } else { Ok(()) };
            match checked {
                Ok(()) => found.push(path),
                Err(why) => unread.push(format!("cannot read {}: {why}", path.display())),
            }
        }
    }
    Ok(())
}
