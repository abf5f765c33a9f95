//! Who finds whom.

use serde_json::Value;

use super::super::{Finding, Rule, Set};
use crate::diagnostic::Severity;
use crate::k8s::Object;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "selector-finds-pods",
        severity: Severity::Error,
        promise: "every Service and PodDisruptionBudget selects pods of the output",
        why: "a Service without endpoints looks healthy and answers nobody",
        check: selector_finds_pods,
    },
    Rule {
        code: "selector-matches-template",
        severity: Severity::Error,
        promise: "a workload's selector matches its own pods and holds no version",
        why: "the API server refuses the first, and a selector cannot be changed by an upgrade",
        check: selector_matches_template,
    },
    Rule {
        code: "service-port-open",
        severity: Severity::Error,
        promise: "every port of a Service leads to a port of the pods behind it",
        why: "connections would be refused, or, with an unknown name, never have an endpoint",
        check: service_port_open,
    },
    Rule {
        code: "governing-service",
        severity: Severity::Error,
        promise: "a StatefulSet's serviceName is a headless Service of the output",
        why: "without it the pods have no names of their own in DNS",
        check: governing_service,
    },
    Rule {
        code: "backend-exists",
        severity: Severity::Error,
        promise: "every Ingress and HTTPRoute leads to a Service and port of the output, or to a Service declared as existing",
        why: "the page would answer 503",
        check: backend_exists,
    },
    Rule {
        code: "scale-target-exists",
        severity: Severity::Error,
        promise: "every HorizontalPodAutoscaler has a target, and the target leaves `replicas` to it",
        why: "each apply would set the count back",
        check: scale_target_exists,
    },
];

fn of_kind<'a>(set: &Set<'a>, kind: &'static str) -> impl Iterator<Item = &'a Object> {
    set.objects.clone().into_iter().filter(move |object| object.kind() == kind)
}

fn selector_finds_pods(set: &Set<'_>) -> Vec<Finding> {
    let budgets = of_kind(set, "PodDisruptionBudget")
        .filter_map(|object| Some((object, object.at("/spec/selector/matchLabels")?)));
    let services = of_kind(set, "Service").filter_map(|object| Some((object, object.at("/spec/selector")?)));
    services
        .chain(budgets)
        .filter_map(|(object, selector)| Some((object, selector.as_object()?)))
        .filter(|(_, selector)| set.selected(selector).is_empty())
        .map(|(object, _)| Finding::new(object, "selects no pods of this stack"))
        .collect()
}

fn selector_matches_template(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        let Some(selector) = object.at("/spec/selector/matchLabels").and_then(Value::as_object) else {
            continue;
        };
        let Some(labels) = object.pod_labels() else { continue };
        if let Some((key, _)) = selector.iter().find(|(key, value)| labels.get(*key) != Some(*value)) {
            findings
                .push(Finding::new(object, format!("selects by `{key}`, which its own pods do not carry")));
        }
        if let Some(key) = selector.keys().find(|key| key.ends_with("/version") || *key == "version") {
            findings
                .push(Finding::new(object, format!("selects by `{key}`, which changes with every upgrade")));
        }
    }
    findings
}

/// Does one of the pods' containers open this port?
fn opens(workload: &Object, target: &Value) -> bool {
    workload
        .containers()
        .filter_map(|container| container.get("ports")?.as_array())
        .flatten()
        .any(|port| port.get("name") == Some(target) || port.get("containerPort") == Some(target))
}

fn service_port_open(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in of_kind(set, "Service") {
        let Some(selector) = service.at("/spec/selector").and_then(Value::as_object) else { continue };
        let workloads = set.selected(selector);
        let ports = service.at("/spec/ports").and_then(Value::as_array).into_iter().flatten();
        for port in ports {
            let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { continue };
            if let Some(closed) = workloads.iter().find(|workload| !opens(workload, target)) {
                findings.push(Finding::new(
                    service,
                    format!("leads to port {target}, which {} does not open", closed.id()),
                ));
            }
        }
    }
    findings
}

fn governing_service(set: &Set<'_>) -> Vec<Finding> {
    of_kind(set, "StatefulSet")
        .filter_map(|object| {
            let name = object.text("/spec/serviceName").unwrap_or_default();
            let service = set.find("Service", name);
            let headless = service.is_some_and(|service| service.text("/spec/clusterIP") == Some("None"));
            (!headless)
                .then(|| Finding::new(object, format!("its serviceName `{name}` is no headless Service")))
        })
        .collect()
}

fn backend_exists(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in set.objects.iter().filter(|object| matches!(object.kind(), "Ingress" | "HTTPRoute")) {
        for (name, port) in backends(object) {
            let service = set.find("Service", name);
            // Its ports are not ours to see.
            if service.is_none() && set.knows("Service", name) {
                continue;
            }
            let ports = service.and_then(|service| service.at("/spec/ports")).and_then(Value::as_array);
            let open = ports.into_iter().flatten().any(|open| {
                port.is_some_and(|port| open.get("name") == Some(port) || open.get("port") == Some(port))
            });
            if !open {
                let port = port.map(Value::to_string).unwrap_or_default();
                findings.push(Finding::new(
                    object,
                    format!("leads to Service `{name}` port {port}, which is not there"),
                ));
            }
        }
    }
    findings
}

fn backends(object: &Object) -> Vec<(&str, Option<&Value>)> {
    let rules = object.at("/spec/rules").and_then(Value::as_array).into_iter().flatten();
    let mut found = Vec::new();
    for rule in rules {
        let paths = rule.pointer("/http/paths").and_then(Value::as_array).into_iter().flatten();
        for service in paths.filter_map(|path| path.pointer("/backend/service")) {
            let port = service.pointer("/port/name").or_else(|| service.pointer("/port/number"));
            found.extend(service.get("name").and_then(Value::as_str).map(|name| (name, port)));
        }
        let refs = rule.get("backendRefs").and_then(Value::as_array).into_iter().flatten();
        for service in refs {
            found.extend(service.get("name").and_then(Value::as_str).map(|name| (name, service.get("port"))));
        }
    }
    found
}

fn scale_target_exists(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in of_kind(set, "HorizontalPodAutoscaler") {
        let kind = object.text("/spec/scaleTargetRef/kind").unwrap_or_default();
        let name = object.text("/spec/scaleTargetRef/name").unwrap_or_default();
        match set.find(kind, name) {
            None => findings.push(Finding::new(object, format!("its target {kind}/{name} is not there"))),
            Some(target) if target.at("/spec/replicas").is_some() => {
                findings.push(Finding::new(target, "sets `replicas` although an autoscaler does"));
            }
            Some(_) => {}
        }
    }
    findings
}
