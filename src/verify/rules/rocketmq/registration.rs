//! What brokers register as theirs: the address that clients and slaves are sent to.

use std::net::IpAddr;

use super::conf::{Broker, groups};
use crate::products::rocketmq::key;
use crate::verify::dns::Answer;
use crate::verify::pods::Product;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-broker-registers-name",
        grade: Grade::PROD,
        promise: "a RocketMQ broker registers a name, not its pod's address",
        why: "the address changes with every restart: clients use the old one until they refresh (30 s), the \
              NameServers keep it for 2 minutes after a broker was killed, and older message ids no longer resolve",
        fix: "run a StatefulSet per broker, and set `brokerIP1=NAME-0.SERVICE.NAMESPACE.svc.DOMAIN` in its file",
        source: "apache/rocketmq-docker product/README.md; BrokerController",
        check: registers_name,
    },
    Rule {
        code: "rocketmq-slaves-find-master",
        grade: Grade::PROD,
        promise: "a RocketMQ master registers a name for its slaves too: `brokerIP2`",
        why: "slaves replicate from the address that the master registers as `brokerIP2`: by default it is the \
              pod's, and they lose their master for half a minute at every restart",
        fix: "set `brokerIP2` to the same name as `brokerIP1`, in the master's file",
        source: "apache/rocketmq#1057; RouteInfoManager, haServerAddr",
        check: slaves_find_master,
    },
    Rule {
        code: "rocketmq-broker-name-is-its-own",
        grade: Grade::ERROR,
        promise: "the name that a RocketMQ broker registers resolves to its own pod",
        why: "clients and slaves connect to another broker",
        fix: "use the name of the broker's own pod",
        source: "apache/rocketmq BrokerController; apache/rocketmq-docker product/README.md",
        check: name_is_own,
    },
    Rule {
        code: "rocketmq-broker-has-own-network",
        grade: Grade::WARNING,
        promise: "no RocketMQ broker uses the host network",
        why: "it registers the first address that it finds, which others may not be able to reach, its pod's own \
              name does not apply, and two brokers on a node compete for ports",
        fix: "remove `hostNetwork`, and use a proxy for clients outside",
        source: "apache/rocketmq-operator#202",
        check: own_network,
    },
];

fn registers_name<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        // With its NameServer in one pod, both move together.
        if broker.open || broker.pod.is_on_host() || broker.pod.running(Product::NameServer).is_some() {
            continue;
        }
        match broker.get(key::BROKER_IP1) {
            None => {
                findings.push(
                    broker.finding(format!("registers its pod's address: `{}` is not set", key::BROKER_IP1)),
                );
            }
            Some(line) if line.value().parse::<IpAddr>().is_ok() => {
                findings.push(line.finding(format!("registers `{}`, an address", line.shown(line.value()))));
            }
            Some(_) => {}
        }
    }
    findings
}

fn is_name(broker: &Broker<'_, '_>, key: &str) -> bool {
    broker.value(key).is_some_and(|host| !host.is_empty() && host.parse::<IpAddr>().is_err())
}

fn slaves_find_master<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let mut findings = Vec::new();
    for group in groups(set, &brokers).iter().filter(|group| group.slaves().next().is_some()) {
        // Without a name for clients, that is the thing to say.
        for master in group
            .masters()
            .filter(|master| is_name(master, key::BROKER_IP1) && !is_name(master, key::BROKER_IP2))
        {
            findings.push(match master.get(key::BROKER_IP2) {
                Some(line) => line.finding("sends its slaves to an address"),
                None => master.finding(format!(
                    "sends its slaves to its pod's address: `{}` is not set",
                    key::BROKER_IP2
                )),
            });
        }
    }
    findings
}

fn name_is_own<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let for_slaves = if broker.is_slave() { None } else { broker.get(key::BROKER_IP2) };
        for line in broker.get(key::BROKER_IP1).into_iter().chain(for_slaves) {
            let Answer::Pod { workload, .. } = set.dns().resolve(line.value(), broker.pod.namespace) else {
                continue;
            };
            if !std::ptr::eq(workload, broker.pod.workload) {
                let title =
                    format!("`{}` of {} is a pod of {}", line.key, broker.pod.workload.id(), workload.id());
                findings.push(line.finding(title));
            }
        }
    }
    findings
}

fn own_network<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let told = brokers
        .iter()
        .filter(|broker| broker.pod.is_on_host() && broker.get(key::BROKER_IP1).is_none() && !broker.open);
    told.map(|broker| {
        broker.pod.finding("/hostNetwork", "a broker in the host network registers whatever address it finds")
    })
    .collect()
}
