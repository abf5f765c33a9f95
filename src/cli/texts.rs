//! The texts that the command line names.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use stackgen::source::{Layer, SourceId, Sources};

use super::{disk, stream};

/// Who reads stdin twice finds nothing the second time.
pub(super) fn stdin_once(paths: &[PathBuf], written: &str) -> Result<()> {
    if paths.iter().filter(|path| *path == Path::new("-")).count() > 1 {
        bail!("stdin can be read only once: use `{written}` once");
    }
    Ok(())
}

/// As complaints call it.
pub(super) fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Adds the text of a file of at most that many bytes; why it cannot be read is noted, so that all such files are told at
/// once.
pub(super) fn add(
    path: &Path,
    most: u64,
    sources: &mut Sources,
    unread: &mut Vec<String>,
) -> Option<SourceId> {
    let name = name(path);
    match text_of(path, &name, most) {
        Ok(text) => Some(sources.add(name, text, Layer::File)),
        Err(error) => {
            unread.push(format!("{error:#}"));
            None
        }
    }
}

/// Refuses, when something could not be read.
pub(super) fn all_read(unread: &[String]) -> Result<()> {
    if unread.is_empty() { Ok(()) } else { Err(stream::Several(unread.to_vec()).into()) }
}

fn text_of(path: &Path, name: &str, most: u64) -> Result<String> {
    let bytes = disk::given(path, most).map_err(|why| {
        let shown = if path == Path::new("-") { "stdin" } else { name };
        let hint = if path == Path::new("stack.yaml") { " (use another with `-f FILE`)" } else { "" };
        anyhow!("cannot read {shown}{hint}: {why}")
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        anyhow!("{name}:{line}:{column}: not UTF-8 text; save the file as UTF-8")
    })
}
