//! Brokers that elect their master: with controllers, or with DLedger.

use super::conf::Broker;
use crate::diagnostic::Severity;
use crate::verify::{Finding, Rule, Set};
use crate::words::counted;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-controller-is-named",
        severity: Severity::Error,
        promise: "a RocketMQ broker in controller mode is of 5.x, knows its controllers, and does not use DLedger too",
        why: "4.9 ignores the switch; without controllers a broker does not come up, and with both switches it ends at once",
        fix: "write `controllerAddr=HOST:9878;HOST:9878;HOST:9878`, and no `enableDLegerCommitLog`",
        source: "apache/rocketmq docs/en/controller/deploy.md; BrokerStartup",
        check: controller_is_named,
    },
    Rule {
        code: "rocketmq-dledger-has-majority",
        severity: Severity::Error,
        promise: "a DLedger group has three brokers or more, and each is one of its own peers",
        why: "of two a majority is both: when one is away, nobody elects a master; who is not among the peers ends at the start",
        fix: "write `dLegerPeers=n0-HOST:40911;n1-HOST:40911;n2-HOST:40911`, and `dLegerSelfId=n0` (n1, n2) in each file",
        source: "apache/rocketmq docs/en/dledger/deploy_guide.md; openmessaging/dledger MemberState",
        check: dledger_has_majority,
    },
];

fn controller_is_named<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set).into_iter().filter(|broker| broker.is_on("enableControllerMode")) {
        let Some(switch) = broker.get("enableControllerMode") else { continue };
        if let Some(version) = broker.version().filter(|version| version.surely_before(&[5])) {
            findings.push(switch.finding(format!("{version} has no controllers")));
        } else if let Some(other) =
            broker.get("enableDLegerCommitLog").filter(|_| broker.is_on("enableDLegerCommitLog"))
        {
            findings.push(other.finding("is in controller mode, and uses DLedger too"));
        } else if broker.value("controllerAddr").is_none_or(str::is_empty) {
            findings.push(switch.finding("is in controller mode without a `controllerAddr`"));
        }
    }
    findings
}

fn dledger_has_majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set).into_iter().filter(|broker| broker.is_on("enableDLegerCommitLog")) {
        let Some(peers) = broker.get("dLegerPeers").filter(|peers| !peers.value().contains('$')) else {
            continue;
        };
        let ids: Vec<&str> =
            peers.value().split(';').filter_map(|peer| Some(peer.trim().split_once('-')?.0)).collect();
        let members = counted(ids.len(), "peer");
        if ids.len() < 3 {
            findings.push(
                peers.finding(format!("a DLedger group of {members} has no majority without one of them")),
            );
        } else if ids.len().is_multiple_of(2) {
            let missing = (ids.len() - 1) / 2;
            findings.push(
                peers.finding(format!("of {members}, {missing} may be missing, as of one less")).warns(),
            );
        }
        match broker.get("dLegerSelfId") {
            Some(own) if !own.value().contains('$') && !ids.contains(&own.value()) => {
                findings.push(own.finding(format!("`{}` is none of `dLegerPeers`", own.shown(own.value()))));
            }
            None => findings
                .push(peers.finding("does not say which of its `dLegerPeers` it is: no `dLegerSelfId`")),
            Some(_) => {}
        }
    }
    findings
}
