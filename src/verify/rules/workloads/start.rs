//! The time that a server has to start, in the CPU time that it is sure to get.

use serde_json::Value;

use crate::k8s::Quantity;
use crate::products::start;
use crate::verify::pods::{Container, Product};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "start-fits-cpu-request",
    grade: Grade::WARNING,
    promise: "a server's probes give it the time that it needs to start with the CPU that it requests",
    why: "on a busy node it gets no more CPU than it has requested, is killed before it answers, and starts again from \
          the beginning: it never comes up",
    fix: "raise `failureThreshold` of a `startupProbe`, or the CPU request",
    source: "seen on busy nodes; Kubernetes documentation, Resource Management: CPU requests are shares under contention",
    check: start_fits_cpu_request,
}];

fn start_fits_cpu_request<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = set.pods().iter().flat_map(|pod| pod.mains()).filter_map(|container| {
        // What an app of a stranger needs is unknown.
        let needed = Some(container.product).filter(|product| *product != Product::Java);
        let needed = needed.and_then(start::cpu_seconds)?;
        let (kind, seconds) = window(container)?;
        let request = container.at("/resources/requests/cpu").and_then(Value::as_str)?;
        let millis = Quantity::parse(request).ok()?.millis();
        let given = seconds.saturating_mul(millis) / 1000;
        if given >= needed {
            return None;
        }
        let title = format!(
            "{seconds} s at {request} are {given} CPU seconds, but `{}` needs some {needed} to start",
            container.name
        );
        let enough = (2 * needed * 1000).div_ceil(millis.max(1)).div_ceil(PERIOD);
        let help =
            format!("add a `startupProbe` with `periodSeconds: {PERIOD}` and `failureThreshold: {enough}`");
        Some(container.finding(&format!("/{kind}"), title).help(help))
    });
    found.collect()
}

/// Seconds between two tries of the probe that the help names.
const PERIOD: u64 = 10;

/// The probe that ends a start, and the seconds that it gives.
fn window(container: &Container<'_>) -> Option<(&'static str, u64)> {
    let kind = ["startupProbe", "livenessProbe"].into_iter().find(|kind| container.probe(kind).is_some())?;
    Some((kind, container.probe(kind)?.budget()))
}
