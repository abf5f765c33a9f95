//! A folder of a run's own, with the new files in it, before they take their places; and how one is put away.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;

use anyhow::{Context, Result, anyhow};

use super::list::{self, DONE, LIST, List, Sums};
use super::place::Place;
use super::{names, read, system};

/// Up to so many files are made to last one by one; for more, the whole file system is asked once.
const ONE_BY_ONE: usize = 256;

/// What goes into a folder.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) secret: bool,
}

/// A folder on its way.
pub(super) struct Stage {
    pub(super) path: Place,
    /// How the system makes new folders.
    pub(super) open: fs::Permissions,
}

impl Stage {
    /// An empty one, for us alone. `beginning` is `prefix`.
    pub(super) fn new(parent: &Place, beginning: &OsStr) -> std::io::Result<Self> {
        let (path, ()) = names::fresh(parent, beginning, |path| fs::create_dir(path))?;
        let open = fs::symlink_metadata(&path).map(|found| found.permissions());
        match open.and_then(|open| system::hide(&path).map(|()| open)) {
            Ok(open) => Ok(Self { path, open }),
            Err(error) => {
                let _ = fs::remove_dir(&path);
                Err(error)
            }
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes everything, the list first, so that whatever is there is listed. What stood in `model` keeps its mode.
    pub(super) fn fill(&self, files: &[File<'_>], list: &List, model: Option<&Place>) -> Result<()> {
        let done = List { files: list.files.clone(), ..List::default() };
        let lists = [(LIST, list.text()), (DONE, done.text())];
        let lists = lists.iter().map(|(name, text)| File { name, text, secret: false });
        let few = files.len() <= ONE_BY_ONE;
        for file in lists.collect::<Vec<_>>().iter().chain(files) {
            let path = self.path.join(file.name);
            self.write(&path, file, model.map(|model| model.join(file.name)), few)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        self.sync(few).with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn write(&self, path: &Place, file: &File<'_>, model: Option<Place>, sync: bool) -> std::io::Result<()> {
        let mut open = system::create(path, file.secret)?;
        open.write_all(file.text.as_bytes())?;
        let model = model.and_then(|model| fs::symlink_metadata(model).ok());
        if let Some(model) = model.filter(fs::Metadata::is_file) {
            // Without its owner the mode would let in somebody else.
            let _ = system::dress_like(path, &model)?;
        }
        if sync { open.sync_all() } else { Ok(()) }
    }

    fn sync(&self, few: bool) -> std::io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if !few {
            return Ok(rustix::fs::syncfs(fs::File::open(&self.path)?)?);
        }
        let _ = few;
        system::sync_folder(&self.path)
    }

    /// Takes it away again, before anything of it came to its place.
    pub(super) fn discard(&self, list: &List) {
        for name in list.files.keys().map(String::as_str).chain([DONE, LIST]) {
            let _ = fs::remove_file(self.path.join(name));
        }
        let _ = fs::remove_dir(&self.path);
    }
}

/// Puts away what an interrupted run left before anything of it came to its place. It is believed only where nobody else
/// could have put it: our own folder, closed to others, with a list that names it; only what is listed is removed.
pub(super) fn clear_left(parent: &Place, beginning: &OsStr) -> Result<Vec<Place>> {
    let mut stay = Vec::new();
    let reading = || format!("cannot read {}", parent.display());
    for entry in fs::read_dir(parent).with_context(reading)? {
        let entry = entry.with_context(reading)?;
        let path = parent.join(entry.file_name());
        let found = fs::symlink_metadata(&path);
        if names::is_own(&entry.file_name(), beginning)
            && found.is_ok_and(|found| found.is_dir())
            && !put_away(&path, &entry.file_name().to_string_lossy())
        {
            stay.push(path);
        }
    }
    Ok(stay)
}

fn put_away(path: &Place, name: &str) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return true };
    if !system::is_mine(&found) {
        return false;
    }
    // Nothing in it yet.
    if fs::remove_dir(path).is_ok() {
        return true;
    }
    let text = read::resolved(&path.join(LIST), read::STACK).unwrap_or_default();
    let list =
        String::from_utf8(text.clone()).ok().and_then(|text| List::parse(&text).ok()).unwrap_or_default();
    let on_its_way = list.run.is_some_and(|run| run.stage == name);
    let only_begun = list::begins(&text) && fs::read_dir(path).is_ok_and(|entries| entries.count() == 1);
    // Just before it takes its place it is complete, and as open as the folder that it replaces.
    let as_listed = |(name, sum): (&String, &String)| {
        let file = path.join(name);
        fs::symlink_metadata(&file).is_err() || matches!(sum_of(&file), Ok(Some(now)) if now == *sum)
    };
    let is_ours = system::is_closed(&found) || (on_its_way && list.files.iter().all(as_listed));
    if !(on_its_way || only_begun) || !is_ours || system::hide(path).is_err() {
        return false;
    }
    for name in list.files.keys().map(String::as_str).chain([DONE, LIST]) {
        let file = path.join(name);
        if fs::symlink_metadata(&file).is_ok_and(|found| found.is_file() && system::is_mine(&found)) {
            let _ = fs::remove_file(file);
        }
    }
    fs::remove_dir(path).is_ok()
}

/// The sum of a plain file; nothing for what is none, or more than we ever write. What cannot be read has not changed
/// for that, so it is an error.
pub(super) fn sum_of(path: &Place) -> Result<Option<String>> {
    let reading = || format!("cannot read {}", path.display());
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        found => found.with_context(reading)?,
    };
    if !found.is_file() || found.len() > read::MANIFEST {
        return Ok(None);
    }
    let bytes = read::resolved(path, read::MANIFEST).map_err(|why| anyhow!(why)).with_context(reading)?;
    Ok(Some(list::sum(&bytes)))
}

/// What the files will be.
pub(super) fn sums(files: &[File<'_>]) -> Sums {
    files.iter().map(|file| (file.name.to_owned(), list::sum(file.text.as_bytes()))).collect()
}
