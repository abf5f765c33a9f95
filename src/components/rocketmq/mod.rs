//! RocketMQ: NameServers, broker groups of a master and its slaves, a dashboard, a proxy. Offers the list of
//! NameServers, which is all that a client needs.

mod access;
mod broker;
mod check;
mod config;
mod dashboard;
mod external;
mod jvm;
pub(crate) mod keys;
mod name_server;
mod proxy;
mod settings;
mod stop;
mod topics;
mod topology;

use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::Endpoint;
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;
pub(super) use settings::RocketMq;

impl Component for RocketMq {
    const WORD: &'static str = "rocketmq";
    const ABOUT: &'static str =
        "message broker: NameServers, groups of a master and its slaves, dashboard, proxy";
    const OFFERS: &'static str = "`nameServers`, `host`, `port`, `masters`, `dashboard`, `proxy`";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../../templates/rocketmq/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::all(me, site)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let masters: Vec<String> =
            topology::masters(me, site).map(|broker| broker.endpoint.to_string()).collect();
        let front = site.service(&me.name(site), topology::NAME_SERVER_PORT);
        let proxy = (me.proxy.replicas > 0).then(|| proxy::endpoint(me, site));
        let offer = told(me, site, &topology::name_server_list(me, site), &front, proxy.as_ref());
        let offer = offer.fact("masters", masters).endpoint(front);
        Ok(match me.dashboard.drawn() {
            true => offer.fact("dashboard", dashboard::endpoint(me, site).to_string()),
            false => offer,
        })
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let mut parts = name_server::parts(me, site, offers)?;
        parts.extend(broker::parts(me, site, offers)?);
        parts.extend(proxy::parts(me, site, offers)?);
        parts.extend(dashboard::parts(me, site, offers)?);
        parts.extend(topics::parts(me, site, offers)?);
        Ok(parts)
    }
}

/// What others are told, whoever made it.
fn told(
    me: &Instance<RocketMq>,
    site: &Site,
    name_servers: &str,
    front: &Endpoint,
    proxy: Option<&Endpoint>,
) -> Offer {
    let mut offer = Offer::new(&me.key)
        .fact("nameServers", name_servers)
        .fact("host", front.host.clone())
        .fact("port", front.port)
        .env(&topology::variable(me, "NAME_SERVER"), name_servers);
    if let Some(proxy) = proxy.map(Endpoint::to_string) {
        offer = offer.fact("proxy", proxy.clone()).env(&topology::variable(me, "PROXY"), proxy);
    }
    // Properties carry no instance name: those of a second one would overwrite those of the first.
    if me.key.name.is_none() {
        offer = offer
            .spring("rocketmq.name-server", name_servers)
            .spring("spring.cloud.stream.rocketmq.binder.name-server", name_servers);
    }
    match access::login(me, site) {
        Some(login) => with_account(me, offer, &login),
        None => offer,
    }
}

/// What a client says of itself where somebody asks.
fn with_account(me: &Instance<RocketMq>, offer: Offer, login: &access::Login) -> Offer {
    let (user, key) = (&login.user, &login.key);
    let offer = offer
        .env(&topology::variable(me, "ACCESS_KEY"), user.clone())
        .env(&topology::variable(me, "SECRET_KEY"), key.clone());
    if me.key.name.is_some() {
        return offer;
    }
    ["rocketmq.producer", "rocketmq.consumer", "spring.cloud.stream.rocketmq.binder"].iter().fold(
        offer,
        |offer, client| {
            offer
                .spring(&format!("{client}.access-key"), user.clone())
                .spring(&format!("{client}.secret-key"), key.clone())
        },
    )
}
