//! Where a Consul agent listens, and what it says it can be reached at.

use serde_json::Value;

use super::config::{Agent, Setting, agents};
use super::place::Place;
use super::ports;
use crate::k8s::Object;
use crate::products::consul::{HTTP_PORT, key};
use crate::verify::pods::Probe;
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-bind-or-advertise-is-set",
        grade: Grade::ERROR,
        promise: "a Consul agent in the host's network has an explicit bind or advertise address",
        why: "a node has several private addresses (docker0, cni0, tunnels), and the agent does not choose one: \
              `Multiple private IPv4 addresses found. Please configure one with 'bind' and/or 'advertise'`",
        fix: "add `-bind=$(HOST_IP)` and `-advertise=$(HOST_IP)`, with `HOST_IP` from `status.hostIP`",
        source: "hashicorp/consul agent/config/builder.go",
        check: bind_or_advertise_given,
    },
    Rule {
        code: "consul-bind-names-no-interface",
        grade: Grade::WARNING,
        promise: "no Consul agent in the host's network binds to a network interface by name",
        why: "an interface is `eth0` on one node and `ens3`, `enp0s3` or `bond0` on the next, where the agent \
              exits",
        fix: "use the node's address: `-bind=$(HOST_IP)`, with `HOST_IP` from `status.hostIP`",
        source: "hashicorp/go-sockaddr template documentation; docker-entrypoint.sh",
        check: bind_names_no_interface,
    },
    Rule {
        code: "consul-advertise-is-an-address",
        grade: Grade::ERROR,
        promise: "no Consul agent advertises `0.0.0.0`",
        why: "the agent exits: `Advertise address cannot be 0.0.0.0, :: or [::]`",
        fix: "advertise the node's or the pod's address, from `status.hostIP` or `status.podIP`",
        source: "hashicorp/consul agent/config/builder.go",
        check: advertise_is_an_address,
    },
    Rule {
        code: "consul-api-address-is-restricted",
        grade: Grade::PROD,
        promise: "a Consul agent in the host's network serves its HTTP API only on selected addresses",
        why: "`0.0.0.0` includes the node's public interfaces: anyone who can reach one can register services",
        fix: "use `-client=\"127.0.0.1 $(HOST_IP)\"`, with `HOST_IP` from `status.hostIP`",
        source: "Consul agent configuration reference, client_addr",
        check: api_is_not_everywhere,
    },
    Rule {
        code: "consul-api-is-reachable",
        grade: Grade::ERROR,
        promise: "clients and probes use the address and port that the Consul agent's HTTP API listens on",
        why: "by default the API listens on 127.0.0.1:8500: probes and clients from outside the pod are refused, \
              and the kubelet restarts the container",
        fix: "set `client_addr`: `-client=0.0.0.0` in a pod's network, `-client=\"127.0.0.1 $(HOST_IP)\"` in the host's",
        source: "Consul agent configuration reference, client_addr and ports",
        check: api_is_reachable,
    },
];

fn is_any(address: &str) -> bool {
    matches!(address.trim(), "0.0.0.0" | "::" | "[::]")
}

fn bind_or_advertise_given<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(Agent::on_host) {
        let advertised = [key::ADVERTISE_ADDR, "advertise_addr_ipv4", "advertise_addr_ipv6"];
        let told = advertised.iter().any(|key| !agent.lacks(key)) || agent.get("dev").is_some();
        match agent.get(key::BIND_ADDR) {
            _ if told => {}
            Some(bind) if bind.text().is_some_and(is_any) => {
                let title = "binds to all addresses of its node and does not advertise one of them";
                findings.push(agent.finding(bind, title));
            }
            None if !agent.open => {
                let title = "uses the host's network, but its agent has neither `bind` nor `advertise`";
                findings.push(agent.pod.finding("/hostNetwork", title));
            }
            _ => {}
        }
    }
    findings
}

/// The interface that an address template names.
fn interface<'t>(setting: &'t Setting<'_, '_>) -> Option<&'t str> {
    if let (Place::Var(var), None) = (&setting.place, &setting.value) {
        return var.name.ends_with("_INTERFACE").then(|| var.value.plain()).flatten();
    }
    let text = setting.text()?;
    let behind = text.split_once("GetInterfaceIP")?.1;
    behind.split(['"', '`']).nth(1).filter(|name| !name.is_empty())
}

fn bind_names_no_interface<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(Agent::on_host) {
        for key in [key::BIND_ADDR, key::ADVERTISE_ADDR, key::CLIENT_ADDR, "addresses.http"] {
            let Some(setting) = agent.get(key) else { continue };
            if let Some(name) = interface(setting) {
                let title = format!("`{key}` requires an interface `{name}` on every node");
                let finding = agent.finding(setting, title);
                findings.push(if setting.is_flag() { finding.word(name) } else { finding });
            }
        }
    }
    findings
}

fn advertise_is_an_address<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        for key in [key::ADVERTISE_ADDR, "advertise_addr_wan"] {
            let setting = agent.get(key).filter(|setting| setting.text().is_some_and(is_any));
            findings.extend(setting.map(|setting| {
                agent.finding(setting, format!("`{key}` is `{}`", setting.text().unwrap_or_default()))
            }));
        }
    }
    findings
}

fn api_is_not_everywhere<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(Agent::on_host) {
        let any = |key: &str| {
            let setting = agent.get(key)?;
            setting.text().is_some_and(|text| text.split_whitespace().any(is_any)).then_some(setting)
        };
        let (own, all) = (any("addresses.http"), any(key::CLIENT_ADDR));
        let overridden = agent.get("addresses.http").is_some() && own.is_none();
        match (all, own) {
            (Some(all), Some(_)) => {
                let title = format!(
                    "`{}` and `addresses.http` serve the HTTP API on every address of the node",
                    key::CLIENT_ADDR
                );
                findings.push(agent.finding(all, title));
            }
            (Some(setting), None) if !overridden => {
                findings.push(agent.finding(
                    setting,
                    format!("`{}` serves the HTTP API on every address of the node", key::CLIENT_ADDR),
                ));
            }
            (None, Some(setting)) => {
                findings.push(
                    agent.finding(
                        setting,
                        "`addresses.http` serves the HTTP API on every address of the node",
                    ),
                );
            }
            _ => {}
        }
    }
    findings
}

/// The setting that says where the HTTP API listens, and whether that is only the loopback; nothing when it is not known.
fn loopback<'g, 'a, 's>(agent: &'g Agent<'a, 's>) -> Option<(Option<&'g Setting<'a, 's>>, bool)> {
    if agent.open {
        return None;
    }
    let setting = agent.get("addresses.http").or_else(|| agent.get(key::CLIENT_ADDR));
    let Some(setting) = setting else { return Some((None, true)) };
    Some((Some(setting), setting.text()?.split_whitespace().all(texts::is_loopback)))
}

fn api_is_reachable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let Some(port) = ports::of(&agent, "http") else { continue };
        let network = |probe: &Probe<'_>| {
            ["httpGet", "tcpSocket"]
                .iter()
                .any(|kind| probe.fields.get(*kind).is_some_and(|action| action.get("host").is_none()))
        };
        let probes = agent.container.probes().filter(network);
        let asked: Vec<_> =
            probes.filter_map(|probe| Some((probe, agent.container.port_number(probe.port()?)?))).collect();
        // A port by name is another rule's.
        let elsewhere = asked.iter().find(|(probe, asked)| {
            *asked == u64::from(HTTP_PORT)
                && port != u64::from(HTTP_PORT)
                && probe.port().is_some_and(Value::is_number)
        });
        if let Some((probe, other)) = elsewhere {
            let others = ["https", "grpc", "grpc_tls", "dns"];
            let taken = agent.open
                || others.iter().any(|name| {
                    agent.get(&format!("ports.{name}")).is_some_and(|setting| {
                        setting.number().is_none_or(|port| port == i64::from(HTTP_PORT))
                    })
                });
            if !taken {
                let where_to =
                    if port == 0 { "is switched off".to_owned() } else { format!("is on port {port}") };
                let title = format!("its {} uses port {other}, but the HTTP API {where_to}", probe.kind);
                findings.push(agent.container.finding(&port_field(probe), title));
            }
            continue;
        }
        let Some((setting, true)) = loopback(&agent) else { continue };
        let asks = asked
            .iter()
            .find(|(_, asked)| *asked == port)
            .map(|(probe, _)| (port_field(probe), format!("its {} uses", probe.kind)));
        let Some((at, who)) = asks.or_else(|| published(&agent, port, set)) else { continue };
        let title = format!("the HTTP API listens on 127.0.0.1 only, but {who} it outside the container");
        findings.push(match setting {
            Some(setting) => agent.finding(setting, title),
            None => agent.container.finding(&at, title),
        });
    }
    findings
}

/// Where the port of a probe is written.
fn port_field(probe: &Probe<'_>) -> String {
    let action = if probe.fields.get("httpGet").is_some() { "httpGet" } else { "tcpSocket" };
    format!("/{}/{action}/port", probe.kind)
}

/// Who else expects the API at the pod's address: a port of the node, or a Service.
fn published<'a>(agent: &Agent<'a, '_>, port: u64, set: &Set<'a>) -> Option<(String, String)> {
    if agent.on_host() {
        return None;
    }
    let declared = agent.container.at("/ports").and_then(Value::as_array)?;
    let at =
        declared.iter().position(|known| known.get("containerPort").and_then(Value::as_u64) == Some(port))?;
    if declared.get(at)?.get("hostPort").and_then(Value::as_u64).is_some_and(|port| port > 0) {
        return Some((format!("/ports/{at}/hostPort"), "its hostPort exposes".to_owned()));
    }
    let leads = |service: &&&Object| {
        let mut targets = topology::ports(service).filter_map(|(_, port)| topology::target(port));
        targets.any(|target| agent.container.port_number(target) == Some(port))
    };
    let services = agent.pod.services(set);
    let service = services.iter().find(leads)?;
    Some((format!("/ports/{at}"), format!("{} offers", service.id())))
}
