//! How the servers become one cluster: who is asked to make it, and what must be open and found for that.

use serde_json::Value;

use super::conf::Server;
use crate::products::redis::{BUS_ABOVE, CLIENT, VALKEY_CLIENT, key};
use crate::verify::command::{Commands, Word};
use crate::verify::pods::{Container, Probe, Product};
use crate::verify::shapes::policies;
use crate::verify::{Finding, Grade, Rule, Set, topology};
use crate::words::counted;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-create-supports-names",
        grade: Grade::ERROR,
        promise: "host names are passed to `redis-cli --cluster` only from 7.0.5 on",
        why: "earlier versions pass the name on, and the servers refuse it after their slots are assigned: `ERR \
              Invalid node address specified`, and a half-created cluster",
        fix: "use a client image of 7.0.5 or later, or pass addresses: `$(getent hosts NAME | awk '{print $1}')`",
        source: "redis/redis#11151; observed with redis-cli 6.2.16",
        check: create_knows_names,
    },
    Rule {
        code: "redis-create-has-enough-servers",
        grade: Grade::ERROR,
        promise: "`redis-cli --cluster create` gets enough servers for three masters and the requested replicas",
        why: "it refuses fewer: `Redis Cluster requires at least 3 master nodes`; a surplus server is not used",
        fix: "list masters x (1 + replicas) servers: 6 with `--cluster-replicas 1`",
        source: "redis-cli.c, clusterManagerCommandCreate",
        check: create_has_enough,
    },
    Rule {
        code: "redis-start-needs-no-cluster",
        grade: Grade::ERROR,
        promise: "no Redis server needs a healthy cluster before its peers are started or can be resolved",
        why: "before the cluster exists no pod is ready: an ordered StatefulSet never starts the next pod, pods \
              that are not ready cannot be resolved, and the cluster is never created",
        fix: "set `podManagementPolicy: Parallel` and, in the headless Service, `publishNotReadyAddresses: true`, \
              and let the readiness probe check only for PONG",
        source: "Kubernetes documentation, StatefulSet: pod management policies; DNS for Services and Pods",
        check: start_needs_no_cluster,
    },
    Rule {
        code: "redis-bus-port-open",
        grade: Grade::ERROR,
        promise: "members of a Redis cluster reach each other's bus port",
        why: "servers stay in `handshake`, `--cluster create` waits forever, and a failed master is not detected",
        fix: "allow the client port plus 10000 (or `cluster-port`) between the servers in the NetworkPolicy",
        source: "Redis documentation, Scale with Redis Cluster: cluster bus port",
        check: bus_port_open,
    },
];

/// One call of `redis-cli --cluster`.
struct Call<'s, 'a> {
    container: &'s Container<'a>,
    action: String,
    servers: Vec<Word>,
    replicas: Option<u64>,
}

fn calls<'s, 'a>(set: &'s Set<'a>) -> Vec<Call<'s, 'a>> {
    let mut found = Vec::new();
    for container in set.pods_with(Product::Redis).flat_map(|pod| &pod.containers) {
        let commands = Commands::of(container);
        for command in &commands.all {
            let at = |text: &str| command.iter().position(|word| word.text == text);
            let client = command.iter().any(|word| matches!(word.base(), CLIENT | VALKEY_CLIENT));
            let Some((at_cluster, action)) = at("--cluster")
                .and_then(|at| Some((at, command.get(at.saturating_add(1))?)))
                .filter(|_| client)
            else {
                continue;
            };
            let servers = command.iter().skip(at_cluster.saturating_add(2));
            let servers: Vec<Word> =
                servers.take_while(|word| !word.text.starts_with('-')).cloned().collect();
            let number = at("--cluster-replicas").and_then(|at| command.get(at.saturating_add(1)));
            let replicas = match number {
                Some(word) => word.text.parse().ok(),
                None => Some(0),
            };
            found.push(Call { container, action: action.text.clone(), servers, replicas });
        }
    }
    found
}

fn create_knows_names<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for call in calls(set) {
        let old = call.container.version.as_ref().filter(|version| version.surely_before(&[7, 0, 5]));
        let Some(version) = old.filter(|_| matches!(call.action.as_str(), "create" | "add-node")) else {
            continue;
        };
        let named = call.servers.iter().find(|word| {
            let host = word.text.rsplit_once(':').map_or(word.text.as_str(), |(host, _)| host);
            !word.is_open() && !host.contains(':') && host.contains(|c: char| c.is_ascii_alphabetic())
        });
        let Some(named) = named.filter(|word| !word.at.is_empty()) else { continue };
        let title = format!("{CLIENT} {version} does not support the host name in `{}`", named.text);
        findings.push(call.container.finding(&named.at, title).word(named.text.clone()));
    }
    findings
}

fn create_has_enough<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for call in calls(set).into_iter().filter(|call| call.action == "create") {
        let Some(first) = call.servers.first().filter(|word| !word.at.is_empty()) else { continue };
        let Some(share) = call.replicas.and_then(|replicas| replicas.checked_add(1)) else { continue };
        if call.servers.iter().any(Word::is_open) {
            continue;
        }
        let count = u64::try_from(call.servers.len()).unwrap_or(u64::MAX);
        let say = |count: u64, noun: &str| counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
        let (servers, replicas) = (say(count, "server"), say(share - 1, "replica"));
        let title = if count / share < 3 {
            format!("{servers} make {} with {replicas} each, but 3 are needed", say(count / share, "master"))
        } else if count % share != 0 {
            format!("{servers} cannot be divided into masters with {replicas} each")
        } else {
            continue;
        };
        findings.push(call.container.finding(&first.at, title).word(first.text.clone()));
    }
    findings
}

/// Does the probe ask whether the cluster is healthy?
fn asks_for_cluster(container: &Container<'_>, probe: Probe<'_>) -> bool {
    let Some(command) = probe.command() else { return false };
    let asks = |text: &str| text.contains("cluster_state") || text.contains("cluster_slots_ok");
    let script = command.split_whitespace().find_map(|word| container.file(word)?.plain());
    asks(&command) || script.is_some_and(|text| asks(text) && !text.contains("/tmp/"))
}

fn start_needs_no_cluster<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set) {
        let many = server.pod.replicas(set).is_some_and(|count| count > 1);
        let Some(probe) = server.container.probe("readinessProbe").filter(|_| many) else { continue };
        if server.pod.workload.kind() != "StatefulSet" || !asks_for_cluster(server.container, probe) {
            continue;
        }
        if topology::starts_in_order(server.pod.workload) {
            let title = "is ready only in a healthy cluster, but its pods start one after the other";
            findings.push(server.container.finding("/readinessProbe/exec/command", title));
        } else if let Some(service) =
            server.pod.governing(set).filter(|service| !topology::publishes_not_ready(service))
        {
            let title =
                "does not publish pods that are not ready, but they are ready only in a healthy cluster";
            let at = if service.at("/spec/publishNotReadyAddresses").is_some() {
                "/spec/publishNotReadyAddresses"
            } else {
                "/spec"
            };
            findings.push(Finding::new(service, title).at(at));
        }
    }
    findings
}

fn bus_port_open<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::clustered(set) {
        let port = server.port();
        let own = server.get(key::CLUSTER_PORT).filter(|setting| setting.value.as_deref() != Some("0"));
        let bus = match own {
            Some(setting) => setting.value.as_deref().and_then(|value| value.parse().ok()),
            None => Some(port.saturating_add(u64::from(BUS_ABOVE))),
        };
        let Some(bus) = bus else { continue };
        if bus > 65_535
            && let Some(setting) = server.get("port")
        {
            findings
                .push(setting.finding(format!("its bus port would be {bus}, but the highest port is 65535")));
        } else if let Some(policy) = policies::closed_by(set, server.pod, server.container, bus)
            .filter(|_| policies::closed_by(set, server.pod, server.container, port).is_none())
        {
            let title = format!("allows clients on {port}, but not the bus port {bus}");
            let at = if policy.at("/spec/ingress").is_some_and(Value::is_array) {
                "/spec/ingress"
            } else {
                "/spec"
            };
            findings.push(Finding::new(policy, title).at(at));
        }
    }
    findings
}
