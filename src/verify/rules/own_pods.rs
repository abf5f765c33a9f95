//! Workloads and the pods that they call their own.

use serde_json::{Map, Value};

use super::super::selecting::selects;
use super::super::{Finding, Grade, Rule, Set};
use crate::diagnostic::Path;
use crate::k8s::Object;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "selector-matches-template",
    grade: Grade::ERROR,
    promise: "a workload's selector matches its own pods and does not contain a version",
    why: "the API server refuses a selector that does not match its pods; one with a version blocks upgrades, \
          because a selector is immutable",
    fix: "use labels that the template carries and that never change",
    source: "apps/v1 validation: selector must match template labels and is immutable; observed with kube-apiserver 1.37.2",
    check: selector_matches_template,
}];

/// Labels that change with every release.
const CHANGING: &[&str] = &[
    "version",
    "chart",
    "helm.sh/chart",
    "pod-template-hash",
    "controller-revision-hash",
    "image",
    "tag",
    "commit",
];

/// Does the label change with a release? `version: v1` of a workload that is called `shop-v1` never does.
fn is_changing(object: &Object, key: &str, value: &Value) -> bool {
    let part_of_name = value
        .as_str()
        .is_some_and(|value| value.contains(char::is_alphabetic) && object.name().contains(value));
    // `chart: tea`
    let numbered = value.as_str().is_some_and(|value| value.contains(|c: char| c.is_ascii_digit()));
    if matches!(key, "version" | "chart" | "helm.sh/chart") && !numbered {
        return false;
    }
    (CHANGING.contains(&key) || key.ends_with("/version")) && !part_of_name
}

fn selector_matches_template<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in &set.objects {
        let selector = object.at("/spec/selector/matchLabels").and_then(Value::as_object);
        let Some(selector) = selector else { continue };
        if object.kind() == "PodDisruptionBudget" || object.pod_template().is_none() {
            continue;
        }
        let at = |key: &str| Path::from("/spec/selector/matchLabels").key(key);
        let carried = |(key, value): &(&String, &Value)| {
            object.pod_labels().and_then(|labels| labels.get(*key)) == Some(*value)
        };
        if let Some((key, _)) = selector.iter().find(|pair| !carried(pair)) {
            let title = format!("selects by `{key}`, which its own pods do not have");
            findings.push(Finding::new(object, title).at(at(key)));
        }
        // Two tracks side by side may well be told apart by it.
        if let Some((key, _)) = selector.iter().find(|(key, value)| is_changing(object, key, value)) {
            let title = format!("selects by `{key}`, which changes with every upgrade");
            findings.push(Finding::new(object, title).at(at(key)).warns());
        }
    }
    findings.extend(set.objects.iter().filter_map(|object| expressed(object)));
    findings
}

/// What is wrong with the rest of a workload's selector.
fn expressed(object: &Object) -> Option<Finding<'_>> {
    object.pod_template()?;
    let selector = object
        .at("/spec/selector")
        .filter(|_| matches!(object.kind(), "Deployment" | "DaemonSet" | "StatefulSet"))?;
    let count = |key: &str| match selector.get(key) {
        Some(Value::Object(labels)) => labels.len(),
        Some(Value::Array(expressions)) => expressions.len(),
        _ => 0,
    };
    if count("matchLabels") + count("matchExpressions") == 0 {
        let title = "has an empty selector, which the API server refuses";
        return Some(Finding::new(object, title).at("/spec/selector"));
    }
    let mut rest = selector.clone();
    rest.as_object_mut()?.remove("matchLabels");
    let none = Map::new();
    (!selects(&rest, object.pod_labels().unwrap_or(&none))).then(|| {
        Finding::new(object, "its selector does not match its own pods").at("/spec/selector/matchExpressions")
    })
}
