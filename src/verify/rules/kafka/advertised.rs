//! What Kafka needs: every broker known by an address of its own.

use super::cluster::{Listener, listeners, names};
use super::image::Maker;
use super::listeners::ADVERTISED;
use super::settings::{Node, Start, nodes};
use crate::products::kafka::key;
use crate::verify::{Finding, Grade, Rule, Set, texts};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-brokers-advertise-names",
        grade: Grade::WARNING,
        promise: "a Kafka broker advertises a name, not its pod's address",
        why: "the address changes with every restart: clients and other brokers hold on to the old one until their requests \
          time out, and where it was given to another pod they talk to that",
        fix: "advertise the pod's own name, `PLAINTEXT://$(POD_NAME).HEADLESS-SERVICE.NAMESPACE.svc.DOMAIN:9092`, \
          with `POD_NAME` from `metadata.name` defined before it",
        source: "Kafka documentation, advertised.listeners; Kubernetes documentation, Pod lifecycle",
        check: brokers_advertise_names,
    },
    Rule {
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
    },
];

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

/// What a pod's own address is called in scripts.
const COMMANDS: &[&str] =
    &["$(hostname -i", "$(hostname -I", "$(hostname --ip-address", "`hostname -i", "`hostname -I"];

fn brokers_advertise_names<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in
        nodes(set).iter().filter(|node| node.has_role("broker") == Some(true) && !node.pod.is_on_host())
    {
        let keys = [ADVERTISED, "advertised.host.name"];
        let key = keys.into_iter().find(|key| node.has(key));
        let key = key.or_else(|| node.lacks(ADVERTISED).then_some("listeners"));
        let Some((key, text)) = key.and_then(|key| Some((key, node.written(key)?))) else { continue };
        let controllers = names(node, key::CONTROLLER_LISTENER_NAMES).unwrap_or_default();
        let listeners = text.split(',').map(str::trim).filter(|listener| {
            let name = listener.split("://").next().unwrap_or_default().to_ascii_uppercase();
            !controllers.contains(&name)
        });
        if let Some(listener) = listeners.into_iter().find(|listener| holds_address(node, listener)) {
            let title =
                format!("advertises `{listener}`, the pod's address, which is another one after a restart");
            findings.push(node.finding(key, title));
        }
    }
    findings
}

/// Is the pod's own address put into it, by the cluster or by a shell?
fn holds_address(node: &Node<'_, '_>, listener: &str) -> bool {
    let by_name = listener.split('$').skip(1).any(|behind| {
        let name = behind.trim_start_matches(['(', '{']);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        matches!(node.container.pod_field(&name[..end]), Some("status.podIP" | "status.podIPs"))
    });
    by_name || COMMANDS.iter().any(|command| listener.contains(command))
}
