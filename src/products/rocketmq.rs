//! RocketMQ: NameServer, broker, proxy and dashboard.
//!
//! Source: BrokerConfig, MessageStoreConfig and ProxyConfig of 4.9 and 5.x; bin/runserver.sh and bin/runbroker.sh.

use super::{Port, Signs};

/// How the dashboard is told.
pub(crate) const DASHBOARD: Signs = Signs {
    images: &[DASHBOARD_IMAGE, "rocketmq-console", "rocketmq-console-ng"],
    commands: &["rocketmq-dashboard.jar"],
    variables: &[],
    port: None,
    prefixes: &["ROCKETMQ", "NAMESRV", "JAVA"],
};

/// How a NameServer is told.
pub(crate) const NAME_SERVER: Signs = Signs {
    images: &["rocketmq-nameserver", NAME_SERVER_IMAGE],
    commands: &["mqnamesrv", "org.apache.rocketmq.namesrv.NamesrvStartup"],
    variables: &[],
    port: None,
    prefixes: &["ROCKETMQ", "NAMESRV", "JAVA"],
};

/// How a proxy is told.
pub(crate) const PROXY: Signs = Signs {
    images: &[PROXY_IMAGE],
    commands: &["mqproxy", "org.apache.rocketmq.proxy.ProxyStartup"],
    variables: &[],
    port: None,
    prefixes: &["ROCKETMQ", "NAMESRV", "JAVA"],
};

/// How a broker is told.
pub(crate) const BROKER: Signs = Signs {
    images: &[BROKER_IMAGE],
    commands: &["mqbroker", BROKER_CLASS],
    variables: &[NAMESRV_ADDR, "BROKER_NAME"],
    port: Some(BROKER_PORT),
    prefixes: &["ROCKETMQ", "NAMESRV", "JAVA"],
};

// Ports.

/// Where NameServers listen.
pub(crate) const NAME_SERVER_PORT: Port = 9876;
/// Where brokers listen.
pub(crate) const BROKER_PORT: Port = 10911;
/// The broker's second entrance, which is always two below the first. Source: BrokerController of 4.9 and 5.x.
pub(crate) const FAST_PORT: Port = 10909;
/// Where slaves fetch from; 4.9 always takes the one above the first, whatever is configured. Source: BrokerStartup.
pub(crate) const HA_PORT: Port = 10912;
/// Where a proxy listens to clients of the old protocol.
pub(crate) const PROXY_REMOTING: Port = 8080;
/// Where a proxy listens to clients of gRPC.
pub(crate) const PROXY_GRPC: Port = 8081;
/// The dashboard, before 2.1.
pub(crate) const OLD_DASHBOARD_PORT: Port = 8080;
/// The dashboard, from 2.1 on.
pub(crate) const DASHBOARD_PORT: Port = 8082;

// Images and commands.

/// Some have an image for each role.
pub(crate) const BROKER_IMAGE: &str = "rocketmq-broker";
/// Likewise.
pub(crate) const NAME_SERVER_IMAGE: &str = "rocketmq-namesrv";
/// Likewise.
pub(crate) const PROXY_IMAGE: &str = "rocketmq-proxy";
/// The dashboard's image.
pub(crate) const DASHBOARD_IMAGE: &str = "rocketmq-dashboard";
/// The broker's class.
pub(crate) const BROKER_CLASS: &str = "org.apache.rocketmq.broker.BrokerStartup";

// Variables. A constant is called what the variable is called.

/// The NameServers, for brokers and clients.
pub(crate) const NAMESRV_ADDR: &str = "NAMESRV_ADDR";
/// `-Xms` and `-Xmx`, of the operator's image.
pub(crate) const HEAP_OPTS: &str = "HEAP_OPTS";
/// Whether the dashboard asks for a login.
pub(crate) const ROCKETMQ_CONFIG_LOGINREQUIRED: &str = "ROCKETMQ_CONFIG_LOGINREQUIRED";

// Roles of a broker.

/// Waits for a slave.
pub(crate) const SYNC_MASTER: &str = "SYNC_MASTER";
/// Does not.
pub(crate) const ASYNC_MASTER: &str = "ASYNC_MASTER";

// Topics and accounts.

/// Topics that brokers make for themselves. Source: TopicValidator.
pub(crate) const OWN_TOPICS: &[&str] =
    &["TBW102", "SCHEDULE_TOPIC_XXXX", "BenchmarkTest", "OFFSET_MOVED_EVENT", "SELF_TEST_TOPIC"];
/// How others of theirs begin.
pub(crate) const OWN_TOPICS_BEGIN: &[&str] = &["%RETRY%", "%DLQ%", "RMQ_SYS_", "rmq_sys_"];
/// The longest name of a topic. Source: TopicValidator.
pub(crate) const LONGEST_TOPIC: usize = 127;
/// Before 5.3, names and passwords of accounts are longer than six characters. Source: PlainPermissionManager.
pub(crate) const SHORTEST_OLD_KEY: usize = 7;
/// Keys of a broker that say who may come in.
pub(crate) const ACCOUNTS: &[&str] = &[
    key::ACL_ENABLE,
    key::AUTHENTICATION_ENABLED,
    key::AUTHENTICATION_METADATA_PROVIDER,
    key::AUTHORIZATION_ENABLED,
    key::AUTHORIZATION_METADATA_PROVIDER,
    "initAuthenticationUser",
    "innerClientAuthenticationCredentials",
];

/// Settings of a broker.
pub(crate) mod key {
    /// The cluster.
    pub(crate) const BROKER_CLUSTER_NAME: &str = "brokerClusterName";
    /// The group: the same for all of its members.
    pub(crate) const BROKER_NAME: &str = "brokerName";
    /// 0 is the master.
    pub(crate) const BROKER_ID: &str = "brokerId";
    /// Master or slave, and how they keep together.
    pub(crate) const BROKER_ROLE: &str = "brokerRole";
    /// What clients are told.
    pub(crate) const BROKER_IP1: &str = "brokerIP1";
    /// What slaves are told.
    pub(crate) const BROKER_IP2: &str = "brokerIP2";
    /// Where it listens.
    pub(crate) const LISTEN_PORT: &str = "listenPort";
    /// Where slaves fetch from.
    pub(crate) const HA_LISTEN_PORT: &str = "haListenPort";
    /// The NameServers.
    pub(crate) const NAMESRV_ADDR: &str = "namesrvAddr";
    /// Where all is stored.
    pub(crate) const STORE_PATH_ROOT_DIR: &str = "storePathRootDir";
    /// Whether a message is on disk before it is acknowledged.
    pub(crate) const FLUSH_DISK_TYPE: &str = "flushDiskType";
    /// A slave does what it can while its master is away, from 5.0 on.
    pub(crate) const ENABLE_SLAVE_ACTING_MASTER: &str = "enableSlaveActingMaster";
    /// Copies that must have it before.
    pub(crate) const IN_SYNC_REPLICAS: &str = "inSyncReplicas";
    /// Whether a slave answers who pulls.
    pub(crate) const SLAVE_READ_ENABLE: &str = "slaveReadEnable";
    /// Whether a topic is made by whoever sends to it.
    pub(crate) const AUTO_CREATE_TOPIC_ENABLE: &str = "autoCreateTopicEnable";
    /// A controller elects masters, from 5.0 on.
    pub(crate) const ENABLE_CONTROLLER_MODE: &str = "enableControllerMode";
    /// Brokers elect masters among themselves.
    pub(crate) const ENABLE_DLEGER_COMMIT_LOG: &str = "enableDLegerCommitLog";
    /// Who elects with it: `n0-HOST:PORT;n1-HOST:PORT`.
    pub(crate) const DLEGER_PEERS: &str = "dLegerPeers";
    /// Likewise, of a controller.
    pub(crate) const CONTROLLER_DLEGER_PEERS: &str = "controllerDLegerPeers";
    /// Whether clients say who they are, from 5.3 on.
    pub(crate) const AUTHENTICATION_ENABLED: &str = "authenticationEnabled";
    /// Where users are.
    pub(crate) const AUTHENTICATION_METADATA_PROVIDER: &str = "authenticationMetadataProvider";
    /// Whether it matters who they are.
    pub(crate) const AUTHORIZATION_ENABLED: &str = "authorizationEnabled";
    /// Where rights are.
    pub(crate) const AUTHORIZATION_METADATA_PROVIDER: &str = "authorizationMetadataProvider";
    /// Whether clients need a key, before.
    pub(crate) const ACL_ENABLE: &str = "aclEnable";
}

/// Settings of a proxy.
pub(crate) mod proxy {
    /// Where it listens to clients of gRPC.
    pub(crate) const GRPC_SERVER_PORT: &str = "grpcServerPort";
    /// Whether clients are told the port that they called, or the proxy's own.
    pub(crate) const USE_ENDPOINT_PORT_FROM_REQUEST: &str = "useEndpointPortFromRequest";
}
