//! Pods of one workload on several nodes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::verify::pods::{Pod, Product};
use crate::verify::selecting::selects;
use crate::verify::topology::{Apart, apart};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "spread-allowed",
        grade: Grade::ERROR,
        promise: "topology spread constraints are valid",
        why: "the API server refuses the pod",
        fix: "use each pair of `topologyKey` and `whenUnsatisfiable` only once, `minDomains` with \
              `DoNotSchedule`, and `matchLabelKeys` with a `labelSelector` that does not contain those keys",
        source: "core/v1 validation of topologySpreadConstraints; observed with kube-apiserver 1.37.2",
        check: spread_allowed,
    },
    Rule {
        code: "spread-counts-own-pods",
        grade: Grade::ERROR,
        promise: "a topology spread constraint selects the pods of its own workload",
        why: "with a selector that does not match the pods themselves nothing is spread: all of them may run on \
              one node",
        fix: "select by the labels of the pod template",
        source: "Kubernetes documentation, Pod Topology Spread Constraints: label selector",
        check: spread_counts_own_pods,
    },
    Rule {
        code: "affinity-names-pods",
        grade: Grade::WARNING,
        promise: "pod affinity and anti-affinity refer to labels that pods have, with the same spelling",
        why: "an anti-affinity that selects no pods separates nothing, and a required affinity that selects none \
              keeps pods Pending",
        fix: "select by the labels of the intended pod template",
        source: "Kubernetes documentation, Inter-pod affinity and anti-affinity",
        check: affinity_names_pods,
    },
    Rule {
        code: "replicas-are-spread",
        grade: Grade::PROD,
        promise: "several pods of an app are spread over several nodes",
        why: "the scheduler may place all of them on one node, whose failure or maintenance stops the app",
        fix: "add a topologySpreadConstraint for `kubernetes.io/hostname`, with `ScheduleAnyway`",
        source: "kube-linter no-anti-affinity; Kubernetes documentation, Pod Topology Spread Constraints",
        check: replicas_apart,
    },
];

/// The constraints of a pod, with the pointer to each.
fn constraints<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (String, &'a Value)> {
    let list = pod.spec.get("topologySpreadConstraints").and_then(Value::as_array);
    let all = list.into_iter().flatten().enumerate();
    all.map(|(index, constraint)| (format!("/topologySpreadConstraints/{index}"), constraint))
}

fn spread_allowed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let mut seen = BTreeSet::new();
        for (at, constraint) in constraints(pod) {
            let mut push =
                |field: &str, title: String| findings.push(pod.finding(&format!("{at}/{field}"), title));
            let text = |field: &str| constraint.get(field).and_then(Value::as_str).unwrap_or_default();
            let number = |field: &str| constraint.get(field).and_then(Value::as_i64);
            let (key, when) = (text("topologyKey"), text("whenUnsatisfiable"));
            if let Some(skew) = number("maxSkew").filter(|skew| *skew < 1) {
                push("maxSkew", format!("`maxSkew` must be at least 1, not {skew}"));
            }
            if number("minDomains").is_some() && when == "ScheduleAnyway" {
                push("minDomains", "`minDomains` needs `whenUnsatisfiable: DoNotSchedule`".to_owned());
            }
            if !seen.insert((key, when)) {
                push("topologyKey", format!("two constraints have the same `{key}` and `{when}`"));
            }
            let keys = constraint.get("matchLabelKeys").and_then(Value::as_array).into_iter().flatten();
            let labels = constraint.pointer("/labelSelector/matchLabels").and_then(Value::as_object);
            let mut keys = keys.filter_map(Value::as_str).peekable();
            if keys.peek().is_some() && constraint.get("labelSelector").is_none() {
                push("matchLabelKeys", "`matchLabelKeys` needs a `labelSelector`".to_owned());
            } else if let Some(twice) =
                keys.find(|key| labels.is_some_and(|labels| labels.contains_key(*key)))
            {
                push("matchLabelKeys", format!("`{twice}` is in `labelSelector` too"));
            }
        }
    }
    findings
}

fn spread_counts_own_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let none = Map::new();
    let mut findings = Vec::new();
    for pod in set.pods() {
        let labels = pod.workload.pod_labels().unwrap_or(&none);
        for (at, constraint) in constraints(pod) {
            match constraint.get("labelSelector") {
                None if constraint.get("matchLabelKeys").is_none() => {
                    findings.push(pod.finding(&at, "counts no pods: it has no `labelSelector`"));
                }
                Some(selector) if !selects(selector, labels) => {
                    let title = "counts pods other than those of its workload";
                    findings.push(pod.finding(&format!("{at}/labelSelector"), title));
                }
                _ => {}
            }
        }
    }
    findings
}

/// Where terms of affinity to pods stand, and what leads from an entry to its term.
const TERMS: &[(&str, &str, &str)] = &[
    ("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", ""),
    ("podAffinity", "preferredDuringSchedulingIgnoredDuringExecution", "/podAffinityTerm"),
    ("podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution", ""),
    ("podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution", "/podAffinityTerm"),
];

/// Pods of others may be meant, and not be in the set: only a slip in one label is told.
fn affinity_names_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let Some(affinity) = pod.spec.get("affinity") else { continue };
        for (kind, when, to) in TERMS {
            let entries = affinity.get(kind).and_then(|kind| kind.get(when)?.as_array());
            for (index, entry) in entries.into_iter().flatten().enumerate() {
                let labels =
                    entry.pointer(&format!("{to}/labelSelector/matchLabels")).and_then(Value::as_object);
                let elsewhere = entry.pointer(&format!("{to}/namespaces")).is_some()
                    || entry.pointer(&format!("{to}/namespaceSelector")).is_some();
                let Some(labels) = labels.filter(|labels| !elsewhere && !labels.is_empty()) else { continue };
                let Some((key, title)) = slip(set, pod, labels) else { continue };
                let at = format!("/affinity/{kind}/{when}/{index}{to}/labelSelector/matchLabels");
                findings.push(pod.finding("", title).at(pod.field(&at).key(key)));
            }
        }
    }
    findings
}

/// The label that is a letter or two away from one of a pod that there is, where no pod has all of them.
fn slip<'l>(set: &Set<'_>, pod: &Pod<'_>, labels: &'l Map<String, Value>) -> Option<(&'l str, String)> {
    if !set.selected(pod.namespace, labels).is_empty() {
        return None;
    }
    labels.iter().find_map(|(key, value)| {
        let value = value.as_str()?;
        let mut without = labels.clone();
        without.remove(key);
        // Its own pods when nothing else is asked for: those are meant most often.
        let found =
            if without.is_empty() { vec![pod.workload] } else { set.selected(pod.namespace, &without) };
        let theirs = found.iter().find_map(|workload| workload.pod_labels()?.get(key)?.as_str())?;
        let near = theirs != value && strsim::damerau_levenshtein(theirs, value) <= 2 && value.len() > 4;
        near.then(|| (key.as_str(), format!("refers to `{key}: {value}`, but the pods have `{theirs}`")))
    })
}

fn replicas_apart<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| pod.workload.kind() == "Deployment") {
        // Rules of the products know better what theirs need.
        let app = pod.mains().all(|container| matches!(container.product, Product::Java | Product::Other));
        let tied = ["nodeSelector", "nodeName"].iter().any(|field| pod.spec.contains_key(*field))
            || pod.spec.get("affinity").is_some_and(|affinity| affinity.get("nodeAffinity").is_some());
        let Some(replicas) = pod.replicas(set).filter(|replicas| *replicas >= 2 && app && !tied) else {
            continue;
        };
        if apart(pod) == Apart::Never {
            let title = format!("may run all {replicas} pods on one node");
            let told = pod.workload.at("/spec/replicas").is_some();
            findings.push(match told {
                true => Finding::new(pod.workload, title).at("/spec/replicas"),
                false => pod.finding("", title),
            });
        }
    }
    findings
}
