//! Who is who: names, addresses and roles of NameServers and brokers.

use super::super::Instance;
use super::settings::{Replication, RocketMq};
use crate::diagnostic::Diagnostic;
use crate::k8s::{Endpoint, Labels, Version};
use crate::plan::site::Site;
use crate::products::rocketmq::BROKER_IMAGE;
pub(super) use crate::products::rocketmq::{BROKER_PORT, FAST_PORT, HA_PORT, NAME_SERVER_PORT};

/// One broker: a StatefulSet of one pod, so that its address is a constant and can stand in its file as plain text.
pub(super) struct Broker {
    /// Its objects: `rocketmq-broker-a`, `rocketmq-broker-a-s`, `rocketmq-broker-a-s2`.
    pub(super) name: String,
    /// `brokerName`: the same for all members of a group.
    pub(super) group: String,
    /// `brokerId`: 0 is the master.
    pub(super) id: u32,
    /// What it registers, and what slaves fetch from.
    pub(super) endpoint: Endpoint,
}

/// All brokers, group by group, masters first.
pub(super) fn brokers(me: &Instance<RocketMq>, site: &Site) -> Vec<Broker> {
    let groups = (b'a'..=b'z').take(me.groups as usize).map(|letter| format!("broker-{}", letter as char));
    groups.flat_map(|group| (0..=me.replicas).map(move |id| broker(me, site, &group, id))).collect()
}

fn broker(me: &Instance<RocketMq>, site: &Site, group: &str, id: u32) -> Broker {
    let base = me.named(site, group);
    let name = match id {
        0 => base,
        1 => format!("{base}-s"),
        // The first slave keeps its name, and so its claim, when a second one comes.
        _ => format!("{base}-s{id}"),
    };
    let endpoint = site.pod(&name, &name, 0, BROKER_PORT);
    Broker { name, group: group.to_owned(), id, endpoint }
}

/// The masters.
pub(super) fn masters(me: &Instance<RocketMq>, site: &Site) -> impl Iterator<Item = Broker> {
    brokers(me, site).into_iter().filter(|broker| broker.id == 0)
}

/// The NameServers' StatefulSet, and the Service that governs it.
pub(super) fn name_server(me: &Instance<RocketMq>, site: &Site) -> String {
    me.named(site, "namesrv")
}

/// `a:9876;b:9876`. Every single one is named: they tell each other nothing, and a broker registers with each.
pub(super) fn name_server_list(me: &Instance<RocketMq>, site: &Site) -> String {
    let set = name_server(me, site);
    site.pods(&set, &set, me.name_servers, NAME_SERVER_PORT).joined(";")
}

/// How many members of a group a message needs, where the brokers are told so.
///
/// On 5.x the role SYNC_MASTER alone waits for nobody: the count decides, it includes the master, and 1 is the default.
/// On 4.9 the role alone waits for one slave. Source: CommitLog.handleHA of 5.x; docs/en/QuorumACK.md, "Compatibility".
pub(super) fn in_sync(me: &Instance<RocketMq>) -> Option<u32> {
    let counted = version(me).is_some_and(|version| version.at_least(&[5]));
    let majority = me.replicas.saturating_add(1) / 2 + 1;
    (counted && me.replication == Replication::Sync).then(|| me.in_sync_replicas.unwrap_or(majority))
}

/// A slave that acts for its master: is there one, and does the version let it?
pub(super) fn acting_complaint(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    let old = version(me).is_some_and(|version| version.before(&[5]));
    let complaint =
        |title: String| Diagnostic::error("acting-master", title).at(me.path.key("slaveActingMaster"));
    match me.slave_acting_master {
        true if old => Some(
            complaint(format!("slaves of {} never act for their master", me.common.version))
                .help("set `version: 5.3.3`, or remove it"),
        ),
        true if me.replicas == 0 => Some(
            complaint("there is no slave that could act for its master".to_owned())
                .help("set `replicas: 1`, or remove it"),
        ),
        _ => None,
    }
}

/// The product's version.
pub(super) fn version(me: &Instance<RocketMq>) -> Option<Version> {
    Version::parse(&me.common.version)
}

/// `ROCKETMQ_NAME_SERVER`; `ROCKETMQ_ORDERS_NAME_SERVER` for `rocketmq/orders`.
pub(super) fn variable(me: &Instance<RocketMq>, what: &str) -> String {
    me.key.variable(what)
}

/// What all brokers of this instance are labelled with, besides what selectors hold.
pub(super) fn cluster_label(me: &Instance<RocketMq>, site: &Site) -> (&'static str, String) {
    ("stackgen.io/cluster", site.instance(&me.name(site)))
}

/// What the members of one group are labelled with.
pub(super) const GROUP_LABEL: &str = "stackgen.io/broker-group";

/// Selects all brokers of this instance.
pub(super) fn all_brokers(me: &Instance<RocketMq>, site: &Site) -> Labels {
    let (key, value) = cluster_label(me, site);
    Labels::default().with(crate::k8s::labels::NAME, BROKER_IMAGE).with(key, value)
}
