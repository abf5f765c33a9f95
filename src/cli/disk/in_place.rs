//! The new files take their places one by one, where a folder cannot be exchanged. All of them are there before the first
//! one moves, and the list says what is still to be done: the next run goes on where this one was interrupted.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;

use anyhow::{Context, Result, bail};

use super::folder::Task;
use super::list::{DONE, LIST, List, Run};
use super::place::Place;
use super::stage::{self, Stage};
use super::survey::Survey;
use super::{exchange, names, system};

/// Writes all of it.
pub(super) fn replace(task: &Task<'_>, found: &Survey, notes: &mut Vec<String>) -> Result<()> {
    let writing = || format!("cannot write {}", task.path.display());
    let mounts = system::mounts_below(task.path);
    if let Some(file) = task
        .sums
        .keys()
        .map(|name| task.path.join(name))
        .find(|path| mounts.iter().any(|point| **point == **path))
    {
        bail!("cannot replace {}: it is a mount point", file.display());
    }
    let stage = Stage::new(task.path, &names::prefix(None)).with_context(writing)?;
    let old = found.ours.iter().filter_map(|(name, sum)| Some((name.clone(), sum.clone()?))).collect();
    let run = Run { stage: stage.name(), before: None, old };
    let list = List { files: task.sums.clone(), run: Some(run), ..List::default() };
    let ready = stage
        .fill(task.files, &list, Some(task.path))
        .and_then(|()| fs::rename(stage.path.join(LIST), task.path.join(LIST)).with_context(writing));
    if let Err(error) = ready {
        stage.discard(&list);
        return Err(error);
    }
    system::sync_folder(task.path).with_context(writing)?;
    forward(task.path, &list, Some(&found.ours), notes)
}

/// Goes on with what the list says. `seen` is what may be replaced; without it only what is still as it was.
pub(super) fn forward(
    folder: &Place,
    list: &List,
    seen: Option<&BTreeMap<String, Option<String>>>,
    notes: &mut Vec<String>,
) -> Result<()> {
    let Some(run) = &list.run else { return Ok(()) };
    let stage = folder.join(&run.stage);
    for (name, sum) in &list.files {
        let (from, to) = (stage.join(name), folder.join(name));
        if fs::symlink_metadata(&from).is_err() {
            continue;
        }
        let writing = || format!("cannot write {}", to.display());
        if fs::symlink_metadata(&to).is_ok() {
            let now = stage::sum_of(&to)?;
            let known = now.as_ref() == Some(sum) || (now.is_some() && now.as_ref() == run.old.get(name));
            if !known && seen.is_none_or(|seen| seen.get(name) != Some(&now)) {
                exchange::move_over(&to, folder, OsStr::new(&format!("{name}.kept")), notes)
                    .with_context(writing)?;
                notes.push(format!("{}.kept was changed meanwhile, and is kept", to.display()));
            }
        }
        fs::rename(&from, &to).with_context(writing)?;
    }
    for (name, sum) in run.old.iter().filter(|(name, _)| !list.files.contains_key(*name)) {
        let path = folder.join(name);
        if stage::sum_of(&path)?.as_ref() == Some(sum) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    let ending = || format!("cannot write {}", folder.join(LIST).display());
    system::sync_folder(folder).with_context(ending)?;
    fs::rename(stage.join(DONE), folder.join(LIST)).with_context(ending)?;
    let _ = fs::remove_dir(&stage);
    system::sync_folder(folder).with_context(ending)
}
