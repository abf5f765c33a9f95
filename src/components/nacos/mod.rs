//! Nacos: registry and configuration for apps. One server or a cluster, as manifests or for nacos-operator.

mod auth;
mod check;
mod database;
mod external;
mod heap;
mod jobs;
mod operator;
mod release;
mod server;
mod settings;
mod taken;

use std::sync::Arc;

use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Endpoint, Peers};
use crate::plan::draw;
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::nacos::{CONSOLE, CONTEXT, GRPC_ABOVE, HTTP, key};
use auth::Access;
use database::Target;
use release::Release;
pub(super) use settings::Nacos;
use settings::{Deploy, Mode};

impl Component for Nacos {
    const WORD: &'static str = "nacos";
    const ABOUT: &'static str =
        "registry and configuration: one server or a cluster, as manifests or for nacos-operator";
    const OFFERS: &'static str = "`host`, `port`, `grpc`, `servers`, `console`, `version`";
    const USES: &'static str = "`mysql`";
    const DEFAULTS: &'static str = include_str!("../../../templates/nacos/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::all(me, site)
    }

    fn needs(me: &Instance<Self>, _site: &Site) -> Vec<Need> {
        database::needs(me)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let release = Release::of(&me.common, &me.path)?;
        let (front, servers) = (me.front(site), me.servers(site));
        let offer = me.told(site, &release, &front, &servers.joined(","));
        let offer = offer.fact("console", me.console(site, &release)).endpoint(front);
        Ok(me.made_by_operator(site).iter().fold(offer, |offer, name| offer.elsewhere("Service", name)))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let name = me.name(site);
        let role = me.role(
            site,
            offers,
            Ask {
                name: &name,
                product: "nacos",
                component: "registry",
                resources: &me.common.resources,
                image: None,
            },
        )?;
        let drawing = Drawing {
            me,
            site,
            role,
            release: Release::of(&me.common, &me.path)?,
            database: database::target(me, site, offers)?,
            access: Access::of(me, site)?,
        };
        let mut parts = match me.deploy {
            Deploy::Manifests => server::parts(&drawing)?,
            Deploy::Operator => operator::parts(&drawing)?,
        };
        parts.extend(jobs::parts(&drawing));
        let role = &drawing.role;
        let secrets = drawing.database.iter().map(|target| &target.secrets).chain(&drawing.access.secrets);
        parts.extend(secrets.filter_map(|secrets| secrets.part(role)));
        Ok(parts)
    }
}

/// Everything that the templates are drawn from.
struct Drawing<'a> {
    me: &'a Instance<Nacos>,
    site: &'a Site,
    role: Arc<Role>,
    release: Release,
    database: Option<Target>,
    access: Access,
}

impl Drawing<'_> {
    /// The console's page, on the Service and port that have it.
    fn page(&self, service: &str, port: &draw::ServicePort) -> Option<Part> {
        let mut page = self.me.ingress.clone()?;
        if !self.release.is_three() {
            CONTEXT.clone_into(&mut page.path);
        }
        Some(draw::web(&self.role, self.site, &self.role.name, &page, service, port))
    }
}

impl Instance<Nacos> {
    /// What others are told, whoever made it.
    fn told(&self, site: &Site, release: &Release, front: &Endpoint, servers: &str) -> Offer {
        let mut offer = Offer::new(&self.key)
            .fact("host", front.host.clone())
            .fact("port", front.port)
            .fact("grpc", front.port.saturating_add(GRPC_ABOVE))
            .fact("servers", servers)
            .fact("version", release.number())
            .env(&self.variable("SERVER_ADDR"), servers);
        // A second Nacos would overwrite what the first one says under the same property.
        let spring = self.key.name.is_none();
        if spring {
            offer = offer.spring(key::DISCOVERY_ADDRESS, servers).spring(key::CONFIG_ADDRESS, servers);
        }
        let Some((user, password)) = auth::login(self, site) else { return offer };
        offer = offer.env(&self.variable("USERNAME"), user.clone());
        offer = offer.env(&self.variable("PASSWORD"), password.clone());
        for module in [key::DISCOVERY, key::CONFIG].iter().filter(|_| spring) {
            offer = offer
                .spring(&format!("{module}.username"), user.clone())
                .spring(&format!("{module}.password"), password.clone());
        }
        offer
    }

    fn members(&self) -> u32 {
        match self.mode {
            Mode::Standalone => 1,
            Mode::Cluster => self.replicas,
        }
    }

    fn headless(&self, site: &Site) -> String {
        self.named(site, "headless")
    }

    /// Member names: what each server finds as its own name in /etc/hosts, to the letter, or it joins its own cluster
    /// as one more member. Source: Nacos `ServerMemberManager`, `InetUtils`.
    fn peers(&self, site: &Site) -> Peers {
        site.pods(&self.name(site), &self.headless(site), self.members(), HTTP)
    }

    /// What clients are told: every server, for a client goes to the next when one is away, and finds servers that
    /// are not ready too: the registry works on when the database is out, and a Service would lead nowhere then.
    fn servers(&self, site: &Site) -> Peers {
        match (self.deploy, self.mode) {
            // The operator's StatefulSet has no governing Service, so its pod has no name in DNS.
            (Deploy::Operator, Mode::Standalone) => Peers(vec![self.front(site)]),
            _ => self.peers(site),
        }
    }

    /// The Service in front of all servers.
    fn front(&self, site: &Site) -> Endpoint {
        site.service(&self.front_name(site), HTTP)
    }

    fn front_name(&self, site: &Site) -> String {
        match (self.deploy, self.mode) {
            (Deploy::Operator, Mode::Cluster) => self.named(site, "client"),
            _ => self.name(site),
        }
    }

    /// Services that nacos-operator makes. Source: nacos-k8s operator/pkg/service/operator/Kind.go.
    fn made_by_operator(&self, site: &Site) -> Vec<String> {
        match (self.deploy, self.mode) {
            (Deploy::Manifests, _) => Vec::new(),
            (Deploy::Operator, Mode::Standalone) => vec![self.name(site)],
            (Deploy::Operator, Mode::Cluster) => vec![self.headless(site), self.front_name(site)],
        }
    }

    /// The Service of the 3.x console. Not `…-console`: a pod with service links would get `NACOS_CONSOLE_PORT` from
    /// it, and a Nacos in that pod would take it for a port.
    fn console_name(&self, site: &Site) -> String {
        self.named(site, "web")
    }

    fn console(&self, site: &Site, release: &Release) -> String {
        if release.is_three() {
            format!("http://{}", site.service(&self.console_name(site), CONSOLE))
        } else {
            format!("http://{}{CONTEXT}", self.front(site))
        }
    }

    /// `NACOS_SERVER_ADDR`, and for `nacos/audit` `NACOS_AUDIT_SERVER_ADDR`.
    fn variable(&self, what: &str) -> String {
        self.key.variable(what)
    }
}
