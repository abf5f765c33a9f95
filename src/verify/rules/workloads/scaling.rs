//! How many pods there are, and who says so.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "autoscaler-bounds-allowed",
        grade: Grade::ERROR,
        promise: "an autoscaler's numbers are valid",
        why: "the API server refuses the HorizontalPodAutoscaler",
        fix: "set `maxReplicas` to at least `minReplicas`, and `minReplicas` to at least 1",
        source: "autoscaling/v2 validation; observed with kube-apiserver 1.37.2",
        check: autoscaler_bounds_allowed,
    },
    Rule {
        code: "autoscaler-has-requests",
        grade: Grade::ERROR,
        promise: "every container that an autoscaler scales requests the resource that it measures",
        why: "utilization is a percentage of the request: with a container without one the autoscaler stays at \
              FailedGetResourceMetric and never scales",
        fix: "add the request, or measure one container with `ContainerResource`",
        source: "Kubernetes documentation, Horizontal Pod Autoscaling: algorithm details",
        check: autoscaler_has_requests,
    },
    Rule {
        code: "autoscaler-keeps-two-pods",
        grade: Grade::PROD,
        promise: "an autoscaler keeps two or more pods",
        why: "at low load there is one pod, so its node's maintenance is an outage; one pod also reacts late to \
              rising load",
        fix: "set `minReplicas: 2`",
        source: "kube-score, Polaris: hpaMinAvailability",
        check: autoscaler_keeps_two,
    },
    Rule {
        code: "autoscalers-do-not-overlap",
        grade: Grade::ERROR,
        promise: "no two autoscalers scale the same target",
        why: "each sets `replicas` to its own result, and pods start and stop continuously",
        fix: "combine the metrics in one",
        source: "Kubernetes documentation, Horizontal Pod Autoscaling: multiple metrics",
        check: autoscaler_is_alone,
    },
    Rule {
        code: "jvm-scales-by-cpu",
        grade: Grade::WARNING,
        promise: "a JVM is not scaled by its memory",
        why: "a JVM rarely returns heap to the system: pods are added in the first busy hour and never removed",
        fix: "scale by CPU, or by a request metric",
        source: "OpenJDK: heap is rarely given back; Kubernetes documentation, Horizontal Pod Autoscaling",
        check: jvm_scales_by_cpu,
    },
];

/// Autoscalers with a number at a pointer.
fn number(scaler: &Object, pointer: &str) -> Option<i64> {
    scaler.at(pointer).and_then(Value::as_i64)
}

/// The metrics of an autoscaler, with their positions.
fn metrics(scaler: &Object) -> impl Iterator<Item = (usize, &Value)> {
    scaler.at("/spec/metrics").and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn autoscaler_bounds_allowed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for scaler in set.of_kind("HorizontalPodAutoscaler").iter().copied() {
        let mut push = |at: &str, title: String| findings.push(Finding::new(scaler, title).at(at));
        let least = number(scaler, "/spec/minReplicas").unwrap_or(1);
        if let Some(most) = number(scaler, "/spec/maxReplicas") {
            if most < 1 {
                push("/spec/maxReplicas", format!("`maxReplicas` cannot be {most}"));
            } else if most < least {
                push("/spec/maxReplicas", format!("`maxReplicas` is {most}, and `minReplicas` is {least}"));
            }
        }
        let from_zero = set.around.minor.at_least(37)
            && metrics(scaler).any(|(_, metric)| matches!(kind(metric), "Object" | "External"));
        if least < 1 && !(least == 0 && from_zero) {
            let why = match set.around.minor.at_least(37) {
                _ if least < 0 => "",
                true => " without a metric of type Object or External",
                false => " before Kubernetes 1.37",
            };
            push("/spec/minReplicas", format!("`minReplicas` cannot be {least}{why}"));
        }
        for direction in ["scaleUp", "scaleDown"] {
            behaves(scaler, direction, &mut push);
        }
    }
    findings
}

fn kind(metric: &Value) -> &str {
    metric.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn behaves(scaler: &Object, direction: &str, push: &mut impl FnMut(&str, String)) {
    let at = format!("/spec/behavior/{direction}");
    let window = format!("{at}/stabilizationWindowSeconds");
    if let Some(seconds) = number(scaler, &window).filter(|seconds| !(0..=3600).contains(seconds)) {
        push(&window, format!("a stabilization window is 0 to 3600 s, not {seconds}"));
    }
    let policies = scaler.at(&format!("{at}/policies")).and_then(Value::as_array);
    for index in 0..policies.map_or(0, Vec::len) {
        let period = format!("{at}/policies/{index}/periodSeconds");
        if let Some(seconds) = number(scaler, &period).filter(|seconds| !(1..=1800).contains(seconds)) {
            push(&period, format!("a policy's period is 1 to 1800 s, not {seconds}"));
        }
        let value = format!("{at}/policies/{index}/value");
        if let Some(value_is) = number(scaler, &value).filter(|value| *value < 1) {
            push(&value, format!("a policy cannot change {value_is} pods"));
        }
    }
}

/// The pods that an autoscaler scales.
fn target<'s, 'a>(set: &'s Set<'a>, scaler: &'a Object) -> Option<&'s Pod<'a>> {
    let text = |field| scaler.text(field);
    let target =
        set.beside(scaler, text("/spec/scaleTargetRef/kind")?, text("/spec/scaleTargetRef/name")?)?;
    set.pod_of(target)
}

/// What an autoscaler measures in percent of requests: the resource, the container where only one is meant, the field.
fn measured(scaler: &Object) -> Vec<(&str, Option<&str>, String)> {
    let mut found = Vec::new();
    for (index, metric) in metrics(scaler) {
        let part = match kind(metric) {
            "Resource" => "resource",
            "ContainerResource" => "containerResource",
            _ => continue,
        };
        let Some(source) = metric.get(part) else { continue };
        let text = |key: &str| source.get(key).and_then(Value::as_str);
        let relative = source.pointer("/target/averageUtilization").is_some();
        if let Some(name) = text("name").filter(|_| relative) {
            found.push((name, text("container"), format!("/spec/metrics/{index}/{part}")));
        }
    }
    if scaler.at("/spec/metrics").is_none() {
        let told = scaler.at("/spec/targetCPUUtilizationPercentage").is_some();
        let at = if told { "/spec/targetCPUUtilizationPercentage" } else { "/spec" };
        found.push(("cpu", None, at.to_owned()));
    }
    found
}

/// Does an autoscaler measure a resource of the container in percent of its request?
pub(super) fn is_measured(scaler: &Object, container: &Container<'_>, resource: &str) -> bool {
    let meant = |only: Option<&str>| only.is_none_or(|only| only == container.name);
    measured(scaler).iter().any(|(name, only, _)| *name == resource && meant(*only))
}

/// A limit is a request too, where there is none.
pub(super) fn asks(container: &Container<'_>, resource: &str) -> bool {
    ["requests", "limits"].iter().any(|part| {
        let amounts = container.at("/resources").and_then(|resources| resources.get(*part));
        amounts.and_then(|amounts| amounts.get(resource)).is_some()
    })
}

fn autoscaler_has_requests<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for scaler in set.of_kind("HorizontalPodAutoscaler").iter().copied() {
        let Some(pod) = target(set, scaler) else { continue };
        if has_defaults(set, pod.namespace) {
            continue;
        }
        for (resource, only, at) in measured(scaler) {
            let Some(meant) = only else {
                let bare = pod.mains().find(|container| !asks(container, resource));
                if let Some(bare) = bare {
                    let title = format!(
                        "container `{}` has no {resource} request, but {} measures it",
                        bare.name,
                        scaler.id()
                    );
                    findings.push(at_request(bare, title));
                }
                continue;
            };
            match pod.mains().find(|container| container.name == meant) {
                None => {
                    let title =
                        format!("measures container `{meant}`, which {} does not have", pod.workload.id());
                    findings.push(Finding::new(scaler, title).at(format!("{at}/container").as_str()));
                }
                Some(container) if !asks(container, resource) => {
                    let title = format!(
                        "container `{meant}` has no {resource} request, but {} measures it",
                        scaler.id()
                    );
                    findings.push(at_request(container, title));
                }
                Some(_) => {}
            }
        }
    }
    findings
}

/// Where the request is missing.
fn at_request<'a>(container: &Container<'a>, title: String) -> Finding<'a> {
    let at = if container.at("/resources").is_some() { "/resources" } else { "/name" };
    container.finding(at, title)
}

/// Does a LimitRange give containers what they do not ask for?
pub(super) fn has_defaults(set: &Set<'_>, namespace: &str) -> bool {
    set.of_kind("LimitRange").iter().any(|range| set.namespace_of(range) == namespace)
}

fn autoscaler_keeps_two<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = set.of_kind("HorizontalPodAutoscaler").iter().filter_map(|scaler| {
        let told = scaler.at("/spec/minReplicas");
        let least = told.map_or(Some(1), Value::as_u64)?;
        let (at, how) = if told.is_some() { ("/spec/minReplicas", "") } else { ("/spec", ", the default") };
        let one = || Finding::new(scaler, format!("may scale down to a single pod{how}")).at(at);
        (least == 1).then(one)
    });
    found.collect()
}

fn autoscaler_is_alone<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut seen: BTreeMap<_, &Object> = BTreeMap::new();
    let mut findings = Vec::new();
    for scaler in set.of_kind("HorizontalPodAutoscaler").iter().copied() {
        let text = |field| scaler.text(field).unwrap_or_default();
        let (kind, name) = (text("/spec/scaleTargetRef/kind"), text("/spec/scaleTargetRef/name"));
        if name.is_empty() {
            continue;
        }
        match seen.get(&(set.namespace_of(scaler), kind, name)) {
            // The same object twice is another rule's.
            Some(other) if other.name() != scaler.name() => {
                let title = format!("scales {kind}/{name}, and so does {}", other.id());
                findings.push(Finding::new(scaler, title).at("/spec/scaleTargetRef/name"));
            }
            Some(_) => {}
            None => {
                seen.insert((set.namespace_of(scaler), kind, name), scaler);
            }
        }
    }
    findings
}

fn jvm_scales_by_cpu<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for scaler in set.of_kind("HorizontalPodAutoscaler").iter().copied() {
        let Some(app) = target(set, scaler).and_then(|pod| pod.running(Product::Java)) else { continue };
        for (index, metric) in metrics(scaler) {
            for part in ["resource", "containerResource"] {
                let name = metric.get(part).and_then(|source| source.get("name")?.as_str());
                let other = metric.get(part).and_then(|source| source.get("container")?.as_str());
                if name == Some("memory") && other.is_none_or(|other| other == app.name) {
                    let title = format!("scales container `{}`, a Java program, by memory", app.name);
                    let at = format!("/spec/metrics/{index}/{part}/name");
                    findings.push(Finding::new(scaler, title).at(at.as_str()));
                }
            }
        }
    }
    findings
}
