//! Redis and Valkey: servers, cluster, Sentinel.
//!
//! Source: redis.conf and sentinel.conf of Redis 7.2 and Valkey 8.

use super::{Port, Signs};

/// How a Sentinel is told.
pub(crate) const SENTINEL_SIGNS: Signs = Signs {
    images: &[SENTINEL_COMMAND, VALKEY_SENTINEL],
    commands: &[SENTINEL_COMMAND, VALKEY_SENTINEL, "--sentinel"],
    variables: &[],
    port: None,
    prefixes: &["REDIS", "VALKEY"],
};

/// How a server is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &["redis", "redis-cluster", "redis-stack", "redis-stack-server", "valkey"],
    commands: &[SERVER, VALKEY_SERVER],
    variables: &[REDIS_PASSWORD, "REDIS_PORT_NUMBER"],
    port: Some(PORT),
    prefixes: &["REDIS", "VALKEY"],
};

// Ports.

/// Where clients call a server.
pub(crate) const PORT: Port = 6379;
/// Where the servers of a cluster call each other.
pub(crate) const BUS: Port = 16379;
/// Where clients call a Sentinel.
pub(crate) const SENTINEL: Port = 26379;

// Commands, which are names of images too.

/// The server.
pub(crate) const SERVER: &str = "redis-server";
/// Valkey's.
pub(crate) const VALKEY_SERVER: &str = "valkey-server";
/// The server as a Sentinel.
pub(crate) const SENTINEL_COMMAND: &str = "redis-sentinel";
/// Valkey's.
pub(crate) const VALKEY_SENTINEL: &str = "valkey-sentinel";
/// The client.
pub(crate) const CLIENT: &str = "redis-cli";
/// Valkey's.
pub(crate) const VALKEY_CLIENT: &str = "valkey-cli";

// Variables. A constant is called what the variable is called.

/// The password, in Bitnami's image.
pub(crate) const REDIS_PASSWORD: &str = "REDIS_PASSWORD";

/// The server that Bitnami's image replicates from.
pub(crate) const REDIS_MASTER_HOST: &str = "REDIS_MASTER_HOST";

/// Services whose link gives a pod a variable that Bitnami's images read, before 6.2: the port.
///
/// Source: bitnami/bitnami-docker-redis, redis_env.
pub(crate) const TAKEN_BY_LINKS: &[(&str, &str)] =
    &[("redis", "REDIS_PORT"), ("redis-sentinel", "REDIS_SENTINEL_PORT")];

/// Settings.
pub(crate) mod key {
    /// Where snapshots and the append-only file are.
    pub(crate) const DIR: &str = "dir";
    /// Whether every write is kept in a file.
    pub(crate) const APPENDONLY: &str = "appendonly";
    /// When snapshots are made.
    pub(crate) const SAVE: &str = "save";
    /// Whom a server copies.
    pub(crate) const REPLICAOF: &str = "replicaof";
    /// Likewise, before 5.0.
    pub(crate) const SLAVEOF: &str = "slaveof";
    /// Is it a server of a cluster?
    pub(crate) const CLUSTER_ENABLED: &str = "cluster-enabled";
    /// Where the servers of a cluster call each other.
    pub(crate) const CLUSTER_PORT: &str = "cluster-port";
    /// What others are told.
    pub(crate) const CLUSTER_ANNOUNCE_IP: &str = "cluster-announce-ip";
    /// Likewise, by name.
    pub(crate) const CLUSTER_ANNOUNCE_HOSTNAME: &str = "cluster-announce-hostname";
    /// What a server knows of its cluster.
    pub(crate) const CLUSTER_CONFIG_FILE: &str = "cluster-config-file";
    /// Whether clients are told addresses or names.
    pub(crate) const CLUSTER_PREFERRED_ENDPOINT_TYPE: &str = "cluster-preferred-endpoint-type";
}

/// The bus is this far above the clients' port. Source: redis.conf, `cluster-port`: port + 10000 unless set.
pub(crate) const BUS_ABOVE: u16 = BUS - PORT;
