//! What is wrong with the settings, judged by themselves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::common::ServiceType;
use super::super::{Instance, lines, quorum};
use super::{Kafka, Mode};
use crate::diagnostic::{Diagnostic, Diagnostics};

const OWNED: &[lines::Owned] = &[
    ("process.roles", "it follows `mode`, `controllers` and the pod's ordinal"),
    ("node.id", "it follows the pod's ordinal"),
    ("broker.id*", "it follows the pod's ordinal"),
    ("listeners", "every pod listens for clients, brokers and controllers, and is known by its own name"),
    (
        "advertised.listeners",
        "every broker is known by its pod's own name, which clients must reach one by one",
    ),
    ("listener.security.protocol.map", "the listeners are ours, and plain text"),
    ("inter.broker.listener.name", "the listeners are ours, and plain text"),
    ("security.inter.broker.protocol", "the listeners are ours, and plain text"),
    ("controller.listener.names", "the listeners are ours, and plain text"),
    ("controller.quorum.voters", "the voters follow `brokers` and `controllers`"),
    ("controller.quorum.bootstrap.servers", "the voters follow `brokers` and `controllers`"),
    ("log.dir", "it is on the volume that `storage` describes"),
    ("log.dirs", "it is on the volume that `storage` describes"),
    ("metadata.log.dir", "it is on the volume that `storage` describes"),
    ("zookeeper.connect", "it follows `zookeeper`"),
];

/// What kafka-run-class.sh reads; every other variable with this beginning is for the image's own start script.
const VARIABLES: &[&str] =
    &["KAFKA_OPTS", "KAFKA_JMX_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_GC_LOG_OPTS", "KAFKA_LOG4J_OPTS"];

/// Everything at once.
pub(super) fn all(me: &Instance<Kafka>) -> Diagnostics {
    let mut complaints = lines::complaints(&me.config, OWNED, &me.path.key("config"));
    complaints.extend(me.brokers_complaint());
    complaints.extend(me.version_complaint());
    complaints.extend(match me.mode {
        Mode::Kraft => me.kraft_complaints(),
        Mode::Zookeeper => me.zookeeper_complaints(),
    });
    complaints.extend(me.dedicated_complaints());
    if me.brokers > 0 {
        complaints.extend(me.copies_complaints());
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
        match self.brokers {
            0 => {
                Some(Diagnostic::error("no-brokers", "0 brokers hold nothing").at(path).help("write 1 or 3"))
            }
            2 if self.combined_voters() == 1 => Some(
                Diagnostic::warning("one-controller", "with 2 brokers only the first is a controller")
                    .at(path)
                    .because("a majority of two is two: a second controller would make it worse")
                    .help("write `brokers: 3`"),
            ),
            several if several > 1 && self.storage.is_none() => Some(
                Diagnostic::warning("no-storage", "brokers without `storage` forget")
                    .at(self.path.clone())
                    .because("a replaced pod starts empty; when all are replaced, everything is gone"),
            ),
            _ => None,
        }
    }

    fn version_complaint(&self) -> Option<Diagnostic> {
        let (written, path) = (&self.common.version, self.path.key("version"));
        let Some(version) = self.kafka_version() else {
            return Some(
                Diagnostic::error("kafka-version", format!("`{written}` does not say which Kafka it is"))
                    .at(path)
                    .because("the version decides which modes there are and how logs are configured")
                    .help("write a number such as `4.3.1`; an image with a tag of its own still needs it"),
            );
        };
        if self.mode == Mode::Zookeeper && version.at_least(&[4]) {
            return Some(self.no_zookeeper_mode());
        }
        let complaint = match self.mode {
            Mode::Kraft if version.before(&[3, 3]) => {
                Diagnostic::error("kraft-too-early", format!("kafka {written} is too old for KRaft"))
                    .because("it was declared ready with 3.3, and earlier metadata cannot be taken to 4.x")
                    .help("write `version: 4.3.1`, or `mode: zookeeper`")
            }
            _ if self.is_image("apache/kafka") && version.before(&[3, 7]) => {
                Diagnostic::error("no-such-image", format!("there is no apache/kafka:{written}"))
                    .because("Kafka has an image of its own since 3.7.0")
                    .help("write a later version, or another image: Confluent's `confluentinc/cp-kafka` 7.x is Kafka 3.x")
            }
            _ => return None,
        };
        Some(complaint.at(path))
    }

    fn no_zookeeper_mode(&self) -> Diagnostic {
        let version = &self.common.version;
        // At the mode: it is never a default, the version may be one.
        Diagnostic::error("zookeeper-gone", format!("kafka {version} has no ZooKeeper mode"))
            .at(self.path.key("mode"))
            .because("4.0 removed it: the broker does not start without `process.roles`")
            .help("write `mode: kraft`; or a version up to 3.9 (Confluent's: 7.9), for a cluster whose metadata is still in ZooKeeper")
    }

    fn kraft_complaints(&self) -> Diagnostics {
        let mut complaints = Diagnostics::new();
        if self.zookeeper.is_some() {
            complaints.push(
                Diagnostic::error("no-zookeeper-used", "`zookeeper` has no meaning in `mode: kraft`")
                    .at(self.path.key("zookeeper"))
                    .because("KRaft brokers keep their metadata themselves")
                    .help("take the line out, or write `mode: zookeeper`"),
            );
        }
        let fine = |id: &str| URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == 16);
        if let Some(id) = self.cluster_id.as_deref().filter(|id| !fine(id)) {
            complaints.push(
                Diagnostic::error("cluster-id", format!("`{id}` is not a cluster id"))
                    .at(self.path.key("clusterId"))
                    .because("it is a UUID in base64url: 22 letters, digits, `-` and `_`")
                    .help("take it from `cluster.id` in meta.properties of the cluster that exists, or leave it out"),
            );
        }
        complaints
    }

    fn zookeeper_complaints(&self) -> Diagnostics {
        let meaningless = |key: &str, because: &str| {
            Diagnostic::error("no-kraft", format!("`{key}` has no meaning in `mode: zookeeper`"))
                .at(self.path.key(key))
                .because(because)
                .help("take the line out, or write `mode: kraft`")
        };
        let controllers = (self.controllers > 0)
            .then(|| meaningless("controllers", "one of the brokers is elected controller in ZooKeeper"));
        let id =
            self.cluster_id.as_ref().map(|_| meaningless("clusterId", "it is made and kept in ZooKeeper"));
        controllers.into_iter().chain(id).collect()
    }

    fn dedicated_complaints(&self) -> Diagnostics {
        let path = self.path.key("controllers");
        if self.mode == Mode::Kraft && self.controllers > 0 {
            return quorum::complaint(self.controllers, "controller", &path).into_iter().collect();
        }
        let written = [
            ("controllerResources", self.controller_resources.is_some()),
            ("controllerStorage", self.controller_storage.is_some()),
        ];
        let complaint = |key: &str| {
            Diagnostic::error("no-controllers", format!("`{key}` without dedicated controllers"))
                .at(self.path.key(key))
                .because("with `controllers: 0` the first brokers are controllers too")
                .help("write `controllers: 3`, or take the line out")
        };
        written.iter().filter(|(_, written)| *written).map(|(key, _)| complaint(key)).collect()
    }

    fn env_complaints(&self) -> Diagnostics {
        let ignored = |name: &&String| {
            name.as_str() == "CLUSTER_ID"
                || (name.starts_with("KAFKA_") && !VARIABLES.contains(&name.as_str()))
        };
        let complaint = |name: &String| {
            Diagnostic::error("ignored-variable", format!("`{name}` would be ignored"))
                .at(self.path.key("env").key(name))
                .because("the pods start from a server.properties of the stack, not from variables")
                .help(instead(name))
        };
        self.common.env.keys().filter(ignored).map(complaint).collect()
    }

    /// Clients ask any broker first and then go to the leader of each partition by the name that it advertises.
    fn outside_complaint(&self) -> Option<Diagnostic> {
        (self.service.kind != ServiceType::ClusterIP).then(|| {
            Diagnostic::error("kafka-outside", "one Service cannot bring clients from outside to every broker")
                .at(self.path.keys(&["service", "type"]))
                .because("after the first answer they go to each broker by its pod's name, which is known inside of the cluster only")
                .help("write `type: ClusterIP`; clients from outside need an address per broker, which is not supported")
        })
    }
}

/// The setting that does what a variable of the image would do: `KAFKA_NUM_PARTITIONS` is `num.partitions`.
fn instead(variable: &str) -> String {
    match variable {
        "CLUSTER_ID" => "write `clusterId`".to_owned(),
        "KAFKA_HEAP_OPTS" => "write `heap`, or leave it out: it follows `resources.memory`".to_owned(),
        _ => {
            let name = variable.trim_start_matches("KAFKA_").to_lowercase();
            let name = name.replace("___", "-").replace("__", "\0").replace('_', ".").replace('\0', "_");
            format!("write `config: {{{name}: …}}`")
        }
    }
}
