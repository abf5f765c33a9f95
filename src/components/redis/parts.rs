//! What gets drawn: the servers, the Job that makes them a cluster, the sentinels.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Instance;
use super::super::common::{Common, Resources};
use super::{Mode, Redis, offer, tuning};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Image, Version};
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::redis::{
    BUS, CLIENT, PORT, SENTINEL, SENTINEL_COMMAND, SERVER, VALKEY_CLIENT, VALKEY_SERVER,
};
use crate::template;

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

/// What the image decides.
pub(super) struct Flavour {
    server: &'static str,
    cli: &'static str,
    /// The group that the image made for its user 999: Alpine had 999 already. Source: both images' Dockerfiles.
    group: u32,
    /// None for a tag such as `latest`.
    pub(super) version: Option<Version>,
}

impl Flavour {
    /// Can a server tell the name of its node? Source: Redis 7.2 release notes, `cluster-announce-human-nodename`.
    fn names_nodes(&self) -> bool {
        self.version.as_ref().is_some_and(|version| version.at_least(&[7, 2]))
    }
}

impl Instance<Redis> {
    /// All of it, by mode.
    pub(super) fn drawn(&self, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let (password, secrets) = self.secret(site)?;
        let role =
            self.role(site, offers, ask(&self.name(site), "redis", "cache", &self.common.resources))?;
        let mut parts = self.servers(site, &role, &password);
        parts.extend(self.services(site, &role)?);
        parts.extend(secrets.part(&role));
        match self.mode {
            Mode::Standalone => {}
            Mode::Cluster => parts.extend(self.bootstrap(site, offers, &password)?),
            Mode::Sentinel => parts.extend(self.watchers(site, offers, &password)?),
        }
        Ok(parts)
    }

    pub(super) fn flavour(&self) -> Flavour {
        let image = Image::parse(&self.common.image).or_tag(&self.common.version);
        let tag = image.tag().unwrap_or(&self.common.version);
        let name = self.common.image.split(['@']).next().unwrap_or_default();
        let valkey = name.rsplit('/').next().unwrap_or_default().starts_with("valkey");
        Flavour {
            server: if valkey { VALKEY_SERVER } else { SERVER },
            cli: if valkey { VALKEY_CLIENT } else { CLIENT },
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
            // How scripts name it.
            "password": self.password.as_ref().map(|source| source.key_in(&self.named(site, "auth"), "password").called()),
            "env": password,
            "headless": headless,
            "domain": site.host(&headless),
            "masterName": self.master_name,
            "sentinels": offer::sentinels(self, site).hosts().collect::<Vec<_>>().join(" "),
            "majority": self.settings.sentinels() / 2 + 1,
            "cluster": false,
            "peers": false,
            "namesNodes": self.mode == Mode::Cluster && flavour.names_nodes(),
            "firstMaster": site.pod(&self.name(site), &headless, 0, PORT).host,
        })
    }

    /// The servers, with their files.
    fn servers(&self, site: &Site, role: &Arc<Role>, password: &[Value]) -> Vec<Part> {
        let config = self.named(site, "config");
        let peers = self.mode != Mode::Standalone;
        let mut context = self.context(site, password);
        let more = json!({
            "replicas": self.settings.servers(),
            "cluster": self.mode == Mode::Cluster,
            "sentinel": self.mode == Mode::Sentinel,
            "peers": peers,
            // Longer than the servers take to notice that one is away, so that no two are away at once.
            "minReadySeconds": peers.then_some(20),
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
        if peers {
            files = files.file("stop.sh", STOP);
        }
        let mut parts = vec![files, Part::new(STATEFUL_SET, role, context)];
        parts.extend(draw::budget(role, self.settings.servers()));
        parts
    }

    /// What peers and clients call.
    fn services(&self, site: &Site, role: &Arc<Role>) -> Result<Vec<Part>, Diagnostics> {
        let redis = ServicePort::tcp("redis", PORT);
        let mut open = vec![redis.clone()];
        if self.mode == Mode::Cluster {
            open.push(ServicePort::tcp("bus", BUS));
        }
        let mut parts = vec![Service::headless(&self.named(site, "headless"), open).part(role, &self.path)?];
        // Behind sentinels a Service over all servers would send writes to replicas: clients ask the sentinels.
        if self.mode != Mode::Sentinel {
            let client = Service::client(&role.name, vec![redis], &self.service);
            parts.push(client.part(role, &self.path.key("service"))?);
        }
        Ok(parts)
    }

    /// The Job that makes one cluster of the servers, and lets it grow. Its name tells what it does: Jobs cannot be
    /// changed, and a changed one has to run.
    fn bootstrap(&self, site: &Site, offers: &Offers, password: &[Value]) -> Result<Vec<Part>, Diagnostics> {
        let name = self.named(site, "bootstrap");
        let mut role = self.role(site, offers, ask(&name, "redis", "bootstrap", &self.common.resources))?;
        once(Arc::make_mut(&mut role), &self.common);
        let mut context = self.context(site, password);
        extend(
            &mut context,
            json!({
                "nodes": offer::nodes(self, site).hosts().collect::<Vec<_>>().join(" "),
                "masters": self.settings.masters(),
                "config": name,
            }),
        );
        let files = draw::config_map(&role, &name, &context).file("bootstrap.sh", BOOTSTRAP);
        Ok(vec![files, Part::new(JOB, &role, context)])
    }

    /// The sentinels.
    fn watchers(&self, site: &Site, offers: &Offers, password: &[Value]) -> Result<Vec<Part>, Diagnostics> {
        let name = self.named(site, "sentinel");
        let (config, headless) = (format!("{name}-config"), format!("{name}-headless"));
        let role =
            self.role(site, offers, ask(&name, SENTINEL_COMMAND, "sentinel", &self.sentinel_resources))?;
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
