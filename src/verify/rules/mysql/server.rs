//! What the image needs to make a server out of an empty volume, and what it does not read.

use super::config::of_servers;
use super::servers::{Flavour, Server, starts_server};
use crate::products::mysql::{
    MYSQL_DATABASE, MYSQL_PASSWORD, MYSQL_ROOT_PASSWORD, MYSQL_ROOT_PASSWORD_FILE, MYSQL_USER,
};
use crate::verify::pods::Behind;
use crate::verify::{Finding, Grade, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-variables-agree",
        grade: Grade::ERROR,
        promise: "every variable of the MySQL image is set once, and `MYSQL_USER` is not root",
        why: "the entrypoint exits with an error at every start",
        fix: "keep one of the two; root's password is `MYSQL_ROOT_PASSWORD`",
        source: "docker-library/mysql docker-entrypoint.sh: file_env, docker_verify_minimum_env",
        check: |set| of_servers(set, contradictions),
    },
    Rule {
        code: "mysql-root-password-is-set",
        grade: Grade::ERROR,
        promise: "a MySQL server has a root password, or explicitly none",
        why: "with an empty volume the container exits: `Database is uninitialized and password option is not \
              specified`",
        fix: "set `MYSQL_ROOT_PASSWORD` from a Secret",
        source: "docker-library/mysql docker-entrypoint.sh: docker_verify_minimum_env",
        check: |set| of_servers(set, no_password),
    },
    Rule {
        code: "mysql-entrypoint-runs",
        grade: Grade::ERROR,
        promise: "a MySQL server starts through its image's entrypoint, which initialises an empty volume",
        why: "mysqld alone finds no data and exits: `Can't open the mysql.plugin table`, `Table 'mysql.user' \
              doesn't exist`",
        fix: "set the options as `args` without `command`, or start it with `docker-entrypoint.sh mysqld`",
        source: "docker-library/mysql docker-entrypoint.sh; Dockerfile.oracle: ENTRYPOINT",
        check: |set| of_servers(set, bare),
    },
    Rule {
        code: "mysql-variables-are-read",
        grade: Grade::WARNING,
        promise: "replication variables are set on a MySQL image that reads them",
        why: "the official image silently ignores them: every pod is an independent server, and nothing is \
              replicated",
        fix: "set up replication with a script in `/docker-entrypoint-initdb.d`, or use an image that reads them",
        source: "docker-library/mysql docker-entrypoint.sh; bitnami/containers libmysql.sh",
        check: |set| of_servers(set, unread),
    },
    Rule {
        code: "mysql-password-survives-scripts",
        grade: Grade::PROD,
        promise: "passwords for the MySQL image contain no quote, backslash or line break",
        why: "its entrypoint inserts them unescaped between quotes into SQL and an option file: the first start \
              fails half way, or the effective password is a different one",
        fix: "choose other characters",
        source: "docker-library/mysql docker-entrypoint.sh: docker_setup_db, _mysql_passfile",
        check: |set| of_servers(set, pasted),
    },
    Rule {
        code: "mysql-data-is-on-its-volume",
        grade: Grade::ERROR,
        promise: "the claim of a MySQL server is mounted at its data directory",
        why: "the data is written to the container's filesystem and lost with it, while the claim stays empty",
        fix: "mount the claim at `/var/lib/mysql`",
        source: "docker-library/mysql Dockerfile.oracle: VOLUME /var/lib/mysql; bitnami/containers mysql: /bitnami/mysql",
        check: |set| of_servers(set, beside_volume),
    },
];

/// Variables that may come from a file as well.
const FROM_FILES: &[&str] =
    &[MYSQL_ROOT_PASSWORD, "MYSQL_ROOT_HOST", MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD];

fn contradictions<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let env = &server.container.env;
    if server.flavour != Flavour::Official {
        return Vec::new();
    }
    let set = |name: &str| env.get(name).filter(|var| var.value.known() != Some(""));
    let twice = FROM_FILES.iter().filter_map(|name| {
        let file = format!("{name}_FILE");
        let (_, var) = (set(name)?, set(&file)?);
        Some(env.finding(var, format!("`{name}` and `{file}` are both set")))
    });
    let root = set(MYSQL_USER).filter(|var| var.value.plain() == Some("root"));
    let root = root.map(|var| env.finding(var, format!("`{MYSQL_USER}` is `root`, which already exists")));
    twice.chain(root).collect()
}

fn no_password<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let names = [
        MYSQL_ROOT_PASSWORD,
        MYSQL_ROOT_PASSWORD_FILE,
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "MYSQL_RANDOM_ROOT_PASSWORD",
    ];
    let lacks = names.iter().all(|name| server.container.env.lacks(name));
    let ours = server.flavour == Flavour::Official && !super::servers::is_scripted(server.container);
    let broken = ours && lacks && !server.is_filled_before() && !is_bare(server);
    let title = "the root password is not set";
    broken.then(|| server.container.finding("/env", title)).into_iter().collect()
}

/// Does it start the server past the entrypoint?
fn is_bare(server: &Server<'_, '_>) -> bool {
    let line = server.container.line();
    let around = ["entrypoint", "initialize", "initdb", ".sh"].iter().any(|word| line.contains(word));
    server.container.has_command() && starts_server(&line) && !around
}

fn bare<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let unprepared = server.flavour == Flavour::Official && !server.is_filled_before();
    let broken = unprepared && is_bare(server);
    let title = "`command` starts mysqld without the image's entrypoint";
    broken.then(|| server.container.finding("/command", title)).into_iter().collect()
}

/// What only other images read.
const FOREIGN: &[&str] = &[
    "MYSQL_REPLICATION_MODE",
    "MYSQL_MASTER_HOST",
    "MYSQL_MASTER_ROOT_PASSWORD",
    "MYSQL_REPLICATION_USER",
    "MYSQL_REPLICATION_PASSWORD",
];

fn unread<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let container = server.container;
    if server.flavour != Flavour::Official || super::servers::is_scripted(container) {
        return Vec::new();
    }
    // Scripts that are seen do not name it, and none is unseen.
    let scripts = container
        .mounts()
        .into_iter()
        .any(|mount| mount.path.contains("initdb") || mount.path.starts_with("/usr/local/bin"));
    let named = |name: &str| {
        let files = server.pod.containers.iter().flat_map(|other| &other.files);
        files.filter_map(|file| file.text.known()).any(|text| text.contains(name))
    };
    let seen = !scripts || container.files.iter().any(|file| file.path.contains("initdb"));
    let env = &container.env;
    let var = FOREIGN.iter().find_map(|name| env.get(name)).filter(|var| seen && !named(&var.name));
    var.map(|var| env.finding(var, format!("the image `mysql` does not read `{}`", var.name)))
        .into_iter()
        .collect()
}

fn pasted<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let env = &server.container.env;
    if server.flavour != Flavour::Official {
        return Vec::new();
    }
    // Root's also goes into an option file, between double quotes.
    let passwords = [(MYSQL_ROOT_PASSWORD, &['\'', '\\', '"'][..]), (MYSQL_PASSWORD, &['\'', '\\'][..])];
    passwords
        .into_iter()
        .filter_map(|(name, signs)| {
            let var = env.get(name)?;
            let value = var.value.known()?;
            // A line break at the end is another rule's.
            let value = value.strip_suffix('\n').unwrap_or(value);
            let bad = value.contains(signs) || value.contains(char::is_control);
            bad.then(|| env.finding(var, format!("`{name}` contains a quote, a backslash or a line break")))
        })
        .collect()
}

fn beside_volume<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let container = server.container;
    let mounts = container.mounts();
    let claims: Vec<_> = mounts.iter().filter(|mount| mount.behind == Behind::Claim).collect();
    let data = server.data();
    let unplaced =
        container.mount(&data).is_none() && !mounts.iter().any(|mount| mount.path.starts_with(&data));
    let known =
        server.flavour == Flavour::Official && !super::servers::is_scripted(container) && server.complete;
    match claims.as_slice() {
        [claim] if unplaced && known => {
            let title = format!("the claim is mounted at `{}`, but the data is in `{data}`", claim.path);
            vec![container.finding(&format!("/volumeMounts/{}/mountPath", claim.index), title)]
        }
        _ => Vec::new(),
    }
}
