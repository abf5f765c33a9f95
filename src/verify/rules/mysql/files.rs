//! Files that the image reads: options and what it runs at a first start. Whatever is called otherwise is passed over in
//! silence.

use serde_json::Value;

use super::config::of_servers;
use super::options;
use super::servers::{Flavour, Server};
use crate::products::mysql::{CONFIG_FILE, INIT_FOLDER};
use crate::verify::pods::File;
use crate::verify::{Finding, Grade, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-config-files-are-read",
        grade: Grade::WARNING,
        promise: "option files of a MySQL server have a name, place and mode with which it reads them",
        why: "the server ignores the file and starts with its defaults, at most with one line in its log",
        fix: "mount it as `/etc/mysql/conf.d/NAME.cnf`, with the default mode of ConfigMaps (0644)",
        source: "docker-library/mysql Dockerfile.oracle: !includedir /etc/mysql/conf.d; observed with MySQL 9.7.4",
        check: |set| of_servers(set, options_read),
    },
    Rule {
        code: "mysql-init-files-are-run",
        grade: Grade::WARNING,
        promise: "everything in `/docker-entrypoint-initdb.d` is run by the image",
        why: "the entrypoint logs `ignoring` and continues: the database comes up without its tables, and no \
              later start creates them",
        fix: "name the file `*.sh`, `*.sql` or `*.sql.gz`, directly in `/docker-entrypoint-initdb.d`",
        source: "docker-library/mysql docker-entrypoint.sh: docker_process_init_files",
        check: |set| of_servers(set, init_run),
    },
];

/// Folders of option files; the second one is Debian's, and images are built on Oracle Linux now.
const FOLDERS: &[&str] = &["/etc/mysql/conf.d/", "/etc/mysql/mysql.conf.d/"];

fn options_read<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    if server.flavour == Flavour::Bitnami {
        return Vec::new();
    }
    let container = server.container;
    // A main file of somebody's own decides what else is read.
    let own = [CONFIG_FILE, "/etc/mysql/my.cnf"]
        .iter()
        .any(|path| container.mount(path).is_some_and(|mount| mount.path == *path));
    let wrong = |file: &File<'a>| {
        let text = file.text.known()?;
        let folder = FOLDERS.iter().find(|folder| file.path.starts_with(**folder))?;
        if !text.contains("[mysqld]") && !text.contains("[client]") && !text.contains("[mysql]") {
            return None;
        }
        if !file.path.ends_with(".cnf") && !options::is_read(container, file) {
            return Some(format!("`{}` does not end in `.cnf`, so the server does not read it", file.name()));
        }
        let debian = *folder == FOLDERS[1];
        if debian && server.flavour == Flavour::Official && server.at_least(&[8, 1]) && !own {
            return Some(format!(
                "`{}` is in `/etc/mysql/mysql.conf.d`, which this image does not read",
                file.name()
            ));
        }
        let mode = mode(server, file)?;
        (mode & 0o002 != 0).then(|| {
            format!("`{}` has mode {mode:04o}: the server ignores world-writable option files", file.name())
        })
    };
    container.files.iter().filter_map(|file| Some(file.finding(wrong(file)?))).collect()
}

/// The mode that the volume gives a file, when it gives one.
fn mode(server: &Server<'_, '_>, file: &File<'_>) -> Option<u64> {
    let mount = server.container.mount(&file.path)?;
    let (_, volume) = server.pod.volume(mount.volume)?;
    let source = ["configMap", "secret", "projected"].into_iter().find_map(|kind| volume.get(kind))?;
    let items = source.get("items").and_then(Value::as_array).into_iter().flatten();
    let own = items
        .filter(|item| item.get("key").and_then(Value::as_str) == Some(file.key))
        .find_map(|item| item.get("mode"));
    own.or_else(|| source.get("defaultMode"))?.as_u64()
}

const ENDINGS: &[&str] = &[".sh", ".sql", ".sql.gz", ".sql.bz2", ".sql.xz", ".sql.zst"];

fn init_run<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    if server.flavour == Flavour::Bitnami {
        return Vec::new();
    }
    let wrong = |file: &File<'a>| {
        let name = file.path.strip_prefix(INIT_FOLDER)?;
        let text = file.text.known()?;
        if let Some((folder, _)) = name.split_once('/') {
            return Some(format!(
                "`{}` is in the subdirectory `{folder}`, which the image ignores",
                file.name()
            ));
        }
        if !ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            return Some(format!(
                "`{name}` has neither a script's nor an SQL file's extension, so it is not run"
            ));
        }
        let child = name.ends_with(".sh") && mode(server, file).is_some_and(|mode| mode & 0o111 != 0);
        (child && text.contains("docker_process_sql")).then(|| {
            format!("`{name}` is executable, so it runs in its own process without `docker_process_sql`")
        })
    };
    server.container.files.iter().filter_map(|file| Some(file.finding(wrong(file)?))).collect()
}
