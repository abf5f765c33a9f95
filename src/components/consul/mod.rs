//! Consul: an agent on every node, joined to servers outside of the cluster; or one server for development.
//!
//! Facts: HashiCorp's agent configuration reference, the image's entrypoint, and the report in which bare `consul
//! reload` hooks, a key in a ConfigMap and an `eth0` that is not everywhere took a registry down.

mod check;
mod config;
mod external;
mod pod;
mod servers;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::{Exposure, Ingress, Storage};
use super::secret::{SecretKey, SecretSource};
use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::Endpoint;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::offer::{Given, Need, Offer, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::products::consul::{HOST_PROPERTY, INSTANCE_PROPERTY, PORT_PROPERTY, TOKEN_PROPERTY};
use crate::template;

const DAEMON_SET: Template = template!("consul/daemonset.yaml.j2");
const STATEFUL_SET: Template = template!("consul/statefulset.yaml.j2");
const AGENT: Template = template!("consul/agent.json.j2");
const EXTRA: Template = template!("consul/extra.json.j2");
const READY: Template = template!("consul/ready.sh.j2");
const SECRETS: Template = template!("consul/secrets.sh.j2");

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Consul {
    /// `agents`: one on every node, joined to `servers`; `standalone`: one server in the cluster, for development.
    mode: Mode,
    /// The servers' datacenter.
    datacenter: String,
    /// Addresses or names of the servers, with `:port` if gossip is not on 8301. For agents.
    #[serde(default)]
    servers: Vec<String>,
    /// The gossip encryption key of the datacenter: base64 of 16, 24 or 32 bytes.
    #[serde(default)]
    gossip_key: Option<SecretSource>,
    /// The agent's own ACL token (a node identity, or node_prefix write and service_prefix read); enables ACLs, with
    /// default policy deny. A standalone server also uses it as its management token.
    #[serde(default)]
    token: Option<SecretSource>,
    /// The ACL token for apps (service write on their names). A standalone server knows only `token`, which apps
    /// then get as well.
    #[serde(default)]
    app_token: Option<SecretSource>,
    /// The network interface whose address agents bind to; the node's own address when left out.
    #[serde(default)]
    interface: Option<String>,
    /// The directory on every node where an agent stores registrations. Its owner is changed to Consul's user.
    data_path: String,
    /// Which nodes get an agent: `all`, including tainted ones, or `untainted` ones and those that `tolerations` allow.
    nodes: Nodes,
    /// Serve DNS on port 8600.
    dns: bool,
    /// The port of the HTTP API.
    http_port: u16,
    /// Leave the datacenter at every stop; false keeps a node's services in the catalog over a quick restart.
    leave_on_terminate: bool,
    /// The log level.
    log_level: LogLevel,
    /// Additional agent configuration, as in Consul's own JSON.
    #[serde(default)]
    config: IndexMap<String, Value>,
    /// A claim for the standalone server.
    #[serde(default)]
    storage: Option<Storage>,
    /// How the standalone server is exposed to clients.
    service: Exposure,
    /// The standalone server's web UI.
    #[serde(default)]
    ingress: Option<Ingress>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// A DaemonSet in the host network.
    Agents,
    /// One server.
    Standalone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Nodes {
    /// Every node, whatever its taints.
    All,
    /// Nodes without taints, and those whose taints are tolerated.
    Untainted,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum LogLevel {
    /// Every step.
    Trace,
    /// What a developer of Consul needs.
    Debug,
    /// What happens.
    Info,
    /// What may become a failure.
    Warn,
    /// Failures.
    Error,
}

impl Component for Consul {
    const WORD: &'static str = "consul";
    const ABOUT: &'static str =
        "Consul agents on every node, joined to servers outside; or one server for development";
    const OFFERS: &'static str =
        "`datacenter`, `port`, `host` (standalone); apps get HOST_IP and CONFIG_SERVICE_*";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../../templates/consul/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::all(me, site)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let agent = match me.mode {
            Mode::Standalone => Agent::At(site.service(&me.name(site), me.http_port)),
            Mode::Agents => Agent::OfNode(me.http_port),
        };
        Ok(me.told(&agent, me.app_token_key(site)))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let name = me.name(site);
        let component = if me.mode == Mode::Agents { "agent" } else { "server" };
        let resources = &me.common.resources;
        let role =
            me.role(site, offers, Ask { name: &name, product: "consul", component, resources, image: None })?;
        let (secrets, entries) = me.secrets(site)?;
        let context = me.context(site, entries);
        let config = draw::config_map(&role, &me.named(site, "config"), &context)
            .file("10-agent.json", AGENT)
            .file("ready.sh", READY)
            .file("secrets.sh", SECRETS);
        let config = if me.config.is_empty() { config } else { config.file("20-extra.json", EXTRA) };
        let mut parts = vec![config];
        match me.mode {
            Mode::Agents => parts.push(Part::new(DAEMON_SET, &role, context)),
            Mode::Standalone => {
                let headless = me.named(site, "headless");
                parts.push(Service::headless(&headless, me.service_ports()).part(&role, &me.path)?);
                let client = Service::client(&name, me.service_ports(), &me.service);
                parts.push(client.part(&role, &me.path.key("service"))?);
                let http = ServicePort::tcp("http", me.http_port);
                parts.extend(me.ingress.iter().map(|page| draw::web(&role, site, &name, page, &name, &http)));
                parts.push(Part::new(STATEFUL_SET, &role, context));
            }
        }
        parts.extend(secrets.iter().filter_map(|secret| secret.part(&role)));
        Ok(parts)
    }
}

/// Whom apps call.
enum Agent {
    /// The agent of the pod's own node, at that port: it alone knows what was registered with it.
    OfNode(u16),
    /// One for all.
    At(Endpoint),
}

/// What apps get. The CONFIG_SERVICE_* names are those of the report that this component comes from.
fn bound(offer: Offer, host: &str, port: u16) -> Offer {
    offer
        .always("POD_NAME", Given::Field("metadata.name"))
        .always("CONFIG_SERVICE_ENABLED", "true")
        .always("CONFIG_SERVICE_HOST", host)
        .always("CONFIG_SERVICE_PORT", port.to_string())
        .spring(HOST_PROPERTY, host)
        .spring(PORT_PROPERTY, port.to_string())
        // The default id is the same for two replicas on one node: the last one would win.
        .spring(INSTANCE_PROPERTY, "$(POD_NAME)")
        // Else the pod's host name is registered, which no health check can resolve.
        .spring("spring.cloud.consul.discovery.prefer-ip-address", "true")
        .spring("spring.cloud.consul.discovery.health-check-critical-timeout", "2m")
}

/// The agents' own Secret, and the apps'.
type Emitted = [Secrets; 2];
/// Variables of the container that writes the secrets down.
type Variables = Vec<(&'static str, Given)>;

impl Instance<Consul> {
    /// What others are told, whoever made it.
    fn told(&self, agent: &Agent, token: Option<SecretKey>) -> Offer {
        let offer = Offer::new(&self.key).fact("datacenter", self.datacenter.clone());
        let (offer, host, port) = match agent {
            Agent::At(at) => {
                let offer = offer.fact("port", at.port).fact("host", at.host.clone()).endpoint(at.clone());
                (offer, at.host.clone(), at.port)
            }
            Agent::OfNode(port) => {
                let offer = offer.fact("port", *port).always("HOST_IP", Given::Field("status.hostIP"));
                (offer, "$(HOST_IP)".to_owned(), *port)
            }
        };
        let address = Endpoint::new(host.clone(), port);
        let offer = offer.env(&self.variable("HTTP_ADDR"), format!("http://{address}"));
        let offer = match &token {
            Some(key) => offer.env(&self.variable("HTTP_TOKEN"), key.clone()),
            None => offer,
        };
        if self.key.name.is_some() {
            // The other names are the first instance's.
            return offer;
        }
        let offer = bound(offer, &host, port);
        match token {
            Some(key) => offer.spring(TOKEN_PROPERTY, key),
            None => offer,
        }
    }

    /// `CONSUL_HTTP_ADDR`, `CONSUL_EDGE_HTTP_ADDR`: a plain variable, by the instance's name.
    fn variable(&self, what: &str) -> String {
        self.key.variable(what)
    }

    /// Where the apps' token is. A standalone server asks for one only when it has a management token.
    fn app_token_key(&self, site: &Site) -> Option<SecretKey> {
        let app = self.app_token.as_ref()?;
        match self.mode {
            Mode::Agents => Some(app.key_in(&self.named(site, "app"), "token")),
            Mode::Standalone => Some(self.token.as_ref()?.key_in(&self.named(site, "auth"), "token")),
        }
    }

    /// The Secrets to emit, and the variables that `secrets.sh` reads. All that cannot be had is told at once.
    fn secrets(&self, site: &Site) -> Result<(Emitted, Variables), Diagnostics> {
        let mut complaints = Diagnostics::new();
        let mut own = Secrets::new(self.named(site, "auth"));
        let mut apps = Secrets::new(self.named(site, "app"));
        let mut entries = Vec::new();
        let values = [
            ("GOSSIP_KEY", "gossip-key", "gossipKey", &self.gossip_key),
            ("ACL_TOKEN", "token", "token", &self.token),
        ];
        for (variable, key, setting, source) in values {
            let Some(source) = source else { continue };
            let key = complaints.keep(own.take(key, source, &self.path.key(setting), site));
            entries.extend(key.map(|key| (variable, Given::from(key))));
        }
        if let Some(source) = self.app_token.as_ref().filter(|_| self.mode == Mode::Agents) {
            complaints.keep(apps.take("token", source, &self.path.key("appToken"), site));
        }
        complaints.or(([own, apps], entries))
    }
}
