//! What those who use a Redis cluster are told.

use std::collections::BTreeSet;

use super::conf::Server;
use crate::k8s::Object;
use crate::verify::pods::Pod;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-cluster-client-lists-nodes",
        grade: Grade::ERROR,
        promise: "a Spring app connects to a Redis cluster by its nodes, not as a single host",
        why: "a single-server client gets `MOVED` for two of three keys, and fails",
        fix: "set `SPRING_DATA_REDIS_CLUSTER_NODES` (`SPRING_REDIS_CLUSTER_NODES` before Spring Boot 3), with the names of all pods",
        source: "Spring Boot reference, spring.data.redis; Redis cluster specification, MOVED redirection",
        check: client_is_told,
    },
    Rule {
        code: "redis-cluster-has-one-database",
        grade: Grade::ERROR,
        promise: "every client of a Redis cluster uses database 0",
        why: "`ERR SELECT is not allowed in cluster mode`",
        fix: "use database 0 with a key prefix, or a separate server",
        source: "Redis cluster specification: implemented subset",
        check: one_database,
    },
];

fn client_is_told<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let clustered = clusters(set);
    if clustered.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for pod in set.pods() {
        for container in pod.mains() {
            for prefix in ["SPRING_DATA_REDIS", "SPRING_REDIS"] {
                let Some(var) = container.env.get(&format!("{prefix}_HOST")) else { continue };
                let host =
                    var.value.plain().filter(|_| container.env.lacks(&format!("{prefix}_CLUSTER_NODES")));
                if let Some(host) = host.filter(|host| leads_to(set, pod, host, &clustered)) {
                    let title = format!(
                        "`{}` connects to `{host}` as a single server, but it is a cluster",
                        var.name
                    );
                    findings.push(container.env.finding(var, title));
                }
            }
        }
    }
    findings
}

fn one_database<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let clustered = clusters(set);
    if clustered.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for pod in set.pods() {
        for container in pod.mains() {
            for var in container.env.iter() {
                let Some((host, database)) = var.value.known().and_then(address) else { continue };
                if leads_to(set, pod, host, &clustered) {
                    let title = format!("`{}` selects database {database} of a cluster", var.name);
                    findings.push(container.env.finding(var, title));
                }
            }
        }
    }
    findings
}

/// Host and database of `redis://:password@host:6379/3`, when it is another one than 0.
fn address(text: &str) -> Option<(&str, u32)> {
    let rest = text.strip_prefix("redis://").or_else(|| text.strip_prefix("rediss://"))?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (server, database) = rest.split_once('/')?;
    let digits = database.split('?').next()?;
    let database: u32 = digits.parse().ok().filter(|database| *database > 0)?;
    Some((server.split(':').next()?, database))
}

/// The workloads whose pods make clusters.
fn clusters(set: &Set<'_>) -> BTreeSet<*const Object> {
    Server::clustered(set).iter().map(|server| &raw const *server.pod.workload).collect()
}

fn leads_to<'a>(set: &Set<'a>, pod: &Pod<'a>, host: &str, clustered: &BTreeSet<*const Object>) -> bool {
    let led_to = topology::led_to(set, host, pod.namespace);
    led_to.into_iter().any(|workload| clustered.contains(&(&raw const *workload)))
}
