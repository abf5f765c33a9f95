//! A Kafka that exists already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Kafka;
use super::topics::Topic;
use crate::components::external::{External, Outside, complaints, endpoints};
use crate::diagnostic::Diagnostics;
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;
use crate::products::kafka::CLIENT;
use crate::words;

/// Its brokers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Brokers {
    /// Brokers that clients ask first, each a host with or without a port; 9092 when left out. They are called without TLS
    /// and without a login. Clients go on to the addresses that the brokers advertise: pods must reach those too.
    #[schemars(extend("x-exists" = "Address"))]
    bootstrap: Vec<String>,
}

impl External for Kafka {
    type Address = Brokers;
    const BESIDE: &'static [&'static str] = &["topics"];

    fn unfit(me: &Outside<Self>, _site: &Site) -> Diagnostics {
        let mut found: Diagnostics =
            complaints(&me.address.bootstrap, CLIENT, &me.at().key("bootstrap")).into_iter().collect();
        found.extend(me.topic_names_complaints());
        found
    }

    fn offered(me: &Outside<Self>, _site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let brokers = endpoints(&me.address.bootstrap, CLIENT);
        let topics = me.topics.iter().map(|(name, topic)| demand(name, topic));
        Ok(me.told(&brokers.joined(","), &brokers.first()).answering(&brokers).demanding(topics))
    }
}

/// Nobody here makes it.
fn demand(name: &str, topic: &Topic) -> String {
    match topic.partitions {
        None => format!("the topic `{name}`"),
        Some(number) => format!("the topic `{name}` with {}", words::counted(number as usize, "partition")),
    }
}
