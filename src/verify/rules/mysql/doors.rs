//! Services in front of servers: who gets which connection.

use super::config::of_servers;
use super::options;
use super::servers::{self, Server};
use crate::products::mysql::{ADMIN_PORT, PORT, X_PORT};
use crate::verify::topology;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-service-has-one-primary",
        grade: Grade::ERROR,
        promise: "a Service for writes selects one MySQL server",
        why: "connections are load-balanced: writes reach a replica (ERROR 1290) or another database, and rows \
              appear or disappear from one connection to the next",
        fix: "add the label that distinguishes the servers (role, shard) to the Service's selector",
        source: "Kubernetes documentation, Service: selectors; MySQL reference manual, read_only",
        check: mixed,
    },
    Rule {
        code: "mysql-listens-where-declared",
        grade: Grade::ERROR,
        promise: "a MySQL container declares the port that its server listens on",
        why: "Services and probes that refer to the port by name cannot connect: connection refused",
        fix: "declare 3306, or set the server's port with `--port`",
        source: "MySQL reference manual, port, mysqlx_port and admin_port",
        check: |set| of_servers(set, elsewhere),
    },
];

/// SQL, X protocol, administration.
const PORTS: &[(&str, u64)] =
    &[("port", PORT as u64), ("mysqlx_port", X_PORT as u64), ("admin_port", ADMIN_PORT as u64)];

fn elsewhere<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let listens: Option<Vec<u64>> = PORTS
        .iter()
        .map(|(name, usual)| match server.setting(name) {
            Some(setting) => setting.value.as_deref()?.parse().ok(),
            None => Some(*usual),
        })
        .collect();
    // A script that is seen says nothing of ports.
    let script = server.container.words().iter().find_map(|word| server.container.file(word)?.plain());
    let usual = script.is_some_and(|text| !text.contains("port") && options::are_seen(server.container));
    let Some(listens) = listens.filter(|_| server.complete || usual) else { return Vec::new() };
    let other = topology::declares_others(server.container, &listens);
    let own = listens.first().copied().unwrap_or_default();
    let title = |port: u64| format!("declares port {port}, but MySQL listens on {own}");
    other.map(|(at, port)| server.container.finding(&at, title(port))).into_iter().collect()
}

/// Names of Services that are for reading, or for all.
const FOR_READING: &[&str] =
    &["read", "ro", "slave", "slaves", "replica", "replicas", "secondary", "all", "any", "headless"];

fn mixed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = servers::all(set);
    let positions = servers::positions(&servers);
    let mut findings = Vec::new();
    for service in set.of_kind("Service").iter().filter(|service| !topology::is_headless(service)) {
        let behind = topology::behind(set, service);
        let known = behind.iter().filter_map(|workload| positions.get(&std::ptr::from_ref(*workload)));
        let led_to: Vec<&Server<'_, 'a>> = known.filter_map(|position| servers.get(*position)).collect();
        let for_reading = service.name().split(['-', '.']).any(|part| FOR_READING.contains(&part));
        if led_to.len() < 2 || for_reading || led_to.iter().any(|server| knows_others(server)) {
            continue;
        }
        // Who writes has a door of his own: this one may be for reading.
        let writers: Vec<&&Server<'_, 'a>> = led_to.iter().filter(|server| !server.is_read_only()).collect();
        let own_door = |server: &&&Server<'_, 'a>| {
            server
                .pod
                .services(set)
                .iter()
                .any(|other| !topology::is_headless(other) && topology::behind(set, other).len() == 1)
        };
        if writers.is_empty() || writers.iter().all(own_door) {
            continue;
        }
        let names: Vec<String> = led_to.iter().map(|server| server.pod.workload.id()).collect();
        let title = match writers.len() {
            1 => format!("selects a primary and replicas: {}", names.join(", ")),
            _ => format!("selects {} independent servers: {}", writers.len(), names.join(", ")),
        };
        findings.push(Finding::new(service, title).at("/spec/selector"));
    }
    findings
}

/// Are they a cluster in which everybody may write, or something that we do not see through?
fn knows_others(server: &Server<'_, '_>) -> bool {
    let words = ["group_replication", "wsrep", "ndb"];
    server.settings.iter().any(|setting| words.iter().any(|word| setting.name.starts_with(word)))
        || !matches!(server.flavour, servers::Flavour::Official)
        || server.container.line().contains("group_replication")
}
