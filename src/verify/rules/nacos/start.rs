//! Members of a Nacos cluster must find each other before they are ready.

use super::list::{self, Source};
use super::running::{self, Running};
use crate::products::nacos::{EMBEDDED_STORAGE, HEALTH, SPRING_DATASOURCE_PLATFORM, key};
use crate::verify::pods::Probe;
use crate::verify::topology::{is_headless, publishes_not_ready, starts_in_order};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-members-resolve-before-ready",
        grade: Grade::PROD,
        promise: "the headless Service of a Nacos cluster publishes its members before they are ready",
        why: "otherwise a member that is not ready cannot be resolved, and a member may not become ready before \
              it has found another: after an outage of all members none of them starts",
        fix: "set `publishNotReadyAddresses: true` (the annotation `tolerate-unready-endpoints` is no longer read)",
        source: "nacos-k8s deploy/nacos/nacos-pvc-nfs.yaml and helm chart; Kubernetes documentation, DNS for Services and Pods",
        check: found_unready,
    },
    Rule {
        code: "nacos-members-start-together",
        grade: Grade::PROD,
        promise: "the members of a Nacos cluster start in parallel",
        why: "each pod waits until the previous one is ready, but a member may not become ready before it has \
              found another: the first pod then waits forever for pods that are not created",
        fix: "set `podManagementPolicy: Parallel` (it cannot be changed later: delete the StatefulSet with \
              `--cascade=orphan`)",
        source: "nacos EmbeddedDumpService, ServerStatusManager; nacos-k8s helm chart",
        check: start_together,
    },
];

/// Does a member become ready before it has heard of others?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// It does.
    Open,
    /// It depends on what we cannot see.
    Perhaps,
    /// It does not.
    Closed,
}

/// What keeps a member from being ready: its startup and readiness probes.
///
/// Source: ConsoleHealthController and the module state builders. Until 2.2 only the database counts; from 2.4.1 naming
/// needs a leader, from 2.4.2 the data of a peer. Servers with embedded storage listen on no port before there is a leader.
fn gate(server: Running<'_, '_>) -> Gate {
    let probes =
        ["startupProbe", "readinessProbe"].into_iter().filter_map(|kind| server.container.probe(kind));
    let gates = probes.map(|probe| match embedded(server) {
        true if probe.command().is_some() => Gate::Perhaps,
        true => Gate::Closed,
        false => of_probe(server, &probe),
    });
    let strictest = gates.max_by_key(|gate| *gate as u8).unwrap_or(Gate::Open);
    match strictest {
        Gate::Closed if server.mentions(&[key::WARMUP]) => Gate::Perhaps,
        other => other,
    }
}

fn embedded(server: Running<'_, '_>) -> bool {
    server.plain(EMBEDDED_STORAGE) == Some("embedded") && server.lacks(SPRING_DATASOURCE_PLATFORM)
}

fn of_probe(server: Running<'_, '_>, probe: &Probe<'_>) -> Gate {
    if let Some(command) = probe.command() {
        return if command.contains("readiness") { Gate::Perhaps } else { Gate::Open };
    }
    let path = probe.http_path().unwrap_or_default();
    let [one, three] = [0, 1].map(|row| HEALTH[row].value.is_readiness(path));
    match () {
        () if one && server.is_before(&[2, 3]) => Gate::Open,
        () if one && server.is_at_least(&[2, 4, 1]) && server.is_before(&[3]) => Gate::Closed,
        () if three && server.is_before(&[3, 0, 3]) => Gate::Open,
        () if three && server.is_at_least(&[3, 0, 3]) => Gate::Closed,
        () if one || three => Gate::Perhaps,
        () => Gate::Open,
    }
}

/// Clusters whose members are pods of one StatefulSet.
fn clusters<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = Running<'s, 'a>> {
    running::clustered(set)
        .filter(|server| server.workload().kind() == "StatefulSet" && !server.is_on_the_node())
        .filter(|server| server.replicas(set).is_some_and(|count| count > 1))
        .filter(|server| match list::source(*server) {
            Source::List(list) => list.has_own(set),
            Source::PeerFinder => true,
            Source::Nobody | Source::Unknown => false,
        })
}

fn found_unready<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let hidden = clusters(set).filter_map(|server| {
        let service = server.pod.governing(set)?;
        if !is_headless(service) || publishes_not_ready(service) {
            return None;
        }
        let at = "/spec/publishNotReadyAddresses";
        Some(match gate(server) {
            Gate::Closed => {
                let title =
                    "does not publish members that are not ready, and none becomes ready before it has found \
                     another";
                Finding::new(service, title).at(at).refuses()
            }
            _ => Finding::new(service, "members cannot resolve each other until they are ready").at(at),
        })
    });
    hidden.collect()
}

fn start_together<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let ordered = clusters(set).filter(|server| starts_in_order(server.workload()));
    ordered
        .map(|server| {
            let at = "/spec/podManagementPolicy";
            let workload = server.workload();
            match gate(server) {
                Gate::Closed => {
                    let title = "the first member waits for others that are created only when it is ready";
                    Finding::new(workload, title).at(at).refuses()
                }
                Gate::Perhaps => {
                    let title = "the first member may wait for others that are created only when it is ready";
                    Finding::new(workload, title).at(at)
                }
                Gate::Open => Finding::new(workload, "members start one after the other").at(at),
            }
        })
        .collect()
}
