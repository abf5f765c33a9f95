//! What a stack may ask for: variables, and files below the folder of the file that names them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use stackgen::words;
use stackgen::world::{Named, World};

use super::read;

/// The most bytes of a file that becomes a value: a Secret or a ConfigMap holds 1 MiB.
const VALUE: u64 = 4 << 20;

/// The real world: the process' environment, and files beside those that name them.
pub(in crate::cli) struct Disk {
    /// The files of the command line, by the names that complaints give them: a name is a text, and a path may be none.
    given: BTreeMap<String, PathBuf>,
    /// Files may name what lies outside of their folders.
    outside: bool,
    /// What has been answered. Any of it may be a secret, and no complaint shall repeat it.
    answered: Mutex<Vec<String>>,
}

impl Disk {
    /// `given` are the files of the command line with the names of their sources.
    pub(in crate::cli) fn new(given: BTreeMap<String, PathBuf>, outside: bool) -> Self {
        Self { given, outside, answered: Mutex::default() }
    }

    /// What variables and files said until now.
    pub(in crate::cli) fn answered(&self) -> Vec<String> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, text: &str) {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }

    /// The folder of a file; what comes through a pipe has none, and stands in the working folder.
    fn folder<'a>(&'a self, name: &'a str) -> &'a Path {
        let path = self.given.get(name).map_or(Path::new(name), PathBuf::as_path);
        let folder = if read::is_open_already(path) { None } else { path.parent() };
        folder.unwrap_or(Path::new(""))
    }
}

impl World for Disk {
    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok().inspect(|value| self.keep(value))
    }

    fn file(&self, path: &str, beside: Option<&str>) -> Result<Named, String> {
        let folder = beside.map(|name| self.folder(name));
        let place = folder.unwrap_or(Path::new("")).join(path);
        // What the command line names is named by who runs us, and he may read what he likes.
        let bytes = match folder {
            Some(folder) if !self.outside => read::resolved(&inside(&place, folder)?, VALUE)?,
            _ => read::plain(&place, VALUE)?,
        };
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        self.keep(&text);
        Ok(Named { name: place.display().to_string(), text })
    }

    fn files(&self, pattern: &str, beside: Option<&str>) -> Result<Vec<String>, String> {
        if !pattern.contains('*') {
            return Ok(vec![pattern.to_owned()]);
        }
        let folder = beside.map_or(Path::new(""), |name| self.folder(name));
        let mut found = Vec::new();
        let parts: Vec<&str> = pattern.split('/').collect();
        fitting(folder, Path::new(""), &parts, &mut found)?;
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// More files than anybody means by a pattern.
const MOST: usize = 10_000;

/// The files below `folder`/`way` that the rest of a pattern fits. Hidden ones are found by those only that say so, and no
/// link to a folder is followed by `**`: it may lead in a circle.
fn fitting(folder: &Path, way: &Path, parts: &[&str], found: &mut Vec<String>) -> Result<(), String> {
    let Some((part, rest)) = parts.split_first() else { return Ok(()) };
    if !part.contains('*') {
        let next = way.join(part);
        return if rest.is_empty() {
            keep(folder, &next, found)
        } else {
            fitting(folder, &next, rest, found)
        };
    }
    if *part == "**" {
        fitting(folder, way, rest, found)?;
    }
    let here = folder.join(way);
    let here = if here.as_os_str().is_empty() { Path::new(".").to_owned() } else { here };
    let Ok(entries) = fs::read_dir(&here) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && !part.starts_with('.') || !words::glob(part, &name) && *part != "**" {
            continue;
        }
        let next = way.join(&name);
        match (*part == "**", rest.is_empty()) {
            (true, _) if entry.path().is_symlink() || !entry.path().is_dir() => {}
            (true, _) => fitting(folder, &next, parts, found)?,
            (false, true) => keep(folder, &next, found)?,
            (false, false) => fitting(folder, &next, rest, found)?,
        }
    }
    Ok(())
}

fn keep(folder: &Path, file: &Path, found: &mut Vec<String>) -> Result<(), String> {
    if folder.join(file).is_file() {
        found.push(file.display().to_string());
    }
    if found.len() > MOST { Err(format!("it fits more than {MOST} files")) } else { Ok(()) }
}

/// Where the path leads in the end, which must be below the folder: who may write a stack may not thereby read everything
/// that the user may read.
pub(super) fn inside(path: &Path, folder: &Path) -> Result<PathBuf, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let told = |error: std::io::Error| error.to_string();
    let (real, folder) = (fs::canonicalize(path).map_err(told)?, fs::canonicalize(folder).map_err(told)?);
    if real.starts_with(&folder) {
        return Ok(real);
    }
    let leads = if path.is_symlink() { "it points" } else { "it is" };
    Err(format!(
        "{leads} outside of {}, the directory of the file that refers to it; `--allow-outside` reads it anyway",
        folder.display()
    ))
}
