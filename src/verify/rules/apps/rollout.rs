//! How an app comes and goes without a caller noticing.

use super::hook;
use super::registries::{self, Registry};
use crate::products::spring::{ACTUATOR, key};
use crate::verify::pods::Container;
use crate::verify::pods::spring::{Setting, Spring};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "grace-covers-shutdown",
        grade: Grade::PROD,
        promise: "a pod's grace period covers its preStop drain and Spring's own shutdown",
        why: "the grace period starts with the hook, and at its end the kubelet kills the container: requests \
              that Spring still waits for are cut off",
        fix: "set `terminationGracePeriodSeconds` to the sum of both plus ten seconds",
        source: "Spring Boot documentation, Graceful Shutdown; core/v1 Lifecycle; kubernetes/kubernetes#67592",
        check: grace_covers_shutdown,
    },
    Rule {
        code: "rollout-outlasts-callers-caches",
        grade: Grade::WARNING,
        promise: "a rollout waits after each pod until callers have learned about the new one from the registry",
        why: "Spring Cloud LoadBalancer caches instances for 35 seconds: the old pods are gone while callers \
              still know only them",
        fix: "set `minReadySeconds: 40`",
        source: "spring-cloud-commons LoadBalancerCacheProperties",
        check: rollout_outlasts_caches,
    },
    Rule {
        code: "prestop-reaches-actuator",
        grade: Grade::ERROR,
        promise: "the hook that deregisters a pod calls the port that the actuator listens on",
        why: "the call fails silently, and callers keep using the pod until it is gone",
        fix: "call `management.server.port`",
        source: "Spring Boot documentation, Actuator: management.server.port",
        check: prestop_reaches_actuator,
    },
];

/// What Spring waits for open requests when nothing else is said.
const PHASE: u64 = 30;
/// How long callers remember instances when nothing else is said.
const REMEMBERED: u64 = 35;

fn grace_covers_shutdown<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set) {
        let spring = Spring::of(container);
        let Some(shutdown) = shutdown(&spring) else { continue };
        let drain = match container.fields.contains_key("lifecycle") {
            true => hook::seconds(container),
            false => Some(0),
        };
        let Some(drain) = drain else { continue };
        let grace = topology::grace(pod);
        // A hook that takes all of it by itself is another mistake.
        if drain.saturating_add(5) < grace && grace < drain.saturating_add(shutdown) {
            let title = format!(
                "has {grace} seconds to stop: {drain} for its hook, and Spring may take {shutdown} more"
            );
            let field = match pod.spec.contains_key("terminationGracePeriodSeconds") {
                true => "/terminationGracePeriodSeconds",
                false => "",
            };
            let help = format!(
                "set `terminationGracePeriodSeconds: {}`",
                drain.saturating_add(shutdown).saturating_add(10)
            );
            findings.push(pod.finding(field, title).help(help));
        }
    }
    findings
}

/// The longest shutdown of the app, when the manifests say that it waits for requests.
fn shutdown(spring: &Spring<'_, '_>) -> Option<u64> {
    let asked = spring.text(key::SHUTDOWN);
    if asked.as_deref().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("immediate")) {
        return None;
    }
    let phase = spring.get(key::SHUTDOWN_TIMEOUT);
    match phase {
        Some(phase) => seconds(phase.plain()?),
        None => asked.is_some().then_some(PHASE),
    }
}

/// `30s`, `1m`, `30000ms`, `PT30S`, `30000`.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("pt").unwrap_or(&text);
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "" | "ms" => Some(number / 1000),
        "s" => Some(number),
        "m" => number.checked_mul(60),
        _ => None,
    }
}

fn rollout_outlasts_caches<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set) {
        let deployment = pod.workload.kind() == "Deployment"
            && pod.workload.text("/spec/strategy/type") != Some("Recreate");
        let some = pod.replicas(set).is_some_and(|replicas| replicas > 0);
        let spring = Spring::of(container);
        if !(deployment && some && is_registered(container, &spring)) {
            continue;
        }
        let remembered = spring.text("spring.cloud.loadbalancer.cache.ttl").and_then(|text| seconds(&text));
        let remembered = remembered.unwrap_or(REMEMBERED);
        let ready = pod.workload.at("/spec/minReadySeconds").and_then(serde_json::Value::as_u64);
        if ready.unwrap_or(0) < remembered {
            let title = format!(
                "callers learn about a new pod after {remembered} seconds, but the rollout continues after {}",
                ready.unwrap_or(0)
            );
            let field = if ready.is_some() { "/spec/minReadySeconds" } else { "/spec" };
            findings.push(Finding::new(pod.workload, title).at(field));
        }
    }
    findings
}

/// Do callers find it by a registry?
fn is_registered(container: &Container<'_>, spring: &Spring<'_, '_>) -> bool {
    let off = |setting: Option<Setting<'_>>| setting.is_some_and(|setting| setting.plain() == Some("false"));
    let named = [Registry::Nacos, Registry::Consul]
        .into_iter()
        .filter(|registry| registry.is_used(spring))
        .any(|registry| {
            let prefix = registry.discovery();
            !["enabled", "register-enabled", "register"]
                .iter()
                .any(|key| off(spring.get(&format!("{prefix}.{key}"))))
        });
    let leaves = || {
        let (script, _) = hook::command(container)?;
        hook::calls(&script).into_iter().find(|call| registries::leaves(&call.path))
    };
    named || leaves().is_some()
}

fn prestop_reaches_actuator<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let Some((script, field)) = hook::command(container) else { continue };
        let spring = Spring::of(container);
        let Some(management) = spring.port(key::MANAGEMENT_PORT) else { continue };
        for call in hook::calls(&script) {
            if call.path.contains(ACTUATOR) && call.port != management {
                let title = format!(
                    "the hook calls the actuator on port {}, but it listens on {management}",
                    call.port
                );
                findings.push(container.finding(&field, title).word(call.url));
            }
        }
    }
    findings
}
