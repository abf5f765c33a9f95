//! What containers ask for and may take.

use super::super::{Finding, Rule, Set};
use crate::diagnostic::Severity;
use crate::k8s::Quantity;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "limit-holds-request",
    severity: Severity::Error,
    promise: "no container asks for more than its limit",
    why: "the API server takes the workload and refuses every one of its pods, and only its events tell",
    check: limit_holds_request,
}];

fn limit_holds_request(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        for container in object.containers() {
            let amount = |part: &str, kind: &str| {
                let text = container.get("resources")?.get(part)?.get(kind)?.as_str()?;
                Quantity::parse(text).ok()
            };
            for kind in ["cpu", "memory"] {
                let (Some(request), Some(limit)) = (amount("requests", kind), amount("limits", kind)) else {
                    continue;
                };
                if request.millis() > limit.millis() {
                    let title = format!("asks for {request} of {kind} and is limited to {limit}");
                    findings.push(Finding::new(object, title).help("raise the limit, or leave it out"));
                }
            }
        }
    }
    findings
}
