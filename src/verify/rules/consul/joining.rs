//! How Consul agents find each other: clients their servers, servers each other.

use std::net::IpAddr;

use serde_json::Value;

use super::config::{Agent, Role, Setting, agents};
use crate::products::consul::{
    DNS_PORT, GRPC_PORT, GRPC_TLS_PORT, HTTP_PORT, HTTPS_PORT, LEADER, RPC_PORT, WAN_PORT, key,
};
use crate::verify::dns::Answer;
use crate::verify::topology;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-client-joins-servers",
        grade: Grade::ERROR,
        promise: "every Consul client has server addresses to join",
        why: "a client without servers answers every request with `No known Consul servers`",
        fix: "add `retry_join` with the servers' addresses",
        source: "Consul agent configuration reference, retry_join",
        check: client_joins_servers,
    },
    Rule {
        code: "consul-joins-the-gossip-port",
        grade: Grade::ERROR,
        promise: "Consul agents join the gossip port, with only a name or an address",
        why: "the agent keeps retrying: `Failed to join`; HTTP (8500) and RPC (8300) are not gossip ports",
        fix: "write `host`, or `host:8301`",
        source: "Consul agent configuration reference, retry_join; required ports",
        check: joins_the_gossip_port,
    },
    Rule {
        code: "consul-client-joins-several-servers",
        grade: Grade::WARNING,
        promise: "a Consul client does not depend on a single server to join",
        why: "an agent that starts while that server is down cannot join, even if the others are up",
        fix: "list all servers in `retry_join`, or a name that resolves to all of them",
        source: "Consul agent configuration reference, retry_join",
        check: client_joins_several,
    },
    Rule {
        code: "consul-join-can-list-pods",
        grade: Grade::ERROR,
        promise: "a Consul agent that finds its servers with `provider=k8s` has a service account token",
        why: "it lists pods through the API server, and without a token it is not authenticated: `discover-k8s` \
              fails on every retry",
        fix: "mount the token, and allow the service account to list pods; or join by name",
        source: "hashicorp/go-discover provider/k8s",
        check: join_may_list_pods,
    },
    Rule {
        code: "consul-bootstrap-expects-the-pods",
        grade: Grade::ERROR,
        promise: "Consul servers expect as many servers as there are pods, an odd number",
        why: "with too few pods no leader is ever elected; where each expects only itself, each becomes a \
              separate cluster",
        fix: "set `bootstrap_expect` to the number of replicas: 3 or 5, or 1 alone",
        source: "Consul agent configuration reference, bootstrap_expect; deployment table of the consensus documentation",
        check: bootstrap_expects_the_pods,
    },
    Rule {
        code: "consul-servers-resolve-before-ready",
        grade: Grade::ERROR,
        promise: "Consul servers whose readiness needs a leader can find each other before they are ready",
        why: "no server becomes ready without a leader, and no leader is elected before the servers have joined: \
              they wait forever",
        fix: "set `podManagementPolicy: Parallel`, and `publishNotReadyAddresses: true` on the headless Service",
        source: "hashicorp/consul-k8s charts/consul/templates/server-statefulset.yaml and server-service.yaml",
        check: servers_meet_before_ready,
    },
];

/// Settings that lead to servers.
const JOINS: &[&str] = &[key::RETRY_JOIN, key::START_JOIN];

/// One address to join, and the setting it stands in.
struct Join<'g, 'a, 's> {
    setting: &'g Setting<'a, 's>,
    text: &'g str,
}

fn joins<'g, 'a, 's>(agent: &'g Agent<'a, 's>) -> impl Iterator<Item = Join<'g, 'a, 's>> {
    let settings = JOINS.iter().flat_map(|key| agent.all(key));
    settings
        .flat_map(|setting| setting.texts().into_iter().map(move |text| Join { setting, text: text.trim() }))
}

/// Are all addresses to join known?
fn is_known(agent: &Agent<'_, '_>) -> bool {
    !agent.open && JOINS.iter().flat_map(|key| agent.all(key)).all(|setting| setting.value.is_some())
}

/// The host and the port of an entry; none for cloud lookups and templates.
fn host_port(entry: &str) -> Option<(&str, Option<u16>)> {
    if entry.contains(['=', '{', ' ', '$', '/']) || entry.is_empty() {
        return None;
    }
    if let Some(rest) = entry.strip_prefix('[') {
        let (host, behind) = rest.split_once(']')?;
        return Some((host, behind.strip_prefix(':').and_then(|port| port.parse().ok())));
    }
    match entry.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((entry, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((entry, None)),
    }
}

fn client_joins_servers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.role() == Role::Client) {
        let elsewhere = agent.settings.iter().any(|setting| setting.key.starts_with("auto_config."));
        if !is_known(&agent) || elsewhere || joins(&agent).any(|join| !join.text.is_empty()) {
            continue;
        }
        let title = "starts a client without server addresses";
        findings.push(match agent.get(key::RETRY_JOIN) {
            Some(setting) => agent.finding(setting, title),
            None => agent.container.finding(agent.command(), title),
        });
    }
    findings
}

/// Ports of Consul that are no gossip in the LAN.
const OTHERS: &[(u16, &str)] = &[
    (RPC_PORT, "RPC among servers"),
    (WAN_PORT, "gossip between datacenters"),
    (HTTP_PORT, "HTTP"),
    (HTTPS_PORT, "HTTPS"),
    (GRPC_PORT, "gRPC"),
    (GRPC_TLS_PORT, "gRPC"),
    (DNS_PORT, "DNS"),
];

fn joins_the_gossip_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let own = agent.get(key::PORTS_SERF_LAN).and_then(Setting::number);
        for Join { setting, text } in joins(&agent) {
            let template = text.contains(['=', '{', ' ', '$']);
            if text.contains("://") && !template {
                let title = format!("joins `{text}`, but gossip does not use URLs");
                findings.push(agent.finding_at(setting, text, title));
            } else if let Some((_, Some(port))) = host_port(text)
                && let Some((_, what)) = OTHERS.iter().find(|(known, _)| *known == port)
                && own != Some(i64::from(port))
            {
                let title = format!("joins `{text}`, but {port} is for {what}");
                findings.push(agent.finding_at(setting, text, title));
            }
        }
    }
    findings
}

fn client_joins_several<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.role() == Role::Client && is_known(agent)) {
        let all: Vec<_> = joins(&agent).collect();
        let [Join { setting, text }] = all.as_slice() else { continue };
        let Some((host, _)) = host_port(text) else { continue };
        let one = match set.dns().resolve(host, agent.pod.namespace) {
            _ if host.parse::<IpAddr>().is_ok() => true,
            Answer::Pod { workload, .. } => {
                workload.at("/spec/replicas").and_then(Value::as_u64).is_some_and(|count| count > 1)
            }
            _ => false,
        };
        if one {
            let title = format!("joins only `{text}`");
            findings.push(agent.finding_at(setting, text, title));
        }
    }
    findings
}

fn join_may_list_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let asks = |join: &Join<'_, '_, '_>| {
            join.text.split_whitespace().any(|word| word == "provider=k8s")
                && !join.text.contains("kubeconfig=")
        };
        let barred = agent.pod.spec.get("automountServiceAccountToken") == Some(&Value::Bool(false));
        let mounts = agent.container.mounts();
        let own = mounts.iter().any(|mount| mount.path.contains("kubernetes.io/serviceaccount"));
        if barred && !own && joins(&agent).any(|join| asks(&join)) {
            let title =
                "mounts no service account token, but its agent looks for servers with `provider=k8s`";
            findings.push(agent.pod.finding("/automountServiceAccountToken", title));
        }
    }
    findings
}

fn bootstrap_expects_the_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let servers: Vec<_> = agents(set).filter(|agent| agent.role() != Role::Client).collect();
    for agent in &servers {
        let Some(setting) = agent.get(key::BOOTSTRAP_EXPECT) else { continue };
        let Some(expected) = setting.number().and_then(|number| u64::try_from(number).ok()) else { continue };
        let Some(pods) = agent.pod.replicas(set).filter(|_| expected > 0) else { continue };
        let inside = |join: Join<'_, '_, '_>| {
            let answer = host_port(join.text).map(|(host, _)| set.dns().resolve(host, agent.pod.namespace));
            matches!(answer, Some(Answer::Service(_) | Answer::Pod { .. } | Answer::Missing(_)))
        };
        let alone = servers.len() == 1 && is_known(agent) && joins(agent).all(inside);
        let title = if expected > pods && alone {
            format!("waits for {expected} servers, but there are {pods}")
        } else if expected == 1 && pods > 1 {
            format!("expects 1 server, but there are {pods}: each elects itself")
        } else if expected.is_multiple_of(2) {
            let title = format!("{expected} servers tolerate no more failures than {}", expected - 1);
            findings.push(agent.finding(setting, title).warns());
            continue;
        } else {
            continue;
        };
        findings.push(agent.finding(setting, title));
    }
    findings
}

fn servers_meet_before_ready<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.pod.workload.kind() == "StatefulSet") {
        let expected = agent.get(key::BOOTSTRAP_EXPECT).and_then(Setting::number).unwrap_or(0);
        let readiness =
            agent.container.probe("readinessProbe").and_then(|probe| probe.command()).unwrap_or_default();
        // Asked alone, the endpoint answers 200 without a leader: the text must be looked at.
        let demands = readiness.contains(LEADER) && readiness.contains("grep");
        if expected < 2 || !demands {
            continue;
        }
        if topology::starts_in_order(agent.pod.workload) {
            let title = "starts its servers one after the other, but none becomes ready without a leader";
            let policy = agent.pod.workload.at("/spec/podManagementPolicy").is_some();
            let at = if policy { "/spec/podManagementPolicy" } else { "/spec/serviceName" };
            findings.push(Finding::new(agent.pod.workload, title).at(at));
        }
        let named = |join: Join<'_, '_, '_>| {
            let answer = host_port(join.text).map(|(host, _)| set.dns().resolve(host, agent.pod.namespace));
            match answer {
                Some(Answer::Pod { service, .. } | Answer::Service(service)) => Some(service),
                _ => None,
            }
        };
        let hidden = joins(&agent).filter_map(named).find(|service| !topology::publishes_not_ready(service));
        findings.extend(hidden.map(|service| {
            let title = format!(
                "does not publish servers that are not ready, but those of {} need its names to become ready",
                agent.pod.workload.id()
            );
            Finding::new(service, title).at("/spec")
        }));
    }
    findings
}
