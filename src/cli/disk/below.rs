//! The manifests in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::settings::SETTINGS;
use super::world;

/// What a walk through folders looks at, and what it meets.
pub(in crate::cli) struct Below<'a> {
    /// Links may lead out of the folders.
    pub(in crate::cli) outside: bool,
    /// Somebody does not want it read: a file, or a folder with all that is in it.
    pub(in crate::cli) excluded: &'a mut dyn FnMut(&Path) -> bool,
    /// What cannot be read.
    pub(in crate::cli) unread: &'a mut Vec<String>,
    /// Settings that stand deeper in a folder.
    pub(in crate::cli) settings: &'a mut Vec<PathBuf>,
}

impl Below<'_> {
    /// All files below a folder that may hold manifests, by name; hidden ones are left out. What cannot be read is noted.
    ///
    /// Nobody named what is found: a link out of the folder is followed only where that is allowed, for complaints show the
    /// lines of what is read.
    pub(in crate::cli) fn manifests(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        self.walk(folder, folder, &mut found)?;
        Ok(found)
    }

    fn walk(&mut self, root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
        let reading = || format!("cannot read {}", folder.display());
        let entries = fs::read_dir(folder).with_context(reading)?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>().with_context(reading)?;
        paths.sort();
        for path in paths {
            if path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.')) {
                if path.ends_with(SETTINGS) && folder != root {
                    self.settings.push(path);
                }
                continue;
            }
            // A link to a folder may lead in a circle.
            let is_dir = path.is_dir();
            if is_dir && path.is_symlink() || !is_dir && !may_hold_manifests(&path) || (self.excluded)(&path)
            {
                continue;
            }
            if is_dir {
                self.walk(root, &path, found)?;
                continue;
            }
            let free = self.outside || !path.is_symlink();
            match if free { Ok(()) } else { world::inside(&path, root).map(drop) } {
                Ok(()) => found.push(path),
                Err(why) => self.unread.push(format!("cannot read {}: {why}", path.display())),
            }
        }
        Ok(())
    }
}

fn may_hold_manifests(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let ending = ending.or_else(|| path.ends_with("Kustomization").then(|| "yaml".to_owned()));
    ending.is_some_and(|ending| matches!(&*ending, "yaml" | "yml" | "json"))
}
