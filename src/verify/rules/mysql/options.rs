//! What a server is told: on its command line, and in the files that it reads.

use super::servers::Flavour;
use crate::components::mysql::config::normal;
use crate::products::mysql::CONFIG_FILE;
use crate::verify::Finding;
use crate::verify::pods::{Container, File};

/// One option, where it stands.
pub(super) struct Setting<'s, 'a> {
    /// As servers compare it: `binlog_do_db`.
    pub(super) name: String,
    /// As written, without dashes.
    pub(super) written: String,
    /// `ON` for one without a value, nothing when it cannot be known.
    pub(super) value: Option<String>,
    /// An unknown one does not stop the server.
    pub(super) loose: bool,
    place: Place<'s, 'a>,
    container: &'s Container<'a>,
    /// The line or the word.
    word: String,
}

enum Place<'s, 'a> {
    File(&'s File<'a>),
    Word(String),
}

impl<'a> Setting<'_, 'a> {
    /// Something is wrong with it.
    pub(super) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        let finding = match &self.place {
            Place::File(file) => file.finding(title),
            Place::Word(pointer) => self.container.finding(pointer, title),
        };
        finding.word(self.word.as_str())
    }

    /// Is it switched on?
    pub(super) fn is_on(&self) -> bool {
        self.value
            .as_deref()
            .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "on" | "true" | "yes"))
    }

    /// The value, with what a shell or the cluster puts in as it is written.
    pub(super) fn rough(&self) -> Option<&str> {
        self.value.as_deref().or_else(|| Some(self.word.split_once('=')?.1.trim()))
    }

    fn is_of_command_line(&self) -> bool {
        matches!(self.place, Place::Word(_))
    }
}

/// All options that can be seen, those of files first: the last one of a name wins.
pub(super) fn all<'s, 'a>(container: &'s Container<'a>) -> Vec<Setting<'s, 'a>> {
    let mut settings: Vec<Setting<'s, 'a>> = Vec::new();
    for file in container.files.iter().filter(|file| is_read(container, file)) {
        settings.extend(
            lines(file.plain().unwrap_or_default())
                .map(|(line, written, value)| setting(container, Place::File(file), line, written, value)),
        );
    }
    settings.extend(arguments(container));
    settings
}

/// The one that counts; on the command line it beats the files.
pub(super) fn effective<'o, 's, 'a>(
    settings: &'o [Setting<'s, 'a>],
    name: &str,
) -> Option<&'o Setting<'s, 'a>> {
    let named = || settings.iter().rev().filter(|setting| setting.name == name);
    named().find(|setting| setting.is_of_command_line()).or_else(|| named().next())
}

fn setting<'s, 'a>(
    container: &'s Container<'a>,
    place: Place<'s, 'a>,
    word: &str,
    written: &str,
    value: Option<String>,
) -> Setting<'s, 'a> {
    let loose = written.to_ascii_lowercase().starts_with("loose");
    let (word, written) = (word.to_owned(), written.to_owned());
    Setting {
        name: normal(&written.replace("loose-", "loose_")),
        written,
        value,
        loose,
        place,
        container,
        word,
    }
}

/// Folders in which images look for option files.
const FOLDERS: &[&str] = &["/etc/mysql/", CONFIG_FILE, "/opt/bitnami/mysql/conf/", "/usr/etc/my.cnf"];

/// Is it a file that the server reads options from?
pub(super) fn is_read(container: &Container<'_>, file: &File<'_>) -> bool {
    let named = file.path.ends_with(".cnf") && FOLDERS.iter().any(|folder| file.path.starts_with(folder));
    named
        || container.words().iter().any(|word| {
            word.strip_prefix("--defaults-file=").or_else(|| word.strip_prefix("--defaults-extra-file="))
                == Some(file.path.as_str())
        })
}

/// The options of the server's sections: line, name, value.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str, Option<String>)> {
    let mut ours = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            let name = section.split(']').next().unwrap_or_default().to_ascii_lowercase();
            ours = name == "server" || name == "mysqld" || name.starts_with("mysqld-");
            return None;
        }
        if !ours || line.is_empty() || line.starts_with(['#', ';', '!']) {
            return None;
        }
        let code = line.split(" #").next().unwrap_or_default().trim_end();
        let (name, value) = match code.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim().trim_matches(['"', '\'']).to_owned()),
            None => (code, "ON".to_owned()),
        };
        let unknown = value.contains(['$', '{', '<', '%']);
        Some((code, name, (!unknown).then_some(value)))
    })
}

/// `--name`, `--name=value`, `--name value` of the command line, also inside of `sh -c`.
fn arguments<'s, 'a>(container: &'s Container<'a>) -> Vec<Setting<'s, 'a>> {
    let mut settings: Vec<Setting<'s, 'a>> = Vec::new();
    for (pointer, word) in container.written() {
        let script = word.contains(char::is_whitespace);
        if script && !super::servers::starts_server(&word) {
            continue;
        }
        let pieces: Vec<&str> = word.split_whitespace().collect();
        for piece in pieces {
            let Some(option) = piece.strip_prefix("--").filter(|option| !option.is_empty()) else {
                // The value of the one before, as a word of its own.
                if let Some(last) = settings.last_mut().filter(|_| !script && !piece.starts_with('-'))
                    && last.value.as_deref() == Some("ON")
                    && !last.word.contains('=')
                {
                    last.value = Some(piece.to_owned());
                }
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.trim_matches(['"', '\'']).to_owned())),
                None => (option, Some("ON".to_owned())),
            };
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
                continue;
            }
            let value = value.filter(|value| !value.contains(['$', '`', '(']));
            settings.push(setting(container, Place::Word(pointer.clone()), piece, name, value));
        }
    }
    settings
}

/// Can all options be seen, so that one that is not there is left at its default?
pub(super) fn are_complete(container: &Container<'_>, flavour: Flavour) -> bool {
    flavour == Flavour::Official && !super::servers::is_scripted(container) && are_seen(container)
}

/// Can all option files be seen?
pub(super) fn are_seen(container: &Container<'_>) -> bool {
    let unseen = container.mounts().into_iter().any(|mount| {
        let ours = FOLDERS.iter().any(|folder| mount.path.starts_with(folder.trim_end_matches('/')));
        ours && !container.files.iter().any(|file| {
            file.plain().is_some()
                && (file.path == mount.path
                    || file.path.starts_with(&format!("{}/", mount.path.trim_end_matches('/'))))
        })
    });
    let words = container.words();
    let elsewhere = words.iter().any(|word| word.starts_with("--defaults-"));
    !unseen && !elsewhere
}
