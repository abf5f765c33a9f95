//! What redis tells others: where it is, in each client's own words.

use super::super::Instance;
use super::{Mode, Redis};
use crate::components::secret::SecretKey;
use crate::k8s::{Endpoint, Peers};
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

/// Where clients go, by what they meet there.
pub(super) enum Reach {
    /// One server.
    One(Endpoint),
    /// A cluster, whose nodes tell the others: the address for clients that know one, and all nodes.
    Cluster(Endpoint, Peers),
    /// Sentinels, which tell the master.
    Sentinels(Watched),
}

/// What sentinels look after.
pub(super) struct Watched {
    /// What they call it.
    pub(super) master: String,
    pub(super) sentinels: Peers,
    /// The servers, where they are known.
    pub(super) nodes: Option<Peers>,
    /// What answers when they are up.
    pub(super) answering: Peers,
    /// They ask for the servers' password too.
    pub(super) ask: bool,
}

/// Where the servers are that we draw.
pub(super) fn drawn(me: &Instance<Redis>, site: &Site) -> Reach {
    match me.mode {
        Mode::Standalone => Reach::One(site.service(&me.name(site), PORT)),
        Mode::Cluster => Reach::Cluster(site.service(&me.name(site), PORT), nodes(me, site)),
        Mode::Sentinel => Reach::Sentinels(Watched {
            master: me.master_name.clone(),
            sentinels: sentinels(me, site),
            nodes: Some(nodes(me, site)),
            answering: Peers(vec![site.service(&me.named(site, "sentinel"), SENTINEL)]),
            ask: true,
        }),
    }
}

/// Facts, variables and Spring properties.
pub(super) fn told(me: &Instance<Redis>, site: &Site, reach: &Reach) -> Offer {
    let offer = Binder::new(me);
    let offer = match reach {
        Reach::One(server) => standalone(offer, server),
        Reach::Cluster(front, nodes) => cluster(offer, front, nodes),
        Reach::Sentinels(watched) => sentinel(offer, watched),
    };
    match &me.password {
        None => offer.0,
        Some(source) => password(offer, reach, source.key_in(&me.named(site, "auth"), "password")),
    }
}

fn standalone(offer: Binder, server: &Endpoint) -> Binder {
    let offer = offer.at(server).spring("host", server.host.clone()).spring("port", server.port.to_string());
    Binder(offer.0.fact("nodes", server.to_string()).endpoint(server.clone()), offer.1)
}

fn cluster(offer: Binder, front: &Endpoint, nodes: &Peers) -> Binder {
    let list = nodes.joined(",");
    let offer = offer
        .at(front)
        .env("NODES", list.clone())
        .spring("cluster.nodes", list.clone())
        // Without these, Lettuce keeps the first topology that it saw, failovers and new masters notwithstanding.
        .spring_since_2_3("lettuce.cluster.refresh.adaptive", "true")
        .spring_since_2_3("lettuce.cluster.refresh.period", "30s");
    Binder(offer.0.fact("nodes", list).endpoint(front.clone()), offer.1)
}

/// No `host`: whoever calls one address gets a replica one day. Clients ask the sentinels.
fn sentinel(offer: Binder, watched: &Watched) -> Binder {
    let (master, sentinels) = (&watched.master, watched.sentinels.joined(","));
    let offer = offer
        .env("SENTINELS", sentinels.clone())
        .env("MASTER_NAME", master.clone())
        .spring("sentinel.master", master.clone())
        .spring("sentinel.nodes", sentinels.clone());
    let facts = offer.0.fact("master", master.clone()).fact("sentinels", sentinels);
    let facts = match &watched.nodes {
        Some(nodes) => facts.fact("nodes", nodes.joined(",")),
        None => facts,
    };
    Binder(facts.answering(&watched.answering), offer.1)
}

fn password(offer: Binder, reach: &Reach, key: SecretKey) -> Offer {
    let offer = offer.env("PASSWORD", key.clone()).spring("password", key.clone());
    match reach {
        Reach::Sentinels(watched) if watched.ask => offer.spring("sentinel.password", key).0,
        _ => offer.0,
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

    fn at(self, server: &Endpoint) -> Self {
        let Self(offer, prefix) = self;
        let offer = offer.fact("host", server.host.clone()).fact("port", server.port);
        Self(offer, prefix).env("HOST", server.host.clone()).env("PORT", server.port.to_string())
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
