//! Which servers there are, what they are called and by which number they know each other.

use std::sync::Arc;

use super::Mysql;
use crate::components::Instance;
use crate::k8s::{Endpoint, labels};
use crate::plan::role::Role;
use crate::plan::site::Site;
use crate::products::mysql::PORT;

/// One primary and its replicas: all their names.
pub(super) struct Pair {
    /// Counted from 0.
    pub number: u32,
    /// The primary's StatefulSet, and the Service to write to.
    pub primary: String,
    /// The replicas' StatefulSet.
    pub replica: String,
    /// The Service to read from.
    pub read: String,
    /// The number of the first server in replication; the others count on from there.
    pub server_id: u32,
    /// The replica that was promoted, by its ordinal.
    promoted: Option<u32>,
}

impl Pair {
    /// A set's governing Service.
    pub(super) fn headless(set: &str) -> String {
        format!("{set}-headless")
    }

    /// The pod that is written to.
    pub(super) fn leader(&self) -> String {
        match self.promoted {
            Some(ordinal) => format!("{}-{ordinal}", self.replica),
            None => format!("{}-0", self.primary),
        }
    }

    /// Names that lead to all pods, ready or not.
    pub(super) fn servers(&self, site: &Site) -> String {
        [&self.primary, &self.replica].map(|set| site.host(&Self::headless(set))).join(" ")
    }

    /// Whose pods the Service to write to has, and the one to read from.
    ///
    /// No selector leaves one pod of a set out: a promoted one serves reads too where there are other replicas.
    pub(super) fn served_by(
        &self,
        first: &Arc<Role>,
        others: &Arc<Role>,
        replicas: u32,
    ) -> (Arc<Role>, Arc<Role>) {
        if self.promoted.is_none() {
            return (Arc::clone(first), Arc::clone(others));
        }
        let selector = others.selector.clone().with(labels::POD_NAME, self.leader());
        let write_to = Arc::new(Role { selector, ..(**others).clone() });
        (write_to, Arc::clone(if replicas == 1 { first } else { others }))
    }

    /// Where to write.
    pub(super) fn write_to(&self, site: &Site) -> Endpoint {
        site.service(&self.primary, PORT)
    }

    /// Where to read, when there are replicas.
    pub(super) fn read_from(&self, me: &Instance<Mysql>, site: &Site) -> Option<Endpoint> {
        (me.replicas > 0).then(|| site.service(&self.read, PORT))
    }
}

/// The number of a replica that is written as the end of its pod's name.
pub(super) fn ordinal(name: &str) -> Option<u32> {
    let ordinal = name.strip_prefix("replica-")?.parse().ok()?;
    (format!("replica-{ordinal}") == name).then_some(ordinal)
}

/// All pairs, in order.
///
/// The first is called as a server without shards is, so that growing from one to two moves nothing.
pub(super) fn pairs(me: &Instance<Mysql>, site: &Site) -> Vec<Pair> {
    let pair = |number: u32| {
        let primary = match number {
            0 => me.name(site),
            _ => me.named(site, &format!("shard-{number}")),
        };
        Pair {
            number,
            replica: format!("{primary}-replica"),
            read: format!("{primary}-read"),
            // A thousand to a shard: numbers must differ in all of a topology, and stay when replicas are added.
            server_id: (number + 1) * 1000,
            promoted: me.primary.get(&number.to_string()).and_then(|name| ordinal(name)),
            primary,
        }
    };
    (0..me.shards).map(pair).collect()
}
