//! Redis (and Valkey): one server, a cluster, or sentinels. Offers the addresses that clients should use.
//!
//! A pod is called by name, and its address changes. So: names are announced to clients, every start writes the present
//! addresses into what the cluster remembers, and a Job makes the cluster and lets it grow.

mod check;
mod external;
mod offer;
mod parts;
mod tuning;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{Exposure, Resources, Storage};
use super::secret::SecretSource;
use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::Memory;
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;
use crate::tree::de::Scalar;

/// More servers than anybody runs in one cluster; keeps a mistyped count from filling the memory.
const MOST: u32 = 1_000;

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Redis {
    /// One server, a cluster with slots, or one master with replicas and sentinels.
    mode: Mode,
    /// Cluster: masters that share the slots, at least 3; 3 when left out. Migrate the slots before you lower it.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    masters: Option<u32>,
    /// Cluster: replicas of each master, 1 when left out. Sentinel: replicas of the single master, 2 when left out. On fewer
    /// nodes than servers, a master of a cluster and its only replica may share one, and are lost with it: `replicas: 2`
    /// or `spread: hard` keeps that from happening.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 100>")]
    #[schemars(range(max = 100))]
    replicas: Option<u32>,
    /// Sentinel: the number of sentinels, odd; 3 when left out. A majority of them decides.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 99>")]
    #[schemars(range(max = 99))]
    sentinels: Option<u32>,
    /// Sentinel: the master name that clients use.
    master_name: String,
    /// Sentinel: CPU and memory of each sentinel.
    sentinel_resources: Resources,
    /// Sentinel: a claim for the state of each sentinel.
    sentinel_storage: Storage,
    /// The password of all servers and sentinels. Before it changes, tell each server of a cluster or with sentinels:
    /// `CONFIG SET masterauth`, then `CONFIG SET requirepass`; else the rollout waits at the first one.
    #[serde(default)]
    password: Option<SecretSource>,
    /// A claim for every server, with an append-only file; without it, a restart loses the data.
    #[serde(default)]
    storage: Option<Storage>,
    /// The memory limit for data; 70 % of `resources.memory` when left out.
    #[serde(default)]
    max_memory: Option<Memory>,
    /// The eviction policy when that is full.
    max_memory_policy: Policy,
    /// Additional lines of redis.conf.
    #[serde(default)]
    config: IndexMap<String, Scalar>,
    /// How it is exposed to clients.
    service: Exposure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// One server.
    Standalone,
    /// Masters that share the slots, each with its replicas.
    Cluster,
    /// One master with replicas, and sentinels that promote a replica when the master is down.
    Sentinel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    /// Refuse writes: for data that must be kept.
    Noeviction,
    /// Evict the least recently used key: for caches.
    AllkeysLru,
    /// Evict the least frequently used key.
    AllkeysLfu,
    /// Evict a random key.
    AllkeysRandom,
    /// Evict the least recently used key with an expiry.
    VolatileLru,
    /// Evict the least frequently used key with an expiry.
    VolatileLfu,
    /// Evict a random key with an expiry.
    VolatileRandom,
    /// Evict the key that expires next.
    VolatileTtl,
}

impl Component for Redis {
    const WORD: &'static str = "redis";
    const ABOUT: &'static str = "cache and store (Redis or Valkey): one server, a cluster, or sentinels";
    const OFFERS: &'static str = "`host`, `port`, `nodes`; with sentinels `master`, `sentinels`, `nodes`";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../../templates/redis/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::settings(me, site)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        Ok(offer::told(me, site, &offer::drawn(me, site)))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        me.drawn(site, offers)
    }
}

impl Redis {
    fn masters(&self) -> u32 {
        match self.mode {
            Mode::Cluster => self.masters.unwrap_or(3).clamp(1, MOST),
            Mode::Standalone | Mode::Sentinel => 1,
        }
    }

    /// Of each master.
    fn replicas(&self) -> u32 {
        match self.mode {
            Mode::Standalone => 0,
            Mode::Cluster => self.replicas.unwrap_or(1),
            Mode::Sentinel => self.replicas.unwrap_or(2),
        }
    }

    fn servers(&self) -> u32 {
        self.masters().saturating_mul(self.replicas().saturating_add(1)).min(MOST)
    }

    fn sentinels(&self) -> u32 {
        self.sentinels.unwrap_or(3).clamp(1, MOST)
    }
}
