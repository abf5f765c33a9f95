//! What RocketMQ's proxy needs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::conf::Broker;
use crate::diagnostic::Severity;
use crate::verify::command::Commands;
use crate::verify::pods::Product;
use crate::verify::{Finding, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "rocketmq-proxy-names-cluster",
    severity: Severity::Error,
    promise: "a proxy is told the name of the brokers' cluster",
    why: "it finds no broker of that name: it does not start, or every client gets `no topic route`",
    fix: "`rocketMQClusterName` in its JSON, with the value of `brokerClusterName`",
    source: "apache/rocketmq ProxyConfig; docs/en/proxy/deploy_guide.md",
    check: names_cluster,
}];

fn names_cluster<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let mut findings = Vec::new();
    for pod in set.pods_with(Product::RocketmqProxy) {
        let here = || brokers.iter().filter(|broker| broker.pod.namespace == pod.namespace);
        let known: BTreeSet<&str> =
            here().map(|broker| broker.value("brokerClusterName").unwrap_or("DefaultCluster")).collect();
        if known.is_empty() || here().any(|broker| broker.open) {
            continue;
        }
        for container in pod.mains().filter(|container| container.product == Product::RocketmqProxy) {
            let commands = Commands::of(container);
            let words = commands.all.iter().flatten().map(|word| word.text.as_str());
            let Some(file) = words.filter_map(|word| container.file(word)).next() else { continue };
            let Some(Ok(config)) = file.text.known().map(serde_json::from_str::<Value>) else { continue };
            let Some(name) = config.get("rocketMQClusterName").and_then(Value::as_str) else { continue };
            if !known.contains(name) {
                let title = format!("looks for brokers of cluster `{name}`, there are those of {}", words::listed(&known));
                findings.push(file.finding(title).word(name));
            }
        }
    }
    findings
}
