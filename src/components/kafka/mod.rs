//! Kafka: brokers that keep their metadata themselves (KRaft), or in ZooKeeper up to 3.9. Offers the bootstrap list.
//!
//! The pods start from a script and a server.properties of ours instead of the image's own start script: that one is
//! KRaft only, drops every packaged default as soon as one `KAFKA_…` variable is set, and logs into the container's
//! layer without end. Source: apache/kafka `docker/resources/common-scripts`, `KafkaDockerWrapper`.

mod check;
mod cluster;
mod config;
mod controllers;
mod draw;
mod external;
mod replication;
mod retention;
mod topic_check;
mod topics;

use super::by_name::ByName;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::common::{Exposure, Resources, Storage};
use super::{Component, Instance, Key};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Endpoint, Heap, Labels};
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;
use crate::products::kafka::CLIENT;
use crate::tree::de::Scalar;

const INTERNAL: u16 = 9094;

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kafka {
    /// Where the metadata is stored: in Kafka itself, or in ZooKeeper, which Kafka 4.0 removed.
    mode: Mode,
    /// With `mode: zookeeper`, the zookeeper component of this stack; `zookeeper` when left out.
    #[serde(default)]
    zookeeper: Option<String>,
    /// The number of brokers. More can be added later; that changes nothing about the controllers.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 1000>")]
    #[schemars(range(min = 1, max = 1000))]
    brokers: u32,
    /// The number of KRaft controllers, which vote on the metadata: 1 or 3. Fixed once there is data, whatever happens
    /// to `brokers`: a cluster that has begun with one keeps one.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 9>")]
    #[schemars(range(min = 1, max = 9))]
    controllers: u32,
    /// Whether the controllers have pods of their own, for a critical cluster; else the first brokers are controllers
    /// too. Fixed once there is data.
    dedicated_controllers: bool,
    /// CPU and memory of a dedicated controller; as the brokers' when left out.
    #[serde(default)]
    controller_resources: Option<Resources>,
    /// A claim for every dedicated controller; as the brokers' when left out.
    #[serde(default)]
    controller_storage: Option<Storage>,
    /// A claim for every broker; without it, a replaced pod starts empty.
    #[serde(default)]
    storage: Option<Storage>,
    /// The heap of a broker; half the memory, up to 6Gi, when left out, because the rest caches the log.
    #[serde(default)]
    heap: Option<Heap>,
    /// The KRaft cluster's id, to take over an existing cluster; derived from the namespace, stack and component name
    /// when
    /// left out, so set it before you rename one of these.
    #[serde(default)]
    cluster_id: Option<String>,
    /// Additional lines of server.properties; replication factors are derived from `brokers` unless set here.
    #[serde(default)]
    config: IndexMap<String, Scalar>,
    /// Topics by name. A Job makes those that are missing and lets others grow; it deletes nothing, and a topic that is
    /// removed here stays. With `external` they must exist.
    #[serde(default)]
    topics: ByName<topics::Topic>,
    /// The bootstrap Service for clients; like the brokers' names, it is available only inside the cluster.
    service: Exposure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// Controllers in Kafka itself.
    Kraft,
    /// ZooKeeper, up to Kafka 3.9.
    Zookeeper,
}

impl Component for Kafka {
    const WORD: &'static str = "kafka";
    const ABOUT: &'static str = "event log: brokers with KRaft controllers, or with ZooKeeper up to 3.9";
    const OFFERS: &'static str = "`bootstrap`, `host`, `port`; `zookeeper`, where it uses one";
    const USES: &'static str = "zookeeper, in `mode: zookeeper`";
    const DEFAULTS: &'static str = include_str!("../../../templates/kafka/defaults.yaml");

    fn check(me: &Instance<Self>, _site: &Site) -> Diagnostics {
        check::all(me)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let service = site.service(&me.bootstrap(site), CLIENT);
        let offer = me.told(&me.brokers(site, CLIENT).joined(","), &service).endpoint(service);
        Ok(match me.uses() {
            Some(zookeeper) => offer.fact(USES_ZOOKEEPER, zookeeper.to_string()),
            None => offer,
        })
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        draw::parts(me, site, offers)
    }
}

impl Instance<Kafka> {
    /// What others are told, whoever made it.
    fn told(&self, bootstrap: &str, front: &Endpoint) -> Offer {
        let offer = Offer::new(&self.key)
            .fact("bootstrap", bootstrap)
            .fact("host", front.host.clone())
            .fact("port", front.port)
            .env(&self.key.variable("BOOTSTRAP_SERVERS"), bootstrap);
        match self.key.name {
            None => offer.spring("spring.kafka.bootstrap-servers", bootstrap),
            Some(_) => offer,
        }
    }
}

/// The fact that names the zookeeper which a kafka uses.
const USES_ZOOKEEPER: &str = "zookeeper";

/// The labels of all brokers that keep their metadata in `zookeeper`.
pub(super) fn users_of(zookeeper: &Key, site: &Site, offers: &Offers) -> impl Iterator<Item = Labels> {
    let name = zookeeper.to_string();
    offers
        .iter()
        .filter(move |offer| offer.key.word == Kafka::WORD)
        .filter(move |offer| offer.facts.get(USES_ZOOKEEPER).and_then(|fact| fact.as_str()) == Some(&name))
        .map(|offer| site.selector(Kafka::WORD, &site.name(&offer.key.object())))
}
