//! The ports of a Consul agent: those on which it listens, and those that its container declares.

use std::collections::BTreeSet;

use serde_json::Value;

use super::config::{Agent, Role, Setting, agents};
use crate::k8s::Object;
use crate::products::consul::{DNS_PORT, HTTP_PORT, RPC_PORT, SERF_PORT, WAN_PORT};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-ports-differ",
        grade: Grade::ERROR,
        promise: "no two interfaces of a Consul agent listen on the same port",
        why: "the agent exits: `address already configured`, or `bind: address already in use`",
        fix: "give each its own port: http 8500, https 8501, grpc 8502, grpc_tls 8503, dns 8600",
        source: "hashicorp/consul agent/config/builder.go; upgrade notes for 1.14",
        check: ports_differ,
    },
    Rule {
        code: "consul-client-opens-no-server-port",
        grade: Grade::WARNING,
        promise: "no Consul client reserves the ports 8300 and 8302 of its node",
        why: "only servers listen there; on a client they only keep other pods off the node, such as a Consul \
              server",
        fix: "remove them: a client needs 8301 (TCP and UDP), 8500 and 8600",
        source: "Consul documentation, required ports",
        check: client_opens_no_server_port,
    },
    Rule {
        code: "consul-named-ports-listen",
        grade: Grade::ERROR,
        promise: "a Consul container port that is named after an interface and used by probes or Services has \
                  that interface's number",
        why: "the port does not listen: the kubelet restarts the container, and connections through the Service \
              are refused",
        fix: "correct `containerPort`, or the port in the agent's configuration",
        source: "Consul agent configuration reference, ports",
        check: named_ports_listen,
    },
    Rule {
        code: "consul-dns-is-reachable",
        grade: Grade::ERROR,
        promise: "a Service for Consul's DNS leads to the port on which the agents answer it",
        why: "nobody listens on the other port: every lookup through the Service times out",
        fix: "set `targetPort: 8600`, or `ports.dns` of the agents",
        source: "Consul agent configuration reference, ports.dns: 8600, TCP and UDP",
        check: dns_is_reachable,
    },
];

/// An interface, its default port, and the names that people give to its port.
const INTERFACES: &[(&str, i64, &[&str])] = &[
    ("http", HTTP_PORT as i64, &["http", "http-api", "http-port", "api", "ui", "ui-port"]),
    ("https", -1, &["https", "https-port"]),
    ("dns", DNS_PORT as i64, &["dns", "dns-tcp", "dns-udp", "consuldns", "consul-dns"]),
    (
        "serf_lan",
        SERF_PORT as i64,
        &["serf-lan", "serf-lan-tcp", "serf-lan-udp", "serflan", "serflan-tcp", "serflan-udp"],
    ),
    ("server", RPC_PORT as i64, &["server", "server-rpc", "rpc"]),
];

/// On which port an interface listens, 0 for none; nothing when that is not known.
pub(super) fn of(agent: &Agent<'_, '_>, interface: &str) -> Option<u64> {
    let (_, default, _) = INTERFACES.iter().find(|(name, ..)| *name == interface)?;
    let number = match agent.get(&format!("ports.{interface}")) {
        Some(setting) => setting.number()?,
        None => (!agent.open).then_some(*default)?,
    };
    Some(u64::try_from(number).unwrap_or(0))
}

fn ports_differ<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let mut taken: Vec<(&str, i64)> = Vec::new();
        let ports = [
            ("http", i64::from(HTTP_PORT)),
            ("dns", i64::from(DNS_PORT)),
            ("https", -1),
            ("grpc", -1),
            ("grpc_tls", -1),
        ];
        for (name, default) in ports {
            // Another address of its own may have the same port.
            if agent.get(&format!("addresses.{name}")).is_some() {
                continue;
            }
            let setting = agent.get(&format!("ports.{name}"));
            let port = setting.map_or(Some(default), Setting::number);
            let Some(port) = port.filter(|port| *port > 0) else { continue };
            match (taken.iter().find(|(_, known)| *known == port), setting) {
                (Some((other, _)), Some(setting)) => {
                    let title = format!("`ports.{name}` and `ports.{other}` are both {port}");
                    findings.push(agent.finding(setting, title));
                }
                _ => taken.push((name, port)),
            }
        }
    }
    findings
}

fn client_opens_no_server_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.role() == Role::Client) {
        let ports = agent.container.at("/ports").and_then(Value::as_array).into_iter().flatten().enumerate();
        let mut told = Vec::new();
        for (index, port) in ports {
            let number = port.get("containerPort").and_then(Value::as_u64).unwrap_or(0);
            let taken =
                agent.on_host() || port.get("hostPort").and_then(Value::as_u64).is_some_and(|port| port > 0);
            if taken && [RPC_PORT, WAN_PORT].map(u64::from).contains(&number) && !told.contains(&number) {
                told.push(number);
                let title = format!("reserves port {number} of its node, where only servers listen");
                let field = if port.get("hostPort").is_some() { "hostPort" } else { "containerPort" };
                findings.push(agent.container.finding(&format!("/ports/{index}/{field}"), title));
            }
        }
    }
    findings
}

fn named_ports_listen<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let services = agent.pod.services(set);
        let declared =
            agent.container.at("/ports").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, port) in declared {
            let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
            let number = port.get("containerPort").and_then(Value::as_u64).unwrap_or(0);
            let row = INTERFACES.iter().find(|(.., names)| names.contains(&name));
            let Some((interface, ..)) = row else { continue };
            let Some(listens) = of(&agent, interface).filter(|listens| *listens != number) else { continue };
            if let Some(user) = user(&agent, name, number, &services) {
                let there = if listens == 0 { "on none".to_owned() } else { format!("on {listens}") };
                let title = format!(
                    "its port `{name}` is {number}, but the agent serves {interface} {there}, and {user} uses it"
                );
                findings.push(agent.container.finding(&format!("/ports/{index}/containerPort"), title));
            }
        }
    }
    findings
}

/// Who uses a port of the container: a probe by its name, or a Service.
fn user(agent: &Agent<'_, '_>, name: &str, number: u64, services: &[&Object]) -> Option<String> {
    let by_name = |port: Option<&Value>| port.and_then(Value::as_str) == Some(name);
    if let Some(probe) = agent.container.probes().find(|probe| by_name(probe.port())) {
        return Some(format!("its {}", probe.kind));
    }
    let leads = |service: &&&Object| {
        let mut targets = topology::ports(service).filter_map(|(_, port)| topology::target(port));
        targets.any(|target| by_name(Some(target)) || target.as_u64() == Some(number))
    };
    services.iter().find(leads).map(|service| service.id())
}

fn dns_is_reachable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for agent in agents(set).filter(|agent| !agent.open) {
        let Some(dns) = of(&agent, "dns").filter(|port| *port > 0) else { continue };
        for service in agent.pod.services(set) {
            for (index, port) in topology::ports(service) {
                let named = port.get("name").and_then(Value::as_str).is_some_and(|name| name.contains("dns"));
                let usual = port.get("port").and_then(Value::as_u64) == Some(u64::from(DNS_PORT));
                let target = topology::target(port).and_then(|target| agent.container.port_number(target));
                let Some(target) = target.filter(|target| (named || usual) && *target != dns) else {
                    continue;
                };
                if seen.insert((service.id(), index)) {
                    let title = format!("leads to port {target}, but Consul answers DNS on {dns}");
                    let at = format!("/spec/ports/{index}");
                    findings.push(
                        Finding::new(service, title).at(at.as_str()).help(format!("set `targetPort: {dns}`")),
                    );
                }
            }
        }
    }
    findings
}
