//! Kafka: brokers and controllers.
//!
//! Source: Kafka documentation, "Broker Configs"; bin/kafka-run-class.sh.

pub(crate) mod keys;

use super::{Port, Signs};

/// How a server is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &["kafka", CONFLUENT, NATIVE, CONFLUENT_SERVER],
    commands: &[START, MAIN_CLASS],
    variables: &[
        KAFKA_NODE_ID,
        "KAFKA_BROKER_ID",
        "KAFKA_PROCESS_ROLES",
        "KAFKA_ADVERTISED_LISTENERS",
        "KAFKA_CFG_PROCESS_ROLES",
        "KAFKA_ZOOKEEPER_CONNECT",
    ],
    port: Some(CLIENT),
    prefixes: &["KAFKA"],
};

// Ports.

/// Clients, in the examples of the documentation.
pub(crate) const CLIENT: Port = 9092;
/// Controllers, likewise.
pub(crate) const CONTROLLER: Port = 9093;

// Images and commands.

/// Confluent's image, which has variables of its own beside Kafka's.
pub(crate) const CONFLUENT: &str = "cp-kafka";
/// Likewise, with what is not free.
pub(crate) const CONFLUENT_SERVER: &str = "cp-server";
/// Compiled ahead of time: no JVM, no scripts.
pub(crate) const NATIVE: &str = "kafka-native";
/// The start script, as its command begins.
pub(crate) const START: &str = "kafka-server-start";
/// The server's class.
pub(crate) const MAIN_CLASS: &str = "kafka.Kafka";
/// Where the official image has its settings.
pub(crate) const CONFIG_FOLDER: &str = "/opt/kafka/config";

// Variables. A constant is called what the variable is called.

/// The server's own number.
pub(crate) const KAFKA_NODE_ID: &str = "KAFKA_NODE_ID";
/// What a log is formatted with.
pub(crate) const CLUSTER_ID: &str = "CLUSTER_ID";
/// `-Xms` and `-Xmx`; 1g where nothing is said.
pub(crate) const KAFKA_HEAP_OPTS: &str = "KAFKA_HEAP_OPTS";
/// Options of Java.
pub(crate) const KAFKA_OPTS: &str = "KAFKA_OPTS";
/// Those of JMX.
pub(crate) const KAFKA_JMX_OPTS: &str = "KAFKA_JMX_OPTS";
/// Opens JMX.
pub(crate) const KAFKA_JMX_PORT: &str = "KAFKA_JMX_PORT";
/// Those of the garbage collector.
pub(crate) const KAFKA_JVM_PERFORMANCE_OPTS: &str = "KAFKA_JVM_PERFORMANCE_OPTS";
/// Those of its log.
pub(crate) const KAFKA_GC_LOG_OPTS: &str = "KAFKA_GC_LOG_OPTS";
/// Those of the log.
pub(crate) const KAFKA_LOG4J_OPTS: &str = "KAFKA_LOG4J_OPTS";

/// Settings of a server.
pub(crate) mod key {
    /// Broker, controller or both.
    pub(crate) const PROCESS_ROLES: &str = "process.roles";
    /// Where a broker is: copies go to different ones.
    pub(crate) const BROKER_RACK: &str = "broker.rack";
    /// The server's own number.
    pub(crate) const NODE_ID: &str = "node.id";
    /// What clients are told.
    pub(crate) const ADVERTISED_LISTENERS: &str = "advertised.listeners";
    /// How each listener is secured.
    pub(crate) const LISTENER_SECURITY_PROTOCOL_MAP: &str = "listener.security.protocol.map";
    /// Where brokers call each other.
    pub(crate) const INTER_BROKER_LISTENER_NAME: &str = "inter.broker.listener.name";
    /// Where controllers are called.
    pub(crate) const CONTROLLER_LISTENER_NAMES: &str = "controller.listener.names";
    /// The controllers, for ever.
    pub(crate) const CONTROLLER_QUORUM_VOTERS: &str = "controller.quorum.voters";
    /// Some controllers, from 3.9 on.
    pub(crate) const CONTROLLER_QUORUM_BOOTSTRAP_SERVERS: &str = "controller.quorum.bootstrap.servers";
    /// Where the log is.
    pub(crate) const LOG_DIR: &str = "log.dir";
    /// Likewise, several.
    pub(crate) const LOG_DIRS: &str = "log.dirs";
    /// The ensemble, before 4.0.
    pub(crate) const ZOOKEEPER_CONNECT: &str = "zookeeper.connect";
    /// For how long the ensemble waits for a broker.
    pub(crate) const ZOOKEEPER_SESSION_TIMEOUT_MS: &str = "zookeeper.session.timeout.ms";
    /// Copies of a topic.
    pub(crate) const DEFAULT_REPLICATION_FACTOR: &str = "default.replication.factor";
    /// Copies that must have a record before it is acknowledged.
    pub(crate) const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
    /// How long a topic keeps a message.
    pub(crate) const RETENTION_MS: &str = "retention.ms";
    /// Copies of the offsets.
    pub(crate) const OFFSETS_TOPIC_REPLICATION_FACTOR: &str = "offsets.topic.replication.factor";
    /// Copies of the transactions.
    pub(crate) const TRANSACTION_STATE_LOG_REPLICATION_FACTOR: &str =
        "transaction.state.log.replication.factor";
    /// Those that must have a transaction.
    pub(crate) const TRANSACTION_STATE_LOG_MIN_ISR: &str = "transaction.state.log.min.isr";
    /// Copies of the share groups, from 4.0 on.
    pub(crate) const SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: &str =
        "share.coordinator.state.topic.replication.factor";
    /// Those that must have one.
    pub(crate) const SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: &str = "share.coordinator.state.topic.min.isr";
}

/// Topics that it makes for itself.
pub(crate) const OWN_TOPICS: &[&str] =
    &["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];
/// The longest name of a topic. Source: org.apache.kafka.common.internals.Topic.
pub(crate) const LONGEST_TOPIC: usize = 249;

/// Services whose link gives a pod a variable that the image reads.
pub(crate) const TAKEN_BY_LINKS: &[(&str, &str)] =
    &[("kafka", "KAFKA_PORT"), ("kafka-advertised", "KAFKA_ADVERTISED_PORT"), ("kafka-jmx", KAFKA_JMX_PORT)];
