//! What Kafka needs: listeners that agree with each other, and addresses that lead to one broker each.

use std::collections::BTreeMap;

use super::cluster::{Listener, listeners, names};
use super::image::Maker;
use super::settings::{Mode, Node, Start, nodes};
use crate::products::kafka::key;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-controllers-listen",
        grade: Grade::ERROR,
        promise: "a Kafka controller has a listener of `controller.listener.names`, and a broker-only node has \
                  none",
        why: "Kafka checks this at startup and exits: a controller without the listener cannot be part of the \
              quorum",
        fix: "add the listener, such as `CONTROLLER://:9093`, to `listeners` of controllers, and remove it from \
              those of brokers",
        source: "Kafka KafkaConfig.validateValues",
        check: controllers_listen,
    },
    Rule {
        code: "kafka-controllers-are-not-advertised",
        grade: Grade::ERROR,
        promise: "Kafka's controller listeners are not in `advertised.listeners` before 3.9, and controller-only \
                  nodes advertise nothing",
        why: "Kafka up to 3.8, and the image's start script for controller-only nodes, exit with an error",
        fix: "remove it from `advertised.listeners`: controllers are found through `controller.quorum.voters`",
        source: "Kafka KafkaConfig.validateValues; apache/kafka docker/resources/common-scripts/configure",
        check: controllers_stay_unadvertised,
    },
    Rule {
        code: "kafka-listeners-agree",
        grade: Grade::ERROR,
        promise: "every Kafka listener has its own port and a security protocol, and every advertised or \
                  inter-broker listener is in `listeners`",
        why: "Kafka validates its listeners at startup and exits with `requirement failed` or `Error creating \
              broker listeners`",
        fix: "use the same names in `listeners`, `advertised.listeners`, `listener.security.protocol.map` and \
              `inter.broker.listener.name`",
        source: "Kafka KafkaConfig.validateValues, SocketServerConfigs and CoreUtils.listenerListToEndPoints",
        check: listeners_agree,
    },
];

/// Names that have a protocol without a map.
const PROTOCOLS: &[&str] = &["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

const LISTENERS: &str = "listeners";
pub(super) const ADVERTISED: &str = key::ADVERTISED_LISTENERS;
const CONTROLLERS: &str = key::CONTROLLER_LISTENER_NAMES;

fn is_in(list: &[Listener<'_>], name: &str) -> bool {
    list.iter().any(|listener| listener.name == name)
}

fn controllers_listen<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.mode() == Some(Mode::Kraft)) {
        if node.lacks(CONTROLLERS) && node.maker != Maker::Bitnami {
            let title = format!("`{}` is set, but `{CONTROLLERS}` is not", key::PROCESS_ROLES);
            findings.push(node.container.finding("/env", title));
            continue;
        }
        let (Some(controllers), Some(all)) = (names(node, CONTROLLERS), listeners(node, LISTENERS)) else {
            continue;
        };
        let own = controllers.iter().find(|name| is_in(&all, name));
        let listed = controllers.join(",");
        match (node.has_role("controller"), node.has_role("broker"), own) {
            (Some(true), _, None) => {
                let title =
                    format!("`{}` has no `{listed}`, which `{CONTROLLERS}` lists", node.named(LISTENERS));
                findings.push(node.finding(LISTENERS, title));
            }
            (Some(false), Some(true), Some(name)) => {
                let title = format!("`{name}` is a controller listener, but this node is only a broker");
                findings.push(node.finding(LISTENERS, title).word(written(&all, name)));
            }
            _ => {}
        }
    }
    findings
}

fn written(all: &[Listener<'_>], name: &str) -> String {
    all.iter()
        .find(|listener| listener.name == name)
        .map(|listener| listener.text.to_owned())
        .unwrap_or_default()
}

fn controllers_stay_unadvertised<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.mode() == Some(Mode::Kraft)) {
        let name = node.named(ADVERTISED);
        let controller_only =
            node.has_role("controller") == Some(true) && node.has_role("broker") == Some(false);
        let scripted = node.maker == Maker::Apache && node.start == Start::Image;
        if controller_only && (node.before(&[3, 9]) || scripted) {
            if node.rough(ADVERTISED).is_some_and(|text| !text.is_empty()) {
                findings.push(node.finding(ADVERTISED, format!("`{name}` is set on a controller-only node")));
            }
            continue;
        }
        let (Some(controllers), Some(all)) = (names(node, CONTROLLERS), listeners(node, ADVERTISED)) else {
            continue;
        };
        let found = controllers.iter().find(|controller| is_in(&all, controller));
        if let Some(listener) = found.filter(|_| node.before(&[3, 9])) {
            let version = node.version().map(|version| version.to_string()).unwrap_or_default();
            let title = format!(
                "`{name}` contains the controller listener `{listener}`, which Kafka {version} \
                                 refuses"
            );
            findings.push(node.finding(ADVERTISED, title).word(written(&all, listener)));
        }
    }
    findings
}

fn listeners_agree<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let all = listeners(&node, LISTENERS);
        if let Some(all) = &all {
            findings.extend(shared_port(&node, all));
            findings.extend(without_protocol(&node, all));
        }
        if node.has_role("broker") == Some(true) {
            findings.extend(unheard(&node, all.as_deref()));
        }
    }
    findings
}

fn shared_port<'a>(node: &Node<'_, 'a>, all: &[Listener<'_>]) -> Option<Finding<'a>> {
    let mut seen = BTreeMap::new();
    // IPv4 and IPv6 may share one.
    let plain = all.iter().filter(|listener| !listener.host.starts_with('['));
    for listener in plain {
        let Some(port) = listener.port.filter(|port| *port > 0) else { continue };
        if let Some(other) = seen.insert(port, &listener.name).filter(|other| **other != listener.name) {
            let title = format!("listeners `{other}` and `{}` both have port {port}", listener.name);
            return Some(node.finding(LISTENERS, title).word(listener.text));
        }
    }
    None
}

fn without_protocol<'a>(node: &Node<'_, 'a>, all: &[Listener<'_>]) -> Option<Finding<'a>> {
    const MAP: &str = key::LISTENER_SECURITY_PROTOCOL_MAP;
    let controllers = names(node, CONTROLLERS);
    if let Some(map) = node.exact(MAP) {
        let known: Vec<String> = map
            .split(',')
            .filter_map(|entry| Some(entry.split_once(':')?.0.trim().to_ascii_uppercase()))
            .collect();
        let mut used = all.iter().map(|listener| &listener.name).chain(controllers.iter().flatten());
        let lost = used.find(|name| !known.contains(name))?;
        return Some(
            node.finding(MAP, format!("`{}` has no protocol for the listener `{lost}`", node.named(MAP))),
        );
    }
    // A controller's listener without a map is plain text.
    let lost = all.iter().find(|listener| {
        !PROTOCOLS.contains(&listener.name.as_str())
            && !controllers.as_ref().is_none_or(|names| names.contains(&listener.name))
    })?;
    let unmapped = node.lacks(MAP) && node.maker != Maker::Bitnami;
    let title = format!("the listener `{}` has no protocol: `{MAP}` is not set", lost.name);
    unmapped.then(|| node.finding(LISTENERS, title).word(lost.text))
}

/// What is advertised, or used between brokers, and not listened on.
fn unheard<'a>(node: &Node<'_, 'a>, all: Option<&[Listener<'_>]>) -> Option<Finding<'a>> {
    const BETWEEN: &str = key::INTER_BROKER_LISTENER_NAME;
    let advertised = listeners(node, ADVERTISED);
    if let (Some(advertised), Some(all)) = (&advertised, all)
        && let Some(lost) = advertised.iter().find(|listener| !is_in(all, &listener.name))
    {
        let title =
            format!("`{}` is advertised, but `{}` has no such listener", lost.name, node.named(LISTENERS));
        return Some(node.finding(ADVERTISED, title).word(lost.text));
    }
    let between = node.exact(BETWEEN).filter(|name| !name.is_empty())?.to_ascii_uppercase();
    let (key, known) = match &advertised {
        Some(advertised) => (ADVERTISED, advertised.as_slice()),
        None if node.lacks(ADVERTISED) => (LISTENERS, all?),
        None => return None,
    };
    let title = format!("brokers use the listener `{between}`, which `{}` does not have", node.named(key));
    (!is_in(known, &between)).then(|| node.finding(BETWEEN, title))
}
