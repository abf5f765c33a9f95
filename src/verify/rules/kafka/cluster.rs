//! What nodes of one cluster say of each other: voters, listeners, who belongs together.

use std::collections::BTreeMap;

use super::settings::{Mode, Node, nodes};
use crate::products::kafka::key;
use crate::verify::Set;
use crate::verify::dns::Answer;

/// `1@shop-0.shop:9093`.
pub(super) struct Voter<'t> {
    pub id: u64,
    pub host: &'t str,
    pub port: u64,
    /// As written.
    pub text: &'t str,
}

pub(super) const VOTERS: &str = key::CONTROLLER_QUORUM_VOTERS;

/// The static voters; an error is the entry that is none.
pub(super) fn voters<'t>(node: &'t Node<'_, '_>) -> Option<Result<Vec<Voter<'t>>, &'t str>> {
    let text = node.exact(VOTERS).filter(|text| !text.trim().is_empty())?;
    Some(text.split(',').map(|entry| voter(entry.trim()).ok_or(entry)).collect())
}

fn voter(text: &str) -> Option<Voter<'_>> {
    let (id, address) = text.split_once('@')?;
    let (host, port) = address.rsplit_once(':')?;
    Some(Voter { id: id.trim().parse().ok()?, host, port: port.parse().ok()?, text })
}

/// The voters, where all of them can be read.
pub(super) fn read_voters<'t>(node: &'t Node<'_, '_>) -> Vec<Voter<'t>> {
    voters(node).and_then(Result::ok).unwrap_or_default()
}

/// `CLIENT://host:9092`.
#[derive(Clone, Debug)]
pub(super) struct Listener<'t> {
    /// In upper case, as Kafka compares them.
    pub name: String,
    pub host: &'t str,
    pub port: Option<u64>,
    /// As written.
    pub text: &'t str,
}

/// The listeners of a setting; nothing where one of them cannot be read.
pub(super) fn listeners<'t>(node: &'t Node<'_, '_>, key: &str) -> Option<Vec<Listener<'t>>> {
    let text = node.rough(key).filter(|text| !text.trim().is_empty())?;
    text.split(',').map(|entry| listener(entry.trim())).collect()
}

fn listener(text: &str) -> Option<Listener<'_>> {
    let (name, address) = text.split_once("://")?;
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok();
    (!name.contains('$')).then(|| Listener { name: name.to_ascii_uppercase(), host, port, text })
}

/// All listeners that a node may have: those of its setting, or of every value that its start script chooses from.
pub(super) fn possible<'t>(node: &'t Node<'_, '_>) -> Option<Vec<Listener<'t>>> {
    const KEY: &str = "listeners";
    if let Some(all) = listeners(node, KEY) {
        return Some(all);
    }
    let choices = node.choices(KEY);
    let entries = choices.iter().flat_map(|choice| choice.split(',')).map(str::trim);
    // What it chose before is another of the values.
    let all: Option<Vec<_>> = entries.filter(|entry| !entry.starts_with('$')).map(listener).collect();
    all.filter(|all| !all.is_empty())
}

/// The names of a comma-separated setting, in upper case.
pub(super) fn names(node: &Node<'_, '_>, key: &str) -> Option<Vec<String>> {
    let text = node.exact(key)?;
    let names = text.split(',').map(|name| name.trim().to_ascii_uppercase());
    Some(names.filter(|name| !name.is_empty()).collect())
}

/// How many of the voters are pods of this node's workload.
pub(super) fn own_voters(set: &Set<'_>, node: &Node<'_, '_>) -> u64 {
    let own = read_voters(node).into_iter().filter(|voter| {
        matches!(set.dns().resolve(voter.host, node.pod.namespace),
            Answer::Pod { workload, .. } if std::ptr::eq(workload, node.pod.workload))
    });
    u64::try_from(own.count()).unwrap_or(u64::MAX)
}

/// Nodes that belong together: those with the same voters, or the same ZooKeeper.
pub(super) struct Cluster<'s, 'a> {
    pub nodes: Vec<Node<'s, 'a>>,
}

/// All clusters of which it can be seen who belongs to them.
pub(super) fn clusters<'s, 'a>(set: &'s Set<'a>) -> Vec<Cluster<'s, 'a>> {
    let mut found: BTreeMap<String, Vec<Node<'s, 'a>>> = BTreeMap::new();
    for node in nodes(set) {
        let key = match node.mode() {
            Some(Mode::Zookeeper) => node.exact(key::ZOOKEEPER_CONNECT),
            _ => node.exact(VOTERS).or_else(|| node.exact(key::CONTROLLER_QUORUM_BOOTSTRAP_SERVERS)),
        };
        let Some(key) = key.filter(|key| !key.trim().is_empty()).map(str::to_owned) else { continue };
        found.entry(key).or_default().push(node);
    }
    found.into_values().map(|nodes| Cluster { nodes }).collect()
}

impl<'a> Cluster<'_, 'a> {
    /// The most brokers there are; nothing where some of them may be elsewhere.
    pub(super) fn brokers(&self, set: &Set<'a>) -> Option<u64> {
        let mut count = 0_u64;
        for node in &self.nodes {
            if voters(node).is_some_and(|voters| voters.is_err()) {
                return None;
            }
            let elsewhere = |host: &str| {
                !matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0")
                    && !matches!(
                        set.dns().resolve(host, node.pod.namespace),
                        Answer::Pod { .. } | Answer::Service(_)
                    )
            };
            if read_voters(node).iter().any(|voter| elsewhere(voter.host)) {
                return None;
            }
            if node.has_role("broker") != Some(false) {
                count = count.saturating_add(node.pod.replicas(set)?);
            }
        }
        Some(count)
    }
}
