//! The ports of Services, and those of the pods behind them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{Finding, Rule, Set};
use super::elsewhere::Elsewhere;
use super::selectors::labels_of;
use crate::diagnostic::{Path, Severity};
use crate::k8s::Object;
use crate::verify::pods::Pod;
use crate::verify::topology;

pub(super) const RULES: &[Rule] = &[
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
];

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
    let pods: BTreeMap<*const Object, &Pod<'a>> =
        set.pods().iter().map(|pod| (std::ptr::from_ref(pod.workload), pod)).collect();
    for service in set.of_kind("Service") {
        let Some(selector) = labels_of(service, "/spec/selector") else { continue };
        let workloads = set.selected(set.namespace_of(service), selector);
        let targets = || topology::ports(service).map(|(index, port)| (index, topology::target(port)));
        // Nothing forwards what goes to a headless Service: one port that is open names its pods, the others only say what to
        // expect.
        let headless = topology::is_headless(service);
        let named = |workload: &Object| {
            headless && targets().filter_map(|(_, target)| target).any(|target| opens(workload, target))
        };
        // A container may listen on a port that it does not declare; a name must be declared.
        let listens = |workload: &Object, port: u64| {
            let declares = workload.containers().any(|container| container.contains_key("ports"));
            !declares || pods.get(&std::ptr::from_ref(workload)).is_some_and(|pod| tells_of(pod, port))
        };
        for (index, target) in targets() {
            let Some(target) = target else { continue };
            let at = Path::from(format!("/spec/ports/{index}").as_str());
            let closed = workloads.iter().find(|workload| {
                let open = opens(workload, target) || named(workload);
                !open && target.as_u64().is_none_or(|port| !listens(workload, port))
            });
            if let Some(closed) = closed.filter(|_| !elsewhere.says(service, &at)) {
                let title = format!("leads to port {target}, which {} does not declare", closed.id());
                let finding = Finding::new(service, title).at(at);
                findings.push(if headless { finding.warns() } else { finding });
            }
        }
    }
    findings
}

/// Does a container say this number in a variable, on its command line or in a file: as that of a port, mostly?
fn tells_of(pod: &Pod<'_>, port: u64) -> bool {
    let number = port.to_string();
    let says = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|word| word == number);
    pod.containers.iter().any(|container| {
        container.env.iter().filter_map(|var| var.value.plain()).any(says)
            || container.words().iter().any(|word| says(word))
            || container.files.iter().filter_map(|file| file.plain()).any(says)
    })
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
