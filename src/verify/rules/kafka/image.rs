//! Images of Kafka: whose they are, what their variables are called, which Kafka is in them.

use crate::k8s::Version;
use crate::products::kafka::{
    CONFLUENT, CONFLUENT_SERVER, KAFKA_GC_LOG_OPTS, KAFKA_HEAP_OPTS, KAFKA_JMX_OPTS, KAFKA_JMX_PORT,
    KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS, KAFKA_OPTS, NATIVE,
};
use crate::verify::pods::Container;

/// Whose image it is, which decides what its variables are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Apache,
    Confluent,
    Bitnami,
    Wurstmeister,
    Other,
}

/// What begins like a setting in a variable's name and is none. Source: KafkaDockerWrapper and kafka-run-class.sh.
const HELPERS: &[&str] = &[
    "KAFKA_VERSION",
    KAFKA_HEAP_OPTS,
    KAFKA_LOG4J_OPTS,
    KAFKA_OPTS,
    KAFKA_JMX_OPTS,
    KAFKA_JMX_PORT,
    "KAFKA_JMX_HOSTNAME",
    KAFKA_JVM_PERFORMANCE_OPTS,
    KAFKA_GC_LOG_OPTS,
    "KAFKA_LOG4J_ROOT_LOGLEVEL",
    "KAFKA_LOG4J_LOGGERS",
    "KAFKA_TOOLS_LOG4J_LOGLEVEL",
];

/// Names behind `KAFKA_` that Bitnami's image takes as well. Source: bitnami/containers, libkafka.sh,
/// kafka_create_alias_environment_variables.
const BITNAMI_ALIASES: &[&str] = &[
    "ADVERTISED_LISTENERS",
    "BROKER_ID",
    "NODE_ID",
    "CONTROLLER_QUORUM_VOTERS",
    "PROCESS_ROLES",
    "DEFAULT_REPLICATION_FACTOR",
    "INTER_BROKER_LISTENER_NAME",
    "LISTENERS",
    "LISTENER_SECURITY_PROTOCOL_MAP",
    "LOG_DIRS",
    "NUM_PARTITIONS",
    "OFFSETS_TOPIC_REPLICATION_FACTOR",
    "TRANSACTION_STATE_LOG_MIN_ISR",
    "TRANSACTION_STATE_LOG_REPLICATION_FACTOR",
    "ZOOKEEPER_CONNECT",
];

impl Maker {
    /// Told by the folder of the image, so that mirrors do not matter.
    pub(super) fn of(container: &Container<'_>) -> Self {
        let path = container.image.path();
        match path.rsplit('/').nth(1).unwrap_or_default() {
            "apache" => Self::Apache,
            "wurstmeister" => Self::Wurstmeister,
            folder if folder.starts_with("bitnami") => Self::Bitnami,
            _ if path.ends_with(NATIVE) => Self::Apache,
            _ if [CONFLUENT, CONFLUENT_SERVER].iter().any(|name| path.ends_with(name)) => Self::Confluent,
            _ => Self::Other,
        }
    }

    /// The setting that a variable is.
    pub(super) fn key(self, variable: &str) -> Option<String> {
        if HELPERS.contains(&variable) {
            return None;
        }
        let rest = match self {
            Self::Bitnami => variable.strip_prefix("KAFKA_CFG_").or_else(|| {
                let plain = variable.strip_prefix("KAFKA_")?;
                BITNAMI_ALIASES.contains(&plain).then_some(plain)
            })?,
            Self::Other => variable.strip_prefix("KAFKA_CFG_").or_else(|| variable.strip_prefix("KAFKA_"))?,
            _ => variable.strip_prefix("KAFKA_")?,
        };
        let key = rest.replace("___", "-").replace("__", "\0").replace('_', ".").replace('\0', "_");
        Some(key.to_ascii_lowercase())
    }

    /// Kafka's version. Confluent counts by its own numbers: 8.x is 4.x, 7.x is 3.x, 6.0 is 2.6.
    pub(super) fn version(self, container: &Container<'_>) -> Option<Version> {
        let version = container.version.as_ref()?;
        match self {
            Self::Confluent => {
                let (major, minor) = (version.major(), version.minor());
                let minor = if major == 6 { minor.saturating_add(6) } else { minor };
                let major = if major == 5 { 2 } else { major.checked_sub(4).filter(|major| *major >= 2)? };
                Version::parse(&format!("{major}.{minor}"))
            }
            // Scala's version stands before Kafka's.
            Self::Wurstmeister => Version::parse(container.image.tag()?.split_once('-')?.1),
            Self::Other => Some(version.clone()).filter(|version| (2..=4).contains(&version.major())),
            _ => Some(version.clone()),
        }
    }
}
