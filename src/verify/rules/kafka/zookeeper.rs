//! What Kafka needs of its ZooKeeper.

use super::settings::{Mode, Node, nodes};
use super::storage::log_dirs;
use crate::products::kafka::key;
use crate::verify::dns::Answer;
use crate::verify::pods::{Pod, Product};
use crate::verify::shapes::clustered;
use crate::verify::told::zookeeper;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-zookeeper-connect-is-read",
        grade: Grade::ERROR,
        promise: "`zookeeper.connect` is a list of `host:port` separated by commas, with one optional path after \
                  the last",
        why: "everything after the first `/` is the path, so hosts after it are ignored, and `;` becomes part of \
              a host name",
        fix: "write `a:2181,b:2181,c:2181/PATH`",
        source: "ZooKeeper ConnectStringParser",
        check: connect_is_read,
    },
    Rule {
        code: "kafka-zookeeper-keeps-its-data",
        grade: Grade::ERROR,
        promise: "the ZooKeeper of a Kafka with persistent messages persists its data as well",
        why: "the cluster id and all topics are in ZooKeeper: when it starts empty, the brokers exit with \
              InconsistentClusterIdException, and their messages are orphaned",
        fix: "give ZooKeeper a claim for its data and its transaction log",
        source: "Kafka KafkaServer, InconsistentClusterIdException",
        check: zookeeper_keeps_its_data,
    },
];

const CONNECT: &str = key::ZOOKEEPER_CONNECT;

fn connect_is_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let Some(text) = node.rough(CONNECT) else { continue };
        let name = node.named(CONNECT);
        let path = text.split_once('/').map(|(_, path)| path);
        if text.contains(';') {
            findings.push(node.finding(CONNECT, format!("`{name}` is separated by `;`")));
        } else if let Some(path) = path.filter(|path| path.contains(',')) {
            let title = format!("`{name}` has the path `/{path}`, which includes hosts");
            findings.push(node.finding(CONNECT, title).word(format!("/{path}")));
        }
    }
    findings
}

fn zookeeper_keeps_its_data<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.mode() == Some(Mode::Zookeeper)) {
        let dirs = log_dirs(node);
        if dirs.is_empty() || !dirs.iter().all(|(dir, _)| clustered::is_kept(node.container, dir)) {
            continue;
        }
        let forgets = servers(set, node).find(|pod| zookeeper::keeps_data(pod) == Some(false));
        if let Some(pod) = forgets {
            let title = format!("its messages are on a claim, but {} persists nothing", pod.workload.id());
            findings.push(node.finding(CONNECT, title));
        }
    }
    findings
}

/// The ZooKeeper pods of the set that it connects to.
fn servers<'s, 'a>(set: &'s Set<'a>, node: &Node<'_, 'a>) -> impl Iterator<Item = &'s Pod<'a>> {
    let text = node.exact(CONNECT).unwrap_or_default();
    let hosts = text.split('/').next().unwrap_or_default().split(',');
    let answers: Vec<Answer<'a>> = hosts
        .filter_map(|host| host.trim().split(':').next())
        .map(|host| set.dns().resolve(host, node.pod.namespace))
        .collect();
    set.pods_with(Product::Zookeeper).filter(move |pod| {
        answers.iter().any(|answer| match answer {
            Answer::Pod { workload, .. } => std::ptr::eq(*workload, pod.workload),
            Answer::Service(service) => pod.services(set).iter().any(|own| std::ptr::eq(*own, *service)),
            _ => false,
        })
    })
}
