//! What a server would refuse at its start, or accept and suffer from, said before.

use super::config::{self, BESIDE_POOL, CHUNK, DERIVED, FILTERS, REMOVED};
use super::{Mysql, REPLICATION, Replication, promotion, topology};
use crate::components::common::ServiceType;
use crate::components::secret::SecretSource;
use crate::components::{Instance, names, public};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Version;
use crate::plan::site::Site;
use crate::products::mysql::{LONGEST_SOURCE_PASSWORD, PORT};
use crate::tree::de::Scalar;

pub(super) fn all(me: &Instance<Mysql>, site: &Site) -> Diagnostics {
    let single = [version(me), memory(me), replication(me, site)].into_iter().flatten();
    let several = [numbers(me), secrets(me, site), databases(me, site), users(me), entries(me)];
    single.chain(several.into_iter().flatten()).chain(promotion::complaints(me)).collect()
}

pub(super) fn version(me: &Instance<Mysql>) -> Option<Diagnostic> {
    let (text, path) = (&me.common.version, me.path.key("version"));
    let number = Version::parse(text);
    let exact = number.as_ref().filter(|number| number.to_string().contains('.'));
    let Some(version) = exact else {
        // Source: Docker Official Images; `mysql:8` is 8.4 by now, `latest` an innovation release.
        return Some(
            Diagnostic::error("mysql-version", format!("`{text}` is not precise enough as a version"))
                .at(path)
                .because(
                    "the tag moves from one release line to the next, and syntax changes with it; data \
                          cannot be downgraded",
                )
                .help("set at least the release line, \"8.4\", preferably the release, \"8.4.11\""),
        );
    };
    version.before(&[5, 7]).then(|| {
        Diagnostic::error("mysql-version", format!("MySQL {version} is too old"))
            .at(path)
            .because("accounts are created with statements that exist since 5.7")
    })
}

fn numbers(me: &Instance<Mysql>) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if me.shards == 0 {
        complaints.push(
            Diagnostic::error("mysql-topology", "0 shards are not possible")
                .at(me.path.key("shards"))
                .help("use a number from 1 to 100"),
        );
    }
    if me.replicas > 0 && me.storage.is_none() {
        complaints.push(
            Diagnostic::error("mysql-forgets", "replicas need a primary with persistent data")
                .at(me.path.key("replicas"))
                .because(
                    "without `storage` a primary starts empty, while its replicas still have the old data",
                )
                .help("set `storage: {size: 10Gi}`, or `replicas: 0`"),
        );
    }
    if me.replicas == 0 && me.replication == Replication::Semisync {
        complaints.push(
            Diagnostic::error("mysql-topology", "there is no replica that a commit could wait for")
                .at(me.path.key("replication"))
                .because("every write after a start would wait in vain, and none would be kept twice")
                .help("set `replicas: 1` or more, or `replication: async`"),
        );
    }
    if me.replicas == 0 && me.read_service.kind != ServiceType::ClusterIP {
        complaints.push(
            Diagnostic::error("mysql-topology", "there are no replicas to read from")
                .at(me.path.key("readService"))
                .help("set `replicas: 1`, or leave `readService` out"),
        );
    }
    complaints
}

fn secrets(me: &Instance<Mysql>, site: &Site) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if me.root_password.is_none() {
        complaints.push(missing(me, "rootPassword", "a server does not start without one"));
    }
    if me.replication_password.is_none() && me.replicas > 0 {
        complaints.push(missing(me, "replicationPassword", "replicas log in to their primary with it"));
    }
    let own = [(&me.root_password, "rootPassword"), (&me.replication_password, "replicationPassword")];
    let own = own.into_iter().filter_map(|(source, key)| Some((source.as_ref()?, me.path.key(key))));
    let users =
        me.users.iter().map(|(name, user)| (&user.password, me.path.keys(&["users", name, "password"])));
    let all: Vec<(&SecretSource, Path)> = own.chain(users).collect();
    complaints.extend(all.iter().filter_map(|(source, path)| characters(source, path, site)));
    complaints.extend(too_long_for_a_source(me, site));
    let doors = [("service", &me.service), ("readService", &me.read_service)];
    let doors = doors.map(|(key, service)| public::door(service, &me.path.key(key)));
    complaints.extend(public::complaints(doors, all, site));
    complaints
}

fn missing(me: &Instance<Mysql>, key: &str, why: &str) -> Diagnostic {
    Diagnostic::error("missing-secret", format!("`{}.{key}` is missing", me.path))
        .at(&me.path)
        .because(why)
        .help(format!("set `{key}: {{env: NAME}}`, `{{file: path}}` or `{{secret: {{name: …, key: …}}}}`"))
}

/// Source: the image's entrypoint pastes root's password between quotes, into SQL and into an option file; the others
/// get the same treatment from many a client.
pub(super) fn characters(source: &SecretSource, path: &Path, site: &Site) -> Option<Diagnostic> {
    // A value that cannot be had is complained of when it is used.
    let value = source.value(site, path).ok().flatten()?;
    let bad = |c: char| matches!(c, '\'' | '"' | '\\') || c.is_control();
    (value.is_empty() || value.contains(bad)).then(|| {
        Diagnostic::error("mysql-password", format!("the password of `{path}` is not usable"))
            .at(path)
            .because(
                "it is empty, or contains a quote, a backslash or a line break, which scripts of the image \
                      do not escape",
            )
            .help("all other characters are allowed")
    })
}

/// Accounts may have longer ones: the statement that makes a replica follow takes them no longer.
fn too_long_for_a_source(me: &Instance<Mysql>, site: &Site) -> Option<Diagnostic> {
    let path = me.path.key("replicationPassword");
    let value = me.replication_password.as_ref()?.value(site, &path).ok().flatten()?;
    (value.len() > LONGEST_SOURCE_PASSWORD).then(|| {
        let title = format!("the password of `{path}` is too long for replication");
        Diagnostic::error("mysql-password", title)
            .at(path)
            .because(format!(
                "servers refuse to follow a primary with one of more than \
                 {LONGEST_SOURCE_PASSWORD} bytes: ERROR 3056"
            ))
            .help(format!("use one of at most {LONGEST_SOURCE_PASSWORD} letters and digits"))
    })
}

pub(super) fn databases(me: &Instance<Mysql>, site: &Site) -> Vec<Diagnostic> {
    let path = me.path.key("databases");
    let mut complaints = Vec::new();
    for (index, name) in me.databases.iter().enumerate() {
        let at = path.index(index);
        if me.databases[..index].contains(name) {
            let title = format!("`{name}` is listed twice");
            complaints.push(Diagnostic::error("mysql-database", title).at(&at));
        } else if let Some(complaint) = names::database("mysql-database", name, &at) {
            complaints.push(complaint);
        } else if !site.policy.plain_secrets && !used_by_somebody(me, name) {
            complaints.push(
                Diagnostic::warning("mysql-root-app", format!("database `{name}` has no account"))
                    .at(&at)
                    .because("its clients log in as root, with all privileges on all databases")
                    .help(format!("add `users: {{{name}: {{password: …, databases: [{name}]}}}}`")),
            );
        }
    }
    complaints
}

fn used_by_somebody(me: &Instance<Mysql>, database: &str) -> bool {
    me.users.values().any(|user| user.databases.iter().any(|name| name == database))
}

pub(super) fn users(me: &Instance<Mysql>) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    for (name, user) in &me.users {
        let path = me.path.keys(&["users", name]);
        let taken = match name.as_str() {
            "root" => Some("rootPassword"),
            REPLICATION => Some("replicationPassword"),
            _ => None,
        };
        if let Some(setting) = taken {
            complaints.push(
                Diagnostic::error("mysql-user", format!("the account `{name}` already exists"))
                    .at(&path)
                    .help(format!("its password is `{}.{setting}`", me.path)),
            );
        } else {
            complaints.extend(names::account("mysql-user", name, &path));
        }
        if user.databases.is_empty() {
            complaints.push(
                Diagnostic::error("mysql-user", format!("`{name}` has no databases"))
                    .at(path.key("databases"))
                    .help("list the databases that it uses"),
            );
        }
    }
    complaints
}

fn memory(me: &Instance<Mysql>) -> Option<Diagnostic> {
    let memory = &me.common.resources.memory;
    let (pool, _) = config::buffer_pool(me);
    if let Some(wanted) = &me.buffer_pool
        && (wanted.mebibytes() % CHUNK != 0 || wanted.mebibytes() == 0)
    {
        return Some(
            Diagnostic::error("mysql-memory", format!("a buffer pool of {wanted} is not possible"))
                .at(me.path.key("bufferPool"))
                .because(format!(
                    "the server rounds up to multiples of {CHUNK}Mi, even beyond the memory limit"
                ))
                .help(format!("use a multiple of {CHUNK}Mi, or leave it out")),
        );
    }
    (pool + BESIDE_POOL > memory.mebibytes()).then(|| {
        let at = if me.buffer_pool.is_some() { me.path.key("bufferPool") } else { me.path.key("resources") };
        Diagnostic::error("mysql-memory", format!("{memory} is too little for a buffer pool of {pool}Mi"))
            .at(at)
            .because(format!(
                "besides its pool a server uses about {BESIDE_POOL}Mi, more with many connections; above its \
                 limit it is killed"
            ))
            .help(format!("set `resources: {{memory: {}Mi}}` or more", pool + BESIDE_POOL + CHUNK))
    })
}

fn entries(me: &Instance<Mysql>) -> Vec<Diagnostic> {
    let path = me.path.key("config");
    let wrong = |(key, value): (&String, &Scalar)| {
        entry(key, &me.version()).or_else(|| too_long(key, value)).or_else(|| too_many(me, key, value))
    };
    me.config.iter().filter_map(|entry| Some(wrong(entry)?.at(path.key(entry.0)))).collect()
}

/// Servers read an option file in pieces of 4096 bytes: the rest of a longer line would be a line of its own.
/// Source: mysys/my_default.cc.
fn too_long(key: &str, value: &str) -> Option<Diagnostic> {
    // An escape takes two signs for one.
    (key.len() + value.len() * 2 > 4000).then(|| {
        Diagnostic::error("mysql-config", format!("the value of `{key}` is too long for an option file"))
            .because("a server does not read lines of more than 4096 bytes")
    })
}

/// Commits that wait for more replicas than there are wait until their time is over.
fn too_many(me: &Instance<Mysql>, key: &str, value: &str) -> Option<Diagnostic> {
    let wanted = config::semisync(me)?.wanted();
    let number: u32 = value.parse().ok().filter(|_| config::normal(key) == wanted)?;
    (number > me.replicas && me.replicas > 0).then(|| {
        let title = format!("a commit would wait for {number} replicas, and a primary has {}", me.replicas);
        Diagnostic::error("mysql-config", title)
            .because("each write waits until its time is over, and is then as with `replication: async`")
            .help(format!("set `replicas: {number}`, or wait for fewer"))
    })
}

fn entry(key: &str, version: &Version) -> Option<Diagnostic> {
    let name = config::normal(key);
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !key.starts_with(|c: char| c.is_ascii_alphabetic()) || !key.chars().all(inner) {
        return Some(
            Diagnostic::error("mysql-config", format!("`{key}` is not a valid option name"))
                .because("a name starts with a letter, followed by letters, digits, `_`, `-` and `.`"),
        );
    }
    if let Some((_, help)) = DERIVED.iter().find(|(derived, _)| *derived == name) {
        let title = format!("`{key}` is written by stackgen");
        return Some(Diagnostic::error("derived-config", title).because(*help));
    }
    if FILTERS.contains(&name.as_str()) {
        return Some(
            Diagnostic::error("mysql-config", format!("`{key}` makes replicas lose data"))
                .because(
                    "a list is read as one name, and DDL is matched by the session's default database: \
                          replicas lose tables",
                )
                .help("filter on replicas, with `replicate-wild-do-table`, or not at all"),
        );
    }
    let fatal = !key.to_lowercase().starts_with("loose");
    let gone = REMOVED.iter().find(|(removed, since, _)| *removed == name && version.at_least(since));
    gone.filter(|_| fatal).map(|(_, _, help)| {
        Diagnostic::error("mysql-config", format!("MySQL {version} does not support `{key}`"))
            .because("an unknown option keeps the server from starting")
            .help(*help)
    })
}

/// Source: MySQL worklog 12571; before 8.0.17 a host has 60 characters.
fn replication(me: &Instance<Mysql>, site: &Site) -> Option<Diagnostic> {
    let version = me.version();
    if me.replicas == 0 || version.at_least(&[8, 0, 17]) {
        return None;
    }
    let pairs = topology::pairs(me, site);
    let host =
        pairs.iter().map(|pair| site.service(&pair.primary, PORT).host).find(|host| host.len() > 60)?;
    Some(
        Diagnostic::error("mysql-host", format!("replicas of MySQL {version} cannot use the host `{host}`"))
            .at(me.path.key("replicas"))
            .because(format!("it has {} characters, at most 60 are allowed before 8.0.17", host.len()))
            .help("use a shorter namespace or instance name, or a newer version"),
    )
}
