//! Consul: an agent on every node, joined to servers outside of the cluster; or one server for development.
//!
//! Facts: HashiCorp's agent configuration reference, the image's entrypoint, and the report in which bare `consul
//! reload` hooks, a key in a ConfigMap and an `eth0` that is not everywhere took a registry down.

mod check;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::common::{Exposure, Ingress, Storage};
use super::secret::{SecretKey, SecretSource};
use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::Version;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Need, Offer, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::template;

const DNS_PORT: u16 = 8600;
/// Gossip in the LAN: the only port that other agents and the servers must reach on an agent.
const SERF_PORT: u16 = 8301;

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
    /// Where the servers are: addresses or names, with `:port` when gossip is not on 8301. For agents.
    #[serde(default)]
    servers: Vec<String>,
    /// The gossip encryption key of the datacenter: base64 of 16, 24 or 32 bytes.
    #[serde(default)]
    gossip_key: Option<SecretSource>,
    /// The agent's own ACL token (a node identity, or node_prefix write and service_prefix read); turns ACLs on, with
    /// everything denied by default. A standalone server takes it as its management token too.
    #[serde(default)]
    token: Option<SecretSource>,
    /// The ACL token that apps get (service write on their names).
    #[serde(default)]
    app_token: Option<SecretSource>,
    /// The network interface whose address agents bind to; the node's own address when left out.
    #[serde(default)]
    interface: Option<String>,
    /// The folder on every node where an agent keeps what apps have registered.
    data_path: String,
    /// Answer DNS on port 8600.
    dns: bool,
    /// The port of the HTTP API.
    http_port: u16,
    /// Leave the datacenter at every stop; false keeps a node's services in the catalog over a quick restart.
    leave_on_terminate: bool,
    /// TRACE, DEBUG, INFO, WARN or ERROR.
    log_level: String,
    /// Further agent configuration, as in Consul's own JSON.
    #[serde(default)]
    config: IndexMap<String, Value>,
    /// A claim for the standalone server.
    #[serde(default)]
    storage: Option<Storage>,
    /// How clients reach the standalone server.
    service: Exposure,
    /// The standalone server's page.
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
        let port = me.http_port;
        let offer = Offer::new(&me.key).fact("datacenter", me.datacenter.clone()).fact("port", port);
        let (offer, host) = match me.mode {
            Mode::Standalone => {
                let service = site.service(&me.name(site), port);
                let host = service.host.clone();
                (offer.fact("host", host.clone()).endpoint(service), host)
            }
            // The agent of the pod's own node: it alone knows what was registered with it.
            Mode::Agents => (offer.always("HOST_IP", Given::Field("status.hostIP")), "$(HOST_IP)".to_owned()),
        };
        if me.key.name.is_some() {
            return Ok(offer);
        }
        let offer = bound(offer, &host, port);
        Ok(match &me.app_token {
            Some(token) => {
                let key = token.key_in(&me.named(site, "app"), "token");
                offer.env("CONSUL_HTTP_TOKEN", key.clone()).spring("spring.cloud.consul.token", key)
            }
            None => offer,
        })
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let name = me.name(site);
        let component = if me.mode == Mode::Agents { "agent" } else { "server" };
        let resources = &me.common.resources;
        let role =
            me.role(site, offers, Ask { name: &name, product: "consul", component, resources, image: None })?;
        let mut secrets = Secrets::new(me.named(site, "auth"));
        let mut app_secrets = Secrets::new(me.named(site, "app"));
        let mut entries = Vec::new();
        let values = [
            ("GOSSIP_KEY", "gossip-key", "gossipKey", &me.gossip_key),
            ("ACL_TOKEN", "token", "token", &me.token),
        ];
        for (variable, key, setting, source) in values {
            if let Some(source) = source {
                let key: SecretKey = secrets.take(key, source, &me.path.key(setting), site)?;
                entries.push((variable, Given::from(key)));
            }
        }
        if let Some(source) = &me.app_token {
            app_secrets.take("token", source, &me.path.key("appToken"), site)?;
        }
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
        parts.extend(secrets.part(&role));
        parts.extend(app_secrets.part(&role));
        Ok(parts)
    }
}

/// What apps get. The CONFIG_SERVICE_* names are those of the report that this component comes from.
fn bound(offer: Offer, host: &str, port: u16) -> Offer {
    offer
        .always("POD_NAME", Given::Field("metadata.name"))
        .always("CONFIG_SERVICE_ENABLED", "true")
        .always("CONFIG_SERVICE_HOST", host)
        .always("CONFIG_SERVICE_PORT", port.to_string())
        .env("CONSUL_HTTP_ADDR", format!("http://{host}:{port}"))
        .spring("spring.cloud.consul.host", host)
        .spring("spring.cloud.consul.port", port.to_string())
        // The default id is the same for two replicas on one node: the last one would win.
        .spring("spring.cloud.consul.discovery.instance-id", "$(POD_NAME)")
        // Else the pod's host name is registered, which no health check can resolve.
        .spring("spring.cloud.consul.discovery.prefer-ip-address", "true")
        .spring("spring.cloud.consul.discovery.health-check-critical-timeout", "2m")
}

impl Instance<Consul> {
    /// The values of all templates.
    fn context(&self, site: &Site, secrets: Vec<(&str, Given)>) -> Value {
        let server = self.mode == Mode::Standalone;
        let management = if self.version().at_least(&[1, 11]) { "initial_management" } else { "master" };
        let extra =
            (!self.config.is_empty()).then_some(json!({ "key": "20-extra.json", "path": "20-extra.json" }));
        let items: Vec<Value> =
            [json!({ "key": "10-agent.json", "path": "10-agent.json" })].into_iter().chain(extra).collect();
        json!({
            "server": server,
            "datacenter": self.datacenter,
            "servers": self.servers,
            "leaveOnTerminate": self.leave_on_terminate,
            "logLevel": self.log_level,
            "acl": self.token.is_some(),
            "tokens": if server { vec!["agent", management] } else { vec!["agent"] },
            "port": self.http_port,
            "dnsPort": if self.dns { i32::from(DNS_PORT) } else { -1 },
            "extra": self.config,
            "config": self.named(site, "config"),
            "configItems": items,
            "headless": self.named(site, "headless"),
            "dataPath": self.data_path,
            "claims": self.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
            "args": self.arguments(),
            "secretEnv": env::variables(secrets),
            "env": self.environment(),
            "ports": self.ports(),
            "mounts": mounts(),
            "locked": locked(),
            "small": { "requests": { "cpu": "10m", "memory": "16Mi" }, "limits": { "memory": "64Mi" } },
        })
    }

    fn version(&self) -> Version {
        Version::parse(&self.common.version).unwrap_or_default()
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["agent".to_owned()];
        match (self.mode, &self.interface) {
            (Mode::Standalone, _) => {
                arguments
                    .extend(["-bind=0.0.0.0", "-advertise=$(POD_IP)", "-client=0.0.0.0"].map(str::to_owned));
            }
            (Mode::Agents, Some(interface)) => {
                arguments.push(format!("-bind={{{{ GetInterfaceIP \"{interface}\" }}}}"));
                arguments.push("-client=127.0.0.1 $(HOST_IP)".to_owned());
            }
            // With several private addresses on a node Consul refuses to guess.
            (Mode::Agents, None) => arguments.extend(
                ["-bind=$(HOST_IP)", "-advertise=$(HOST_IP)", "-client=127.0.0.1 $(HOST_IP)"]
                    .map(str::to_owned),
            ),
        }
        arguments.extend(["-config-dir=/etc/consul.d", "-config-dir=/run/consul"].map(str::to_owned));
        arguments
    }

    fn environment(&self) -> Vec<Value> {
        let address = match self.mode {
            Mode::Agents => ("HOST_IP", Given::Field("status.hostIP")),
            Mode::Standalone => ("POD_IP", Given::Field("status.podIP")),
        };
        // The entrypoint would change owners, which a pod that is not root cannot.
        env::variables([address, ("CONSUL_DISABLE_PERM_MGMT", Given::from("true"))])
    }

    /// Container ports. In the host network each is a host port and keeps other pods off the node, so that only what an
    /// agent listens on is here: 8300 and 8302 are for servers.
    fn ports(&self) -> Vec<Value> {
        let port = |name: &str, number: u16, protocol: &str| json!({ "name": name, "containerPort": number, "protocol": protocol });
        let mut ports = vec![port("http", self.http_port, "TCP")];
        if self.dns {
            ports.extend([port("dns-tcp", DNS_PORT, "TCP"), port("dns-udp", DNS_PORT, "UDP")]);
        }
        ports.extend([port("serf-lan-tcp", SERF_PORT, "TCP"), port("serf-lan-udp", SERF_PORT, "UDP")]);
        ports
    }

    fn service_ports(&self) -> Vec<ServicePort> {
        let mut ports = vec![ServicePort::tcp("http", self.http_port)];
        if self.dns {
            ports.push(ServicePort::tcp("dns-tcp", DNS_PORT));
            ports.push(ServicePort { protocol: "UDP", ..ServicePort::tcp("dns-udp", DNS_PORT) });
        }
        ports
    }
}

fn mounts() -> Value {
    json!([
        { "name": "config", "mountPath": "/etc/consul.d", "readOnly": true },
        { "name": "scripts", "mountPath": "/scripts", "readOnly": true },
        { "name": "secrets", "mountPath": "/run/consul", "readOnly": true },
        { "name": "data", "mountPath": "/consul/data" },
        { "name": "tmp", "mountPath": "/tmp" },
    ])
}

fn locked() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": { "drop": ["ALL"] },
    })
}
