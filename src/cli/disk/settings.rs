//! Where the settings of `lint` stand: beside the manifests, or in a folder above.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The name of the file.
pub(in crate::cli) const SETTINGS: &str = ".stackgen-lint.yaml";
/// What somebody may call it who means it: never read, and told.
const NEARLY: &[&str] = &[".stackgen-lint.yml", "stackgen-lint.yaml", "stackgen-lint.yml", "stackgen.toml"];

/// What was found for one path.
#[derive(Default)]
pub(in crate::cli) struct Above {
    /// The nearest settings.
    pub(in crate::cli) settings: Option<PathBuf>,
    /// Files on the way there that are none, but are called nearly so.
    pub(in crate::cli) nearly: Vec<PathBuf>,
}

/// Looks in the folder of what is named, and upward as far as the repository goes: what somebody else has put above it is
/// not its settings.
pub(in crate::cli) fn settings_above(path: &Path) -> Above {
    let mut above = Above::default();
    let Some(start) = start(path) else { return above };
    for folder in start.ancestors() {
        let stands = |name: &str| Some(folder.join(name)).filter(|path| fs::symlink_metadata(path).is_ok());
        above.nearly.extend(NEARLY.iter().filter_map(|name| stands(name)).map(|path| shown(&path)));
        above.settings = stands(SETTINGS).map(|path| shown(&path));
        if above.settings.is_some() || stands(".git").is_some() {
            break;
        }
    }
    above
}

/// The folder itself, that of a file, and for what comes through a pipe the working folder.
fn start(path: &Path) -> Option<PathBuf> {
    if super::read::is_open_already(path) {
        return env::current_dir().ok();
    }
    let real = fs::canonicalize(path).ok()?;
    if real.is_dir() { Some(real) } else { real.parent().map(Path::to_owned) }
}

/// As somebody in the working folder would call it.
fn shown(path: &Path) -> PathBuf {
    let here = env::current_dir().and_then(fs::canonicalize).ok();
    here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned)).unwrap_or_else(|| path.to_owned())
}

/// How files are called from one folder.
pub(in crate::cli) struct Folder(PathBuf);

impl Folder {
    /// That of a file.
    pub(in crate::cli) fn of(file: &Path) -> Option<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(folder).ok().map(Self)
    }

    /// The path from there, with `/` between its names; none outside of it. What is piped is called `-`.
    pub(in crate::cli) fn name(&self, path: &Path) -> Option<String> {
        if super::read::is_open_already(path) {
            return Some("-".to_owned());
        }
        // The file itself may be a link, and is called as it stands there.
        let (folder, name) = match path.file_name() {
            Some(name) => (path.parent().unwrap_or(Path::new("")), Some(name)),
            None => (path, None),
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut real = fs::canonicalize(folder).ok()?;
        real.extend(name);
        let inside = real.strip_prefix(&self.0).ok()?;
        let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
        Some(names.join("/"))
    }

    /// Is all that is in the folder below that path?
    pub(in crate::cli) fn is_in(&self, path: &Path) -> bool {
        !super::read::is_open_already(path)
            && fs::canonicalize(path).is_ok_and(|path| self.0.starts_with(path))
    }

    /// A path that is written in a file there.
    pub(in crate::cli) fn join(&self, path: &str) -> PathBuf {
        shown(&self.0.join(path))
    }
}
