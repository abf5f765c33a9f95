//! A tree of files in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use stackgen::write::files::Written;

use super::list::{DONE, LIST, List, Run, Sums};
use super::lock::Lock;
use super::stage::{self, File, Stage};
use super::survey::{self, Survey};
use super::{exchange, in_place, named, system};

/// Does the user mean a folder?
pub(in crate::cli) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.to_string_lossy().ends_with('/')
}

/// What is to be done.
pub(super) struct Task<'a> {
    /// Without links.
    pub(super) path: &'a Path,
    pub(super) parent: &'a Path,
    pub(super) files: &'a [File<'a>],
    pub(super) sums: &'a Sums,
}

/// Writes the files into the folder and takes away what an earlier run wrote and this one does not. What is not ours
/// stays; it is named in the notes that come back.
pub(in crate::cli) fn replace_folder(path: &Path, files: &[Written], overwrite: bool) -> Result<Vec<String>> {
    let path = place(path)?;
    let Some((parent, name)) = path.parent().zip(path.file_name()) else {
        bail!("{} has no folder above it: name another one", path.display());
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let made = made_parents(parent)?;
    let files: Vec<File<'_>> =
        files.iter().map(|file| File { name: &file.name, text: &file.text, secret: file.secret }).collect();
    let result = fs::canonicalize(parent)
        .with_context(|| format!("cannot write {}", path.display()))
        .and_then(|parent| {
            let task =
                Task { path: &parent.join(name), parent: &parent, files: &files, sums: &stage::sums(&files) };
            replace(&task, overwrite)
        });
    if result.is_err() {
        made.iter().rev().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    result
}

fn replace(task: &Task<'_>, overwrite: bool) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let lock = Lock::on(task.parent)?;
    recover(task, overwrite, &mut notes)?;
    if lock.is_held() {
        clear(task, &mut notes)?;
    }
    if fs::symlink_metadata(task.path).is_err() {
        create(task)?;
        return Ok(notes);
    }
    let list = survey::list_of(task.path, overwrite)?;
    let found = survey::survey(task.path, list.as_ref(), task.sums, overwrite)?;
    if let Some(why) = exchange::replace(task, &found, &mut notes)? {
        in_place::replace(task, &found, &mut notes)?;
        notes.push(format!(
            "{} was written file by file, because {why}; a run that is interrupted there is finished by the next one",
            task.path.display()
        ));
    }
    notes.extend(stays(task.path, &found));
    Ok(notes)
}

fn stays(path: &Path, found: &Survey) -> Option<String> {
    let names: Vec<String> = found.strange.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    (!names.is_empty()).then(|| {
        format!("{}: {} stays as it is, for stackgen did not write it", path.display(), named(&names))
    })
}

/// Where the path leads: a link stays a link.
fn place(path: &Path) -> Result<PathBuf> {
    // Without the slash at the end, which would ask for what the link leads to.
    let bare = path.components().as_path();
    match fs::canonicalize(bare) {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => bail!("{} is a file: name a folder", path.display()),
        Err(_) if bare.is_symlink() => {
            bail!(
                "{} is a link that leads nowhere: create the folder that it names, or remove it",
                bare.display()
            )
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(bare.to_owned()),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

/// Makes the folders above; says which, the outermost first.
fn made_parents(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut missing: Vec<PathBuf> = parent
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    Ok(missing)
}

/// Finishes what an interrupted run began: its new tree has come to its place, and names what is still to be done.
fn recover(task: &Task<'_>, overwrite: bool, notes: &mut Vec<String>) -> Result<()> {
    let Some(list) = survey::list_of(task.path, overwrite)? else { return Ok(()) };
    match &list.run {
        Some(Run { stage, before: Some(inode), .. }) => {
            let old = task.parent.join(stage);
            let found = fs::symlink_metadata(&old);
            if found.is_ok_and(|found| found.is_dir() && system::inode(&found) == Some(*inode)) {
                let ours = exchange::ours_in(&old)?;
                exchange::drain(&old, task.path, &ours, notes)?;
            }
            done(task.path)
        }
        Some(Run { stage, before: None, .. }) => {
            let stage = task.path.join(stage);
            if fs::symlink_metadata(&stage).is_ok_and(|found| found.is_dir()) {
                return in_place::forward(task.path, &list, None, notes);
            }
            done(task.path)
        }
        None => Ok(()),
    }
}

/// Puts away what runs left that were interrupted before anything had happened.
fn clear(task: &Task<'_>, notes: &mut Vec<String>) -> Result<()> {
    let mut left = stage::clear_left(task.parent, &stage::prefix(task.path.file_name()))?;
    if task.path.is_dir() {
        left.extend(stage::clear_left(task.path, &stage::prefix(None))?);
    }
    for path in left {
        notes.push(format!(
            "{} looks like what an interrupted run left, but holds more than that: look into it, and remove it",
            path.display()
        ));
    }
    Ok(())
}

/// A folder where none is.
fn create(task: &Task<'_>) -> Result<()> {
    let writing = || format!("cannot write {}", task.path.display());
    let stage = Stage::new(task.parent, &stage::prefix(task.path.file_name())).with_context(writing)?;
    let run = Run { stage: stage.name(), ..Run::default() };
    let list = List { files: task.sums.clone(), run: Some(run), ..List::default() };
    let moved = stage.fill(task.files, &list, None).and_then(|()| {
        fs::set_permissions(&stage.path, stage.open.clone())
            .and_then(|()| system::rename_new(&stage.path, task.path))
            .with_context(writing)
    });
    if let Err(error) = moved {
        stage.discard(&list);
        return Err(error);
    }
    system::sync_folder(task.parent).with_context(writing)?;
    done(task.path)
}

/// The run has ended: its list takes the place of the one that says what is to be done.
pub(super) fn done(folder: &Path) -> Result<()> {
    match fs::rename(folder.join(DONE), folder.join(LIST)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => system::sync_folder(folder),
    }
    .with_context(|| format!("cannot write {}", folder.join(LIST).display()))
}
