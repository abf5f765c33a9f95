//! The ports of brokers, which follow from one: 10909 and 10912 from 10911.

use std::collections::BTreeMap;

use super::conf::{Broker, groups};
use crate::products::rocketmq::{NAME_SERVER_PORT, PROXY_GRPC, PROXY_REMOTING, key};
use crate::verify::pods::Product;
use crate::verify::shapes::policies;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-probe-follows-port",
        grade: Grade::ERROR,
        promise: "probes of a RocketMQ broker use the ports set in its file",
        why: "the port does not listen: the pod never becomes ready, or is killed again and again",
        fix: "make probe, container port and `listenPort` match",
        source: "apache/rocketmq BrokerController: listenPort, listenPort - 2, haListenPort",
        check: probe_follows_port,
    },
    Rule {
        code: "rocketmq-declares-its-ports",
        grade: Grade::WARNING,
        promise: "RocketMQ brokers and NameServers declare the ports that they listen on",
        why: "a Service, probe or NetworkPolicy that refers to the port by name uses a port that does not listen",
        fix: "make the container ports match `listenPort`: 10911, with 10909 and 10912 beside it; 9876 for a \
              NameServer",
        source: "apache/rocketmq BrokerController, NamesrvStartup",
        check: declares_its_ports,
    },
    Rule {
        code: "rocketmq-ports-do-not-collide",
        grade: Grade::ERROR,
        promise: "RocketMQ brokers of one pod have `listenPort`s at least 4 apart",
        why: "each also uses the port two below and the one above: the second one exits with `Address already in \
              use`",
        fix: "use ports such as 10911 and 10921",
        source: "apache/rocketmq BrokerController, BrokerStartup",
        check: ports_do_not_collide,
    },
    Rule {
        code: "rocketmq-ha-port-open",
        grade: Grade::ERROR,
        promise: "RocketMQ slaves can reach the port on which their master replicates",
        why: "the slave keeps reconnecting and has no copy, without any report of it",
        fix: "allow it in the NetworkPolicy, from the brokers' pods",
        source: "apache/rocketmq HAService; MessageStoreConfig.haListenPort",
        check: ha_port_open,
    },
];

/// The port for slaves.
fn ha_port(broker: &Broker<'_, '_>) -> u64 {
    let own = broker.value(key::HA_LISTEN_PORT).and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    own.unwrap_or(broker.port().saturating_add(1))
}

fn probe_follows_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set).into_iter().filter(|broker| !broker.open) {
        let port = broker.port();
        let listens = [
            port,
            port.saturating_sub(2),
            ha_port(&broker),
            u64::from(PROXY_REMOTING),
            u64::from(PROXY_GRPC),
            5557,
        ];
        for probe in broker.container.probes().filter(|probe| probe.fields.get("tcpSocket").is_some()) {
            let asked = probe.port().and_then(|port| broker.container.port_number(port));
            if let Some(asked) = asked.filter(|asked| !listens.contains(asked)) {
                let title = format!("uses port {asked}, but the broker listens on {port}");
                findings.push(broker.container.finding(&format!("/{}/tcpSocket/port", probe.kind), title));
            }
        }
    }
    findings
}

fn declares_its_ports<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set).into_iter().filter(|broker| !broker.open) {
        let port = broker.port();
        let listens = [port.saturating_sub(2), port, ha_port(&broker)];
        for (at, open) in topology::declares_beside(broker.container, &[port], &listens) {
            let [fast, port, ha] = listens;
            let title = format!("declares {open}, but the broker listens on {fast}, {port} and {ha}");
            findings.push(broker.container.finding(&at, title));
        }
    }
    for (_, container) in set.running(Product::NameServer) {
        let told = container.line().split_whitespace().any(|word| word == "-c");
        if told || container.ports().count() != 1 {
            continue;
        }
        for (at, open) in topology::declares_beside(
            container,
            &[u64::from(NAME_SERVER_PORT)],
            &[u64::from(NAME_SERVER_PORT)],
        ) {
            let title = format!("declares {open}, but the NameServer listens on {NAME_SERVER_PORT}");
            findings.push(container.finding(&at, title));
        }
    }
    findings
}

fn ports_do_not_collide<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let mut by_pod: BTreeMap<(&str, &str, &str), Vec<&Broker<'_, 'a>>> = BTreeMap::new();
    for broker in brokers.iter().filter(|broker| !broker.open) {
        let workload = broker.pod.workload;
        by_pod.entry((broker.pod.namespace, workload.kind(), workload.name())).or_default().push(broker);
    }
    let mut findings = Vec::new();
    for members in by_pod.values().filter(|members| members.len() > 1) {
        let mut sorted: Vec<&Broker<'_, 'a>> = members.clone();
        sorted.sort_by_key(|broker| broker.port());
        for pair in sorted.windows(2) {
            let [first, second] = pair else { continue };
            if second.port().saturating_sub(first.port()) < 4 {
                let title = format!(
                    "listens on {}, but another broker of the pod on {}",
                    second.port(),
                    first.port()
                );
                let finding = second.get(key::LISTEN_PORT).map(|line| line.finding(title.clone()));
                findings.push(finding.unwrap_or_else(|| second.finding(title)));
            }
        }
    }
    findings
}

fn ha_port_open<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let mut findings = Vec::new();
    for group in groups(set, &brokers).iter().filter(|group| group.slaves().next().is_some()) {
        for master in group.masters() {
            let closed = |port| policies::closed_by(set, master.pod, master.container, port);
            let (port, ha) = (master.port(), ha_port(master));
            let Some(policy) = closed(ha).filter(|_| closed(port).is_none()) else { continue };
            let title = format!("allows clients on {port}, but no slave on {ha}");
            let finding = Finding::new(policy, title).at("/spec/ingress");
            // One policy is mostly for all.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}
