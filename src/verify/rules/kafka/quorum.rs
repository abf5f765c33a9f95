//! What Kafka needs: voters that are the controllers, and ids that differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cluster::{Cluster, VOTERS, Voter, clusters, names, own_voters, possible, read_voters, voters};
use super::settings::{Mode, Node, nodes};
use crate::products::kafka::key;
use crate::verify::dns::Answer;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-voters-are-odd",
        grade: Grade::PROD,
        promise: "a Kafka cluster has one, three or five controllers",
        why: "a majority of four is three: the fourth adds load and tolerates no further failure, two stop as \
              soon as one is down, and more than five only slow down every decision",
        fix: "use 3 voters",
        source: "Kafka documentation, KRaft, Deploying considerations",
        check: voters_are_odd,
    },
    Rule {
        code: "kafka-voters-are-controllers",
        grade: Grade::ERROR,
        promise: "`controller.quorum.voters` lists exactly the controllers, each once, by its own id and its \
                  controller listener's port",
        why: "a controller that is missing from the list, or a broker that is in it, exits at startup; a voter \
              with a wrong id or port is never reached, and without a majority no broker becomes ready",
        fix: "list `ID@POD.HEADLESS-SERVICE.NAMESPACE.svc.DOMAIN:PORT` for every controller, the same list on all \
              nodes",
        source: "Kafka KafkaConfig.validateValues, RaftConfig and QuorumConfig",
        check: voters_are_controllers,
    },
    Rule {
        code: "kafka-ids-are-unique",
        grade: Grade::ERROR,
        promise: "no two nodes of a Kafka cluster have the same id",
        why: "the second one is refused: DuplicateBrokerRegistrationException, or the node with that id in \
              ZooKeeper exists already, and it restarts again and again",
        fix: "derive the id from the pod's ordinal, as `KAFKA_NODE_ID=${HOSTNAME##*-}` in the start command; \
              nodes of another StatefulSet add an offset",
        source: "Kafka ClusterControlManager.registerBroker; KafkaZkClient.registerBroker",
        check: ids_are_unique,
    },
];

fn voters_are_odd<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for cluster in clusters(set) {
        let Some(node) = cluster.nodes.first() else { continue };
        let count = read_voters(node).len();
        let effect = match count {
            2 => "and stop when one of them is down",
            even if even > 0 && even.is_multiple_of(2) => "and tolerate no more failures than one less would",
            many if many > 5 => "and every decision waits for most of them",
            _ => continue,
        };
        findings.push(node.finding(VOTERS, format!("the voters are {count}, {effect}")));
    }
    findings
}

fn voters_are_controllers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for cluster in clusters(set) {
        let Some(first) = cluster.nodes.first() else { continue };
        match voters(first) {
            Some(Err(entry)) => {
                let title = format!("the voter `{entry}` is not `id@host:port`");
                findings.push(first.finding(VOTERS, title).word(entry));
            }
            Some(Ok(all)) => match twice(first, &all) {
                Some(finding) => findings.push(finding),
                // A list that is wrong from its first entry on is one mistake.
                None => findings.extend(
                    cluster
                        .nodes
                        .iter()
                        .filter_map(|node| wrong_voter(set, node).or_else(|| stranger(set, node, &cluster))),
                ),
            },
            None => {}
        }
    }
    findings
}

/// A voter that is there twice.
fn twice<'a>(node: &Node<'_, 'a>, voters: &[Voter<'_>]) -> Option<Finding<'a>> {
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    voters.iter().find_map(|voter| {
        let title = if !ids.insert(voter.id) {
            format!("two voters have the id {}", voter.id)
        } else if !places.insert((voter.host, voter.port)) {
            format!("two voters are `{}:{}`", voter.host, voter.port)
        } else {
            return None;
        };
        Some(node.finding(VOTERS, title).word(voter.text))
    })
}

/// A voter that is one of this node's pods, with another id or port than the pod has.
fn wrong_voter<'a>(set: &Set<'a>, node: &Node<'_, 'a>) -> Option<Finding<'a>> {
    let ports = controller_ports(node).filter(|ports| !ports.is_empty());
    read_voters(node).into_iter().find_map(|voter| {
        let answer = set.dns().resolve(voter.host, node.pod.namespace);
        let Answer::Pod { workload, ordinal, .. } = answer else { return None };
        if !std::ptr::eq(workload, node.pod.workload) {
            return None;
        }
        let pod = format!("{}-{ordinal}", workload.name());
        let title = match node.ids_above().map(|above| above.saturating_add(ordinal)) {
            Some(id) if id != voter.id => format!("the voter {} is `{pod}`, whose id is {id}", voter.id),
            _ if ports.as_ref().is_some_and(|ports| !ports.contains(&voter.port)) => {
                format!("the voter {} has port {}, where no controller listens", voter.id, voter.port)
            }
            _ => return None,
        };
        Some(node.finding(VOTERS, title).word(voter.text))
    })
}

/// A controller that is no voter, or a voter that is no controller.
fn stranger<'a>(set: &Set<'a>, node: &Node<'_, 'a>, cluster: &Cluster<'_, 'a>) -> Option<Finding<'a>> {
    let all = read_voters(node);
    let votes = |id: &u64| all.iter().any(|voter| voter.id == *id);
    let ids = ids(set, node);
    let name = node.named(VOTERS);
    match (node.has_role("controller"), node.has_role("broker")) {
        (Some(true), _) if own_voters(set, node) > 0 => {
            let id = ids.iter().find(|id| !votes(id))?;
            let title = format!("node {id} is a controller, but is missing from `{name}`");
            Some(node.finding(VOTERS, title))
        }
        (Some(false), Some(true)) => {
            // An id that a controller has as well is another rule's.
            let others = cluster.nodes.iter().filter(|other| !std::ptr::eq(*other, node));
            let taken: BTreeSet<u64> = others.flat_map(|other| self::ids(set, other)).collect();
            let id = ids.iter().find(|id| votes(id) && !taken.contains(id))?;
            let title = format!("node {id} is only a broker, but is a voter in `{name}`");
            Some(node.finding(node.id_key(), title))
        }
        _ => None,
    }
}

/// The ports of the controller listeners; none where a script decides.
fn controller_ports(node: &Node<'_, '_>) -> Option<Vec<u64>> {
    let controllers = names(node, key::CONTROLLER_LISTENER_NAMES)?;
    let all = possible(node)?;
    if all.iter().any(|listener| listener.port.is_none()) {
        return None;
    }
    let own = all.iter().filter(|listener| controllers.contains(&listener.name));
    Some(own.filter_map(|listener| listener.port).collect())
}

/// The ids of a workload's pods, where they are known.
fn ids<'a>(set: &Set<'a>, node: &Node<'_, 'a>) -> Vec<u64> {
    /// More are never looked at.
    const MOST: u64 = 256;
    let replicas = node.pod.replicas(set).unwrap_or(1).min(MOST);
    if let Some(id) = node.number(node.id_key()) {
        return vec![id];
    }
    let Some(above) = node.ids_above().filter(|_| node.pod.workload.kind() == "StatefulSet") else {
        return Vec::new();
    };
    let first = node.pod.workload.at("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0);
    let first = first.saturating_add(above);
    (first..first.saturating_add(replicas)).collect()
}

fn ids_are_unique<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let (key, replicas) = (node.id_key(), node.pod.replicas(set).unwrap_or(1));
        let Some(id) = node.number(key).filter(|_| replicas > 1 && node.mode().is_some()) else { continue };
        let title = format!("`{}` is {id} for all {replicas} pods", node.named(key));
        findings.push(node.finding(key, title));
    }
    clusters(set).iter().for_each(|cluster| findings.extend(shared(set, cluster)));
    findings
}

/// Ids that nodes of different workloads have.
fn shared<'a>(set: &Set<'a>, cluster: &Cluster<'_, 'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut seen: BTreeMap<(&str, u64), &Node<'_, '_>> = BTreeMap::new();
    for node in cluster.nodes.iter().filter(|node| node.mode() != Some(Mode::Kraft) || node.has(key::NODE_ID))
    {
        for id in ids(set, node) {
            let Some(other) = seen.insert((node.pod.namespace, id), node) else { continue };
            let title = format!("{} has a node with the id {id} too", other.pod.workload.id());
            findings.push(node.finding(node.id_key(), title));
            break;
        }
    }
    findings
}
