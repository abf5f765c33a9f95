//! Who is who in the cluster: names, node ids, voters, the cluster's id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::super::{Instance, Key};
use super::{Kafka, Mode};
use crate::k8s::{Image, Peers, Version};
use crate::plan::site::Site;
use crate::products::kafka::{CONFLUENT, CONTROLLER};

/// Node ids of dedicated controllers begin here: a broker that is not a voter must not have a voter's id.
const FIRST_CONTROLLER: u32 = 1000;

/// A StatefulSet and its governing Service.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) headless: String,
    pub(super) replicas: u32,
    /// The node id of its first pod; the others follow by ordinal.
    pub(super) first_id: u32,
    /// How many of its pods, from the first on, vote in the controller quorum.
    pub(super) voters: u32,
}

impl Instance<Kafka> {
    /// The Service that clients may ask first. Not called `kafka`: where service links are on, that name would inject
    /// KAFKA_PORT, at which Confluent's image stops.
    pub(super) fn bootstrap(&self, site: &Site) -> String {
        self.named(site, "bootstrap")
    }

    /// The brokers.
    pub(super) fn broker_set(&self, site: &Site) -> Set {
        Set {
            name: self.name(site),
            headless: self.named(site, "headless"),
            replicas: self.brokers,
            first_id: 0,
            voters: self.combined_voters(),
        }
    }

    /// The dedicated controllers, if there are any.
    pub(super) fn controller_set(&self, site: &Site) -> Option<Set> {
        (self.mode == Mode::Kraft && self.dedicated_controllers).then(|| Set {
            name: self.named(site, "controller"),
            headless: self.named(site, "controller-headless"),
            replicas: self.controllers,
            first_id: FIRST_CONTROLLER,
            voters: self.controllers,
        })
    }

    /// Brokers that are controllers too. Their number is asked for and does not follow from `brokers`, for a static
    /// quorum cannot grow: new voters without a log elect a leader of their own beside the old one. Seen on 4.3.1.
    pub(super) fn combined_voters(&self) -> u32 {
        match (self.mode, self.dedicated_controllers) {
            (Mode::Kraft, false) => self.controllers.min(self.brokers),
            _ => 0,
        }
    }

    /// `0@kafka-0.kafka-headless…:9093,1@…`; none in ZooKeeper mode.
    ///
    /// Static voters, with 4.x as well: `controller.quorum.bootstrap.servers` needs a first format that differs from
    /// pod to pod. Source: KAFKA-18737, apache/kafka `docker/server.properties`.
    pub(super) fn voters(&self, site: &Site) -> Option<String> {
        let set = self.controller_set(site).unwrap_or_else(|| self.broker_set(site));
        let pods = site.pods(&set.name, &set.headless, set.voters, CONTROLLER).0;
        let voters: Vec<String> =
            (set.first_id..).zip(pods).map(|(id, endpoint)| format!("{id}@{endpoint}")).collect();
        (self.mode == Mode::Kraft).then(|| voters.join(","))
    }

    /// All brokers' endpoints.
    pub(super) fn brokers(&self, site: &Site, port: u16) -> Peers {
        let set = self.broker_set(site);
        site.pods(&set.name, &set.headless, set.replicas, port)
    }

    /// The zookeeper that it uses.
    pub(super) fn uses(&self) -> Option<Key> {
        let named = self.zookeeper.as_deref().unwrap_or("zookeeper");
        (self.mode == Mode::Zookeeper).then(|| Key::named(named))
    }

    /// The version of the Kafka inside of the image: Confluent counts its platform, 7.9 for 3.9 and 8.0 for 4.0.
    pub(super) fn kafka_version(&self) -> Option<Version> {
        let version = Version::parse(&self.common.version)?;
        if !self.is_image(CONFLUENT) {
            return Some(version);
        }
        Version::parse(&format!("{}.{}", version.major().checked_sub(4)?, version.minor()))
    }

    /// Is it this image, from whatever registry?
    pub(super) fn is_image(&self, path: &str) -> bool {
        Image::parse(&self.common.image).is(path)
    }

    /// The id that every log directory is formatted with.
    pub(super) fn cluster_id(&self, site: &Site) -> String {
        let derived = || derived_id(&format!("{}/{}/{}", site.namespace, site.stack, self.name(site)));
        self.cluster_id.clone().unwrap_or_else(derived)
    }
}

/// A UUID as Kafka writes it, base64url of 16 bytes, that is always the same for the same name.
fn derived_id(name: &str) -> String {
    let mut round = 0;
    loop {
        let seed = if round == 0 { name.to_owned() } else { format!("{name}#{round}") };
        let mut id = [0; 16];
        id.copy_from_slice(&Sha256::digest(seed)[..16]);
        id[6] = (id[6] & 0x0f) | 0x40;
        id[8] = (id[8] & 0x3f) | 0x80;
        let text = URL_SAFE_NO_PAD.encode(id);
        // As Kafka's own generator: a dash in front would be read as an option of its tools.
        if !text.starts_with('-') {
            return text;
        }
        round += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cluster_id_is_a_uuid_that_a_name_always_gets() {
        assert_eq!(derived_id("prod/shop/kafka"), "xjzF8Y4nRkql8CrLquhBIQ");
        let dashed = (0..500).map(|number| derived_id(&number.to_string())).find(|id| id.starts_with('-'));
        assert_eq!(dashed, None);
    }
}
