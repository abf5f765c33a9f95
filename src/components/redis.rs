//! Redis: one server, a cluster, or sentinels. Offers the addresses that clients should use.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::common::{Exposure, Storage};
use super::secret::SecretSource;
use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::load::de::Scalar;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Need, Offer, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::template;

const PORT: u16 = 6379;
const STATEFUL_SET: Template = template!("redis/statefulset.yaml.j2");
const CONFIG: Template = template!("redis/redis.conf.j2");

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Redis {
    /// One server, a cluster with slots, or one master with sentinels.
    mode: Mode,
    /// The password of all servers.
    #[serde(default)]
    password: Option<SecretSource>,
    /// A claim for every server; without it, a restart loses the data.
    #[serde(default)]
    storage: Option<Storage>,
    /// What happens when memory is full.
    max_memory_policy: String,
    /// Further lines of redis.conf.
    #[serde(default)]
    config: IndexMap<String, Scalar>,
    /// How clients reach it.
    service: Exposure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// One server.
    Standalone,
}

impl Component for Redis {
    const WORD: &'static str = "redis";
    const ABOUT: &'static str = "cache and store: one server, a cluster, or sentinels";
    const OFFERS: &'static str = "`host`, `port`, `nodes`";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../templates/redis/defaults.yaml");

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let service = site.service(&me.name(site), PORT);
        let mut offer = Offer::new(&me.key)
            .fact("host", service.host.clone())
            .fact("port", PORT)
            .env("REDIS_HOST", service.host.clone())
            .env("REDIS_PORT", PORT.to_string())
            .spring_between("spring.redis.host", &[0], &[3], service.host.clone())
            .spring_between("spring.data.redis.host", &[3], &[99], service.host.clone())
            .endpoint(service);
        if let Some(password) = &me.password {
            offer = offer.env("REDIS_PASSWORD", password.key_in(&me.named(site, "auth"), "password"));
        }
        Ok(offer)
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let name = me.name(site);
        let headless = me.named(site, "headless");
        let role = me.role(
            site,
            offers,
            Ask {
                name: &name,
                product: "redis",
                component: "cache",
                resources: &me.common.resources,
                image: None,
            },
        )?;
        let mut secrets = Secrets::new(me.named(site, "auth"));
        let mut entries = Vec::new();
        if let Some(source) = &me.password {
            let key = secrets.take("password", source, &me.path.key("password"), site)?;
            entries.push(("REDISCLI_AUTH", Given::from(key)));
        }
        let config = me.named(site, "config");
        let context = json!({
            "headless": headless,
            "replicas": 1,
            "port": PORT,
            "group": if me.common.version.contains("alpine") { 1000 } else { 999 },
            "env": env::variables(entries),
            "config": config,
            "claims": me.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
            "maxMemory": me.common.resources.memory.mebibytes() * 7 / 10,
            "maxMemoryPolicy": me.max_memory_policy,
            "extra": me.config,
        });
        let ports = || vec![ServicePort::tcp("redis", PORT)];
        let mut parts = vec![
            draw::config_map(&role, &config, &context).file("redis.conf", CONFIG),
            Service::headless(&headless, ports()).part(&role, &me.path)?,
            Service::client(&name, ports(), &me.service).part(&role, &me.path.key("service"))?,
            Part::new(STATEFUL_SET, &role, context),
        ];
        parts.extend(secrets.part(&role));
        parts.extend(draw::budget(&role, 1));
        Ok(parts)
    }
}
