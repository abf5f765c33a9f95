//! NetworkPolicies: which way they speak of, and what they let through.

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::Set;
use crate::verify::pods::{Container, Pod};

/// Is the policy one of that type?
pub(in crate::verify) fn is_of(policy: &Object, kind: &str) -> bool {
    match policy.at("/spec/policyTypes").and_then(Value::as_array) {
        Some(types) => types.iter().any(|known| known == kind),
        None => kind == "Ingress" || policy.at("/spec/egress").is_some(),
    }
}

/// A NetworkPolicy that keeps everybody from that port of the pods, when no other one lets somebody in. None where a
/// selector cannot be read.
pub(in crate::verify) fn closed_by<'a>(
    set: &Set<'a>,
    pod: &Pod<'a>,
    container: &Container<'a>,
    port: u64,
) -> Option<&'a Object> {
    let labels = pod.workload.pod_labels();
    let mut closing = None;
    for policy in
        set.of_kind("NetworkPolicy").iter().filter(|policy| set.namespace_of(policy) == pod.namespace)
    {
        if policy.at("/spec/podSelector/matchExpressions").is_some() {
            return None;
        }
        let selector = policy.at("/spec/podSelector/matchLabels").and_then(Value::as_object);
        let carried =
            |(key, value): (&String, &Value)| labels.and_then(|labels| labels.get(key)) == Some(value);
        if !is_of(policy, "Ingress") || !selector.into_iter().flatten().all(carried) {
            continue;
        }
        let rules = policy.at("/spec/ingress").and_then(Value::as_array).into_iter().flatten();
        for rule in rules {
            match rule.get("ports").and_then(Value::as_array).filter(|ports| !ports.is_empty()) {
                Some(ports) if !ports.iter().any(|open| lets_in(open, container, port)) => {}
                _ => return None,
            }
        }
        closing = closing.or(Some(*policy));
    }
    closing
}

/// Is it one of the ports that a rule of a NetworkPolicy names?
pub(in crate::verify) fn lets_in(open: &Value, container: &Container<'_>, port: u64) -> bool {
    if open.get("protocol").is_some_and(|protocol| protocol != "TCP") {
        return false;
    }
    let Some(named) = open.get("port") else { return true };
    let Some(first) = container.port_number(named) else { return named.is_string() };
    let last = open.get("endPort").and_then(Value::as_u64).unwrap_or(first);
    (first..=last).contains(&port)
}
