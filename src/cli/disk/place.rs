//! A path that is worked with, and the name that its user knows it by.

use std::ffi::OsStr;
use std::ops::Deref;
use std::path::{self, Path, PathBuf};

/// Where it is, without links; messages show it as it was typed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    shown: PathBuf,
}

impl Place {
    pub(super) fn new(path: impl Into<PathBuf>, shown: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), shown: shown.into() }
    }

    /// What is in it.
    pub(super) fn join(&self, name: impl AsRef<OsStr>) -> Self {
        let name = Path::new(name.as_ref());
        Self { path: self.path.join(name), shown: self.shown.join(name) }
    }

    /// For messages.
    pub(super) fn display(&self) -> path::Display<'_> {
        let shown = if self.shown.as_os_str().is_empty() { Path::new(".") } else { &self.shown };
        shown.display()
    }
}

impl Deref for Place {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for Place {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}
