//! What Kafka needs: ports behind which a listener is, for whoever is led there.

use std::collections::BTreeSet;

use super::cluster::{Listener, listeners, names, possible};
use super::listeners::ADVERTISED;
use super::settings::{Node, nodes};
use crate::products::kafka::key;
use crate::verify::dns::Answer;
use crate::verify::pods::{Product, Var};
use crate::verify::shapes::clustered;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-advertises-its-ports",
        grade: Grade::ERROR,
        promise: "an address that a Kafka broker advertises below its headless Service has the port of that \
                  listener",
        why: "such a name resolves to the pod itself, and no Service maps the port: clients and brokers get \
              connection refused, or another listener, right after bootstrap",
        fix: "advertise the port in `listeners`",
        source: "Kubernetes documentation, headless Services; Kafka documentation, advertised.listeners",
        check: advertises_its_ports,
    },
    Rule {
        code: "kafka-ports-are-listened-on",
        grade: Grade::ERROR,
        promise: "Services and probes use ports that Kafka listens on",
        why: "the port does not listen: connections through the Service are refused, and the probe fails until \
              the pod is restarted",
        fix: "use the port of a listener in `listeners`",
        source: "Kafka documentation, listeners",
        check: ports_are_listened_on,
    },
    Rule {
        code: "kafka-clients-use-broker-ports",
        grade: Grade::ERROR,
        promise: "clients use the port of a broker listener",
        why: "controllers do not serve clients: they wait for metadata until they time out (Bootstrap broker \
              disconnected)",
        fix: "use the port of the client listener",
        source: "Kafka documentation, KRaft, controller listeners",
        check: clients_ask_brokers,
    },
];

fn ports(all: &[Listener<'_>]) -> Option<BTreeSet<u64>> {
    all.iter().map(|listener| listener.port).collect()
}

fn advertises_its_ports<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let service = node.pod.workload.text("/spec/serviceName").unwrap_or_default();
        let (Some(all), Some(advertised)) = (possible(&node), listeners(&node, ADVERTISED)) else { continue };
        for listener in advertised {
            // `$(POD_NAME).shop.tea.svc` leads to the pod.
            let mut labels = listener.host.split('.').skip(1);
            let direct = listener.host.contains('$') && !service.is_empty() && labels.next() == Some(service);
            let own: Vec<Listener<'_>> =
                all.iter().filter(|own| own.name == listener.name).cloned().collect();
            let (Some(port), Some(known)) = (listener.port, ports(&own)) else { continue };
            if direct && !known.is_empty() && !known.contains(&port) {
                let (name, listens) = (&listener.name, known.first().copied().unwrap_or_default());
                let title = format!("`{name}` is advertised with port {port}, but listens on {listens}");
                findings.push(node.finding(ADVERTISED, title).word(listener.text));
            }
        }
    }
    findings
}

fn ports_are_listened_on<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        if let Some(known) = possible(&node).and_then(|all| ports(&all)) {
            let said = |port: &str| node.startup.says(port);
            findings.extend(clustered::led_nowhere(set, node.pod, node.container, &known, said));
        }
    }
    findings
}

fn clients_ask_brokers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = nodes(set);
    let mut findings = Vec::new();
    if all.is_empty() {
        return findings;
    }
    for pod in set.pods() {
        let clients = pod.containers.iter().filter(|container| container.product != Product::Kafka);
        for container in clients {
            let asked = |var: &&Var<'a>| var.name.contains("KAFKA") || var.name.contains("BOOTSTRAP");
            for var in container.env.iter().filter(asked) {
                let addresses = var.value.plain().unwrap_or_default().split(',').map(str::trim);
                let wrong = addresses.into_iter().find_map(|address| {
                    let port = controller_port(set, &all, address, pod.namespace)?;
                    Some(format!("`{address}` is a controller port: clients get no answer on port {port}"))
                        .map(|title| container.env.finding(var, title).word(address))
                });
                findings.extend(wrong);
            }
        }
    }
    findings
}

/// The port of an address of a Kafka pod, when only controllers listen on it.
fn controller_port(set: &Set<'_>, all: &[Node<'_, '_>], address: &str, namespace: &str) -> Option<u64> {
    let (host, port) = address.rsplit_once(':')?;
    let port: u64 = port.parse().ok()?;
    let Answer::Pod { workload, .. } = set.dns().resolve(host, namespace) else { return None };
    let node = all.iter().find(|node| std::ptr::eq(node.pod.workload, workload))?;
    let controllers = names(node, key::CONTROLLER_LISTENER_NAMES)?;
    let listeners = possible(node)?;
    let mut there = listeners.iter().filter(|listener| listener.port == Some(port)).peekable();
    there.peek()?;
    there.all(|listener| controllers.contains(&listener.name)).then_some(port)
}
