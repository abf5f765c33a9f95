//! ZooKeeper.
//!
//! Source: ZooKeeper administrator's guide; docker-entrypoint.sh of the official image, and Confluent's.

use super::{Port, Signs};

/// How a server is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &["zookeeper", CONFLUENT],
    commands: &[SCRIPT, "org.apache.zookeeper.server.quorum.QuorumPeerMain"],
    variables: &[ZOO_SERVERS, ZOO_MY_ID, ZOOKEEPER_SERVER_ID, ZOO_4LW_COMMANDS_WHITELIST],
    port: Some(CLIENT),
    prefixes: &["ZOOKEEPER", "ZOO", "KAFKA"],
};

// Ports.

/// Clients. Source: `clientPort` of zoo_sample.cfg.
pub(crate) const CLIENT: Port = 2181;
/// Followers to their leader.
pub(crate) const QUORUM: Port = 2888;
/// The election of a leader.
pub(crate) const ELECTION: Port = 3888;
/// The AdminServer. Source: `admin.serverPort`.
pub(crate) const ADMIN: Port = 8080;

// Images, commands and files.

/// Confluent's image, whose variables are its own.
pub(crate) const CONFLUENT: &str = "cp-zookeeper";
/// Starts the server, and tells its state.
pub(crate) const SCRIPT: &str = "zkServer.sh";
/// What a server reads.
pub(crate) const CONFIG: &str = "zoo.cfg";
/// Where the official image has it.
pub(crate) const CONFIG_FILE: &str = "/conf/zoo.cfg";

// Variables. A constant is called what the variable is called.

/// The members, in the official image.
pub(crate) const ZOO_SERVERS: &str = "ZOO_SERVERS";
/// The server's own number, in the official image.
pub(crate) const ZOO_MY_ID: &str = "ZOO_MY_ID";
/// Which words of four letters are answered.
pub(crate) const ZOO_4LW_COMMANDS_WHITELIST: &str = "ZOO_4LW_COMMANDS_WHITELIST";
/// More lines of the file.
pub(crate) const ZOO_CFG_EXTRA: &str = "ZOO_CFG_EXTRA";
/// Whether the AdminServer runs.
pub(crate) const ZOO_ADMINSERVER_ENABLED: &str = "ZOO_ADMINSERVER_ENABLED";
/// How often old snapshots are removed, in hours.
pub(crate) const ZOO_AUTOPURGE_PURGEINTERVAL: &str = "ZOO_AUTOPURGE_PURGEINTERVAL";
/// The server's own number, in Confluent's image.
pub(crate) const ZOOKEEPER_SERVER_ID: &str = "ZOOKEEPER_SERVER_ID";
/// The members, in Confluent's image.
pub(crate) const ZOOKEEPER_SERVERS: &str = "ZOOKEEPER_SERVERS";
/// Options of Java. Source: bin/zkEnv.sh.
pub(crate) const SERVER_JVMFLAGS: &str = "SERVER_JVMFLAGS";
/// The heap in MB, 1000 where nothing is said. Source: bin/zkEnv.sh.
pub(crate) const ZK_SERVER_HEAP: &str = "ZK_SERVER_HEAP";

/// Settings.
pub(crate) mod key {
    /// Which words of four letters are answered.
    pub(crate) const FOUR_LETTER_COMMANDS_WHITELIST: &str = "4lw.commands.whitelist";
    /// Where snapshots are.
    pub(crate) const DATA_DIR: &str = "dataDir";
    /// Where the log is, if elsewhere.
    pub(crate) const DATA_LOG_DIR: &str = "dataLogDir";
    /// Where the members are, if elsewhere.
    pub(crate) const DYNAMIC_CONFIG_FILE: &str = "dynamicConfigFile";
    /// Whether members may be changed while the ensemble runs.
    pub(crate) const RECONFIG_ENABLED: &str = "reconfigEnabled";
    /// Where clients call.
    pub(crate) const CLIENT_PORT: &str = "clientPort";
    /// Whether members listen on all addresses.
    pub(crate) const QUORUM_LISTEN_ON_ALL_IPS: &str = "quorumListenOnAllIPs";
    /// Whether the AdminServer runs.
    pub(crate) const ADMIN_ENABLE_SERVER: &str = "admin.enableServer";
    /// How often old snapshots are removed, in hours.
    pub(crate) const AUTOPURGE_PURGE_INTERVAL: &str = "autopurge.purgeInterval";
}
