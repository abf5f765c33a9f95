//! Redis (and Valkey): one server, a cluster, or sentinels. Offers the addresses that clients should use.
//!
//! A pod is called by name, and its address changes. So: names are announced to clients, every start writes the present
//! addresses into what the cluster remembers, and a Job makes the cluster and lets it grow.

mod check;
mod offer;
mod tuning;

use std::rc::Rc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::common::{Common, Exposure, Resources, Storage};
use super::secret::SecretSource;
use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Image, Quantity, Version};
use crate::load::de::Scalar;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Need, Offer, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::template;

/// Where clients call a server.
const PORT: u16 = 6379;
/// Where the servers of a cluster call each other. Source: redis.conf, `cluster-port`: port + 10000 unless set.
const BUS: u16 = PORT + 10_000;
/// Where clients call a sentinel.
const SENTINEL: u16 = 26379;
/// More servers than anybody runs in one cluster; keeps a mistyped count from filling the memory.
const MOST: u32 = 1_000;

const STATEFUL_SET: Template = template!("redis/statefulset.yaml.j2");
const CONFIG: Template = template!("redis/redis.conf.j2");
const START: Template = template!("redis/start.sh.j2");
const STOP: Template = template!("redis/stop.sh.j2");
const PROBE: Template = template!("redis/probe.sh.j2");
const JOB: Template = template!("redis/bootstrap-job.yaml.j2");
const BOOTSTRAP: Template = template!("redis/bootstrap.sh.j2");
const SENTINEL_SET: Template = template!("redis/sentinel-statefulset.yaml.j2");
const SENTINEL_CONFIG: Template = template!("redis/sentinel.conf.j2");
const SENTINEL_START: Template = template!("redis/sentinel-start.sh.j2");

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Redis {
    /// One server, a cluster with slots, or one master with replicas and sentinels.
    mode: Mode,
    /// Cluster: masters that share the slots, at least 3; 3 when left out. Move the slots away before you lower it.
    #[serde(default)]
    masters: Option<u32>,
    /// Cluster: replicas of each master, 1 when left out. Sentinel: replicas of the one master, 2 when left out.
    #[serde(default)]
    replicas: Option<u32>,
    /// Sentinel: how many watch the master, an odd number; 3 when left out. A majority of them decides.
    #[serde(default)]
    sentinels: Option<u32>,
    /// Sentinel: the name under which clients ask for the master.
    master_name: String,
    /// Sentinel: CPU and memory of each sentinel.
    sentinel_resources: Resources,
    /// Sentinel: a claim for what each sentinel has learned.
    sentinel_storage: Storage,
    /// The password of all servers and sentinels.
    #[serde(default)]
    password: Option<SecretSource>,
    /// A claim for every server, kept by an append-only file; without it, a restart loses the data.
    #[serde(default)]
    storage: Option<Storage>,
    /// The memory that data may take; 70 % of `resources.memory` when left out.
    #[serde(default)]
    max_memory: Option<Quantity>,
    /// What happens when that is full.
    max_memory_policy: Policy,
    /// Further lines of redis.conf.
    #[serde(default)]
    config: IndexMap<String, Scalar>,
    /// How clients reach it.
    service: Exposure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// One server.
    Standalone,
    /// Masters that share the slots, each with its replicas.
    Cluster,
    /// One master with replicas, and sentinels that choose another master when it is gone.
    Sentinel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    /// Writes are refused: for data.
    Noeviction,
    /// The least recently used key goes: for caches.
    AllkeysLru,
    /// The least often used key goes.
    AllkeysLfu,
    /// Any key goes.
    AllkeysRandom,
    /// The least recently used of the keys that expire.
    VolatileLru,
    /// The least often used of the keys that expire.
    VolatileLfu,
    /// Any of the keys that expire.
    VolatileRandom,
    /// The key that expires next.
    VolatileTtl,
}

impl Component for Redis {
    const WORD: &'static str = "redis";
    const ABOUT: &'static str = "cache and store (Redis or Valkey): one server, a cluster, or sentinels";
    const OFFERS: &'static str = "`host`, `port`, `nodes`; with sentinels `master`, `sentinels`, `nodes`";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../../templates/redis/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::settings(me, site)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        Ok(offer::addresses(me, site))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let (password, secrets) = me.secret(site)?;
        let role = me.role(site, offers, ask(&me.name(site), "redis", "cache", &me.common.resources))?;
        let mut parts = me.servers(site, &role, &password)?;
        parts.extend(secrets.part(&role));
        match me.mode {
            Mode::Standalone => {}
            Mode::Cluster => parts.extend(me.bootstrap(site, offers, &password)?),
            Mode::Sentinel => parts.extend(me.watchers(site, offers, &password)?),
        }
        Ok(parts)
    }
}

impl Redis {
    fn masters(&self) -> u32 {
        match self.mode {
            Mode::Cluster => self.masters.unwrap_or(3).clamp(1, MOST),
            Mode::Standalone | Mode::Sentinel => 1,
        }
    }

    /// Of each master.
    fn replicas(&self) -> u32 {
        match self.mode {
            Mode::Standalone => 0,
            Mode::Cluster => self.replicas.unwrap_or(1),
            Mode::Sentinel => self.replicas.unwrap_or(2),
        }
    }

    fn servers(&self) -> u32 {
        self.masters().saturating_mul(self.replicas().saturating_add(1)).min(MOST)
    }

    fn sentinels(&self) -> u32 {
        self.sentinels.unwrap_or(3).clamp(1, MOST)
    }
}

/// What the image decides.
struct Flavour {
    server: &'static str,
    cli: &'static str,
    /// The group that the image made for its user 999: Alpine had 999 already. Source: both images' Dockerfiles.
    group: u32,
    /// None for a tag such as `latest`.
    version: Option<Version>,
}

impl Instance<Redis> {
    fn flavour(&self) -> Flavour {
        let image = Image::parse(&self.common.image).or_tag(&self.common.version);
        let tag = image.tag().unwrap_or(&self.common.version);
        let name = self.common.image.split(['@']).next().unwrap_or_default();
        let valkey = name.rsplit('/').next().unwrap_or_default().starts_with("valkey");
        Flavour {
            server: if valkey { "valkey-server" } else { "redis-server" },
            cli: if valkey { "valkey-cli" } else { "redis-cli" },
            group: if tag.contains("alpine") { 1000 } else { 999 },
            version: Version::parse(tag),
        }
    }

    /// Where the password is, as the environment of every container; and the Secret to emit.
    fn secret(&self, site: &Site) -> Result<(Vec<Value>, Secrets), Diagnostics> {
        let mut secrets = Secrets::new(self.named(site, "auth"));
        let mut entries = Vec::new();
        if let Some(source) = &self.password {
            let key = secrets.take("password", source, &self.path.key("password"), site)?;
            // The name that redis-cli reads; valkey-cli reads it too.
            entries.push(("REDISCLI_AUTH", Given::from(key)));
        }
        Ok((env::variables(entries), secrets))
    }

    /// What all templates of this component may place.
    fn context(&self, site: &Site, password: &[Value]) -> Value {
        let flavour = self.flavour();
        let headless = self.named(site, "headless");
        json!({
            "port": PORT,
            "busPort": (self.mode == Mode::Cluster).then_some(BUS),
            "sentinelPort": SENTINEL,
            "server": flavour.server,
            "cli": flavour.cli,
            "group": flavour.group,
            "password": !password.is_empty(),
            "env": password,
            "headless": headless,
            "domain": site.host(&headless),
            "masterName": self.master_name,
            "sentinels": offer::sentinels(self, site).hosts().collect::<Vec<_>>().join(" "),
            "firstMaster": site.pod(&self.name(site), &headless, 0, PORT).host,
        })
    }

    /// The servers, and what clients call.
    fn servers(&self, site: &Site, role: &Rc<Role>, password: &[Value]) -> Result<Vec<Part>, Diagnostics> {
        let config = self.named(site, "config");
        let mut context = self.context(site, password);
        let more = json!({
            "replicas": self.settings.servers(),
            "cluster": self.mode == Mode::Cluster,
            "sentinel": self.mode == Mode::Sentinel,
            "peers": self.mode != Mode::Standalone,
            // Longer than the servers take to notice that one is away, so that no two are away at once.
            "minReadySeconds": (self.mode != Mode::Standalone).then_some(20),
            "config": config,
            "claims": self.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
            "maxMemory": tuning::max_memory(self),
            "maxMemoryPolicy": self.max_memory_policy,
            "tuning": tuning::lines(self),
        });
        extend(&mut context, more);
        let mut files = draw::config_map(role, &config, &context)
            .file("redis.conf", CONFIG)
            .file("start.sh", START)
            .file("probe.sh", PROBE);
        let mut open = vec![ServicePort::tcp("redis", PORT)];
        if self.mode != Mode::Standalone {
            files = files.file("stop.sh", STOP);
        }
        let client = Service::client(role.name.as_str(), open.clone(), &self.service);
        // Behind sentinels a Service over all servers would send writes to replicas: clients ask the sentinels.
        let client = (self.mode != Mode::Sentinel).then(|| client.part(role, &self.path.key("service")));
        if self.mode == Mode::Cluster {
            open.push(ServicePort::tcp("bus", BUS));
        }
        let mut parts =
            vec![files, Service::headless(&self.named(site, "headless"), open).part(role, &self.path)?];
        parts.extend(client.transpose()?);
        parts.push(Part::new(STATEFUL_SET, role, context));
        parts.extend(draw::budget(role, self.settings.servers()));
        Ok(parts)
    }

    /// The Job that makes one cluster of the servers, and lets it grow. Its name tells what it does: Jobs cannot be
    /// changed, and a changed one has to run.
    fn bootstrap(&self, site: &Site, offers: &Offers, password: &[Value]) -> Result<Vec<Part>, Diagnostics> {
        let name = self.named(site, "bootstrap");
        let mut role = self.role(site, offers, ask(&name, "redis", "bootstrap", &self.common.resources))?;
        once(Rc::make_mut(&mut role), &self.common);
        let mut context = self.context(site, password);
        extend(
            &mut context,
            json!({
                "nodes": offer::nodes(self, site).hosts().collect::<Vec<_>>().join(" "),
                "masters": self.settings.masters(),
                "config": name,
            }),
        );
        let pods = json!([
            role,
            role.pod_spec,
            role.env,
            role.annotations,
            role.pod_annotations,
            role.security_context
        ]);
        let inputs = [BOOTSTRAP.text, JOB.text, &context.to_string(), &pods.to_string()];
        let job = draw::hashed(&name, &inputs);
        let files = draw::config_map(&role, &name, &context).file("bootstrap.sh", BOOTSTRAP);
        extend(&mut context, json!({ "job": job }));
        Ok(vec![files, Part::new(JOB, &role, context)])
    }

    /// The sentinels.
    fn watchers(&self, site: &Site, offers: &Offers, password: &[Value]) -> Result<Vec<Part>, Diagnostics> {
        let name = self.named(site, "sentinel");
        let (config, headless) = (format!("{name}-config"), format!("{name}-headless"));
        let role =
            self.role(site, offers, ask(&name, "redis-sentinel", "sentinel", &self.sentinel_resources))?;
        let count = self.settings.sentinels();
        let mut context = self.context(site, password);
        extend(
            &mut context,
            json!({
                "port": SENTINEL,
                "masterPort": PORT,
                "headless": headless,
                "domain": site.host(&headless),
                "replicas": count,
                "quorum": count / 2 + 1,
                "config": config,
                "claims": [draw::claim(site, "data", &self.sentinel_storage)],
            }),
        );
        let files = draw::config_map(&role, &config, &context)
            .file("sentinel.conf", SENTINEL_CONFIG)
            .file("start.sh", SENTINEL_START)
            .file("probe.sh", PROBE);
        let ports = || vec![ServicePort::tcp("sentinel", SENTINEL)];
        let mut parts = vec![
            files,
            Service::headless(&headless, ports()).part(&role, &self.path)?,
            Service::client(&name, ports(), &self.service).part(&role, &self.path.key("service"))?,
            Part::new(SENTINEL_SET, &role, context),
        ];
        parts.extend(draw::budget(&role, count));
        Ok(parts)
    }
}

fn ask<'a>(name: &'a str, product: &'a str, component: &'a str, resources: &'a Resources) -> Ask<'a> {
    Ask { name, product, component, resources, image: None }
}

/// One pod, once: there is nothing to keep it apart from.
fn once(role: &mut Role, common: &Common) {
    role.pod_spec.remove("topologySpreadConstraints");
    if common.affinity.is_none() {
        role.pod_spec.remove("affinity");
    }
}

/// `more` over `values`.
fn extend(values: &mut Value, more: Value) {
    if let (Value::Object(values), Value::Object(more)) = (values, more) {
        values.extend(more);
    }
}
