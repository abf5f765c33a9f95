//! What is wrong with the settings, judged by themselves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::common::ServiceType;
use super::super::{Instance, lines};
use super::{Kafka, Mode};
use crate::diagnostic::{At, Diagnostic, Diagnostics};
use crate::products::kafka::{
    CLUSTER_ID, KAFKA_GC_LOG_OPTS, KAFKA_HEAP_OPTS, KAFKA_JMX_OPTS, KAFKA_JVM_PERFORMANCE_OPTS,
    KAFKA_LOG4J_OPTS, KAFKA_OPTS, key,
};

const OWNED: &[lines::Owned] = &[
    (key::PROCESS_ROLES, "it follows from `mode`, `dedicatedControllers` and the pod's ordinal"),
    (key::NODE_ID, "it follows from the pod's ordinal"),
    ("broker.id*", "it follows from the pod's ordinal"),
    (
        "listeners",
        "every pod has listeners for clients, brokers and controllers, and advertises its own name",
    ),
    (
        key::ADVERTISED_LISTENERS,
        "every broker advertises its pod's own name, because clients must reach each broker individually",
    ),
    (key::LISTENER_SECURITY_PROTOCOL_MAP, "stackgen sets the listeners, without TLS"),
    (key::INTER_BROKER_LISTENER_NAME, "stackgen sets the listeners, without TLS"),
    ("security.inter.broker.protocol", "stackgen sets the listeners, without TLS"),
    (key::CONTROLLER_LISTENER_NAMES, "stackgen sets the listeners, without TLS"),
    (key::CONTROLLER_QUORUM_VOTERS, "the voters follow from `controllers`"),
    (key::CONTROLLER_QUORUM_BOOTSTRAP_SERVERS, "the voters follow from `controllers`"),
    (key::LOG_DIR, "it is on the volume set by `storage`"),
    (key::LOG_DIRS, "it is on the volume set by `storage`"),
    ("metadata.log.dir", "it is on the volume set by `storage`"),
    (key::ZOOKEEPER_CONNECT, "it follows from `zookeeper`"),
];

/// What kafka-run-class.sh reads; every other variable with this beginning is for the image's own start script.
const VARIABLES: &[&str] =
    &[KAFKA_OPTS, KAFKA_JMX_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_GC_LOG_OPTS, KAFKA_LOG4J_OPTS];

/// Everything at once.
pub(super) fn all(me: &Instance<Kafka>) -> Diagnostics {
    let mut complaints = lines::complaints(&me.config, OWNED, &me.path.key("config"));
    // Of a key that is not theirs to write, one reason is enough.
    let told: Vec<At> = complaints.iter().map(|complaint| complaint.at.clone()).collect();
    complaints.extend(me.config_complaints().into_iter().filter(|complaint| !told.contains(&complaint.at)));
    complaints.extend(me.brokers_complaint());
    complaints.extend(me.version_complaint());
    complaints.extend(match me.mode {
        Mode::Kraft => me.kraft_complaints(),
        Mode::Zookeeper => me.zookeeper_complaints(),
    });
    complaints.extend(me.controllers_complaints());
    if me.brokers > 0 {
        complaints.extend(me.copies_complaints());
        complaints.extend(me.topics_complaints());
    }
    complaints.extend(me.env_complaints());
    complaints.extend(me.outside_complaint());
    complaints.keep(me.broker_heap());
    complaints.keep(me.controller_heap());
    complaints
}

impl Instance<Kafka> {
    fn brokers_complaint(&self) -> Option<Diagnostic> {
        let path = self.path.key("brokers");
        (self.brokers == 0).then(|| {
            Diagnostic::error("no-brokers", "0 brokers cannot store anything").at(path).help("set 1 or 3")
        })
    }

    fn version_complaint(&self) -> Option<Diagnostic> {
        let (written, path) = (&self.common.version, self.path.key("version"));
        let Some(version) = self.kafka_version() else {
            return Some(
                Diagnostic::error("kafka-version", format!("`{written}` does not identify a Kafka version"))
                    .at(path)
                    .because("the version determines which modes exist and how logs are configured")
                    .help("use a number such as `4.3.1`; it is required also with an image tag of your own"),
            );
        };
        if self.mode == Mode::Zookeeper && version.at_least(&[4]) {
            return Some(self.no_zookeeper_mode());
        }
        let complaint = match self.mode {
            Mode::Kraft if version.before(&[3, 3]) => {
                Diagnostic::error("kraft-too-early", format!("Kafka {written} is too old for KRaft"))
                    .because(
                        "KRaft is production-ready since 3.3, and earlier metadata cannot be upgraded to 4.x",
                    )
                    .help("set `version: 4.3.1`, or `mode: zookeeper`")
            }
            _ if self.is_image("apache/kafka") && version.before(&[3, 7]) => {
                Diagnostic::error("no-such-image", format!("apache/kafka:{written} does not exist"))
                    .because("the image exists since Kafka 3.7.0")
                    .help(
                        "use a later version, or another image: Confluent's `confluentinc/cp-kafka` 7.x is \
                           Kafka 3.x",
                    )
            }
            _ => return None,
        };
        Some(complaint.at(path))
    }

    fn no_zookeeper_mode(&self) -> Diagnostic {
        let version = &self.common.version;
        // At the mode: it is never a default, the version may be one.
        Diagnostic::error("zookeeper-gone", format!("Kafka {version} has no ZooKeeper mode"))
            .at(self.path.key("mode"))
            .because(format!("4.0 removed it: the broker does not start without `{}`", key::PROCESS_ROLES))
            .help("set `mode: kraft`; or a version up to 3.9 (Confluent's: 7.9), for a cluster whose metadata is \
                   still in ZooKeeper")
    }

    fn kraft_complaints(&self) -> Diagnostics {
        let mut complaints = Diagnostics::new();
        if self.zookeeper.is_some() {
            complaints.push(
                Diagnostic::error("no-zookeeper-used", "`zookeeper` is not used in `mode: kraft`")
                    .at(self.path.key("zookeeper"))
                    .because("KRaft brokers keep their metadata themselves")
                    .help("remove it, or set `mode: zookeeper`"),
            );
        }
        let fine = |id: &str| URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == 16);
        if let Some(id) = self.cluster_id.as_deref().filter(|id| !fine(id)) {
            complaints.push(
                Diagnostic::error("cluster-id", format!("`{id}` is not a valid cluster id"))
                    .at(self.path.key("clusterId"))
                    .because("it is a UUID in base64url: 22 letters, digits, `-` and `_`")
                    .help("take it from `cluster.id` in meta.properties of the existing cluster, or leave it out"),
            );
        }
        complaints
    }

    fn zookeeper_complaints(&self) -> Diagnostics {
        // That `controllers` is of no use beside it, the loader tells where somebody wrote both.
        let complaint = |_: &String| {
            Diagnostic::error("no-kraft", "`clusterId` is not used in `mode: zookeeper`")
                .at(self.path.key("clusterId"))
                .because("it is generated and stored in ZooKeeper")
                .help("remove it, or set `mode: kraft`")
        };
        self.cluster_id.iter().map(complaint).collect()
    }

    fn env_complaints(&self) -> Diagnostics {
        let ignored = |name: &&String| {
            name.as_str() == CLUSTER_ID || (name.starts_with("KAFKA_") && !VARIABLES.contains(&name.as_str()))
        };
        let complaint = |name: &String| {
            Diagnostic::error("ignored-variable", format!("`{name}` would be ignored"))
                .at(self.path.key("env").key(name))
                .because("the pods start from a generated server.properties, not from variables")
                .help(instead(name))
        };
        self.common.env.keys().filter(ignored).map(complaint).collect()
    }

    /// Clients ask any broker first and then go to the leader of each partition by the name that it advertises.
    fn outside_complaint(&self) -> Option<Diagnostic> {
        (self.service.kind != ServiceType::ClusterIP).then(|| {
            Diagnostic::error("kafka-outside", "one Service cannot route outside clients to every broker")
                .at(self.path.keys(&["service", "type"]))
                .because(
                    "after bootstrap they connect to each broker by its pod's name, which resolves only \
                          inside the cluster",
                )
                .help(
                    "set `type: ClusterIP`; clients from outside need an address per broker, which is not \
                       supported",
                )
        })
    }
}

/// The setting that does what a variable of the image would do: `KAFKA_NUM_PARTITIONS` is `num.partitions`.
fn instead(variable: &str) -> String {
    match variable {
        CLUSTER_ID => "set `clusterId`".to_owned(),
        KAFKA_HEAP_OPTS => "set `heap`, or leave it out: it is derived from `resources.memory`".to_owned(),
        _ => {
            let name = variable.trim_start_matches("KAFKA_").to_lowercase();
            let name = name.replace("___", "-").replace("__", "\0").replace('_', ".").replace('\0', "_");
            format!("set `config: {{{name}: …}}`")
        }
    }
}
