//! What Kafka needs: a mode that its version and its image have.

use super::image::Maker;
use super::settings::{Mode, Node, Start, nodes};
use crate::products::kafka::key;
use crate::verify::pods::Product;
use crate::verify::shapes::clustered;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-mode-exists",
        grade: Grade::ERROR,
        promise: "Kafka from 4.0 on has `process.roles`, and no ZooKeeper",
        why: "4.0 removed the ZooKeeper mode: the broker requires `process.roles` and exits without it",
        fix: "set `process.roles`, `node.id`, `controller.quorum.voters` and `controller.listener.names` instead \
              of `zookeeper.connect`, or stay on 3.9 until the metadata is migrated",
        source: "Kafka documentation, Upgrading to 4.0; confluentinc/kafka-images 8.x, configure",
        check: mode_exists,
    },
    Rule {
        code: "kafka-image-runs-its-mode",
        grade: Grade::ERROR,
        promise: "the image `apache/kafka` does not run with ZooKeeper",
        why: "its start script first formats the disk for KRaft, which fails without `process.roles`, and the \
              container exits",
        fix: "use KRaft, or an image with both modes such as `confluentinc/cp-kafka:7.9.2`",
        source: "apache/kafka docker/, KafkaDockerWrapper and StorageTool",
        check: image_runs_its_mode,
    },
    Rule {
        code: "kafka-kraft-is-ready",
        grade: Grade::ERROR,
        promise: "Kafka with `process.roles` is 3.3 or later",
        why: "KRaft was a preview before 3.3, and its metadata cannot be upgraded to 4.x",
        fix: "use 3.9 or 4.x",
        source: "Kafka documentation, release notes of 3.3 (KIP-833), Upgrading to 4.0",
        check: kraft_is_ready,
    },
    Rule {
        code: "kafka-variables-are-read",
        grade: Grade::ERROR,
        promise: "every variable that is a Kafka setting has the prefix that its image expects",
        why: "`KAFKA_CFG_LISTENERS`, the prefix of another image, becomes the unknown setting `cfg.listeners`: it \
              is ignored, and the default applies",
        fix: "settings of Bitnami's image start with `KAFKA_CFG_`, those of the others with `KAFKA_`",
        source: "KafkaDockerWrapper; confluentinc/kafka-images; bitnami/containers libkafka.sh",
        check: variables_are_read,
    },
    Rule {
        code: "kafka-bootstrap-servers-are-known",
        grade: Grade::ERROR,
        promise: "`controller.quorum.bootstrap.servers` is used from 3.9 on, and together with voters where the \
                  image formats the disk",
        why: "earlier versions do not support the setting; and a controller without voters can be formatted only \
              with `--standalone` or `--initial-controllers`, which the image's start script does not pass",
        fix: "list the controllers in `controller.quorum.voters`",
        source: "KIP-853, KAFKA-18737; apache/kafka docker/server.properties",
        check: bootstrap_servers_are_known,
    },
    Rule {
        code: "kafka-image-exists",
        grade: Grade::WARNING,
        promise: "Kafka's image still exists in its registry",
        why: "Bitnami removed the versions in `bitnami/` from Docker Hub in September 2025: a node that does not \
              have the image cached stays in ImagePullBackOff",
        fix: "use `apache/kafka` or `confluentinc/cp-kafka`; the old images are in `bitnamilegacy/`",
        source: "bitnami/containers#83267, #85621",
        check: image_is_there,
    },
];

fn image_is_there<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let kafka = set.pods_with(Product::Kafka).filter_map(|pod| pod.running(Product::Kafka));
    kafka.filter_map(clustered::withdrawn).collect()
}

fn mode_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.at_least(&[4])) {
        let tag = node.container.image.tag().unwrap_or_default();
        let roles = node.has(key::PROCESS_ROLES);
        if node.has(key::ZOOKEEPER_CONNECT) {
            let name = node.named(key::ZOOKEEPER_CONNECT);
            let title = format!("`{name}` is set, but Kafka `{tag}` has no ZooKeeper mode");
            let finding = node.finding(key::ZOOKEEPER_CONNECT, title);
            // Beside a role it is only a line that nobody reads.
            findings.push(if roles { finding.warns() } else { finding });
        } else if node.lacks(key::PROCESS_ROLES) && asks_for_roles(node) {
            let title = format!("`{}` is not set, but Kafka `{tag}` requires it", key::PROCESS_ROLES);
            findings.push(node.container.finding("/env", title));
        }
    }
    findings
}

/// Without any setting Apache's image takes its own file; Bitnami's has a default.
fn asks_for_roles(node: &Node<'_, '_>) -> bool {
    match node.maker {
        Maker::Bitnami => node.start == Start::File,
        _ => !node.is_bare(),
    }
}

fn image_runs_its_mode<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = nodes(set);
    let wrong = all.iter().filter(|node| {
        node.maker == Maker::Apache
            && node.start == Start::Image
            && node.mode() == Some(Mode::Zookeeper)
            && !node.at_least(&[4])
    });
    let title = |node: &Node<'_, 'a>| {
        let name = node.named(key::ZOOKEEPER_CONNECT);
        node.finding(
            key::ZOOKEEPER_CONNECT,
            format!("`{name}` is set, but the image `apache/kafka` supports only KRaft"),
        )
    };
    wrong.map(title).collect()
}

fn kraft_is_ready<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = nodes(set);
    let wrong = all.iter().filter(|node| node.mode() == Some(Mode::Kraft) && node.before(&[3, 3]));
    wrong
        .map(|node| {
            let version = node.version().map(|version| version.to_string()).unwrap_or_default();
            let name = node.named(key::PROCESS_ROLES);
            node.finding(
                key::PROCESS_ROLES,
                format!("`{name}` is set, but Kafka {version} is too old for KRaft"),
            )
        })
        .collect()
}

/// Settings that Bitnami's image takes only with `CFG_`, and that people write without.
const WITHOUT_ALIAS: &[&str] =
    &["MIN_INSYNC_REPLICAS", "CONTROLLER_LISTENER_NAMES", "AUTO_CREATE_TOPICS_ENABLE"];

fn variables_are_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.start == Start::Image) {
        for var in node.container.env.iter() {
            let right = match (node.maker, var.name.strip_prefix("KAFKA_CFG_")) {
                (Maker::Apache | Maker::Confluent | Maker::Wurstmeister, Some(rest)) => {
                    format!("KAFKA_{rest}")
                }
                (Maker::Bitnami, None) => match var.name.strip_prefix("KAFKA_") {
                    Some(rest) if WITHOUT_ALIAS.contains(&rest) => format!("KAFKA_CFG_{rest}"),
                    _ => continue,
                },
                _ => continue,
            };
            if node.startup.says(&var.name) || node.container.env.has(&right) {
                continue;
            }
            let image = node.container.image.path();
            let title = format!("`{}` has no effect with the image `{image}`", var.name);
            findings.push(node.container.env.finding(var, title).help(format!("rename it to `{right}`")));
        }
    }
    findings
}

const BOOTSTRAP: &str = key::CONTROLLER_QUORUM_BOOTSTRAP_SERVERS;

fn bootstrap_servers_are_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.has(BOOTSTRAP)) {
        let name = node.named(BOOTSTRAP);
        if node.before(&[3, 9]) {
            let version = node.version().map(|version| version.to_string()).unwrap_or_default();
            let title = format!("`{name}` is set, which Kafka {version} does not support");
            findings.push(node.finding(BOOTSTRAP, title));
        } else if node.maker == Maker::Apache
            && node.start == Start::Image
            && node.startup.is_plain()
            && node.has_role("controller") == Some(true)
            && node.lacks(key::CONTROLLER_QUORUM_VOTERS)
        {
            let title =
                format!("a controller has `{name}` but no voters, and the image cannot format its disk");
            findings.push(node.finding(BOOTSTRAP, title));
        }
    }
    findings
}
