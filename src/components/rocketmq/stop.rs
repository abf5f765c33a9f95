//! One broker at a time: whom each waits for before it stops, and how a master sees its slaves.
//!
//! Every broker is a StatefulSet of its own, so Kubernetes restarts all of them at once where all of them change: another
//! NameServer, a key of `config`, a version. An order of updates would need a hand (`OnDelete`) or a controller; a budget counts
//! only for evictions. So the brokers keep the order themselves, before they stop.

use serde_json::{Value, json};

use super::super::Instance;
use super::settings::{Replication, RocketMq};
use super::topology::{self, BROKER_PORT, Broker, HA_PORT};
use crate::plan::site::Site;

/// For so long a broker sees those before it, and so much longer than the one before it does: whoever goes first has closed its
/// port by then.
const CALM_SECONDS: u32 = 10;
/// A master goes on for so long after its slave is back, until that has joined: the next group waits for it.
const JOIN_SECONDS: u32 = 35;
/// For so long it waits for each of them: a start takes half a minute, some more on a busy node.
const PATIENCE_SECONDS: u32 = 120;
/// And for no longer than that altogether: somebody may be gone for good.
const MOST_SECONDS: u32 = 900;
/// What it needs to stop itself.
const STOP_SECONDS: u32 = 120;

/// How a broker stops.
pub(super) struct Stop {
    /// For how long it sees those before it.
    calm: u32,
    /// Hosts of those that stop before it.
    before: Vec<String>,
}

/// Slaves before their master, group after group: a group that is added changes nothing for those that are there.
pub(super) fn of(me: &Instance<RocketMq>, site: &Site, broker: &Broker) -> Stop {
    let mut all = topology::brokers(me, site);
    all.sort_by_key(|one| (one.group.clone(), one.id == 0, one.id));
    let before: Vec<String> =
        all.into_iter().take_while(|one| one.name != broker.name).map(|one| one.endpoint.host).collect();
    let group = u32::from(broker.group.bytes().last().unwrap_or(b'a').saturating_sub(b'a'));
    // Slaves by their number, their master behind them.
    let place = if broker.id == 0 { me.replicas } else { broker.id.saturating_sub(1) };
    let of_group = me.replicas.saturating_add(1).saturating_mul(CALM_SECONDS).saturating_add(JOIN_SECONDS);
    let calm = group.saturating_mul(of_group).saturating_add(place.saturating_mul(CALM_SECONDS));
    Stop { calm, before }
}

impl Stop {
    fn patience(&self) -> u32 {
        let others = u32::try_from(self.before.len()).unwrap_or(u32::MAX);
        others.saturating_mul(PATIENCE_SECONDS).saturating_add(self.calm).min(MOST_SECONDS)
    }

    /// What templates are told.
    pub(super) fn context(&self) -> Value {
        json!({
            "before": self.before,
            "port": BROKER_PORT,
            "calm": (!self.before.is_empty()).then_some(self.calm),
            "patience": self.patience(),
            "grace": self.patience().saturating_add(STOP_SECONDS),
        })
    }
}

/// How a master that waits for slaves counts those that fetch from it: by their connections, as the kernel lists them. A tool
/// would be a JVM for every look.
pub(super) fn joined(me: &Instance<RocketMq>, broker: &Broker) -> Option<Value> {
    let waits = broker.id == 0 && me.replication == Replication::Sync && me.replicas > 0;
    // The master counts, and on 4.9 one slave is enough.
    let slaves = topology::in_sync(me).map_or(1, |members| members.saturating_sub(1)).max(1);
    // Local port, whoever is at the other end, established.
    let connected = format!(":{HA_PORT:04X} [0-9A-F]*:[0-9A-F]* 01 ");
    let command = format!(
        "test \"$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -c '{connected}')\" -ge {slaves}"
    );
    waits.then(|| json!({ "slaves": slaves, "command": command }))
}
