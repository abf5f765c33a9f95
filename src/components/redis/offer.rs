//! What redis tells others: where it is, in each client's own words.

use super::super::Instance;
use super::{Mode, Redis};
use crate::components::secret::SecretKey;
use crate::k8s::Peers;
use crate::plan::offer::{Given, Offer};
use crate::plan::site::Site;
use crate::products::redis::{PORT, SENTINEL};

/// The servers, in the order of their ordinals.
pub(super) fn nodes(me: &Instance<Redis>, site: &Site) -> Peers {
    site.pods(&me.name(site), &me.named(site, "headless"), me.settings.servers(), PORT)
}

/// The sentinels, where there are any.
pub(super) fn sentinels(me: &Instance<Redis>, site: &Site) -> Peers {
    let count = if me.mode == Mode::Sentinel { me.settings.sentinels() } else { 0 };
    site.pods(&me.named(site, "sentinel"), &me.named(site, "sentinel-headless"), count, SENTINEL)
}

/// Facts, variables and Spring properties.
pub(super) fn addresses(me: &Instance<Redis>, site: &Site) -> Offer {
    let offer = Binder::new(me);
    let offer = match me.mode {
        Mode::Standalone => standalone(offer, me, site),
        Mode::Cluster => cluster(offer, me, site),
        Mode::Sentinel => sentinel(offer, me, site),
    };
    match &me.password {
        None => offer.0,
        Some(source) => password(offer, me, source.key_in(&me.named(site, "auth"), "password")),
    }
}

fn standalone(offer: Binder, me: &Instance<Redis>, site: &Site) -> Binder {
    let service = site.service(&me.name(site), PORT);
    let offer =
        offer.at(&service.host, PORT).spring("host", service.host.clone()).spring("port", PORT.to_string());
    Binder(offer.0.fact("nodes", service.to_string()).endpoint(service), offer.1)
}

fn cluster(offer: Binder, me: &Instance<Redis>, site: &Site) -> Binder {
    let service = site.service(&me.name(site), PORT);
    let nodes = nodes(me, site).joined(",");
    let offer = offer
        .at(&service.host, PORT)
        .env("NODES", nodes.clone())
        .spring("cluster.nodes", nodes.clone())
        // Without these, Lettuce keeps the first topology that it saw, failovers and new masters notwithstanding.
        .spring_since_2_3("lettuce.cluster.refresh.adaptive", "true")
        .spring_since_2_3("lettuce.cluster.refresh.period", "30s");
    Binder(offer.0.fact("nodes", nodes).endpoint(service), offer.1)
}

/// No `host`: whoever calls one address gets a replica one day. Clients ask the sentinels.
fn sentinel(offer: Binder, me: &Instance<Redis>, site: &Site) -> Binder {
    let sentinels = sentinels(me, site).joined(",");
    let offer = offer
        .env("SENTINELS", sentinels.clone())
        .env("MASTER_NAME", me.master_name.clone())
        .spring("sentinel.master", me.master_name.clone())
        .spring("sentinel.nodes", sentinels.clone());
    let facts = offer
        .0
        .fact("master", me.master_name.clone())
        .fact("sentinels", sentinels)
        .fact("nodes", nodes(me, site).joined(","))
        .endpoint(site.service(&me.named(site, "sentinel"), SENTINEL));
    Binder(facts, offer.1)
}

fn password(offer: Binder, me: &Instance<Redis>, key: SecretKey) -> Offer {
    let offer = offer.env("PASSWORD", key.clone()).spring("password", key.clone());
    match me.mode {
        Mode::Sentinel => offer.spring("sentinel.password", key).0,
        Mode::Standalone | Mode::Cluster => offer.0,
    }
}

/// An offer, and what its variables begin with.
struct Binder(Offer, Prefix);

struct Prefix {
    /// `REDIS`, `REDIS_SESSION`.
    variables: String,
    /// Spring knows one redis: the unnamed one.
    spring: bool,
}

impl Binder {
    fn new(me: &Instance<Redis>) -> Self {
        let variables = me.key.variables();
        Self(Offer::new(&me.key), Prefix { variables, spring: me.key.name.is_none() })
    }

    fn at(self, host: &str, port: u16) -> Self {
        let Self(offer, prefix) = self;
        let offer = offer.fact("host", host).fact("port", port);
        Self(offer, prefix).env("HOST", host).env("PORT", port.to_string())
    }

    fn env(self, name: &str, value: impl Into<Given>) -> Self {
        let Self(offer, prefix) = self;
        Self(offer.env(&format!("{}_{name}", prefix.variables), value), prefix)
    }

    /// Source: Spring Boot 3.0 migration guide: `spring.redis` became `spring.data.redis`.
    fn spring(self, property: &str, value: impl Into<Given>) -> Self {
        self.bound(property, &[0], value)
    }

    /// Source: Spring Boot 2.3 release notes: Lettuce's topology refresh can be configured.
    fn spring_since_2_3(self, property: &str, value: &str) -> Self {
        self.bound(property, &[2, 3], value)
    }

    fn bound(self, property: &str, since: &'static [u32], value: impl Into<Given>) -> Self {
        let Self(offer, prefix) = self;
        if !prefix.spring {
            return Self(offer, prefix);
        }
        let value = value.into();
        let offer = offer
            .spring_between(&format!("spring.redis.{property}"), since, &[3], value.clone())
            .spring_between(&format!("spring.data.redis.{property}"), &[3], &[99], value);
        Self(offer, prefix)
    }
}
