//! What Kafka needs: one id of the cluster on all of its nodes, and on no others.

use super::cluster::{Cluster, clusters};
use super::image::Maker;
use super::settings::ids::BROKER_ID;
use super::settings::{Mode, Node, Start, nodes};
use super::storage::log_dirs;
use crate::products::kafka::{CLUSTER_ID, key};
use crate::verify::shapes::clustered;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-ids-are-numbers",
        grade: Grade::ERROR,
        promise: "the `node.id` (`broker.id`) of a Kafka node is a number",
        why: "the node exits at every start: `Invalid value … for configuration node.id: Not a number of type INT`",
        fix: "use the ordinal: from the label, `fieldPath: metadata.labels['apps.kubernetes.io/pod-index']` (Kubernetes \
          1.28), or in the start script, `export KAFKA_NODE_ID=${HOSTNAME##*-}`",
        source: "Kafka ConfigDef.parseType; Kubernetes documentation, StatefulSet: pod index label",
        check: ids_are_numbers,
    },
    Rule {
        code: "kafka-cluster-id-is-unique",
        grade: Grade::ERROR.strict(),
        promise: "all nodes of a KRaft cluster are formatted with the same cluster id: a UUID that no other cluster \
              uses",
        why: "nodes with different ids cannot join (InconsistentClusterIdException), an invalid id makes formatting \
          fail, and with the image's default id a disk of another cluster is mistaken for one of this cluster",
        fix: "generate it once with `kafka-storage.sh random-uuid`, use it on all nodes, and keep it as long as the \
          disks",
        source: "Kafka StorageTool and Uuid.fromString; apache/kafka docker/resources/common-scripts/bash-config; \
             confluentinc/kafka-images; bitnami/containers libkafka.sh",
        check: cluster_id_is_its_own,
    },
];

fn ids_are_numbers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let nodes = nodes(set);
    let wrong = |node: &Node<'_, 'a>| {
        [key::NODE_ID, BROKER_ID].into_iter().find_map(|key| {
            let title = format!("`{}` is {}, which is not a number", node.named(key), node.no_number(key)?);
            Some(node.finding(key, title))
        })
    };
    nodes.iter().filter_map(wrong).collect()
}

/// What every `apache/kafka` without an id of its own is formatted with.
const OF_THE_IMAGE: &str = "5L6g3nShT-eMCtK--X86sw";

/// The id that a node is formatted with: its value when that is known.
enum Id {
    Known(String),
    Unset,
    Unknown,
}

fn variable(node: &Node<'_, '_>) -> &'static str {
    if node.maker == Maker::Bitnami { "KAFKA_KRAFT_CLUSTER_ID" } else { CLUSTER_ID }
}

fn id(node: &Node<'_, '_>) -> Id {
    if node.start == Start::File {
        return formatted(node).map_or(Id::Unknown, Id::Known);
    }
    let name = variable(node);
    if node.startup.says(name) || node.startup.edits() {
        return Id::Unknown;
    }
    match node.container.env.get(name) {
        Some(var) => match var.value.plain() {
            Some("") => Id::Unset,
            Some(value) => Id::Known(value.to_owned()),
            None => Id::Unknown,
        },
        None if node.container.env.lacks(name) => Id::Unset,
        None => Id::Unknown,
    }
}

/// The id in `kafka-storage format --cluster-id …` of a start script.
fn formatted(node: &Node<'_, '_>) -> Option<String> {
    let command = node.startup.commands.iter().find(|command| {
        command.iter().any(|word| word == "format")
            && command.iter().any(|word| word.contains("kafka-storage"))
    })?;
    let mut words = command.iter();
    let flag = words.find(|word| word.starts_with("--cluster-id") || *word == "-t")?;
    let value = flag.split_once('=').map(|(_, value)| value).or_else(|| words.next().map(String::as_str))?;
    let value = node.startup.resolved(value, node.container, 4);
    (!value.contains(['$', '`'])).then_some(value)
}

/// 16 bytes in base64 for addresses. Java does not mind the bits behind the last byte.
fn is_uuid(id: &str) -> bool {
    let id = id.trim_end_matches('=');
    id.len() == 22 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn cluster_id_is_its_own<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.mode() == Some(Mode::Kraft)) {
        let several = node.pod.replicas(set).is_some_and(|replicas| replicas > 1);
        findings.extend(match id(node) {
            Id::Known(id) if !is_uuid(&id) => {
                let finding = at(node, format!("`{id}` is not a valid cluster id"));
                // From 3.9 on any text is taken.
                Some(if node.before(&[3, 9]) { finding } else { finding.warns() })
            }
            Id::Known(id) if id == OF_THE_IMAGE => Some(
                at(
                    node,
                    "its cluster id is the image's default, which all clusters of this image share"
                        .to_owned(),
                )
                .warns(),
            ),
            Id::Unset => unset(node, several),
            Id::Known(_) | Id::Unknown => None,
        });
    }
    clusters(set).iter().for_each(|cluster| findings.extend(different(cluster)));
    findings
}

fn unset<'a>(node: &Node<'_, 'a>, several: bool) -> Option<Finding<'a>> {
    let (name, container) = (variable(node), node.container);
    let finding = |title: String| Some(container.finding("/env", title));
    match node.maker {
        Maker::Confluent => finding(format!("`{name}` is not set, but the image requires it for KRaft")),
        Maker::Bitnami if several && container.env.lacks("KAFKA_CLUSTER_ID") => {
            finding(format!("`{name}` is not set: every pod generates an id of its own"))
        }
        Maker::Apache => {
            let dirs = log_dirs(node);
            let kept = dirs.iter().any(|(dir, _)| clustered::is_kept(container, dir));
            let title = format!(
                "`{name}` is not set: the image's default id is used, which all clusters of this \
                                 image share"
            );
            finding(title).filter(|_| kept).map(Finding::warns)
        }
        _ => None,
    }
}

/// The id, where it stands.
fn at<'a>(node: &Node<'_, 'a>, title: String) -> Finding<'a> {
    match node.container.env.get(variable(node)).filter(|_| node.start == Start::Image) {
        Some(var) => node.container.env.finding(var, title),
        None => {
            let id = formatted(node).unwrap_or_default();
            let script =
                node.container.files.iter().find(|file| file.plain().is_some_and(|text| text.contains(&id)));
            match script {
                Some(file) => file.finding(title).word(id),
                None => node.container.finding("/command", title).word(id),
            }
        }
    }
}

fn different<'a>(cluster: &Cluster<'_, 'a>) -> Option<Finding<'a>> {
    let known = |node: &Node<'_, 'a>| match id(node) {
        Id::Known(id) if node.mode() == Some(Mode::Kraft) => Some(id),
        _ => None,
    };
    let first = cluster.nodes.iter().find_map(|node| Some((node, known(node)?)))?;
    let other = cluster.nodes.iter().find(|node| known(node).is_some_and(|id| id != first.1))?;
    Some(at(other, format!("its cluster id differs from that of {}", first.0.pod.workload.id())))
}
