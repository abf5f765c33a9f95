//! What stands in a folder before it is written: ours, changed by hand, or strange.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

use anyhow::{Context, Result, bail};

use super::list::{self, DONE, LIST, List, Sums};
use super::place::Place;
use super::{named, read, stage};

/// What was found.
#[derive(Default)]
pub(super) struct Survey {
    /// What stays.
    pub(super) strange: Vec<OsString>,
    /// What may be replaced and removed, as it is now: ours, and what `--overwrite` takes. A link has no sum.
    pub(super) ours: BTreeMap<String, Option<String>>,
}

/// The list of a folder; none, when nobody has written one.
pub(super) fn list_of(folder: &Place, overwrite: bool) -> Result<Option<List>> {
    let path = folder.join(LIST);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        Ok(_) => {}
    }
    let read = read::resolved(&path, read::STACK)
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned()))
        .and_then(|text| {
            List::parse(&text).map_err(|line| format!("line {line} was not written by stackgen"))
        });
    match read {
        Ok(list) => Ok(Some(list)),
        Err(_) if overwrite => Ok(Some(List::default())),
        Err(why) => bail!(
            "cannot read {}: {why}; with `--overwrite` it is written again, and files that it should have listed \
             are kept",
            path.display()
        ),
    }
}

/// Looks at everything in a folder; refuses where something would be lost.
pub(super) fn survey(folder: &Place, list: Option<&List>, wanted: &Sums, overwrite: bool) -> Result<Survey> {
    let (mut found, mut changed, mut standing, mut folders) =
        (Survey::default(), Vec::new(), Vec::new(), Vec::new());
    let reading = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(reading)? {
        let entry = entry.with_context(reading)?;
        let (path, name) = (folder.join(entry.file_name()), entry.file_name());
        if name == LIST || name == DONE {
            continue;
        }
        let Some(text) = name.to_str() else {
            found.strange.push(name);
            continue;
        };
        let listed = list.and_then(|list| list.files.get(text));
        let unlisted = list.is_some_and(|list| list.unlisted) && is_unlisted(&path, text);
        if listed.is_none() && !unlisted && !wanted.contains_key(text) {
            found.strange.push(name);
            continue;
        }
        let sum = stage::sum_of(&path)?;
        let as_written = sum.is_some() && (sum.as_ref() == listed || sum.as_ref() == wanted.get(text));
        if path.is_dir() && !path.is_symlink() {
            folders.push(text.to_owned());
        } else if !as_written && !unlisted {
            if listed.is_some() { changed.push(text.to_owned()) } else { standing.push(text.to_owned()) }
        }
        found.ours.insert(text.to_owned(), sum);
    }
    found.strange.sort();
    if !folders.is_empty() {
        bail!(
            "{} is a directory, but a file is to be written there: move {} away",
            folder.display(),
            named(&folders)
        );
    }
    if list.is_none()
        && !overwrite
        && found.strange.iter().any(|name| !name.as_encoded_bytes().starts_with(b"."))
    {
        bail!(
            "{} is not empty and was not written by stackgen: use a new directory; with `--overwrite` it writes \
             into this one, and keeps the existing files",
            folder.display()
        );
    }
    refuse(folder, "changed since stackgen wrote it", &changed, overwrite)?;
    refuse(folder, "not written by stackgen", &standing, overwrite)?;
    Ok(found)
}

fn refuse(folder: &Place, what: &str, names: &[String], overwrite: bool) -> Result<()> {
    if names.is_empty() || overwrite {
        return Ok(());
    }
    let (was, it) = if names.len() == 1 { ("it was", "it") } else { ("they were", "them") };
    bail!(
        "{}: {} would be lost, but {was} {what}: move {it} away, or replace {it} with `--overwrite`",
        folder.display(),
        named(names)
    )
}

fn is_unlisted(path: &Place, name: &str) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    is_file && read::resolved(path, read::MANIFEST).is_ok_and(|text| list::is_unlisted(name, &text))
}
