//! What NetworkPolicies let through to Nacos members.

use serde_json::Value;

use super::running::{PEERS, RAFT, Running};
use crate::k8s::Object;
use crate::verify::{Finding, Set};

/// The finding, when policies shut members off from each other.
pub(super) fn silenced<'a>(server: Running<'_, 'a>, set: &Set<'a>) -> Option<Finding<'a>> {
    let main = server.port()?;
    let policies = isolating(server, set)?;
    let first = *policies.first()?;
    let wanted = [(main.saturating_add(PEERS), "gRPC"), (main.saturating_sub(RAFT), "Raft")];
    let shut: Vec<String> = wanted
        .iter()
        .filter(|(port, _)| !policies.iter().any(|policy| lets_in(policy, *port, server)))
        .map(|(port, what)| format!("{port} for {what}"))
        .collect();
    let title = format!("lets no member reach {}", shut.join(" and "));
    let help = format!("allow {} and {} among the members", wanted[0].0, wanted[1].0);
    (!shut.is_empty()).then(|| Finding::new(first, title).at("/spec/ingress").help(help))
}

/// The policies that choose what comes in; nothing when one of them chooses its pods in a way that we do not read.
fn isolating<'a>(server: Running<'_, 'a>, set: &Set<'a>) -> Option<Vec<&'a Object>> {
    let labels = server.workload().pod_labels();
    let mut found = Vec::new();
    for policy in set.of_kind("NetworkPolicy") {
        if set.namespace_of(policy) != server.pod.namespace || !is_for_ingress(policy) {
            continue;
        }
        if policy.at("/spec/podSelector/matchExpressions").is_some() {
            return None;
        }
        let wanted = policy.at("/spec/podSelector/matchLabels").and_then(Value::as_object);
        let carries =
            |(key, value): (&String, &Value)| labels.and_then(|labels| labels.get(key)) == Some(value);
        if wanted.into_iter().flatten().all(carries) {
            found.push(*policy);
        }
    }
    Some(found)
}

fn is_for_ingress(policy: &Object) -> bool {
    let types = policy.at("/spec/policyTypes").and_then(Value::as_array);
    types.is_none_or(|types| types.iter().any(|kind| kind == "Ingress"))
}

/// From anywhere at all: who exactly is not judged.
fn lets_in(policy: &Object, port: u64, server: Running<'_, '_>) -> bool {
    let rules = policy.at("/spec/ingress").and_then(Value::as_array).into_iter().flatten();
    rules.filter_map(Value::as_object).any(|rule| match rule.get("ports").and_then(Value::as_array) {
        Some(ports) if !ports.is_empty() => ports.iter().any(|allowed| covers(allowed, port, server)),
        _ => true,
    })
}

fn covers(allowed: &Value, port: u64, server: Running<'_, '_>) -> bool {
    if allowed.get("protocol").is_some_and(|protocol| protocol != "TCP") {
        return false;
    }
    let Some(from) = allowed.get("port") else { return true };
    // A name that the container does not declare may be another one's: unknown.
    let Some(from) = server.container.port_number(from) else { return true };
    let to = allowed.get("endPort").and_then(Value::as_u64).unwrap_or(from);
    (from..=to).contains(&port)
}
