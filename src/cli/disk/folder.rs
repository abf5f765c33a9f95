//! A tree of files in a folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result, bail};
use stackgen::write::files::Written;

use super::list::{DONE, LIST, List, Run, Sums};
use super::lock::Lock;
use super::place::Place;
use super::stage::{self, File, Stage};
use super::survey::{self, Survey};
use super::{exchange, in_place, named, names, system};

/// Does the user mean a folder?
pub(in crate::cli) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.to_string_lossy().ends_with(path::is_separator)
}

/// What is to be done.
pub(super) struct Task<'a> {
    pub(super) path: &'a Place,
    pub(super) parent: &'a Place,
    pub(super) files: &'a [File<'a>],
    pub(super) sums: &'a Sums,
    pub(super) wish: Wish,
}

/// What the user wants of it.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Wish {
    /// What was changed by hand, or is in the way, may be replaced.
    pub(in crate::cli) overwrite: bool,
    /// The files are a part of the stack's, so that others go for another reason.
    pub(in crate::cli) partial: bool,
}

/// Writes the files into the folder and takes away what an earlier run wrote and this one does not. What is not ours
/// stays. Notes come back: what stays, and what is gone.
pub(in crate::cli) fn replace_folder(path: &Path, files: &[Written], wish: Wish) -> Result<Vec<String>> {
    // Without the slash at the end, which would ask for what a link leads to.
    let shown = path.components().as_path();
    let real = leads_to(path, shown)?;
    let Some((parent, name)) = real.parent().zip(real.file_name()) else {
        bail!("{} has no parent directory: use another path", path.display());
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let made = made_parents(parent)?;
    let files: Vec<File<'_>> =
        files.iter().map(|file| File { name: &file.name, text: &file.text, secret: file.secret }).collect();
    let result = fs::canonicalize(parent)
        .with_context(|| format!("cannot write {}", path.display()))
        .and_then(|parent| {
            let is_typed = shown.file_name() == Some(name) && !shown.is_symlink();
            let shown_parent = if is_typed { shown.parent() } else { None }.unwrap_or(&parent);
            let task = Task {
                path: &Place::new(parent.join(name), shown),
                parent: &Place::new(&*parent, shown_parent),
                files: &files,
                sums: &stage::sums(&files),
                wish,
            };
            replace(&task)
        });
    if result.is_err() {
        made.iter().rev().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    result
}

fn replace(task: &Task<'_>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let lock = Lock::on(task.parent)?;
    // The same folder may be mounted elsewhere too, with another one above it.
    let own_lock = Lock::on(task.path)?;
    recover(task, &mut notes)?;
    if lock.is_held() {
        clear(task.parent, &names::prefix(task.path.file_name()), &mut notes)?;
    }
    if own_lock.is_held() {
        clear(task.path, &names::prefix(None), &mut notes)?;
    }
    if fs::symlink_metadata(task.path).is_err() {
        create(task)?;
        return Ok(notes);
    }
    let list = survey::list_of(task.path, task.wish.overwrite)?;
    let found = survey::survey(task.path, list.as_ref(), task.sums, task.wish.overwrite)?;
    if let Some(why) = exchange::replace(task, &found, &mut notes)? {
        in_place::replace(task, &found, &mut notes)?;
        notes.push(format!(
            "{} was written file by file, because {why}; the next run completes an interrupted one",
            task.path.display()
        ));
    }
    notes.extend(told(task, &found));
    Ok(notes)
}

/// What the user may not expect: what is gone, and what is still there.
fn told(task: &Task<'_>, found: &Survey) -> Vec<String> {
    let gone: Vec<_> = found.ours.keys().filter(|name| !task.sums.contains_key(*name)).collect();
    let why = if task.wish.partial { "which `--only` leaves out" } else { "which this run no longer writes" };
    let strange: Vec<_> = found.strange.iter().map(|name| name.to_string_lossy()).collect();
    let one = |count: usize, one: &'static str, more: &'static str| if count == 1 { one } else { more };
    let notes = [
        (!gone.is_empty()).then(|| format!("removed {}, {why}", named(&gone))),
        (!strange.is_empty()).then(|| {
            let stay = one(strange.len(), "was left alone", "were left alone");
            let them = one(strange.len(), "it", "them");
            format!("{} {stay}: stackgen did not write {them}", named(&strange))
        }),
    ];
    notes.into_iter().flatten().map(|note| format!("{}: {note}", task.path.display())).collect()
}

/// Where the path leads: a link stays a link. `bare` has no slash at its end.
fn leads_to(path: &Path, bare: &Path) -> Result<PathBuf> {
    match fs::canonicalize(bare) {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => bail!("{} is a file: use a directory", path.display()),
        Err(_) if bare.is_symlink() => {
            bail!(
                "{} is a link to a missing directory: create the directory, or remove the link",
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
fn recover(task: &Task<'_>, notes: &mut Vec<String>) -> Result<()> {
    let Some(list) = survey::list_of(task.path, task.wish.overwrite)? else { return Ok(()) };
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
fn clear(folder: &Place, beginning: &OsStr, notes: &mut Vec<String>) -> Result<()> {
    for path in stage::clear_left(folder, beginning)? {
        notes.push(format!(
            "{} looks like the remains of an interrupted run, but contains more: inspect it, and remove it",
            path.display()
        ));
    }
    Ok(())
}

/// A folder where none is.
fn create(task: &Task<'_>) -> Result<()> {
    let writing = || format!("cannot write {}", task.path.display());
    let stage = Stage::new(task.parent, &names::prefix(task.path.file_name())).with_context(writing)?;
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
pub(super) fn done(folder: &Place) -> Result<()> {
    match fs::rename(folder.join(DONE), folder.join(LIST)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => system::sync_folder(folder),
    }
    .with_context(|| format!("cannot write {}", folder.join(LIST).display()))
}
