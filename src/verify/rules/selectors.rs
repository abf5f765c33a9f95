//! Who finds whom.

use serde_json::{Map, Value};

use super::super::{Finding, Grade, Rule, Set, topology};
use crate::k8s::Object;
use crate::verify::selecting::labels_of;
use crate::verify::set::is_given;
use crate::verify::shapes::backends::{Backend, backends};
use crate::verify::shapes::others::has_pods_of_others;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "selector-finds-pods",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every Service, PodDisruptionBudget and NetworkPolicy selects existing pods",
        why: "a Service without endpoints looks healthy, but serves no requests",
        fix: "make the selector match the labels of the pod template",
        source: "Kubernetes documentation, Service",
        check: selector_finds_pods,
    },
    Rule {
        code: "governing-service",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "the `serviceName` of a StatefulSet is an existing headless Service",
        why: "without one the pods have no DNS names of their own",
        fix: "set `serviceName` to a Service with `clusterIP: None`",
        source: "Kubernetes documentation, StatefulSet: stable network ID",
        check: governing_service,
    },
    Rule {
        code: "backend-exists",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every Ingress and HTTPRoute routes to an existing Service and port, or to a Service declared as \
                  external",
        why: "the controller answers 503",
        fix: "use an existing Service and port; declare one that exists elsewhere: `external: [Service/NAME]`",
        source: "Kubernetes documentation, Ingress",
        check: backend_exists,
    },
    Rule {
        code: "scale-target-exists",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every HorizontalPodAutoscaler has an existing target, and the target does not set `replicas`",
        why: "an autoscaler without a target scales nothing, and each apply resets an explicit `replicas`",
        fix: "remove `replicas` from the target, and set the autoscaler's target to an existing workload",
        source: "Kubernetes documentation, HorizontalPodAutoscaler: migrating",
        check: scale_target_exists,
    },
];

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
        // The cluster's own pods are nobody's to write.
        .filter(|(object, ..)| set.namespace_of(object) != "kube-system")
        .map(|(object, pointer, selector)| {
            let finding = Finding::new(object, "its selector does not match any existing pods").at(pointer);
            // Only a Service has somebody waiting for it.
            if object.kind() != "Service" {
                return finding.warns();
            }
            match completed(set, set.namespace_of(object), selector) {
                Some((workload, key)) => finding.warns().help(format!(
                    "add `{key}` to the labels of {}'s pods, unless something sets it while they run",
                    workload.id()
                )),
                None => finding,
            }
        })
        .collect()
}

/// A workload whose pods have some of the labels, and no other value for the rest: a leader, for one, gets its label while it
/// runs. And the first of the labels that are missing.
fn completed<'a, 's>(
    set: &Set<'a>,
    namespace: &str,
    selector: &'s Map<String, Value>,
) -> Option<(&'a Object, &'s str)> {
    // A label that hundreds have does not make one of them the one that is meant.
    const FEW: usize = 20;
    let missing = |workload: &Object| {
        let labels = workload.pod_labels()?;
        let agrees = selector.iter().all(|(key, value)| labels.get(key).is_none_or(|had| had == value));
        selector.keys().find(|key| agrees && !labels.contains_key(*key) && !is_given(key))
    };
    let carriers = selector.iter().flat_map(|(key, value)| set.carriers(key, value).iter().take(FEW));
    let mut here = carriers.filter(|workload| set.namespace_of(workload) == namespace);
    here.find_map(|workload| Some((*workload, missing(workload)?.as_str())))
}

fn governing_service<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in set.of_kind("StatefulSet") {
        let name = object.text("/spec/serviceName").unwrap_or_default();
        let service = set.beside(object, "Service", name);
        let headless = service.is_some_and(topology::is_headless);
        let alone = object.at("/spec/replicas").is_none_or(|replicas| replicas == 1);
        // A single pod is mostly reached by the Service's own name.
        let enough = alone && (name.is_empty() || service.is_some());
        if !headless && !enough && !set.is_external("Service", name) {
            let title = match (name, service) {
                ("", _) => "has no `serviceName`".to_owned(),
                (name, None) => format!("its serviceName `{name}` is not an existing Service"),
                (name, Some(_)) => format!("its serviceName `{name}` is not a headless Service"),
            };
            let finding = Finding::new(object, title).at("/spec/serviceName");
            let meant = set.pod_of(object).map(|pod| pod.services(set)).unwrap_or_default();
            let finding = match meant.iter().find(|service| topology::is_headless(service)) {
                Some(meant) if service.is_none() && !name.is_empty() => finding.help(format!(
                    "call the headless Service of its pods `{name}` instead of `{0}`, or set `serviceName: {0}` and write it in \
                     the addresses of the pods",
                    meant.name()
                )),
                Some(meant) => finding.help(format!("set `serviceName: {}`, the headless Service of its pods", meant.name())),
                None => finding,
            };
            // CoreDNS knows the pods behind one with an address of its own, too.
            findings.push(if alone || service.is_some() { finding.warns() } else { finding });
        }
    }
    findings
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
            let made = || topology::is_made(set, "Service", set.namespace_of(object), name);
            if service.is_none() && (namespace.is_some() || set.is_external("Service", name) || made()) {
                continue;
            }
            let ports = service.and_then(|service| service.at("/spec/ports")).and_then(Value::as_array);
            let open = ports.into_iter().flatten().any(|open| {
                port.is_some_and(|port| open.get("name") == Some(port) || open.get("port") == Some(port))
            });
            if !open {
                let port = port.map(Value::to_string).unwrap_or_default();
                let title = format!("routes to Service `{name}` port {port}, which does not exist");
                findings.push(Finding::new(object, title).at(at.as_str()));
            }
        }
    }
    findings
}

fn scale_target_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in set.of_kind("HorizontalPodAutoscaler") {
        let kind = object.text("/spec/scaleTargetRef/kind").unwrap_or_default();
        let name = object.text("/spec/scaleTargetRef/name").unwrap_or_default();
        match set.beside(object, kind, name) {
            None if set.is_external(kind, name) => {}
            None => {
                let title = format!("its target {kind}/{name} does not exist");
                findings.push(Finding::new(object, title).at("/spec/scaleTargetRef/name"));
            }
            Some(target) if target.at("/spec/replicas").is_some() => {
                let title = "sets `replicas`, but an autoscaler manages them";
                findings.push(Finding::new(target, title).at("/spec/replicas").warns());
            }
            Some(_) => {}
        }
    }
    findings
}
