//! What a server is configured with: options that it knows, and that do what they look like.

use super::servers::{self, Flavour, Server};
use crate::components::mysql::config::{BESIDE_POOL, FILTERS, REMOVED};
use crate::products::mysql::{MYSQL_INITDB_SKIP_TZINFO, key};
use crate::verify::texts;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-options-are-known",
        grade: Grade::ERROR,
        promise: "every option of a MySQL server is known to its version",
        why: "the server exits with `unknown variable` at every start",
        fix: "remove it, or use this version's replacement; the prefix `loose_` makes an unknown option harmless",
        source: "MySQL reference manual, removed and added variables by version; observed with mysqld --validate-config 9.7.4",
        check: |set| of_servers(set, unknown),
    },
    Rule {
        code: "mysql-binlog-is-not-filtered",
        grade: Grade::WARNING,
        promise: "a MySQL server logs all databases, and every filter names exactly one",
        why: "a list is read as the name of one database, so nothing is logged, or nothing is filtered; and DDL \
              is matched by the session's default database, so replicas stop at a table that they never received",
        fix: "filter on the replica, with `replicate-wild-do-table=NAME.%`, one line per database, or not at all",
        source: "MySQL reference manual, binlog-do-db; observed with MySQL 9.7.4",
        check: |set| of_servers(set, filtered),
    },
    Rule {
        code: "mysql-time-zone-is-known",
        grade: Grade::ERROR,
        promise: "a MySQL server with a named time zone has the time zone tables",
        why: "the server aborts after its first start with `Illegal or unknown default time zone`",
        fix: "use an offset (`default-time-zone='+08:00'`), or remove `MYSQL_INITDB_SKIP_TZINFO`",
        source: "docker-library/mysql docker-entrypoint.sh; observed with MySQL 9.7.4",
        check: |set| of_servers(set, zone),
    },
    Rule {
        code: "mysql-pool-fits-memory",
        grade: Grade::PROD,
        promise: "the memory limit of a MySQL server fits its buffer pool and its other memory",
        why: "as the pool fills, the kernel kills the server (OOMKilled, exit code 137), and each restart begins \
              with crash recovery",
        fix: "raise the limit, or lower `innodb_buffer_pool_size` to about half of it",
        source: "observed with MySQL 9.7.4: idle, with a pool of 128 MiB, 525 MiB",
        check: |set| of_servers(set, memory),
    },
    Rule {
        code: "mysql-binlog-expires",
        grade: Grade::PROD,
        promise: "a MySQL server purges old binary logs",
        why: "they are kept forever and fill the volume; a full volume stops every write",
        fix: "set `binlog_expire_logs_seconds=604800`, before 8.0 `expire_logs_days=7`",
        source: "MySQL reference manual, expire_logs_days and binlog_expire_logs_seconds",
        check: |set| of_servers(set, endless),
    },
];

/// The findings of every server.
pub(super) fn of_servers<'a>(
    set: &Set<'a>,
    check: impl Fn(&Server<'_, 'a>) -> Vec<Finding<'a>>,
) -> Vec<Finding<'a>> {
    servers::all(set).iter().flat_map(check).collect()
}

/// Options that older servers do not know, since when they exist, and what those have instead.
///
/// Source: the manual's lists of added variables.
const ADDED: &[(&str, &[u32], &str)] = &[
    (key::BINLOG_EXPIRE_LOGS_SECONDS, &[8, 0], "write `expire_logs_days`"),
    ("mysqlx", &[8, 0], "remove it: the plugin is not loaded"),
    ("mandatory_roles", &[8, 0], "there are no roles"),
    ("log_replica_updates", &[8, 0, 26], "write `log_slave_updates`"),
    ("replica_parallel_workers", &[8, 0, 26], "write `slave_parallel_workers`"),
    ("skip_replica_start", &[8, 0, 26], "write `skip_slave_start`"),
    ("replica_net_timeout", &[8, 0, 26], "write `slave_net_timeout`"),
    (key::AUTHENTICATION_POLICY, &[8, 0, 27], "write `default_authentication_plugin`"),
    ("innodb_redo_log_capacity", &[8, 0, 30], "write `innodb_log_file_size`"),
];

fn unknown<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let Some(version) = server.version() else { return Vec::new() };
    let fatal = server.settings.iter().filter(|setting| !setting.loose);
    fatal
        .filter_map(|setting| {
            let gone =
                REMOVED.iter().find(|(name, since, _)| *name == setting.name && version.at_least(since));
            let early =
                ADDED.iter().find(|(name, since, _)| *name == setting.name && version.surely_before(since));
            let value = setting.value.as_deref().unwrap_or_default();
            let (title, help) = match (gone.or(early), setting.name.as_str()) {
                (Some((_, _, help)), _) => {
                    (format!("MySQL {version} does not support `{}`", setting.written), *help)
                }
                (None, "sql_mode") if value.contains("NO_AUTO_CREATE_USER") && server.at_least(&[8, 0]) => (
                    format!("MySQL {version} does not support the SQL mode `NO_AUTO_CREATE_USER`"),
                    "remove it from `sql_mode`: it is always in effect",
                ),
                (None, key::COLLATION_SERVER) if value.contains("_0900_") && server.before(&[8, 0]) => (
                    format!("MySQL {version} does not support the collation `{value}`"),
                    "write `utf8mb4_unicode_ci`",
                ),
                _ => return None,
            };
            Some(setting.finding(title).help(help))
        })
        .collect()
}

fn filtered<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let on_replicas = ["replicate_do_db", "replicate_ignore_db"];
    let chosen = [key::BINLOG_DO_DB, "replicate_do_db"];
    server
        .settings
        .iter()
        .filter_map(|setting| {
            let (name, written) = (setting.name.as_str(), &setting.written);
            let list = setting.value.as_deref().is_some_and(|value| value.contains(','));
            let logged = FILTERS.contains(&name);
            if list && (logged || on_replicas.contains(&name)) {
                let title = format!("`{written}` has a list, which is read as the name of one database");
                let finding = setting.finding(title);
                return Some(if chosen.contains(&name) { finding.refuses() } else { finding });
            }
            logged.then(|| setting.finding(format!("`{written}` keeps statements out of the binary log")))
        })
        .collect()
}

fn zone<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let skipped = server.container.env.known(MYSQL_INITDB_SKIP_TZINFO).is_some_and(|text| !text.is_empty());
    let Some(setting) = server.setting("default_time_zone").filter(|_| skipped) else { return Vec::new() };
    let named = setting.value.as_deref().filter(|zone| {
        !zone.eq_ignore_ascii_case("system") && zone.starts_with(|c: char| c.is_ascii_alphabetic())
    });
    let title = |zone: &str| {
        format!("time zone `{zone}` is a name, but `{MYSQL_INITDB_SKIP_TZINFO}` skips the time zone tables")
    };
    named
        .filter(|_| !server.is_filled_before())
        .map(|zone| setting.finding(title(zone)))
        .into_iter()
        .collect()
}

/// What a server needs at the very least beside a pool, in bytes.
const LEAST_BESIDE: u64 = 256 << 20;
/// A pool that nobody chose.
const USUAL_POOL: u64 = 128 << 20;

fn memory<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let Some(limit) = server.container.memory_limit() else { return Vec::new() };
    let told = texts::mebibytes(limit);
    if let Some(setting) = server.setting(key::INNODB_BUFFER_POOL_SIZE) {
        let Some(pool) = setting.value.as_deref().and_then(texts::bytes) else { return Vec::new() };
        let beside = limit.saturating_sub(pool);
        let title = format!(
            "a buffer pool of {} leaves only {} of the {told} limit for everything else",
            texts::mebibytes(pool),
            texts::mebibytes(beside)
        );
        let finding = setting.finding(title);
        return match beside {
            _ if beside < LEAST_BESIDE => vec![finding.refuses()],
            _ if beside < BESIDE_POOL << 20 => vec![finding],
            _ => Vec::new(),
        };
    }
    let chosen = server.setting("innodb_dedicated_server").is_some();
    let small = server.complete && !chosen && server.at_least(&[8, 0]) && limit < LEAST_BESIDE + USUAL_POOL;
    let title = format!("is limited to {told}; even with minimal settings a server needs about 500Mi");
    small.then(|| server.container.finding("/resources/limits/memory", title)).into_iter().collect()
}

fn endless<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let zero = [key::BINLOG_EXPIRE_LOGS_SECONDS, key::EXPIRE_LOGS_DAYS]
        .into_iter()
        .find_map(|name| server.setting(name).filter(|setting| setting.value.as_deref() == Some("0")));
    if let Some(setting) = zero {
        return vec![setting.finding(format!("`{}=0` keeps every binary log", setting.written))];
    }
    let logs = server.setting(key::LOG_BIN).filter(|_| server.complete && server.before(&[8, 0]));
    let ends = server.setting(key::EXPIRE_LOGS_DAYS).is_some() || server.flavour != Flavour::Official;
    let title =
        format!("its binary logs never expire: before 8.0 the default of `{}` is 0", key::EXPIRE_LOGS_DAYS);
    logs.filter(|_| !ends).map(|setting| setting.finding(title)).into_iter().collect()
}
