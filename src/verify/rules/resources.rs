//! What containers ask for and may take.

use serde_json::Value;

use super::super::{Finding, Grade, Rule, Set};
use crate::k8s::Quantity;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "request-fits-limit",
    grade: Grade::ERROR,
    promise: "no container requests more than its limit",
    why: "the API server refuses the workload",
    fix: "raise the limit, or remove it",
    source: "core/v1 validation of resources; observed with kube-apiserver 1.37.2",
    check: limit_holds_request,
}];

fn limit_holds_request<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let amount = |part: &str, kind: &str| match container.at("/resources")?.get(part)?.get(kind)? {
            Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
            value => Quantity::parse(value.as_str()?).ok(),
        };
        for kind in ["cpu", "memory", "ephemeral-storage"] {
            let (Some(request), Some(limit)) = (amount("requests", kind), amount("limits", kind)) else {
                continue;
            };
            if request.millis() > limit.millis() {
                let title = format!("requests {request} of {kind}, but is limited to {limit}");
                findings.push(container.finding(&format!("/resources/requests/{kind}"), title));
            }
        }
    }
    findings
}
