//! What Kafka needs: every broker known by an address of its own.

use super::cluster::{Listener, listeners, names};
use super::image::Maker;
use super::listeners::ADVERTISED;
use super::settings::{Node, Start, nodes};
use crate::products::kafka::key;
use crate::verify::{Finding, Grade, Rule, Set, texts};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "kafka-brokers-advertise-themselves",
    grade: Grade::ERROR,
    promise: "every Kafka broker advertises an address that reaches exactly that broker",
    why: "after bootstrap a client connects to each broker at its advertised address: a shared address reaches \
          another broker (NOT_LEADER_OR_FOLLOWER), `localhost` is the client itself, and 0.0.0.0 makes the broker \
          exit",
    fix: "advertise the pod's own name, `PLAINTEXT://$(POD_NAME).HEADLESS-SERVICE.NAMESPACE.svc.DOMAIN:9092`, \
          with `POD_NAME` from `metadata.name` defined before it",
    source: "Kafka documentation, advertised.listeners; KafkaConfig.validateValues",
    check: brokers_advertise_themselves,
}];

fn brokers_advertise_themselves<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.has_role("broker") == Some(true)) {
        let key = if node.has(ADVERTISED) { ADVERTISED } else { "listeners" };
        let Some(all) = listeners(node, key) else { continue };
        let controllers = names(node, key::CONTROLLER_LISTENER_NAMES).unwrap_or_default();
        let all: Vec<_> = all.into_iter().filter(|listener| !controllers.contains(&listener.name)).collect();
        findings.extend(if key == ADVERTISED {
            wrong(set, node, &all)
        } else {
            let read = node.start == Start::File || node.maker == Maker::Apache;
            nowhere(node, key, &all).filter(|_| read && node.lacks(ADVERTISED))
        });
    }
    findings
}

fn nowhere<'a>(node: &Node<'_, 'a>, key: &str, all: &[Listener<'_>]) -> Option<Finding<'a>> {
    let listener = all.iter().find(|listener| listener.host == "0.0.0.0")?;
    let title = format!("`{}` is advertised, which is not a usable address", listener.text);
    Some(node.finding(key, title).word(listener.text))
}

fn is_local(listener: &Listener<'_>) -> bool {
    texts::is_loopback(listener.host)
}

fn wrong<'a>(set: &Set<'a>, node: &Node<'_, 'a>, all: &[Listener<'_>]) -> Option<Finding<'a>> {
    if let Some(finding) = nowhere(node, ADVERTISED, all) {
        return Some(finding);
    }
    // Another container of the pod may be the client.
    let alone = node.pod.mains().count() == 1;
    if let Some(local) = all.first().filter(|_| alone && all.iter().all(is_local)) {
        let title = format!("`{}` is advertised, which every client resolves to itself", local.text);
        let finding = node.finding(ADVERTISED, title).word(local.text);
        // Without a Service it may be meant for a tunnel from a developer's machine.
        return Some(if node.pod.services(set).is_empty() { finding.warns() } else { finding });
    }
    let replicas = node.pod.replicas(set).filter(|replicas| *replicas > 1)?;
    let shared = all.iter().find(|listener| {
        !listener.host.is_empty() && !is_local(listener) && !listener.text.contains(['$', '`', '{', '%'])
    })?;
    let title = format!("all {replicas} brokers advertise `{}`", shared.text);
    Some(node.finding(ADVERTISED, title).word(shared.text))
}
