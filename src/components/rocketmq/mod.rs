//! RocketMQ: NameServers, broker groups of a master and its slaves, a dashboard, a proxy. Offers the list of
//! NameServers, which is all that a client needs.

mod access;
mod broker;
mod check;
mod config;
mod dashboard;
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
        let name_servers = topology::name_server_list(me, site);
        let service = site.service(&me.name(site), topology::NAME_SERVER_PORT);
        let masters: Vec<String> =
            topology::masters(me, site).map(|broker| broker.endpoint.to_string()).collect();
        let mut offer = Offer::new(&me.key)
            .fact("nameServers", name_servers.clone())
            .fact("host", service.host.clone())
            .fact("port", service.port)
            .fact("masters", masters)
            .env(&topology::variable(me, "NAME_SERVER"), name_servers.clone())
            .endpoint(service);
        if me.dashboard.drawn() {
            offer = offer.fact("dashboard", dashboard::endpoint(me, site).to_string());
        }
        if me.proxy.replicas > 0 {
            let proxy = proxy::endpoint(me, site).to_string();
            offer = offer.fact("proxy", proxy.clone()).env(&topology::variable(me, "PROXY"), proxy);
        }
        // Properties carry no instance name: those of a second one would overwrite those of the first.
        if me.key.name.is_none() {
            offer = offer
                .spring("rocketmq.name-server", name_servers.clone())
                .spring("spring.cloud.stream.rocketmq.binder.name-server", name_servers);
        }
        Ok(match access::of(me, site) {
            Some(access) => with_account(me, offer, access.apps()),
            None => offer,
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
