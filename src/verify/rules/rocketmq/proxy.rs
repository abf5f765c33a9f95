//! What RocketMQ's proxy needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::conf::Broker;
use crate::products::rocketmq::key;
use crate::verify::command::Commands;
use crate::verify::pods::{Container, File, Product, Text};
use crate::verify::{Finding, Grade, Rule, Set, texts};
use crate::words;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "rocketmq-proxy-names-cluster",
    grade: Grade::ERROR,
    promise: "a RocketMQ proxy has the name of the brokers' cluster",
    why: "it finds no broker of that cluster: it does not start, or every client gets `no topic route`",
    fix: "set `rocketMQClusterName` in its JSON to the value of `brokerClusterName`",
    source: "apache/rocketmq ProxyConfig; docs/en/proxy/deploy_guide.md",
    check: names_cluster,
}];

/// The JSON that a proxy is started with.
pub(super) fn config<'c, 'a>(container: &'c Container<'a>) -> Option<(&'c File<'a>, Value)> {
    let commands = Commands::of(container);
    let mut words = commands.all.iter().flatten().map(|word| word.text.as_str());
    let file = words.find_map(|word| container.file(word).filter(|_| word.ends_with(".json")))?;
    Some((file, serde_json::from_str(file.text.known()?).ok()?))
}

fn names_cluster<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    // None where a broker's file cannot be seen, or must not be told of.
    let mut names: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
    for broker in &brokers {
        let here = names.entry(broker.pod.namespace).or_insert_with(|| Some(BTreeSet::new()));
        match here {
            Some(known) if !broker.open && !broker.settings.iter().any(|line| line.secret) => {
                known.insert(broker.value(key::BROKER_CLUSTER_NAME).unwrap_or("DefaultCluster"));
            }
            _ => *here = None,
        }
    }
    let mut findings = Vec::new();
    for (pod, container) in set.running(Product::RocketmqProxy) {
        let Some(Some(known)) = names.get(pod.namespace) else { continue };
        let Some((file, config)) = config(container) else { continue };
        let Some(name) = config.get("rocketMQClusterName").and_then(Value::as_str) else { continue };
        if !known.contains(name) {
            let secret = matches!(file.text, Text::Secret(_));
            let (shown, those) = (texts::shown(name, secret), words::listed(known));
            let title =
                format!("looks for brokers of cluster `{shown}`, but there are only those of {those}");
            let finding = file.finding(title);
            findings.push(if secret { finding } else { finding.word(name) });
        }
    }
    findings
}
