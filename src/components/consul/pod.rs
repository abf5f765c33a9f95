//! The pods of agents and of the standalone server: arguments, environment, ports, and what the templates are drawn with.

use serde_json::{Value, json};

use super::{Consul, Mode, Nodes};
use crate::components::Instance;
use crate::k8s::Version;
use crate::plan::draw::{self, ServicePort};
use crate::plan::env;
use crate::plan::offer::Given;
use crate::plan::site::Site;
use crate::products::consul::{self, CONSUL_DISABLE_PERM_MGMT, DATA};

/// DNS.
pub(super) const DNS_PORT: u16 = consul::DNS_PORT;
/// Gossip in the LAN: the only port that other agents and the servers must reach on an agent.
pub(super) const SERF_PORT: u16 = consul::SERF_PORT;

impl Instance<Consul> {
    /// The values of all templates.
    pub(super) fn context(&self, site: &Site, secrets: Vec<(&str, Given)>) -> Value {
        let server = self.mode == Mode::Standalone;
        let extra =
            (!self.config.is_empty()).then_some(json!({ "key": "20-extra.json", "path": "20-extra.json" }));
        let items: Vec<Value> =
            [json!({ "key": "10-agent.json", "path": "10-agent.json" })].into_iter().chain(extra).collect();
        json!({
            "server": server,
            "ui": self.ui(),
            "datacenter": self.datacenter,
            "servers": self.servers,
            "leaveOnTerminate": self.leave_on_terminate,
            "logLevel": self.log_level,
            "acl": self.token.is_some(),
            "tokens": self.tokens(),
            "port": self.http_port,
            "dnsPort": if self.dns { i32::from(DNS_PORT) } else { -1 },
            "extra": self.config,
            "config": self.named(site, "config"),
            "configItems": items,
            "headless": self.named(site, "headless"),
            "dataPath": self.data_path,
            // Null: those of the role.
            "tolerations": (self.nodes == Nodes::All).then(|| json!([{ "operator": "Exists" }])),
            "claims": self.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
            "args": self.arguments(),
            "secrets": env::called(&secrets),
            "secretEnv": env::variables(secrets),
            "env": self.environment(),
            "ports": self.ports(),
            "mounts": mounts(),
            "locked": locked(),
            "small": { "requests": { "cpu": "10m", "memory": "16Mi" }, "limits": { "memory": "64Mi" } },
        })
    }

    /// The key that turns the page on, and its value. Source: Consul's upgrade notes for 1.9.
    fn ui(&self) -> Value {
        if self.version().at_least(&[1, 9]) {
            json!({ "key": "ui_config", "value": { "enabled": true } })
        } else {
            json!({ "key": "ui", "value": true })
        }
    }

    /// What the token is for, below `acl.tokens`. Source: Consul's upgrade notes for 1.11.
    fn tokens(&self) -> Vec<&'static str> {
        match self.mode {
            Mode::Agents => vec!["agent"],
            Mode::Standalone if self.version().at_least(&[1, 11]) => vec!["agent", "initial_management"],
            Mode::Standalone => vec!["agent", "master"],
        }
    }

    /// The version that decides syntax.
    pub(super) fn version(&self) -> Version {
        Version::parse(&self.common.version).unwrap_or_default()
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["agent".to_owned()];
        if self.mode == Mode::Agents {
            // What node identities of ACL tokens and `kubectl get nodes` call it.
            arguments.push("-node=$(NODE_NAME)".to_owned());
        }
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
        let fields = match self.mode {
            Mode::Agents => {
                vec![("HOST_IP", Given::Field("status.hostIP")), ("NODE_NAME", Given::Field("spec.nodeName"))]
            }
            Mode::Standalone => vec![("POD_IP", Given::Field("status.podIP"))],
        };
        // The entrypoint would change owners, which a pod that is not root cannot.
        let own = (CONSUL_DISABLE_PERM_MGMT, Given::from("true"));
        env::variables(fields.into_iter().chain([own]))
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

    /// The ports of the standalone server's Services.
    pub(super) fn service_ports(&self) -> Vec<ServicePort> {
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
        { "name": "data", "mountPath": DATA },
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
