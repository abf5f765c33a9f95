//! What Kafka needs: as many brokers as it keeps copies, and copies that fit each other.

use super::cluster::{Cluster, clusters};
use super::image::Maker;
use super::settings::{Node, Start, nodes};
use crate::products::kafka::key;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-replication-fits-brokers",
        grade: Grade::ERROR,
        promise: "no topic has a higher replication factor than its Kafka cluster has brokers",
        why: "Kafka refuses to create such a topic (InvalidReplicationFactorException): without \
              `__consumer_offsets` every consumer group hangs",
        fix: "set the replication factors to at most the number of brokers, and lower the matching `min.isr` \
              settings as well",
        source: "Kafka broker configuration, offsets.topic.replication.factor",
        check: brokers_for_copies,
    },
    Rule {
        code: "kafka-min-isr-fits-replication",
        grade: Grade::ERROR,
        promise: "no Kafka topic needs more in-sync replicas than it has",
        why: "a write with acks=all, a transaction and a committed offset wait for that many replicas: with fewer \
              they never succeed (NOT_ENOUGH_REPLICAS)",
        fix: "require one less than the replication factor: 3 replicas with 2 in sync, or 1 and 1",
        source: "Kafka broker configuration, min.insync.replicas, transaction.state.log.min.isr",
        check: min_isr_fits,
    },
    Rule {
        code: "kafka-writes-survive-a-broker",
        grade: Grade::PROD,
        promise: "no Kafka topic of several replicas needs all of them in sync",
        why: "a write with acks=all stops as soon as one broker is down: with every update, every drained node and \
              every loss",
        fix: "require one less than the replication factor: 3 replicas with 2 in sync",
        source: "Kafka broker configuration, min.insync.replicas",
        check: writes_survive_a_broker,
    },
    Rule {
        code: "kafka-topics-are-replicated",
        grade: Grade::PROD,
        promise: "a Kafka cluster of three or more brokers stores new topics on more than one of them, and \
                  acknowledges writes on more than one",
        why: "a topic without an explicit replication factor has one replica, and is unavailable when its broker \
              is; a write acknowledged by one broker is lost with it",
        fix: "set `default.replication.factor` to 3 and `min.insync.replicas` to 2",
        source: "Kafka documentation, default.replication.factor and min.insync.replicas",
        check: topics_are_replicated,
    },
    Rule {
        code: "kafka-topics-are-not-auto-created",
        grade: Grade::PROD,
        promise: "a Kafka cluster of three or more brokers does not create topics automatically",
        why: "a misspelled name becomes a topic with default partitions and replicas, and the mistake is found \
              days later",
        fix: "set `auto.create.topics.enable` to false",
        source: "Kafka broker configuration, auto.create.topics.enable",
        check: topics_are_made_on_purpose,
    },
];

const DEFAULT: &str = key::DEFAULT_REPLICATION_FACTOR;
const OFFSETS: &str = key::OFFSETS_TOPIC_REPLICATION_FACTOR;
const TRANSACTIONS: &str = key::TRANSACTION_STATE_LOG_REPLICATION_FACTOR;
const TRANSACTIONS_ISR: &str = key::TRANSACTION_STATE_LOG_MIN_ISR;
const SHARES: &str = key::SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR;
const SHARES_ISR: &str = key::SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR;
const ISR: &str = key::MIN_INSYNC_REPLICAS;

/// Does Kafka's own default hold for what is not set? Bitnami's and wurstmeister's images start from Kafka's example file.
fn has_defaults(node: &Node<'_, '_>) -> bool {
    !node.is_bare() && (node.start == Start::File || matches!(node.maker, Maker::Apache | Maker::Confluent))
}

/// A number, or what it is by default.
fn or_default(node: &Node<'_, '_>, key: &str, default: u64) -> Option<u64> {
    node.number(key).or_else(|| (node.lacks(key) && has_defaults(node)).then_some(default))
}

fn brokers<'s, 'a>(cluster: &'s Cluster<'s, 'a>) -> impl Iterator<Item = &'s Node<'s, 'a>> {
    cluster.nodes.iter().filter(|node| node.has_role("broker") == Some(true))
}

fn count(brokers: u64) -> String {
    if brokers == 1 { "1 broker".to_owned() } else { format!("{brokers} brokers") }
}

fn brokers_for_copies<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for cluster in clusters(set) {
        let Some(have) = cluster.brokers(set).filter(|have| *have > 0) else { continue };
        for node in brokers(&cluster) {
            for key in [DEFAULT, OFFSETS, TRANSACTIONS, SHARES] {
                if let Some(copies) = node.number(key).filter(|copies| *copies > have) {
                    let title =
                        format!("`{}` is {copies}, but the cluster has {}", node.named(key), count(have));
                    findings.push(node.finding(key, title));
                }
            }
            let unset = [OFFSETS, TRANSACTIONS].into_iter().filter(|key| node.lacks(key));
            let unset: Vec<&str> = unset.filter(|_| have < 3 && has_defaults(node)).collect();
            if !unset.is_empty() {
                let named: Vec<String> = unset.iter().map(|key| format!("`{key}`")).collect();
                let verb = if unset.len() == 1 { "is" } else { "are" };
                let (keys, have) = (named.join(" and "), count(have));
                let title = format!("{keys} {verb} 3 by default, but the cluster has {have}");
                let finding = node.container.finding("/env", title);
                // Every consumer needs the one, only transactions the other.
                findings.push(if unset.contains(&OFFSETS) { finding } else { finding.warns() });
            }
        }
    }
    findings
}

fn min_isr_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.has_role("broker") == Some(true)) {
        let isr = node.number(ISR);
        let transactions = or_default(node, TRANSACTIONS_ISR, 2);
        for (isr_key, isr, key) in [
            (ISR, isr, DEFAULT),
            (ISR, isr, OFFSETS),
            (TRANSACTIONS_ISR, transactions, TRANSACTIONS),
            (SHARES_ISR, node.number(SHARES_ISR), SHARES),
        ] {
            let (Some(isr), Some(copies)) = (isr, node.number(key)) else { continue };
            let (isr_name, name) = (node.named(isr_key), node.named(key));
            let default = if node.has(isr_key) { "" } else { " by default" };
            let at = if node.has(isr_key) { isr_key } else { key };
            if isr > copies {
                let title = format!("`{isr_name}` is {isr}{default}, but `{name}` only {copies}");
                let finding = node.finding(at, title);
                let seldom = key == TRANSACTIONS && !node.has(isr_key);
                findings.push(if seldom { finding.warns() } else { finding });
            }
        }
    }
    findings
}

fn writes_survive_a_broker<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for cluster in clusters(set) {
        let have = cluster.brokers(set);
        for node in brokers(&cluster) {
            let Some(isr) = node.number(ISR).filter(|isr| *isr > 1) else { continue };
            let isr_name = node.named(ISR);
            // Without a factor of their own, topics are made with as many copies as there are brokers at most.
            let title = match node.number(DEFAULT) {
                Some(copies) if copies == isr => {
                    format!("`{isr_name}` and `{}` are both {isr}", node.named(DEFAULT))
                }
                None if node.lacks(DEFAULT) && have == Some(isr) => {
                    format!("`{isr_name}` is {isr}, and the cluster has {}", count(isr))
                }
                _ => continue,
            };
            findings.push(node.finding(ISR, title));
        }
    }
    findings
}

fn topics_are_replicated<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for cluster in clusters(set).iter().filter(|cluster| cluster.brokers(set).is_some_and(|have| have >= 3)) {
        for node in brokers(cluster) {
            let default = |key| if node.has(key) { "" } else { " by default" };
            match (or_default(node, DEFAULT, 1), or_default(node, ISR, 1)) {
                (Some(1), _) => {
                    let title = format!("new topics have 1 replica{}", default(DEFAULT));
                    findings.push(node.finding(DEFAULT, title));
                }
                (Some(_), Some(1)) => {
                    let title = format!("`{}` is 1{}", node.named(ISR), default(ISR));
                    findings.push(node.finding(ISR, title));
                }
                _ => {}
            }
        }
    }
    findings
}

fn topics_are_made_on_purpose<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const KEY: &str = "auto.create.topics.enable";
    let mut findings = Vec::new();
    for cluster in clusters(set).iter().filter(|cluster| cluster.brokers(set).is_some_and(|have| have >= 3)) {
        for node in brokers(cluster) {
            if node.exact(KEY).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
                findings.push(node.finding(KEY, format!("`{}` is true", node.named(KEY))));
            } else if node.lacks(KEY) && has_defaults(node) {
                findings.push(node.container.finding("/env", format!("`{KEY}` is true by default")));
            }
        }
    }
    findings
}
