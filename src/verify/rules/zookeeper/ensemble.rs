//! What ZooKeeper needs: an ensemble in which every pod is one server, and a majority of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::probes::is_ready_by_majority;
use super::servers::Server;
use crate::products::zookeeper::{ZOO_MY_ID, key};
use crate::verify::dns::Answer;
use crate::verify::shapes::clustered;
use crate::verify::told::zookeeper::{Maker, Node, nodes};
use crate::verify::{Finding, Grade, Rule, Set, topology};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "zookeeper-voters-are-odd",
        grade: Grade::PROD,
        promise: "a ZooKeeper ensemble has an odd number of voting servers",
        why: "a majority of four is three: the fourth tolerates no further failure, and two tolerate none",
        fix: "use 3 servers, or 5; make additional ones observers: `server.4=HOST:2888:3888:observer;2181`",
        source: "ZooKeeper Administrator's Guide, Clustered Setup",
        check: voters_are_odd,
    },
    Rule {
        code: "zookeeper-servers-are-pods",
        grade: Grade::ERROR,
        promise: "the list of ZooKeeper servers contains every pod of its StatefulSet once, with the id that the \
                  pod uses",
        why: "a pod whose id is not in the list exits (My id is not in the peer list); one with another's id \
              never joins",
        fix: "list `server.ID=POD.HEADLESS-SERVICE.NAMESPACE.svc.DOMAIN:2888:3888;2181` for every pod, ID being \
              the ordinal plus one as in `ZOO_MY_ID=$((${HOSTNAME##*-}+1))`",
        source: "ZooKeeper QuorumPeerConfig.setupMyId and parseProperties",
        check: servers_are_pods,
    },
    Rule {
        code: "zookeeper-ids-differ",
        grade: Grade::ERROR,
        promise: "pods of one workload do not share one ZooKeeper id",
        why: "all of them act as the same server: they cannot bind its address and exit (exit code 14), or each \
              is a separate ensemble",
        fix: "derive the id from the ordinal in the start command: `export ZOO_MY_ID=$((${HOSTNAME##*-}+1))`",
        source: "docker-library zookeeper, docker-entrypoint.sh: myid; ZooKeeper QuorumCnxManager.Listener",
        check: ids_differ,
    },
    Rule {
        code: "zookeeper-servers-bind-their-names",
        grade: Grade::ERROR,
        promise: "a ZooKeeper server's own line resolves to its own pod",
        why: "a server binds its election port to the address that its line resolves to: a Service's address is \
              not its own (exit code 14 after some seconds), and 0.0.0.0 in a shared list makes the others \
              connect to themselves",
        fix: "use the pod's own name below a headless Service, or set `quorumListenOnAllIPs=true`",
        source: "ZooKeeper QuorumCnxManager.Listener; observed with ZooKeeper 3.8.0",
        check: servers_bind_their_names,
    },
    Rule {
        code: "zookeeper-pods-start-together",
        grade: Grade::ERROR,
        promise: "ZooKeeper servers whose readiness needs a majority are not started one after the other",
        why: "the first server waits for a majority and Kubernetes waits for the first server: the ensemble never \
              starts",
        fix: "set `podManagementPolicy: Parallel`",
        source: "Kubernetes documentation, StatefulSet, Pod management policies",
        check: pods_start_together,
    },
    Rule {
        code: "zookeeper-peers-resolve-before-ready",
        grade: Grade::ERROR,
        promise: "ZooKeeper servers can resolve each other before they are ready",
        why: "a headless Service omits pods that are not ready, and the servers do not become ready before they \
              have found each other",
        fix: "set `publishNotReadyAddresses: true` in the headless Service",
        source: "Kubernetes documentation, Service, publishNotReadyAddresses",
        check: peers_resolve_before_ready,
    },
    Rule {
        code: "zookeeper-budget-leaves-a-majority",
        grade: Grade::ERROR,
        promise: "a PodDisruptionBudget of ZooKeeper keeps a majority of the servers",
        why: "a drain that evicts more of them at once stops the ensemble, and everything that depends on it",
        fix: "write `maxUnavailable: 1` instead of `minAvailable`",
        source: "Kubernetes documentation, Specifying a Disruption Budget for your Application",
        check: budget_leaves_a_majority,
    },
    Rule {
        code: "zookeeper-pods-are-spread",
        grade: Grade::PROD,
        promise: "three or more ZooKeeper servers run on different nodes",
        why: "the failure of the node that runs most of them takes the majority with it",
        fix: "add a podAntiAffinity against the same pods with `topologyKey: kubernetes.io/hostname`",
        source: "Kubernetes documentation, Running ZooKeeper, Tolerating Node Failure",
        check: servers_are_apart,
    },
];

fn servers_are_apart<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    nodes(set).iter().filter_map(|node| clustered::kept_apart(set, node.pod)).collect()
}

fn size(servers: impl Iterator) -> u64 {
    u64::try_from(servers.count()).unwrap_or(u64::MAX)
}

fn voting(servers: &[Server]) -> u64 {
    size(servers.iter().filter(|server| !server.observer))
}

fn voters_are_odd<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for node in nodes(set) {
        let servers = node.servers();
        let count = voting(&servers);
        // The same ensemble may be many workloads.
        let mut hosts: Vec<String> = servers.iter().map(|server| server.host.clone()).collect();
        hosts.sort();
        if count > 0 && count.is_multiple_of(2) && seen.insert(hosts) {
            let effect = if count == 2 {
                "and stop when one of them is down"
            } else {
                "and tolerate no more failures than one less would"
            };
            findings.push(node.server_finding(None, format!("{count} servers vote, {effect}")));
        }
    }
    findings
}

fn servers_are_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let servers = node.servers();
        if let Some(finding) = twice(&node, &servers) {
            findings.push(finding);
            continue;
        }
        findings.extend(wrong_id(set, &node, &servers));
        findings.extend(left_out(set, &node, &servers));
    }
    findings
}

/// A server that is there twice.
fn twice<'a>(node: &Node<'_, 'a>, servers: &[Server]) -> Option<Finding<'a>> {
    let (mut ids, mut hosts) = (BTreeSet::new(), BTreeSet::new());
    let real = servers.iter().filter(|server| server.host != "0.0.0.0" && server.host != "localhost");
    real.into_iter().find_map(|server| {
        let title = if !ids.insert(server.id) {
            format!("two servers have the id {}", server.id)
        } else if !hosts.insert(&server.host) {
            format!("two servers are `{}`", server.host)
        } else {
            return None;
        };
        Some(node.server_finding(Some(server), title))
    })
}

fn wrong_id<'a>(set: &Set<'a>, node: &Node<'_, 'a>, servers: &[Server]) -> Option<Finding<'a>> {
    let above = node.ids_above()?;
    servers.iter().find_map(|server| {
        let ordinal = node.ordinal(set, server)?;
        let id = ordinal.saturating_add(above);
        let pod = format!("{}-{ordinal}", node.pod.workload.name());
        let title = format!("server {} is `{pod}`, which uses the id {id}", server.id);
        (id != server.id).then(|| node.server_finding(Some(server), title))
    })
}

fn left_out<'a>(set: &Set<'a>, node: &Node<'_, 'a>, servers: &[Server]) -> Option<Finding<'a>> {
    let own = node.own(set, servers);
    let workload = node.pod.workload;
    // One that is 0.0.0.0 for all of them is another rule's.
    let anywhere = servers.iter().any(|server| server.host == "0.0.0.0");
    if own.is_empty() || anywhere || workload.kind() != "StatefulSet" {
        return None;
    }
    let first = workload.at("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0);
    let replicas = node.pod.replicas(set)?;
    let out = (first..first.saturating_add(replicas)).find(|ordinal| !own.contains(ordinal))?;
    let (listed, name) = (words::counted(servers.len(), "server"), workload.name());
    let title = format!("its list has {listed}, but `{name}-{out}` is missing");
    Some(node.server_finding(None, title))
}

fn ids_differ<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let Some(replicas) = node.pod.replicas(set).filter(|replicas| *replicas > 1) else { continue };
        let Some(id) = node.fixed_id() else { continue };
        findings.push(match node.get("id") {
            Some(setting) => {
                let title = format!("`{}` is {id} for all {replicas} pods", setting.name);
                node.finding(&setting, title)
            }
            None => {
                let title = format!("`{ZOO_MY_ID}` is not set: all {replicas} pods have the id {id}");
                node.container.finding("/env", title)
            }
        });
    }
    findings
}

fn servers_bind_their_names<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.maker == Maker::Official) {
        let servers = node.servers();
        let anywhere = node.get(key::QUORUM_LISTEN_ON_ALL_IPS).is_some_and(|setting| setting.value == "true");
        if servers.len() < 2 || anywhere {
            continue;
        }
        if node.pod.replicas(set).is_some_and(|replicas| replicas > 1) {
            if let Some(server) = servers.iter().find(|server| server.host == "0.0.0.0") {
                let title = format!("server {} is 0.0.0.0 for all pods", server.id);
                findings.push(node.server_finding(Some(server), title));
            }
            continue;
        }
        let Some(own) = node.fixed_id().and_then(|id| servers.iter().find(|server| server.id == id)) else {
            continue;
        };
        if let Answer::Service(service) = set.dns().resolve(&own.host, node.pod.namespace)
            && !topology::is_headless(service)
        {
            let title = format!("its own line is `{}`, the address of a Service", own.host);
            findings.push(node.server_finding(Some(own), title));
        }
    }
    findings
}

fn pods_start_together<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| is_ready_by_majority(node)) {
        let servers = node.servers();
        let all = voting(&servers);
        let own = size(node.own(set, &servers).iter());
        let majority = topology::majority(all);
        if own >= 2 && all.saturating_sub(own).saturating_add(1) < majority {
            findings.extend(clustered::started_in_order(node.pod, &format!("{majority} servers run")));
        }
    }
    findings
}

fn peers_resolve_before_ready<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    for node in nodes(set).iter().filter(|node| is_ready_by_majority(node)) {
        let servers = node.servers();
        if node.own(set, &servers).len() < 2 {
            continue;
        }
        if let Some(service) = node.pod.governing(set) {
            clustered::hide(&mut findings, service, "servers");
        }
    }
    findings
}

fn budget_leaves_a_majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let servers = node.servers();
        let own = size(node.own(set, &servers).iter());
        let all = voting(&servers);
        if all >= 3 && own == all && node.pod.replicas(set) == Some(own) {
            findings.extend(clustered::budgets_leave(set, node.pod, topology::majority(all), "servers"));
        }
    }
    findings
}
