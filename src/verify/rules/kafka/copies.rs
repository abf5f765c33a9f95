//! What Kafka needs: as many brokers as it keeps copies, and copies that fit each other.

use super::cluster::{Cluster, clusters};
use super::image::Maker;
use super::settings::{Node, Start, nodes};
use crate::diagnostic::Severity;
use crate::verify::{Finding, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-has-brokers-for-its-copies",
        severity: Severity::Error,
        promise: "no topic is to have more copies than its Kafka cluster has brokers",
        why: "Kafka refuses to create such a topic (InvalidReplicationFactorException): without `__consumer_offsets` every \
              consumer group waits for ever",
        fix: "set the replication factors to the number of brokers at most, and the `min.isr` beside them with them",
        source: "Kafka broker configuration, offsets.topic.replication.factor",
        check: brokers_for_copies,
    },
    Rule {
        code: "kafka-min-isr-fits-the-copies",
        severity: Severity::Error,
        promise: "no topic of Kafka needs more copies in sync than it has, and of several not all",
        why: "a write with acks=all, a transaction and a committed offset wait for that many: with fewer copies they never \
              succeed (NOT_ENOUGH_REPLICAS), with as many they stop as soon as one broker is away",
        fix: "have one less in sync than there are copies: 3 copies and 2 in sync, or 1 and 1",
        source: "Kafka broker configuration, min.insync.replicas, transaction.state.log.min.isr",
        check: min_isr_fits,
    },
    Rule {
        code: "kafka-topics-are-replicated",
        severity: Severity::Warning,
        promise: "a Kafka cluster of three or more brokers keeps new topics on more than one of them, and waits for more than one",
        why: "a topic that nobody gave copies has one, which is away with its broker; a write that one broker confirmed alone is \
              lost with it",
        fix: "set `default.replication.factor` to 3 and `min.insync.replicas` to 2",
        source: "Kafka documentation, default.replication.factor and min.insync.replicas",
        check: topics_are_replicated,
    },
    Rule {
        code: "kafka-topics-are-made-on-purpose",
        severity: Severity::Warning,
        promise: "a Kafka cluster of three or more brokers does not create a topic because somebody asks for it",
        why: "a misspelt name becomes a topic with default partitions and copies, and the mistake is found days later",
        fix: "set `auto.create.topics.enable` to false",
        source: "Kafka broker configuration, auto.create.topics.enable",
        check: topics_are_made_on_purpose,
    },
];

const DEFAULT: &str = "default.replication.factor";
const OFFSETS: &str = "offsets.topic.replication.factor";
const TRANSACTIONS: &str = "transaction.state.log.replication.factor";
const TRANSACTIONS_ISR: &str = "transaction.state.log.min.isr";
const SHARES: &str = "share.coordinator.state.topic.replication.factor";
const SHARES_ISR: &str = "share.coordinator.state.topic.min.isr";
const ISR: &str = "min.insync.replicas";

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
                        format!("`{}` is {copies}, and the cluster has {}", node.named(key), count(have));
                    findings.push(node.finding(key, title));
                }
            }
            let unset = [OFFSETS, TRANSACTIONS].into_iter().filter(|key| node.lacks(key));
            let unset: Vec<&str> = unset.filter(|_| have < 3 && has_defaults(node)).collect();
            if !unset.is_empty() {
                let named: Vec<String> = unset.iter().map(|key| format!("`{key}`")).collect();
                let verb = if unset.len() == 1 { "is" } else { "are" };
                let (keys, have) = (named.join(" and "), count(have));
                let title = format!("{keys} {verb} 3 by default, and the cluster has {have}");
                findings.push(node.container.finding("/env", title));
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
                let title = format!("`{isr_name}` is {isr}{default}, and `{name}` only {copies}");
                findings.push(node.finding(at, title));
            } else if isr == copies && copies > 1 && key == DEFAULT {
                let title = format!("`{isr_name}` and `{name}` are both {isr}");
                findings.push(node.finding(at, title).warns());
            }
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
                    let title = format!("new topics have 1 copy{}", default(DEFAULT));
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
