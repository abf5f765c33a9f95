//! How new pods take the place of old ones.

use serde_json::Value;

use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::pods::{Behind, Pod, Product};
use crate::verify::rules::elsewhere::Elsewhere;
use crate::verify::topology::is_for_metrics;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rollout-can-proceed",
        grade: Grade::ERROR,
        promise: "a rolling update has valid `maxUnavailable` and `maxSurge`",
        why: "the API server refuses the object",
        fix: "use `maxSurge: 1` with `maxUnavailable: 0`, or the reverse; with `Recreate` remove `rollingUpdate`",
        source: "apps/v1 validation: ValidateDeploymentStrategy, ValidateRollingUpdateDaemonSet; observed with kube-apiserver 1.37.2",
        check: rollout_can_move,
    },
    Rule {
        code: "deadline-covers-start",
        grade: Grade::WARNING,
        promise: "a rollout's deadline is longer than a pod may take to become available",
        why: "the rollout is reported as failed (ProgressDeadlineExceeded) while the pod is still starting \
              normally, and pipelines roll back",
        fix: "set `progressDeadlineSeconds` to more than the startup probe's time plus `minReadySeconds`",
        source: "Kubernetes documentation, Deployments: progress deadline seconds",
        check: deadline_covers_start,
    },
    Rule {
        code: "rollout-keeps-capacity",
        grade: Grade::PROD,
        promise: "a rollout of few pods behind a Service starts a new pod before it stops an old one",
        why: "during each rollout the remaining pods get all requests, or there are none left",
        fix: "set `maxUnavailable: 0` and `maxSurge: 1`",
        source: "Kubernetes documentation, Deployments: max unavailable",
        check: rollout_keeps_capacity,
    },
    Rule {
        code: "recreate-stops-service",
        grade: Grade::WARNING,
        promise: "pods behind a Service are not all stopped before the first new one starts",
        why: "during each rollout the Service has no endpoints until a new pod is ready",
        fix: "use `type: RollingUpdate`, unless two versions must never run at once",
        source: "Kubernetes documentation, Deployments: recreate",
        check: recreate_stops_service,
    },
    Rule {
        code: "claim-fits-replicas",
        grade: Grade::PROD,
        promise: "pods of one workload share a claim only if several nodes can mount it",
        why: "a ReadWriteOnce volume is attached to one node: a pod on another node waits in ContainerCreating \
              with `Multi-Attach error`, and a rollout that starts the new pod first may hang",
        fix: "use a StatefulSet with volumeClaimTemplates, a ReadWriteMany volume, or one replica with `type: Recreate`",
        source: "Kubernetes documentation, Persistent Volumes: access modes",
        check: claim_fits_replicas,
    },
];

/// A count or a percentage of `whole`; percentages are rounded up or down.
pub(super) fn amount(value: &Value, whole: u64, up: bool) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => {
            let share = text.strip_suffix('%')?.parse::<u64>().ok()?.checked_mul(whole)?;
            Some(if up { share.div_ceil(100) } else { share / 100 })
        }
        _ => None,
    }
}

/// Nothing, be it a count or a percentage.
fn is_zero(value: Option<&Value>) -> bool {
    value.and_then(|value| amount(value, 1, true)) == Some(0)
}

fn rollout_can_move<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let deployments = set.of_kind("Deployment").iter().filter_map(|object| deployment_moves(object));
    let daemons = set.of_kind("DaemonSet").iter().filter_map(|object| daemons_move(object));
    deployments.chain(daemons).collect()
}

fn deployment_moves(object: &Object) -> Option<Finding<'_>> {
    let update = object.at("/spec/strategy/rollingUpdate").filter(|update| update.is_object())?;
    if object.text("/spec/strategy/type") == Some("Recreate") {
        let title = "`rollingUpdate` is not allowed with `type: Recreate`";
        return Some(Finding::new(object, title).at("/spec/strategy/rollingUpdate"));
    }
    let zero = is_zero(update.get("maxUnavailable")) && is_zero(update.get("maxSurge"));
    let title = "`maxUnavailable` and `maxSurge` are both 0, so no pod can ever be replaced";
    zero.then(|| Finding::new(object, title).at("/spec/strategy/rollingUpdate/maxUnavailable"))
}

fn daemons_move(object: &Object) -> Option<Finding<'_>> {
    let update = object.at("/spec/updateStrategy/rollingUpdate")?;
    let surge = update.get("maxSurge").filter(|surge| !is_zero(Some(surge)));
    // It is 1 when left out, even beside `maxSurge`.
    let stops = !is_zero(update.get("maxUnavailable"));
    let at = |field: &str| format!("/spec/updateStrategy/rollingUpdate/{field}");
    match surge {
        Some(_) if stops => {
            let title = "a DaemonSet with `maxSurge` needs `maxUnavailable: 0`, which is 1 by default";
            Some(Finding::new(object, title).at(at("maxSurge").as_str()))
        }
        None if !stops => {
            let title = "`maxUnavailable` and `maxSurge` are both 0, so no pod can ever be replaced";
            Some(Finding::new(object, title).at(at("maxUnavailable").as_str()))
        }
        _ => None,
    }
}

fn deadline_covers_start<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| pod.workload.kind() == "Deployment") {
        let number = |field| pod.workload.at(field).and_then(Value::as_u64);
        let ready = number("/spec/minReadySeconds").unwrap_or(0);
        let told = number("/spec/progressDeadlineSeconds");
        let deadline = told.unwrap_or(600);
        let start = pod.mains().filter_map(|container| container.probe("startupProbe"));
        let start = start.map(|probe| probe.budget()).max().unwrap_or(0);
        let takes = ready.saturating_add(start);
        if takes < deadline {
            continue;
        }
        let default = if told.is_some() { "" } else { ", the default" };
        let parts = [(start, "the startup probe's time"), (ready, "`minReadySeconds`")];
        let parts = parts.iter().filter(|(seconds, _)| *seconds > 0).map(|(_, what)| *what);
        let parts = parts.collect::<Vec<_>>().join(" and ");
        let title = format!(
            "a pod may take {takes} s to become available, {parts}, but the rollout has {deadline} s{default}"
        );
        let field = match (told, start) {
            (Some(_), _) => "/spec/progressDeadlineSeconds",
            (None, 0) => "/spec/minReadySeconds",
            (None, _) => "/spec",
        };
        let finding = Finding::new(pod.workload, title)
            .at(field)
            .help(format!("set `progressDeadlineSeconds: {}`", takes.saturating_add(60)));
        // The API server refuses a deadline that is not longer than `minReadySeconds`.
        findings.push(if ready >= deadline { finding.refuses() } else { finding });
    }
    findings
}

/// Deployments whose pods a Service of the set leads to.
fn served<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = &'s Pod<'a>> {
    let deployments = set.pods().iter().filter(|pod| pod.workload.kind() == "Deployment");
    deployments.filter(|pod| pod.services(set).iter().any(|service| !is_for_metrics(service)))
}

fn rollout_keeps_capacity<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = served(set).filter_map(|pod| {
        let told = pod.workload.at("/spec/strategy/rollingUpdate/maxUnavailable")?;
        let replicas = pod.replicas(set).filter(|replicas| (1..=3).contains(replicas))?;
        let stopped = amount(told, replicas, false).filter(|stopped| *stopped > 0)?;
        // Where the new pod cannot start beside the old one, one must go first.
        if needs_the_node(pod) {
            return None;
        }
        let left = replicas.saturating_sub(stopped);
        let title = format!("a rollout keeps only {left} of {replicas} pods");
        Some(Finding::new(pod.workload, title).at("/spec/strategy/rollingUpdate/maxUnavailable"))
    });
    found.collect()
}

/// Does a pod take what a node has once: a port, a volume, or the node itself?
fn needs_the_node(pod: &Pod<'_>) -> bool {
    let alone = "podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let terms = alone.split('/').fold(pod.spec.get("affinity"), |value, step| value?.get(step));
    if terms.and_then(Value::as_array).is_some_and(|terms| !terms.is_empty()) {
        return true;
    }
    let ports = pod.is_on_host()
        || pod.mains().any(|container| {
            let ports = container.fields.get("ports").and_then(Value::as_array);
            ports.into_iter().flatten().any(|port| port.get("hostPort").is_some())
        });
    ports
        || pod
            .mains()
            .flat_map(|container| container.mounts())
            .any(|mount| matches!(mount.behind, Behind::Claim | Behind::HostPath | Behind::Other))
}

fn recreate_stops_service<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    // Who writes it for a server that keeps data, or a single one that is no app's, knows why.
    let found = served(set)
        .filter(|pod| pod.workload.text("/spec/strategy/type") == Some("Recreate") && !needs_the_node(pod))
        .filter(|pod| {
            pod.mains().all(|container| matches!(container.product, Product::Java | Product::Other))
        });
    let found = found.map(|pod| {
        Finding::new(pod.workload, "stops all pods before it starts new ones").at("/spec/strategy/type")
    });
    found.collect()
}

/// Who says of a shared claim what it means for the server in it.
const OF_STORES: &[&str] = &[
    "nacos-data-is-not-shared",
    "kafka-log-has-one-node",
    "zookeeper-data-has-one-server",
    "mysql-data-has-one-server",
    "redis-data-has-one-server",
    "rocketmq-store-has-one-broker",
];

fn claim_fits_replicas<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let elsewhere = Elsewhere::of(set, OF_STORES);
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| matches!(pod.workload.kind(), "Deployment" | "StatefulSet")) {
        let volumes = pod.spec.get("volumes").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, volume) in volumes {
            let claim = volume.pointer("/persistentVolumeClaim/claimName").and_then(Value::as_str);
            let claim = claim.and_then(|name| set.beside(pod.workload, "PersistentVolumeClaim", name));
            let told = || elsewhere.says(pod.workload, &Path::root());
            let Some(claim) = claim.filter(|claim| is_of_one_node(claim) && !told()) else { continue };
            let replicas = pod.replicas(set).unwrap_or(1);
            let recreated = pod.workload.kind() != "Deployment"
                || pod.workload.text("/spec/strategy/type") == Some("Recreate")
                || pod
                    .workload
                    .at("/spec/strategy/rollingUpdate/maxSurge")
                    .is_some_and(|surge| is_zero(Some(surge)));
            let title = match replicas {
                0 | 1 if recreated => continue,
                0 | 1 => {
                    format!("a rollout starts a second pod beside the one that uses claim `{}`", claim.name())
                }
                _ => format!("{replicas} pods share claim `{}`, which only one node can mount", claim.name()),
            };
            findings.push(pod.finding(&format!("/volumes/{index}/persistentVolumeClaim/claimName"), title));
        }
    }
    findings
}

fn is_of_one_node(claim: &Object) -> bool {
    let modes = claim.at("/spec/accessModes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    !modes.is_empty()
        && modes.iter().all(|mode| matches!(mode.as_str(), Some("ReadWriteOnce" | "ReadWriteOncePod")))
}
