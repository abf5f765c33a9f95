//! Files that a server reads where a start script, or an init container, has copied them to: the text is still that of the
//! ConfigMap.

use crate::verify::command::{Commands, Word, base};
use crate::verify::pods::{Container, File, Pod};

/// A file that was copied.
pub(in crate::verify) struct Copied<'s, 'a> {
    pub file: &'s File<'a>,
    /// Does something change the copy, or decide whether it is made?
    pub edited: bool,
}

/// Words of commands that only look at files, or say who may.
const QUIET: &[&str] =
    &["cp", "install", "[", "test", "fi", "ls", "stat", "chown", "chmod", "mkdir", "touch"];

/// The file that is copied to `path` of the container: by what it starts, or before it by an init container that has the
/// same volume.
pub(in crate::verify) fn to<'s, 'a>(
    pod: &'s Pod<'a>,
    container: &'s Container<'a>,
    path: &str,
) -> Option<Copied<'s, 'a>> {
    let own = by(container, path);
    let mount = container.mount(path);
    let before = pod.containers.iter().filter(|other| other.init).filter_map(|other| {
        let mount = mount?;
        let rest = path.strip_prefix(mount.path.trim_end_matches('/'))?;
        let same = |there: &crate::verify::pods::Mount<'a>| {
            there.volume == mount.volume && there.sub_path == mount.sub_path
        };
        let there = other.mounts().into_iter().find(same)?;
        by(other, &format!("{}{rest}", there.path.trim_end_matches('/')))
    });
    let all: Vec<Copied<'s, 'a>> = own.into_iter().chain(before).collect();
    let (edited, several) = (all.iter().any(|copied| copied.edited), all.len() > 1);
    all.into_iter().next().map(|copied| Copied { edited: edited || several, ..copied })
}

fn by<'s, 'a>(container: &'s Container<'a>, path: &str) -> Option<Copied<'s, 'a>> {
    let commands = Commands::of(container).all;
    let mut copies = commands.iter().filter_map(|command| copy(container, command, path));
    let file = copies.next()?;
    let again = copies.next().is_some();
    // Whatever else writes to the copy, or may.
    let writes = commands.iter().any(|command| {
        let first = command.first().map_or("", |word| word.base());
        let editor = matches!(first, "sed" | "awk" | "perl" | "envsubst" | "tee" | "python" | "python3");
        let named = command.iter().any(|word| word.text.contains(path));
        (editor && named) || (is_written(command, path) && copy(container, command, path).is_none())
    });
    Some(Copied { file, edited: writes || again })
}

/// Is the output of the command written to the path, or to a place that only the shell knows?
fn is_written(command: &[Word], path: &str) -> bool {
    let relative = |target: &str| !target.contains('/') && base(path) == target;
    let mut words = command.iter().map(|word| word.text.as_str()).peekable();
    while let Some(word) = words.next() {
        let Some(glued) = word.trim_start_matches('1').strip_prefix('>') else { continue };
        let glued = glued.trim_start_matches('>');
        let target = if glued.is_empty() { words.peek().copied().unwrap_or_default() } else { glued };
        if target == path || relative(target) || target.contains(['$', '`']) {
            return true;
        }
    }
    false
}

/// The file of the set that this command copies to the path.
fn copy<'s, 'a>(container: &'s Container<'a>, command: &[Word], path: &str) -> Option<&'s File<'a>> {
    let first = command.first()?.base();
    let words: Vec<&str> = command.iter().skip(1).map(|word| word.text.as_str()).collect();
    match first {
        "cp" | "install" => {
            let mut plain: Vec<&str> = Vec::new();
            let mut words = words.iter();
            while let Some(word) = words.next() {
                match *word {
                    "-m" | "-o" | "-g" if first == "install" => drop(words.next()),
                    word if word.starts_with('-') => {}
                    word => plain.push(word),
                }
            }
            let (target, sources) = plain.split_last()?;
            sources.iter().find_map(|source| from(container, source, target, path))
        }
        "cat" => {
            let at = words.iter().position(|word| word.starts_with('>') && !word.starts_with(">>"))?;
            let glued = words[at].trim_start_matches('>');
            let target = if glued.is_empty() { *words.get(at + 1)? } else { glued };
            match words[..at] {
                [source] if target == path => container.file(source),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What stands at `path` when `source`, a file or a folder, is copied to `target`, a file or a folder.
fn from<'s, 'a>(
    container: &'s Container<'a>,
    source: &str,
    target: &str,
    path: &str,
) -> Option<&'s File<'a>> {
    let (folder, name) = path.rsplit_once('/')?;
    if target == path {
        return container.file(source);
    }
    if target.trim_end_matches('/') != folder {
        return None;
    }
    if base(source) == name {
        return container.file(source);
    }
    // `cp -r /conf/. /data`, `cp /conf/* /data`.
    let all = source.strip_suffix("/.").or_else(|| source.strip_suffix("/*"))?;
    container.file(&format!("{all}/{name}"))
}

/// Does a script do nothing but copy and look, before it starts one of these programs?
pub(in crate::verify) fn only_copies(commands: &Commands, programs: &[&str]) -> bool {
    let starts = |command: &[Word]| command.iter().any(|word| programs.contains(&word.base()));
    let mut others = commands.all.iter().filter(|command| !starts(command));
    commands.all.iter().filter(|command| starts(command)).count() == 1
        && others.all(|command| {
            let first = command.first().map_or("", |word| word.base());
            // The line that names a script whose commands stand here too.
            let names =
                command.iter().take(3).any(|word| word.text.ends_with(".sh")) && commands.all.len() > 1;
            QUIET.contains(&first) || matches!(first, "set" | "cat" | "echo" | "sleep" | "umask") || names
        })
}
