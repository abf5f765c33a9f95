//! Which servers there are, what they are called and by which number they know each other.

use super::Mysql;
use crate::components::Instance;
use crate::k8s::Endpoint;
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
    /// The number of the primary in replication; its replicas count on from there.
    pub server_id: u32,
}

impl Pair {
    /// A set's governing Service.
    pub(super) fn headless(set: &str) -> String {
        format!("{set}-headless")
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
            primary,
        }
    };
    (0..me.shards).map(pair).collect()
}
