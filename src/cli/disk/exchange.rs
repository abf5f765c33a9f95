//! The new tree and the old one change places in one step; then what is not ours moves over, and the rest is removed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::{env, fs, io};

use anyhow::{Context, Result, bail};

use super::folder::{Task, done};
use super::list::{DONE, LIST, List, Run, Sums};
use super::place::Place;
use super::stage::{self, Stage};
use super::survey::{self, Survey};
use super::{names, system};

/// What is ours, as it was seen.
type Ours = BTreeMap<String, Option<String>>;

/// Says why it cannot be done here; then nothing has happened.
pub(super) fn replace(
    task: &Task<'_>,
    found: &Survey,
    notes: &mut Vec<String>,
) -> Result<Option<&'static str>> {
    let why = impossible(task.path);
    if why.is_some() {
        return Ok(why);
    }
    let writing = || format!("cannot write {}", task.path.display());
    // Its mode would come along, and what is not ours could not move into it.
    system::may_write(task.path).with_context(writing)?;
    let old = fs::symlink_metadata(task.path).with_context(writing)?;
    let stage = match Stage::new(task.parent, &names::prefix(task.path.file_name())) {
        Err(error) if system::cannot(&error) => return Ok(Some("the parent directory is not writable")),
        result => result.with_context(writing)?,
    };
    let run = Run { stage: stage.name(), before: system::inode(&old), old: Sums::new() };
    let list = List { files: task.sums.clone(), run: Some(run), ..List::default() };
    match exchanged(task, &stage, &list, &old) {
        Ok(None) => {}
        otherwise => {
            stage.discard(&list);
            return otherwise;
        }
    }
    if let Err((error, moved)) = bring_home(&stage.path, task.path, &found.ours, notes) {
        back(task.path, &stage, &moved).with_context(writing)?;
        stage.discard(&list);
        if system::cannot(&error) {
            return Ok(Some("something in it cannot be moved"));
        }
        return Err(error).with_context(writing);
    }
    drain(&stage.path, task.path, &found.ours, notes)?;
    done(task.path).map(|()| None)
}

fn impossible(path: &Place) -> Option<&'static str> {
    let here = env::current_dir().and_then(fs::canonicalize);
    if here.is_ok_and(|here| here.starts_with(&**path)) {
        // Who called us would stand in a folder that is gone.
        Some("it is the working directory, or a parent of it")
    } else if !system::mounts_below(path).is_empty() {
        Some("it is a mount point, or contains one")
    } else if system::has_attributes(path) {
        Some("it has its own access control rules")
    } else {
        None
    }
}

fn exchanged(
    task: &Task<'_>,
    stage: &Stage,
    list: &List,
    old: &fs::Metadata,
) -> Result<Option<&'static str>> {
    let writing = || format!("cannot write {}", task.path.display());
    stage.fill(task.files, list, Some(task.path))?;
    if !system::dress_like(&stage.path, old).with_context(writing)? {
        return Ok(Some("its owner cannot be kept otherwise"));
    }
    match system::exchange(&stage.path, task.path) {
        Err(error) if system::cannot(&error) => Ok(Some("the filesystem cannot exchange directories")),
        result => result.map(|()| None).with_context(writing),
    }
}

/// Moves what is not ours into the new folder. It is moved and never copied: who writes to it meanwhile loses nothing. An
/// error comes with what has been moved by then.
fn bring_home(
    old: &Place,
    new: &Place,
    ours: &Ours,
    notes: &mut Vec<String>,
) -> Result<(), (io::Error, Vec<(OsString, OsString)>)> {
    let mut moved = Vec::new();
    let entries = match fs::read_dir(old).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return Err((error, moved)),
    };
    for name in entries.into_iter().map(|entry| entry.file_name()) {
        let is_ours =
            name == LIST || name == DONE || name.to_str().is_some_and(|name| ours.contains_key(name));
        if !is_ours {
            match move_over(&old.join(&name), new, &name, notes) {
                Ok(to) => moved.push((name, to)),
                Err(error) => return Err((error, moved)),
            }
        }
    }
    Ok(())
}

/// Everything as it was.
fn back(path: &Place, stage: &Stage, moved: &[(OsString, OsString)]) -> io::Result<()> {
    for (from, to) in moved {
        system::rename_new(&path.join(to), &stage.path.join(from))?;
    }
    system::exchange(&stage.path, path)
}

/// Moves something into a folder, under another name where that is taken; says which.
pub(super) fn move_over(
    from: &Place,
    folder: &Place,
    name: &OsStr,
    notes: &mut Vec<String>,
) -> io::Result<OsString> {
    let mut to = name.to_owned();
    for number in 1.. {
        match system::rename_new(from, &folder.join(&to)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {
                to = name.to_owned();
                to.push(if number == 1 { ".kept".to_owned() } else { format!(".kept-{number}") });
            }
            result => {
                result?;
                break;
            }
        }
    }
    if to != name {
        notes.push(format!("{} was changed meanwhile, and is kept", folder.join(&to).display()));
    }
    Ok(to)
}

/// The files of ours in an old folder, as they were written.
pub(super) fn ours_in(old: &Place) -> Result<Ours> {
    let Some(list) = survey::list_of(old, true)? else { return Ok(Ours::new()) };
    Ok(survey::survey(old, Some(&list), &Sums::new(), true)?
        .ours
        .into_iter()
        .filter(|(name, sum)| list.unlisted || list.files.get(name) == sum.as_ref())
        .collect())
}

/// Empties an old folder and removes it: ours is removed, what is not moves over. Whatever appears there meanwhile too.
pub(super) fn drain(old: &Place, new: &Place, ours: &Ours, notes: &mut Vec<String>) -> Result<()> {
    let removing = || format!("cannot remove {}", old.display());
    for _ in 0..16 {
        bring_home(old, new, ours, notes).map_err(|(error, _)| error).with_context(removing)?;
        for (name, sum) in ours {
            let path = old.join(name);
            if fs::symlink_metadata(&path).is_err() {
                continue;
            }
            // Somebody may have written to it since it was seen.
            if stage::sum_of(&path)? == *sum {
                fs::remove_file(&path).with_context(removing)?;
            } else {
                move_over(&path, new, OsStr::new(name), notes).with_context(removing)?;
            }
        }
        for name in [DONE, LIST] {
            match fs::remove_file(old.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(removing);
                }
                _ => {}
            }
        }
        match fs::remove_dir(old) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            result => return result.with_context(removing),
        }
    }
    bail!("{} does not become empty: another process writes to it", old.display())
}
