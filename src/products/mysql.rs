//! MySQL and Percona Server.
//!
//! Source: MySQL reference manual, "Server System Variables"; docker-entrypoint.sh of the official image.

use super::{Port, Signs};

/// How a server is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &["mysql", SERVER_IMAGE, "percona", PERCONA, NACOS_IMAGE],
    commands: &["mysqld"],
    variables: &[MYSQL_ROOT_PASSWORD, MYSQL_ROOT_PASSWORD_FILE],
    port: Some(PORT),
    prefixes: &["MYSQL"],
};

// Ports.

/// SQL.
pub(crate) const PORT: Port = 3306;
/// The X protocol.
pub(crate) const X_PORT: Port = 33060;
/// Administration, where it is turned on.
pub(crate) const ADMIN_PORT: Port = 33062;

// Images and files.

/// Oracle's image.
pub(crate) const SERVER_IMAGE: &str = "mysql-server";
/// Percona's image.
pub(crate) const PERCONA: &str = "percona-server";
/// The image of Nacos' examples.
pub(crate) const NACOS_IMAGE: &str = "nacos-mysql";
/// What a server reads first.
pub(crate) const CONFIG_FILE: &str = "/etc/my.cnf";
/// Where more files are read from. Images on Debian keep one of their own there, `docker.cnf`.
pub(crate) const CONFIG_FOLDER: &str = "/etc/mysql/conf.d";
/// Where the data is.
pub(crate) const DATA: &str = "/var/lib/mysql";
/// Bytes that the password of a replication source may have. Source: MySQL 9.7.4, ERROR 3056; sql_yacc.yy.
pub(crate) const LONGEST_SOURCE_PASSWORD: usize = 32;
/// Whom the image's server belongs to. Source: Dockerfile.oracle.
pub(crate) const USER: u64 = 999;
/// What the image runs at the first start.
pub(crate) const INIT_FOLDER: &str = "/docker-entrypoint-initdb.d/";

// Variables. A constant is called what the variable is called.

/// The administrator's password, for the first start.
pub(crate) const MYSQL_ROOT_PASSWORD: &str = "MYSQL_ROOT_PASSWORD";
/// A file with it.
pub(crate) const MYSQL_ROOT_PASSWORD_FILE: &str = "MYSQL_ROOT_PASSWORD_FILE";
/// A database to make.
pub(crate) const MYSQL_DATABASE: &str = "MYSQL_DATABASE";
/// An account to make.
pub(crate) const MYSQL_USER: &str = "MYSQL_USER";
/// Its password.
pub(crate) const MYSQL_PASSWORD: &str = "MYSQL_PASSWORD";
/// The server, for the `mysql` client.
pub(crate) const MYSQL_HOST: &str = "MYSQL_HOST";
/// Leaves the time zones out.
pub(crate) const MYSQL_INITDB_SKIP_TZINFO: &str = "MYSQL_INITDB_SKIP_TZINFO";

// Semisynchronous replication.

/// What its sides are called in plugins and options, from `SEMISYNC_SINCE` on: the one that waits, the one that answers.
pub(crate) const SEMISYNC: (&str, &str) = ("source", "replica");
/// And before.
pub(crate) const OLD_SEMISYNC: (&str, &str) = ("master", "slave");
/// Source: the manual, Semisynchronous Replication.
pub(crate) const SEMISYNC_SINCE: &[u32] = &[8, 0, 26];
/// How long a commit waits for a replica before it and those behind it wait for none, in milliseconds: the server's own
/// default.
pub(crate) const SEMISYNC_TIMEOUT: u32 = 10_000;
/// How options of both sides begin.
pub(crate) const SEMISYNC_OPTIONS: &str = "rpl_semi_sync_";

// Words of `CHANGE REPLICATION SOURCE TO`.

/// The primary, from 8.0.23 on.
pub(crate) const SOURCE_HOST: &str = "SOURCE_HOST";
/// The primary, as `CHANGE MASTER TO` calls it.
pub(crate) const MASTER_HOST: &str = "MASTER_HOST";

/// Settings.
pub(crate) mod key {
    /// The server's own number among those that replicate.
    pub(crate) const SERVER_ID: &str = "server_id";
    /// Most of the memory.
    pub(crate) const INNODB_BUFFER_POOL_SIZE: &str = "innodb_buffer_pool_size";
    /// What replicas are sent.
    pub(crate) const LOG_BIN: &str = "log_bin";
    /// Refuses writes, but those of administrators.
    pub(crate) const READ_ONLY: &str = "read_only";
    /// Refuses those too.
    pub(crate) const SUPER_READ_ONLY: &str = "super_read_only";
    /// How long binary logs are kept, before 8.0.
    pub(crate) const EXPIRE_LOGS_DAYS: &str = "expire_logs_days";
    /// Likewise, from 8.0 on.
    pub(crate) const BINLOG_EXPIRE_LOGS_SECONDS: &str = "binlog_expire_logs_seconds";
    /// How accounts log in, before 8.4.
    pub(crate) const DEFAULT_AUTHENTICATION_PLUGIN: &str = "default_authentication_plugin";
    /// Likewise, from 8.0.27 on.
    pub(crate) const AUTHENTICATION_POLICY: &str = "authentication_policy";
    /// Brings the old way back, in 8.4.
    pub(crate) const MYSQL_NATIVE_PASSWORD: &str = "mysql_native_password";
    /// Sends some databases only.
    pub(crate) const BINLOG_DO_DB: &str = "binlog_do_db";
    /// How texts are compared.
    pub(crate) const COLLATION_SERVER: &str = "collation_server";
    /// How many hosts the server remembers, with their failed connections; nothing is counted with 0.
    pub(crate) const HOST_CACHE_SIZE: &str = "host_cache_size";
    /// Likewise off, before 8.4.
    pub(crate) const SKIP_HOST_CACHE: &str = "skip_host_cache";
    /// Without names the server remembers no hosts.
    pub(crate) const SKIP_NAME_RESOLVE: &str = "skip_name_resolve";
    /// After so many failed connections a host is blocked.
    pub(crate) const MAX_CONNECT_ERRORS: &str = "max_connect_errors";
    /// Loads a plugin beside others.
    pub(crate) const PLUGIN_LOAD_ADD: &str = "plugin_load_add";
}
