//! my.cnf: what follows from version, memory and role, and what the user adds.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Mysql, Replication};
use crate::components::Instance;
use crate::k8s::Version;
use crate::products::mysql::{
    DATA, OLD_SEMISYNC, SEMISYNC, SEMISYNC_OPTIONS, SEMISYNC_SINCE, SEMISYNC_TIMEOUT, key,
};

/// What a server takes beside its buffer pool, in MiB.
///
/// Source: MySQL 9.7 with performance_schema and a pool of 128 MiB takes 525 MiB when idle.
pub(crate) const BESIDE_POOL: u64 = 512;
/// The pool grows in such steps, in MiB.
pub(super) const CHUNK: u64 = 128;

/// Where servers before 8.0 have their data, in the volume: they refuse a folder that is not empty, and a fresh disk has
/// lost+found in its root.
const OLD_DATA: &str = "/var/lib/mysql/data";

/// Where a server of this version has its data.
pub(super) fn data_folder(version: &Version) -> &'static str {
    if version.before(&[8, 0]) { OLD_DATA } else { DATA }
}

const BY_ROLE: &str =
    "set `replication: semisync`, which turns on one side on primaries and the other on replicas";

/// Entries that are derived, and what to write instead of them.
pub(super) const DERIVED: &[(&str, &str)] = &[
    (key::SERVER_ID, "ids follow from `shards` and `replicas`"),
    (key::INNODB_BUFFER_POOL_SIZE, "set `bufferPool`"),
    ("innodb_buffer_pool_instances", "it follows from `bufferPool`"),
    ("innodb_buffer_pool_chunk_size", "it follows from `bufferPool`"),
    (key::LOG_BIN, "replication needs the binary log"),
    ("gtid_mode", "replication uses GTIDs"),
    ("enforce_gtid_consistency", "replication uses GTIDs"),
    (key::READ_ONLY, "it is set on replicas, not on primaries"),
    (
        key::SUPER_READ_ONLY,
        "it is set on replicas after they have joined; on a first start it leaves root without a password",
    ),
    ("datadir", "the volume is mounted there"),
    ("socket", "the image's scripts use it"),
    ("port", "Services and probes use 3306"),
    ("skip_networking", "clients could not connect"),
    ("rpl_semi_sync_source_enabled", BY_ROLE),
    ("rpl_semi_sync_replica_enabled", BY_ROLE),
    ("rpl_semi_sync_master_enabled", BY_ROLE),
    ("rpl_semi_sync_slave_enabled", BY_ROLE),
];

/// Entries that keep a server from starting, since when, and what to write instead.
///
/// Source: MySQL 9.7 `--validate-config`; the manual's lists of removed variables. Where the exact release is not known,
/// the first one that is known to refuse.
pub(crate) const REMOVED: &[(&str, &[u32], &str)] = &[
    ("query_cache_size", &[8, 0], "the query cache was removed"),
    ("query_cache_type", &[8, 0], "the query cache was removed"),
    ("query_cache_limit", &[8, 0], "the query cache was removed"),
    ("query_cache_min_res_unit", &[8, 0], "the query cache was removed"),
    ("query_cache_wlock_invalidate", &[8, 0], "the query cache was removed"),
    ("innodb_file_format", &[8, 0], "there is only one format"),
    ("innodb_file_format_max", &[8, 0], "there is only one format"),
    ("innodb_large_prefix", &[8, 0], "it is always on"),
    ("innodb_support_xa", &[8, 0], "it is always on"),
    ("innodb_checksums", &[8, 0], "use `innodb_checksum_algorithm`"),
    ("innodb_locks_unsafe_for_binlog", &[8, 0], "use `transaction_isolation: READ-COMMITTED`"),
    ("log_warnings", &[8, 0], "use `log_error_verbosity`"),
    ("secure_auth", &[8, 0], "it is always on"),
    ("old_passwords", &[8, 0], "the old format was removed"),
    ("sync_frm", &[8, 0], "these files no longer exist"),
    ("tx_read_only", &[8, 0], "use `transaction_read_only`"),
    ("tx_isolation", &[8, 0], "use `transaction_isolation`"),
    (key::EXPIRE_LOGS_DAYS, &[8, 4], "use `binlog_expire_logs_seconds`"),
    (key::DEFAULT_AUTHENTICATION_PLUGIN, &[8, 4], "use `authentication_policy`"),
    (key::SKIP_HOST_CACHE, &[8, 4], "use `host_cache_size: 0`"),
    ("master_info_repository", &[8, 4], "it is always a table"),
    ("relay_log_info_repository", &[8, 4], "it is always a table"),
    ("transaction_write_set_extraction", &[8, 4], "it is always on"),
    ("binlog_transaction_dependency_tracking", &[8, 4], "it is always by write set"),
    ("rpl_semi_sync_master_enabled", &[9], "use `rpl_semi_sync_source_enabled`"),
    (key::MYSQL_NATIVE_PASSWORD, &[9], "accounts use caching_sha2_password"),
    ("character_set_client_handshake", &[9], "clients negotiate the character set"),
    ("innodb_log_file_size", &[9], "use `innodb_redo_log_capacity`"),
    ("replica_parallel_type", &[9], "it is always by logical clock"),
];

/// Entries that name databases to log. A list is read as one name, and DDL is judged by the session's database: replicas
/// lose tables. Source: seen on MySQL 9.7.
pub(crate) const FILTERS: &[&str] = &[key::BINLOG_DO_DB, "binlog_ignore_db"];

/// An entry's name as servers compare it.
pub(crate) fn normal(name: &str) -> String {
    let name = name.to_lowercase().replace('-', "_");
    name.strip_prefix("loose_").map(str::to_owned).unwrap_or(name)
}

/// The buffer pool in MiB, and into how many instances it is cut.
///
/// A server rounds a pool up to whole chunks for every instance, past the memory if need be, so that both are chosen
/// together. Source: the manual on innodb_buffer_pool_chunk_size.
pub(super) fn buffer_pool(me: &Instance<Mysql>) -> (u64, u64) {
    let memory = me.common.resources.memory.mebibytes();
    let wanted = match &me.buffer_pool {
        Some(pool) => pool.mebibytes(),
        // With room for some hundred connections.
        None => (memory * 3 / 5).min(memory.saturating_sub(BESIDE_POOL + 128)).max(CHUNK),
    };
    let chunks = wanted / CHUNK;
    let instances = (wanted / 1024).clamp(1, 8);
    if me.buffer_pool.is_some() {
        let fits = |instances: &u64| chunks.is_multiple_of(*instances);
        return (wanted, (1..=instances).rev().find(fits).unwrap_or(1));
    }
    (chunks / instances * instances * CHUNK, instances)
}

/// All entries of section mysqld, for primaries or for replicas; the user's win.
pub(super) fn entries(me: &Instance<Mysql>, replica: bool) -> IndexMap<String, String> {
    let (pool, instances) = buffer_pool(me);
    let mut entries = IndexMap::new();
    let mut put = |name: &str, value: &str| entries.insert(name.to_owned(), value.to_owned());
    // Clients are told apart by account: a reverse lookup for every new pod would only cost time. The files of some
    // images that say so stand where ours is mounted.
    put(key::SKIP_NAME_RESOLVE, "ON");
    put(key::HOST_CACHE_SIZE, "0");
    put(key::INNODB_BUFFER_POOL_SIZE, &format!("{pool}M"));
    put("innodb_buffer_pool_instances", &instances.to_string());
    // On without replicas too, so that they can be added.
    put(key::LOG_BIN, "binlog");
    put("gtid_mode", "ON");
    put("enforce_gtid_consistency", "ON");
    // Its usual name holds the host's.
    put("relay_log", "relay-bin");
    put("relay_log_recovery", "ON");
    for (name, value) in by_version(&me.version()) {
        put(name, value);
    }
    if replica {
        put(key::READ_ONLY, "ON");
    }
    for (name, value) in semisync(me).iter().flat_map(Semisync::entries) {
        put(&name, &value);
    }
    for (name, value) in &me.config {
        let plain = normal(name);
        entries.shift_remove(&plain);
        entries.shift_remove(&loose(&plain));
        // Both plugins are loaded, but for a first start.
        let unknown = semisync(me).is_some() && plain.starts_with(SEMISYNC_OPTIONS);
        entries.insert(if unknown { loose(&plain) } else { name.clone() }, value.to_string());
    }
    entries
}

/// What older servers need to be told and newer ones do not know.
fn by_version(version: &Version) -> &'static [(&'static str, &'static str)] {
    if version.before(&[8, 0]) {
        return &[
            ("character_set_server", "utf8mb4"),
            (key::COLLATION_SERVER, "utf8mb4_unicode_ci"),
            ("datadir", OLD_DATA),
            ("log_slave_updates", "ON"),
            (key::EXPIRE_LOGS_DAYS, "7"),
            ("master_info_repository", "TABLE"),
            ("relay_log_info_repository", "TABLE"),
        ];
    }
    &[(key::BINLOG_EXPIRE_LOGS_SECONDS, "604800"), ("mysqlx", "OFF")]
}

/// An option that a server may not know: without plugins, as on its first start, it goes on with a warning.
fn loose(name: &str) -> String {
    format!("loose_{name}")
}

/// What the two sides of semisynchronous replication are called, where it is asked for.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Semisync {
    source: &'static str,
    replica: &'static str,
}

pub(super) fn semisync(me: &Instance<Mysql>) -> Option<Semisync> {
    let is_new = me.version().at_least(SEMISYNC_SINCE);
    let (source, replica) = if is_new { SEMISYNC } else { OLD_SEMISYNC };
    (me.replication == Replication::Semisync).then_some(Semisync { source, replica })
}

impl Semisync {
    /// How many replicas a commit waits for.
    pub(super) fn wanted(&self) -> String {
        format!("{SEMISYNC_OPTIONS}{}_wait_for_{}_count", self.source, self.replica)
    }

    fn entries(&self) -> [(String, String); 2] {
        let timeout = format!("{SEMISYNC_OPTIONS}{}_timeout", self.source);
        [(loose(&timeout), SEMISYNC_TIMEOUT.to_string()), (loose(&self.wanted()), "1".to_owned())]
    }
}

/// Can a server be filled from another? Source: the manual, 8.0.17.
pub(super) fn clones(version: &Version) -> bool {
    version.at_least(&[8, 0, 17])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_as_servers_do() {
        for (name, wanted) in [("Binlog-Do-DB", "binlog_do_db"), ("loose_mysqlx", "mysqlx")] {
            assert_eq!(normal(name), wanted);
        }
    }
}
