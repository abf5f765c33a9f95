//! SQL in scripts: words that the server's version knows, and replication that logs in and does not give up.

use super::servers::{self, Server};
use crate::k8s::Version;
use crate::products::mysql::{MASTER_HOST, key};
use crate::verify::pods::{Container, File, Product};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-sql-fits-version",
        grade: Grade::ERROR,
        promise: "SQL in the scripts of a MySQL server is supported by its version",
        why: "the statement fails (ERROR 1064, 1524), and with it the script: no replication, or a first start \
              that fails half way",
        fix: "use the statement of this version",
        source: "MySQL reference manual, 8.4: removed statements; observed with MySQL 9.7.4",
        check: |set| of_scripts(set, &words),
    },
    Rule {
        code: "mysql-replication-can-log-in",
        grade: Grade::ERROR,
        promise: "a MySQL replica logs in over TLS, or requests the server's public key for its password",
        why: "accounts use caching_sha2_password since 8.0: `Authentication plugin 'caching_sha2_password' reported error: \
              Authentication requires secure connection` (2061)",
        fix: "add `SOURCE_SSL = 1` or `GET_SOURCE_PUBLIC_KEY = 1` to the statement (`MASTER_` in its old form)",
        source: "MySQL reference manual, caching_sha2_password; observed with MySQL 9.7.4",
        check: insecure,
    },
    Rule {
        code: "mysql-replica-never-gives-up",
        grade: Grade::PROD,
        promise: "a MySQL replica never stops retrying to reach its primary",
        why: "since 8.4 it gives up after 10 attempts, ten minutes: after a longer outage the primary has no \
              replica, although the pod stays ready",
        fix: "add `SOURCE_CONNECT_RETRY = 10, SOURCE_RETRY_COUNT = 0` to the statement: 0 means unlimited",
        source: "MySQL reference manual, CHANGE REPLICATION SOURCE TO; observed with MySQL 9.7.4",
        check: |set| of_scripts(set, &gives_up),
    },
    Rule {
        code: "mysql-source-host-fits",
        grade: Grade::ERROR,
        promise: "before 8.0.17 a MySQL replica uses a source host of at most 60 characters",
        why: "the statement is refused: `String is too long for MASTER_HOST`",
        fix: "use the short name: `SERVICE`, or `SERVICE.NAMESPACE`",
        source: "MySQL worklog 12571",
        check: |set| of_scripts(set, &long_host),
    },
];

/// A text with SQL in it.
struct Script<'s, 'a> {
    container: &'s Container<'a>,
    place: Place<'s, 'a>,
    text: String,
    /// The same in upper case, comments blanked: positions are the same.
    upper: String,
}

enum Place<'s, 'a> {
    File(&'s File<'a>),
    Word(String),
}

impl<'s, 'a> Script<'s, 'a> {
    fn new(container: &'s Container<'a>, place: Place<'s, 'a>, text: &str) -> Self {
        let blank = |line: &str| {
            let code = line.trim_start();
            let comment = code.starts_with('#') || code.starts_with("--");
            if comment { " ".repeat(line.len()) } else { line.to_ascii_uppercase() }
        };
        let upper = text.split_inclusive('\n').map(blank).collect();
        Self { container, place, text: text.to_owned(), upper }
    }

    /// Something is wrong with the piece at that place.
    fn finding(&self, at: usize, length: usize, title: impl Into<String>) -> Finding<'a> {
        let finding = match &self.place {
            Place::File(file) => file.finding(title),
            Place::Word(pointer) => self.container.finding(pointer, title),
        };
        finding.word(self.text.get(at..at + length).unwrap_or_default())
    }

    /// Everything from `CHANGE … TO` to its end: where it begins, and its text in upper case.
    fn changes(&self) -> Vec<(usize, &str)> {
        let starts = CHANGES.iter().flat_map(|words| self.upper.match_indices(words));
        starts
            .map(|(at, _)| (at, self.upper[at..].split(';').next().unwrap_or_default()))
            .filter(|(_, statement)| statement.contains("_HOST") && !has_more(statement))
            .collect()
    }
}

const CHANGES: &[&str] = &["CHANGE MASTER TO", "CHANGE REPLICATION SOURCE TO"];

/// Does a variable hold a part of the statement? One between quotes or behind `=` is a value.
fn has_more(statement: &str) -> bool {
    statement.match_indices('$').any(|(at, _)| statement[..at].trim_end().ends_with(','))
}

/// What is to be said about a script that runs against this version.
type Check<'c> = dyn Fn(&Script<'_, '_>, &Version) -> Option<(usize, usize, String, Option<String>)> + 'c;

fn of_scripts<'a>(set: &Set<'a>, check: &Check<'_>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    let servers = servers::all(set);
    for server in &servers {
        let Some(version) = server.version() else { continue };
        let scripts = scripts(server);
        for script in &scripts {
            let found = check(script, version).map(|(at, length, title, help)| {
                let finding = script.finding(at, length, title);
                Finding { help, ..finding }
            });
            // One ConfigMap may be mounted in several pods.
            findings.extend(found.filter(|found| !findings.contains(found)));
        }
    }
    findings
}

/// Scripts and statements in all containers of a server's pod that have a MySQL to run them.
fn scripts<'s, 'a>(server: &Server<'s, 'a>) -> Vec<Script<'s, 'a>> {
    let mut scripts = Vec::new();
    for container in server.pod.containers.iter().filter(|container| container.product == Product::Mysql) {
        let files =
            container.files.iter().filter(|file| file.path.ends_with(".sh") || file.path.ends_with(".sql"));
        scripts
            .extend(files.filter_map(|file| Some(Script::new(container, Place::File(file), file.plain()?))));
        let words = container.written().into_iter().filter(|(_, word)| word.contains(' '));
        scripts.extend(words.map(|(pointer, word)| Script::new(container, Place::Word(pointer), &word)));
    }
    scripts
}

/// Words that came or went: since when, and what is to be written instead.
const REMOVED: &[(&str, &[u32], &str)] = &[
    ("CHANGE MASTER TO", &[8, 4], "write `CHANGE REPLICATION SOURCE TO SOURCE_HOST=…`"),
    ("START SLAVE", &[8, 4], "write `START REPLICA`"),
    ("STOP SLAVE", &[8, 4], "write `STOP REPLICA`"),
    ("RESET SLAVE", &[8, 4], "write `RESET REPLICA`"),
    ("SHOW SLAVE STATUS", &[8, 4], "write `SHOW REPLICA STATUS`"),
    ("SHOW MASTER STATUS", &[8, 4], "write `SHOW BINARY LOG STATUS`"),
    ("SHOW MASTER LOGS", &[8, 4], "write `SHOW BINARY LOGS`"),
    ("RESET MASTER", &[8, 4], "write `RESET BINARY LOGS AND GTIDS`"),
    (
        "IDENTIFIED WITH MYSQL_NATIVE_PASSWORD",
        &[9],
        "write `IDENTIFIED BY`: accounts use caching_sha2_password",
    ),
    (
        "IDENTIFIED WITH 'MYSQL_NATIVE_PASSWORD'",
        &[9],
        "write `IDENTIFIED BY`: accounts use caching_sha2_password",
    ),
];
const ADDED: &[(&str, &[u32], &str)] = &[
    ("CHANGE REPLICATION SOURCE TO", &[8, 0, 23], "write `CHANGE MASTER TO MASTER_HOST=…`"),
    ("START REPLICA", &[8, 0, 22], "write `START SLAVE`"),
    ("SHOW REPLICA STATUS", &[8, 0, 22], "write `SHOW SLAVE STATUS`"),
    ("RESET BINARY LOGS AND GTIDS", &[8, 2], "write `RESET MASTER`"),
];

fn words(script: &Script<'_, '_>, version: &Version) -> Option<(usize, usize, String, Option<String>)> {
    let has = |table: &[(&str, &[u32], &str)]| table.iter().any(|(words, ..)| script.upper.contains(words));
    // Both forms: the script asks which one the server understands.
    if has(&REMOVED[..8]) && has(ADDED) {
        return None;
    }
    let gone = REMOVED.iter().filter(|(_, since, _)| version.at_least(since));
    let early = ADDED.iter().filter(|(_, since, _)| version.surely_before(since));
    let native = |words: &str| words.contains("NATIVE");
    let found =
        gone.chain(early).find_map(|(words, _, help)| Some((script.upper.find(words)?, *words, *help)));
    if let Some((at, words, help)) = found {
        let written = if native(words) { key::MYSQL_NATIVE_PASSWORD } else { words };
        let title = format!("MySQL {version} does not support `{written}`");
        return Some((at, words.len(), title, Some(help.to_owned())));
    }
    let grant = script.upper.split(';').find(|statement| {
        statement.trim_start().starts_with("GRANT ") && statement.contains(" IDENTIFIED BY ")
    })?;
    let at = script.upper.find(grant)? + grant.len() - grant.trim_start().len();
    let title = format!("MySQL {version} does not support `GRANT … IDENTIFIED BY`");
    version
        .at_least(&[8, 0])
        .then(|| (at, "GRANT".len(), title, Some("create the account first, with `CREATE USER`".to_owned())))
}

fn gives_up(script: &Script<'_, '_>, version: &Version) -> Option<(usize, usize, String, Option<String>)> {
    let (at, _) = script.changes().into_iter().find(|(_, statement)| !statement.contains("_RETRY_COUNT"))?;
    let title = format!("does not set the number of retries, and MySQL {version} gives up after 10");
    version.at_least(&[8, 4]).then(|| (at, "CHANGE REPLICATION SOURCE TO".len(), title, None))
}

fn long_host(script: &Script<'_, '_>, version: &Version) -> Option<(usize, usize, String, Option<String>)> {
    if !version.surely_before(&[8, 0, 17]) {
        return None;
    }
    script.changes().into_iter().find_map(|(start, statement)| {
        let at = statement.find(MASTER_HOST)?;
        let rest = statement[at..].split_once('=')?.1.trim_start().trim_start_matches(['\'', '"']);
        let host = rest.split(['\'', '"', ',', ' ', '\n']).next().unwrap_or_default();
        let long = host.len() > 60 && !host.contains('$');
        let begin = start + statement.find(host)?;
        let title =
            format!("the host has {} characters, at most 60 are allowed before MySQL 8.0.17", host.len());
        long.then_some((begin, host.len(), title, None))
    })
}

fn insecure<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = servers::all(set);
    // Accounts with the old plugin need no secure connection.
    let old = servers.iter().any(|server| {
        let by_option =
            [key::DEFAULT_AUTHENTICATION_PLUGIN, key::MYSQL_NATIVE_PASSWORD, key::AUTHENTICATION_POLICY];
        by_option.iter().any(|name| server.setting(name).is_some())
            || server.pod.containers.iter().flat_map(|container| &container.files).any(|file| {
                file.text
                    .known()
                    .is_some_and(|text| text.to_ascii_lowercase().contains(key::MYSQL_NATIVE_PASSWORD))
            })
    });
    if old {
        return Vec::new();
    }
    of_scripts(set, &|script, version| {
        let secure = ["_SSL", "PUBLIC_KEY"];
        let lacks = |statement: &str| !secure.iter().any(|word| statement.contains(word));
        let (at, _) = script.changes().into_iter().find(|(_, statement)| lacks(statement))?;
        let judged = version.at_least(&[8, 0, 4]) && version.surely_before(&[9]);
        let length = CHANGES.iter().find(|words| script.upper[at..].starts_with(**words))?.len();
        let title = "replication uses neither TLS nor the server's public key for its password".to_owned();
        judged.then_some((at, length, title, None))
    })
}
