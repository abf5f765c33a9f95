//! ShardingSphere-Proxy.
//!
//! Source: ShardingSphere documentation, "ShardingSphere-Proxy"; bin/start.sh.

use super::{Port, Signs};

/// How a proxy is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &[IMAGE],
    commands: &["org.apache.shardingsphere.proxy.Bootstrap"],
    variables: &[CGROUP_MEM_OPTS],
    port: Some(PORT),
    prefixes: &["CGROUP", "JAVA"],
};

// Ports.

/// Where the proxy listens.
pub(crate) const PORT: Port = 3307;

// Images and files.

/// The last part of the image's path.
pub(crate) const IMAGE: &str = "shardingsphere-proxy";
/// Where the image has its settings.
pub(crate) const CONF: &str = "/opt/shardingsphere-proxy/conf";
/// What is true of the whole proxy, from 5.5.0 on.
pub(crate) const GLOBAL: &str = "global.yaml";
/// Likewise, before.
pub(crate) const SERVER: &str = "server.yaml";

// Variables. A constant is called what the variable is called.

/// Options of Java that follow from the memory's limit.
pub(crate) const CGROUP_MEM_OPTS: &str = "CGROUP_MEM_OPTS";

// Rules.

/// Writes go to one server, reads to others.
pub(crate) const READWRITE_SPLITTING: &str = "READWRITE_SPLITTING";

/// Finds the primary of a database, before 5.4.
pub(crate) const DB_DISCOVERY: &str = "DB_DISCOVERY";

/// How rules of a database begin. Source: the user manual of 5.0 to 5.5.
pub(crate) const TAGS: &[&str] = &[
    "SHARDING",
    READWRITE_SPLITTING,
    "BROADCAST",
    "SINGLE",
    "ENCRYPT",
    "COMPATIBLE_ENCRYPT",
    "MASK",
    "SHADOW",
    DB_DISCOVERY,
];
/// Likewise, of the whole proxy, before 5.3.
pub(crate) const GLOBAL_TAGS: &[&str] = &[
    "AUTHORITY",
    "TRANSACTION",
    "SQL_PARSER",
    "SQL_TRANSLATOR",
    "SQL_FEDERATION",
    "TRAFFIC",
    "LOGGING",
    "CACHE",
];

/// Settings.
pub(crate) mod key {
    /// Where the proxy listens.
    pub(crate) const PROXY_DEFAULT_PORT: &str = "proxy-default-port";
    /// Which protocol it speaks before it knows a database.
    pub(crate) const PROXY_FRONTEND_DATABASE_PROTOCOL_TYPE: &str = "proxy-frontend-database-protocol-type";
    /// Connections of a data source.
    pub(crate) const MAX_POOL_SIZE: &str = "maxPoolSize";
    /// The databases behind a logical one.
    pub(crate) const DATA_SOURCES: &str = "dataSources";
    /// Groups of a rule that splits reads from writes, from 5.4.0 on.
    pub(crate) const DATA_SOURCE_GROUPS: &str = "dataSourceGroups";
    /// Where a group writes.
    pub(crate) const WRITE_DATA_SOURCE_NAME: &str = "writeDataSourceName";
    /// Where it reads.
    pub(crate) const READ_DATA_SOURCE_NAMES: &str = "readDataSourceNames";
    /// A group before 5.2.0.
    pub(crate) const STATIC_STRATEGY: &str = "staticStrategy";
}
