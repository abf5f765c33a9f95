//! Brokers that elect their master: with controllers, or with DLedger.

use std::collections::{BTreeMap, BTreeSet};

use super::conf::{Broker, Setting};
use crate::products::rocketmq::key;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words::counted;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-controller-is-configured",
        grade: Grade::ERROR,
        promise: "a RocketMQ broker in controller mode runs 5.x, has `controllerAddr`, and does not use DLedger",
        why: "4.9 ignores the switch; without controllers a broker does not come up, and with both switches it \
              exits",
        fix: "set `controllerAddr=HOST:9878;HOST:9878;HOST:9878`, and remove `enableDLegerCommitLog`",
        source: "apache/rocketmq docs/en/controller/deploy.md; BrokerStartup",
        check: controller_is_named,
    },
    Rule {
        code: "rocketmq-dledger-has-majority",
        grade: Grade::ERROR,
        promise: "a DLedger group has three or more brokers, and each of them is in its own peer list",
        why: "two brokers need both for a majority: when one is down, no master can be elected; a broker that is \
              missing from the peers exits at startup",
        fix: "set `dLegerPeers=n0-HOST:40911;n1-HOST:40911;n2-HOST:40911`, and `dLegerSelfId=n0` (n1, n2) in each \
              file",
        source: "apache/rocketmq docs/en/dledger/deploy_guide.md; openmessaging/dledger MemberState",
        check: dledger_has_majority,
    },
    Rule {
        code: "rocketmq-peers-differ",
        grade: Grade::ERROR,
        promise: "the peers of a RocketMQ group that elects its master have an id and an address each",
        why: "peers at one address are one process: only one of them can answer, so that there is no majority and no \
              master is elected",
        fix: "run a pod for each peer, and list each by its own name: \
              `n0-BROKER-0.SERVICE.NAMESPACE.svc.DOMAIN:40911;n1-BROKER-1.SERVICE.NAMESPACE.svc.DOMAIN:40911;…`",
        source: "openmessaging/dledger MemberState and DLedgerConfig; apache/rocketmq ControllerConfig",
        check: peers_differ,
    },
];

fn controller_is_named<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set).into_iter().filter(|broker| broker.is_on(key::ENABLE_CONTROLLER_MODE)) {
        let Some(switch) = broker.get(key::ENABLE_CONTROLLER_MODE) else { continue };
        if let Some(version) = broker.version().filter(|version| version.surely_before(&[5])) {
            findings.push(switch.finding(format!("{version} has no controller mode")));
        } else if let Some(other) =
            broker.get(key::ENABLE_DLEGER_COMMIT_LOG).filter(|_| broker.is_on(key::ENABLE_DLEGER_COMMIT_LOG))
        {
            findings.push(other.finding("is in controller mode, but also uses DLedger"));
        } else if broker.value("controllerAddr").is_none_or(str::is_empty) {
            findings.push(switch.finding("is in controller mode without a `controllerAddr`"));
        }
    }
    findings
}

fn dledger_has_majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set).into_iter().filter(|broker| broker.is_on(key::ENABLE_DLEGER_COMMIT_LOG)) {
        let Some(peers) = broker.get(key::DLEGER_PEERS).filter(|peers| !peers.value().contains('$')) else {
            continue;
        };
        let ids: Vec<&str> =
            peers.value().split(';').filter_map(|peer| Some(peer.trim().split_once('-')?.0)).collect();
        let members = counted(ids.len(), "peer");
        if ids.len() < 3 {
            findings.push(
                peers.finding(format!("a DLedger group of {members} loses its majority when one is down")),
            );
        } else if ids.len().is_multiple_of(2) {
            let missing = (ids.len() - 1) / 2;
            findings.push(
                peers
                    .finding(format!("with {members}, at most {missing} may fail, the same as with one less"))
                    .warns(),
            );
        }
        match broker.get("dLegerSelfId") {
            Some(own) if !own.value().contains('$') && !ids.contains(&own.value()) => {
                let title = format!("`{}` is not in `{}`", own.shown(own.value()), key::DLEGER_PEERS);
                findings.push(own.finding(title));
            }
            None => findings.push(
                peers.finding(format!("has no `dLegerSelfId` to identify it in its `{}`", key::DLEGER_PEERS)),
            ),
            Some(_) => {}
        }
    }
    findings
}

fn peers_differ<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for broker in Broker::all(set) {
        // Several brokers may share a file.
        if broker.file.is_some_and(|file| !seen.insert((&raw const *file.object, file.key))) {
            continue;
        }
        for key in [key::DLEGER_PEERS, key::CONTROLLER_DLEGER_PEERS] {
            let Some(line) = broker.get(key).filter(|line| !line.value().contains('$')) else { continue };
            findings.extend(twins(line).map(|title| line.finding(title)));
        }
    }
    findings
}

/// Peers with one address, or one id.
fn twins(line: &Setting<'_>) -> Option<String> {
    let peers = line.value().split(';').filter_map(|peer| peer.trim().split_once('-'));
    let mut by_address: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut twice = None;
    for (id, address) in peers {
        by_address.entry(address).or_default().push(id);
        twice = twice.or((!ids.insert(id)).then_some(id));
    }
    let shared = by_address.into_iter().find(|(_, ids)| ids.len() > 1);
    match (shared, twice) {
        (Some((address, ids)), _) => {
            let peers = counted(ids.len(), "peer");
            Some(format!("{peers} of `{}` are at one address, `{}`", line.key, line.shown(address)))
        }
        (None, Some(id)) => Some(format!("two peers of `{}` have the id `{}`", line.key, line.shown(id))),
        (None, None) => None,
    }
}
