//! Rights that say what they mean.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "rights-name-served-groups",
    grade: Grade::WARNING,
    promise: "roles grant resources in API groups that still exist",
    why: "the API server accepts the rule, and it grants nothing: requests for the resource in its present group are forbidden",
    fix: "name the present group in `apiGroups`",
    source: "Kubernetes documentation, Deprecated API Migration Guide: 1.16 and 1.22",
    check: rights_name_served_groups,
}];

/// What the group `extensions` had: the resource, its group since, and the version in which the old one went.
const EXTENSIONS: &[(&str, &str, &str)] = &[
    ("ingresses", "networking.k8s.io", "1.22"),
    ("networkpolicies", "networking.k8s.io", "1.16"),
    ("deployments", "apps", "1.16"),
    ("daemonsets", "apps", "1.16"),
    ("replicasets", "apps", "1.16"),
];

fn rights_name_served_groups<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for role in set.of_kind("Role").iter().chain(set.of_kind("ClusterRole")) {
        let rules = role.at("/rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let granted: BTreeSet<(&str, &str)> = rules.iter().flat_map(granted).collect();
        let has = |group: &str, resource: &str| {
            [(group, resource), (group, "*"), ("*", resource), ("*", "*")]
                .iter()
                .any(|pair| granted.contains(pair))
        };
        for (index, rule) in rules.iter().enumerate() {
            let old = |(resource, group, _): &&(&str, &str, &str)| {
                granted_by(rule, "extensions", resource) && !has(group, resource)
            };
            let Some((resource, group, gone)) = EXTENSIONS.iter().find(old) else { continue };
            let title =
                format!("grants `{resource}` in the API group `extensions`, which is gone since {gone}");
            let help = format!("write `apiGroups: [{group}]`");
            findings
                .push(Finding::new(role, title).at(format!("/rules/{index}/apiGroups").as_str()).help(help));
        }
    }
    findings
}

fn texts<'v>(rule: &'v Value, field: &str) -> impl Iterator<Item = &'v str> + Clone {
    rule.get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
}

/// Groups with resources, without their subresources.
fn granted(rule: &Value) -> impl Iterator<Item = (&str, &str)> {
    let resources = texts(rule, "resources").map(|resource| resource.split('/').next().unwrap_or_default());
    texts(rule, "apiGroups").flat_map(move |group| resources.clone().map(move |resource| (group, resource)))
}

fn granted_by(rule: &Value, group: &str, resource: &str) -> bool {
    granted(rule).any(|pair| pair == (group, resource))
}
