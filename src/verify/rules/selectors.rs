//! Who finds whom.

use serde_json::{Map, Value};

use super::super::{Finding, Rule, Set, topology};
use super::elsewhere::Elsewhere;
use crate::diagnostic::{Path, Severity};
use crate::k8s::Object;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "selector-finds-pods",
        severity: Severity::Error,
        promise: "every Service, PodDisruptionBudget and NetworkPolicy selects pods that there are",
        why: "a Service without endpoints looks healthy and answers nobody",
        fix: "make the selector's labels those of the pods' template",
        source: "Kubernetes documentation, Service",
        check: selector_finds_pods,
    },
    Rule {
        code: "service-port-open",
        severity: Severity::Error,
        promise: "every port of a Service leads to a port of the pods behind it",
        why: "connections are refused, or, with an unknown name, never have an endpoint",
        fix: "let `targetPort` name a port that the container declares",
        source: "Kubernetes documentation, Service: targetPort",
        check: service_port_open,
    },
    Rule {
        code: "headless-port-is-the-pods",
        severity: Severity::Warning,
        promise: "a port of a headless Service has the number that the pods listen on",
        why: "its name leads to the pods themselves and nothing translates the port: who connects to this number is refused",
        fix: "write the pods' own number as `port`",
        source: "Kubernetes documentation, Headless Services",
        check: headless_port_is_the_pods,
    },
    Rule {
        code: "governing-service",
        severity: Severity::Error,
        promise: "the `serviceName` of a StatefulSet is a headless Service that there is",
        why: "without one the pods have no names of their own in DNS",
        fix: "name a Service with `clusterIP: None` in `serviceName`",
        source: "Kubernetes documentation, StatefulSet: stable network ID",
        check: governing_service,
    },
    Rule {
        code: "backend-exists",
        severity: Severity::Error,
        promise: "every Ingress and HTTPRoute leads to a Service and a port that there are, or to a Service declared as existing",
        why: "the controller answers 503",
        fix: "name a Service and a port that there are; one that exists elsewhere is declared: `external: [Service/NAME]`",
        source: "Kubernetes documentation, Ingress",
        check: backend_exists,
    },
    Rule {
        code: "scale-target-exists",
        severity: Severity::Error,
        promise: "every HorizontalPodAutoscaler has a target, and the target leaves `replicas` to it",
        why: "an autoscaler without a target scales nothing, and each apply sets a written `replicas` back",
        fix: "leave `replicas` out of the target, and let the autoscaler name what there is",
        source: "Kubernetes documentation, HorizontalPodAutoscaler: migrating",
        check: scale_target_exists,
    },
];

/// What a label selector or a Service's selector says, as far as it says it by labels.
fn labels_of<'a>(object: &'a Object, pointer: &str) -> Option<&'a Map<String, Value>> {
    object.at(pointer)?.as_object()
}

fn selector_finds_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let of = |kind: &str, pointer: &'static str| {
        set.of_kind(kind)
            .iter()
            .filter_map(move |object| Some((*object, pointer, labels_of(object, pointer)?)))
    };
    let services = of("Service", "/spec/selector").filter(|(.., selector)| !selector.is_empty());
    let budgets = of("PodDisruptionBudget", "/spec/selector/matchLabels");
    let policies = of("NetworkPolicy", "/spec/podSelector/matchLabels");
    services
        .chain(budgets)
        .chain(policies)
        .filter(|(object, _, selector)| set.selected(set.namespace_of(object), selector).is_empty())
        .filter(|(object, _, selector)| !has_pods_of_others(set, set.namespace_of(object), selector))
        .map(|(object, pointer, _)| {
            let finding = Finding::new(object, "selects no pods that there are").at(pointer);
            // Only a Service has somebody waiting for it.
            if object.kind() == "Service" { finding } else { finding.warns() }
        })
        .collect()
}

/// Does a custom resource of the namespace have such pods, or an operator that makes them by its name?
fn has_pods_of_others(set: &Set<'_>, namespace: &str, selector: &Map<String, Value>) -> bool {
    let custom = set.custom_resources().iter().filter(|object| set.namespace_of(object) == namespace);
    custom.into_iter().any(|object| {
        let labels = object.at("/spec/template/metadata/labels").and_then(Value::as_object);
        labels.is_some_and(|labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
            || selector.values().any(|value| value.as_str() == Some(object.name()))
    })
}

/// Does one of the pods' containers open this port?
fn opens(workload: &Object, target: &Value) -> bool {
    workload
        .containers()
        .filter_map(|container| container.get("ports")?.as_array())
        .flatten()
        .any(|port| port.get("name") == Some(target) || port.get("containerPort") == Some(target))
}

/// Rules that know at which port a product listens.
const LISTENERS: &[&str] = &["nacos-ports-are-the-servers", "rocketmq-dashboard-port-is-its-own"];

fn service_port_open<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let elsewhere = Elsewhere::of(set, LISTENERS);
    let mut findings = Vec::new();
    for service in set.of_kind("Service") {
        let Some(selector) = labels_of(service, "/spec/selector") else { continue };
        let workloads = set.selected(set.namespace_of(service), selector);
        for (index, port) in topology::ports(service) {
            let Some(target) = topology::target(port) else { continue };
            let at = Path::from(format!("/spec/ports/{index}").as_str());
            let closed = workloads.iter().find(|workload| !opens(workload, target));
            if let Some(closed) = closed.filter(|_| !elsewhere.says(service, &at)) {
                let title = format!("leads to port {target}, which {} does not open", closed.id());
                let finding = Finding::new(service, title).at(at);
                // A container may listen on a port that it does not declare; a name must be declared.
                let declares = closed.containers().any(|container| container.contains_key("ports"));
                // Nothing forwards what goes to a headless Service: the port in it only says what to expect.
                let forwards = !topology::is_headless(service);
                let fails = forwards && (target.is_string() || declares);
                findings.push(if fails { finding } else { finding.warns() });
            }
        }
    }
    findings
}

fn headless_port_is_the_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for service in set.of_kind("Service").iter().filter(|service| topology::is_headless(service)) {
        let workloads = topology::behind(set, service);
        for (index, port) in topology::ports(service) {
            let Some(number) = port.get("port").and_then(Value::as_u64) else { continue };
            let Some(target) = port.get("targetPort") else { continue };
            let theirs = workloads.iter().find_map(|workload| listens(workload, target));
            if let Some(theirs) = theirs.filter(|theirs| *theirs != number) {
                let title = format!("its port {number} is {theirs} on the pods, and nothing translates it");
                let at = format!("/spec/ports/{index}/port");
                findings.push(
                    Finding::new(service, title).at(at.as_str()).help(format!("write `port: {theirs}`")),
                );
            }
        }
    }
    findings
}

/// The number of the port that a target means on the pods of a workload.
fn listens(workload: &Object, target: &Value) -> Option<u64> {
    let ports = workload.containers().filter_map(|container| container.get("ports")?.as_array()).flatten();
    let numbers = ports
        .filter(|port| port.get("name") == Some(target))
        .filter_map(|port| port.get("containerPort")?.as_u64());
    target.as_u64().or_else(|| numbers.into_iter().next())
}

fn governing_service<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in set.of_kind("StatefulSet") {
        let name = object.text("/spec/serviceName").unwrap_or_default();
        let service = set.beside(object, "Service", name);
        let headless = service.is_some_and(topology::is_headless);
        if !headless && !set.is_external("Service", name) {
            let title = format!("its serviceName `{name}` is no headless Service");
            let finding = Finding::new(object, title).at("/spec/serviceName");
            // A single pod is mostly reached by another Service.
            let alone = object.at("/spec/replicas").is_none_or(|replicas| replicas == 1);
            findings.push(if alone { finding.warns() } else { finding });
        }
    }
    findings
}

/// A Service that an Ingress or HTTPRoute leads to.
pub(super) struct Backend<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its namespace, where another one is named.
    pub(super) namespace: Option<&'a str>,
    /// The Service's port: a number or a name.
    pub(super) port: Option<&'a Value>,
    /// Where it is named: a JSON pointer.
    pub(super) at: String,
}

fn backend_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in set.of_kind("Ingress").iter().chain(set.of_kind("HTTPRoute")) {
        for Backend { name, namespace, port, at } in backends(object) {
            let service = match namespace {
                Some(namespace) => set.find("Service", namespace, name),
                None => set.beside(object, "Service", name),
            };
            // Its ports are not ours to see.
            if service.is_none() && (namespace.is_some() || set.is_external("Service", name)) {
                continue;
            }
            let ports = service.and_then(|service| service.at("/spec/ports")).and_then(Value::as_array);
            let open = ports.into_iter().flatten().any(|open| {
                port.is_some_and(|port| open.get("name") == Some(port) || open.get("port") == Some(port))
            });
            if !open {
                let port = port.map(Value::to_string).unwrap_or_default();
                let title = format!("leads to Service `{name}` port {port}, which is not there");
                findings.push(Finding::new(object, title).at(at.as_str()));
            }
        }
    }
    findings
}

/// All Services that an Ingress or HTTPRoute leads to.
pub(super) fn backends<'a>(object: &'a Object) -> Vec<Backend<'a>> {
    let mut found = Vec::new();
    let mut of_ingress = |service: &'a Value, at: String| {
        let port = service.pointer("/port/name").or_else(|| service.pointer("/port/number"));
        let name = service.get("name").and_then(Value::as_str);
        found.extend(name.map(|name| Backend { name, namespace: None, port, at }));
    };
    if let Some(service) = object.at("/spec/defaultBackend/service") {
        of_ingress(service, "/spec/defaultBackend/service".to_owned());
    }
    let rules = || object.at("/spec/rules").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (index, rule) in rules() {
        let paths = rule.pointer("/http/paths").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (number, path) in paths {
            if let Some(service) = path.pointer("/backend/service") {
                of_ingress(service, format!("/spec/rules/{index}/http/paths/{number}/backend/service"));
            }
        }
    }
    for (index, rule) in rules() {
        let refs = rule.get("backendRefs").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (number, service) in refs.filter(|(_, to)| to.get("kind").is_none_or(|kind| kind == "Service")) {
            let text = |key: &str| service.get(key).and_then(Value::as_str);
            let at = format!("/spec/rules/{index}/backendRefs/{number}");
            let port = service.get("port");
            found.extend(text("name").map(|name| Backend { name, namespace: text("namespace"), port, at }));
        }
    }
    found
}

fn scale_target_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in set.of_kind("HorizontalPodAutoscaler") {
        let kind = object.text("/spec/scaleTargetRef/kind").unwrap_or_default();
        let name = object.text("/spec/scaleTargetRef/name").unwrap_or_default();
        match set.beside(object, kind, name) {
            None if set.is_external(kind, name) => {}
            None => {
                let title = format!("its target {kind}/{name} is not there");
                findings.push(Finding::new(object, title).at("/spec/scaleTargetRef/name"));
            }
            Some(target) if target.at("/spec/replicas").is_some() => {
                let title = "sets `replicas` although an autoscaler does";
                findings.push(Finding::new(target, title).at("/spec/replicas"));
            }
            Some(_) => {}
        }
    }
    findings
}
