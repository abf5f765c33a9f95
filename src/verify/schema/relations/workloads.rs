//! Deployments, StatefulSets, DaemonSets and ReplicaSets.

use serde_json::Map;

use super::{Here, Table, child, has, list};

pub(super) const OF: Table = &[
    ("apps.v1.DaemonSetSpec", selects_something),
    ("apps.v1.DeploymentSpec", selects_something),
    ("apps.v1.ReplicaSetSpec", selects_something),
    ("apps.v1.StatefulSetSpec", selects_something),
    ("apps.v1.DaemonSetSpec", runs_on),
    ("apps.v1.DeploymentSpec", runs_on),
    ("apps.v1.ReplicaSetSpec", runs_on),
    ("apps.v1.StatefulSetSpec", runs_on),
];

fn selects_something(here: &mut Here<'_>) {
    let Some(selector) = child(here.map, "selector") else { return };
    let labels = child(selector, "matchLabels").is_some_and(|labels| !Map::is_empty(labels));
    if !labels && list(selector, "matchExpressions").is_empty() {
        here.wrong_but("/selector", "must not be empty", "select by labels of the pod template");
    }
}

fn runs_on(here: &mut Here<'_>) {
    let pods = child(here.map, "template").and_then(|template| child(template, "spec"));
    if pods.is_some_and(|pods| has(pods, "activeDeadlineSeconds")) {
        let help = "remove it: only Pods and Jobs end by themselves";
        here.wrong_but("/template/spec/activeDeadlineSeconds", "must not be set", help);
    }
}
