//! The ports of Services, and those of the pods behind them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::{Finding, Grade, Rule, Set};
use super::elsewhere::Elsewhere;
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::pods::{Container, Pod};
use crate::verify::selecting::labels_of;
use crate::verify::topology;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "service-port-open",
        grade: Grade::ERROR,
        promise: "every port of a Service maps to a port of the pods behind it",
        why: "connections are refused, or, with an unknown port name, the Service has no endpoints",
        fix: "set `targetPort` to a port that the container listens on, and declare it there",
        source: "Kubernetes documentation, Service: targetPort; core/v1 Container: `ports` informs, what is not listed may be \
                 open all the same",
        check: service_port_open,
    },
    Rule {
        code: "headless-port-matches-pods",
        grade: Grade::WARNING,
        promise: "a port of a headless Service has the number that the pods listen on",
        why: "its name resolves to the pods themselves and the port is not mapped: connections to this number are \
              refused",
        fix: "use the pods' own port number as `port`",
        source: "Kubernetes documentation, Headless Services",
        check: headless_port_is_the_pods,
    },
];

/// What a workload's containers say of their ports: read once, however many ports and Services lead there.
struct Doors<'a> {
    /// Names and numbers that are declared.
    names: BTreeSet<&'a str>,
    numbers: BTreeSet<u64>,
    /// Numbers that stand in a variable, on a command line or in a file: those of ports, mostly. None where the containers
    /// declare no ports at all, so that nothing can be missed.
    told: Option<BTreeSet<String>>,
}

impl<'a> Doors<'a> {
    fn of(workload: &'a Object, pod: Option<&Pod<'_>>) -> Self {
        let ports =
            || workload.containers().filter_map(|container| container.get("ports")?.as_array()).flatten();
        let declares = workload.containers().any(|container| container.contains_key("ports"));
        let told = || pod.into_iter().flat_map(|pod| &pod.containers).flat_map(numbers).collect();
        Self {
            names: ports().filter_map(|port| port.get("name")?.as_str()).collect(),
            numbers: ports().filter_map(|port| port.get("containerPort")?.as_u64()).collect(),
            told: declares.then(told),
        }
    }

    /// Does one of the containers declare this port?
    fn open(&self, target: &Value) -> bool {
        match target {
            Value::String(name) => self.names.contains(name.as_str()),
            target => target.as_u64().is_some_and(|number| self.numbers.contains(&number)),
        }
    }

    /// A container may listen on a port that it does not declare.
    fn may_listen(&self, port: u64) -> bool {
        self.told.as_ref().is_none_or(|told| told.contains(&port.to_string()))
    }
}

/// Runs of digits in all that a container is told.
fn numbers(container: &Container<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut read = |text: &str| {
        let words = text.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
        found.extend(words.map(str::to_owned));
    };
    container.env.iter().filter_map(|var| var.value.plain()).for_each(&mut read);
    container.words().iter().for_each(|word| read(word));
    container.files.iter().filter_map(|file| file.plain()).for_each(&mut read);
    found
}

/// Rules that know at which port a product listens.
const LISTENERS: &[&str] = &["nacos-ports-match-the-server", "rocketmq-dashboard-port-fits-version"];

fn service_port_open<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let elsewhere = Elsewhere::of(set, LISTENERS);
    let mut findings = Vec::new();
    let mut doors: BTreeMap<*const Object, Doors<'_>> = BTreeMap::new();
    for service in set.of_kind("Service") {
        let Some(selector) = labels_of(service, "/spec/selector") else { continue };
        let workloads = set.selected(set.namespace_of(service), selector);
        let targets = || topology::ports(service).map(|(index, port)| (index, topology::target(port)));
        // Nothing forwards what goes to a headless Service: one port that is open names its pods, the others only say what to
        // expect.
        let headless = topology::is_headless(service);
        let mut closing: Vec<(&Object, &Doors<'_>)> = Vec::new();
        for workload in &workloads {
            doors
                .entry(std::ptr::from_ref(*workload))
                .or_insert_with(|| Doors::of(workload, set.pod_of(workload)));
        }
        closing.extend(workloads.iter().filter_map(|workload| {
            let doors = doors.get(&std::ptr::from_ref(*workload))?;
            let named =
                headless && targets().filter_map(|(_, target)| target).any(|target| doors.open(target));
            (!named).then_some((*workload, doors))
        }));
        for (index, target) in targets() {
            let Some(target) = target else { continue };
            let at = Path::from(format!("/spec/ports/{index}").as_str());
            // What is not declared may be open all the same; a name must be declared.
            let closed = closing.iter().find(|(_, doors)| {
                !doors.open(target) && target.as_u64().is_none_or(|port| !doors.may_listen(port))
            });
            if let Some((closed, _)) = closed.filter(|_| !elsewhere.says(service, &at)) {
                let title = format!("maps to port {target}, which {} does not declare", closed.id());
                let finding = Finding::new(service, title).at(at);
                // The list of a container's ports informs; only a name has to be there.
                findings.push(if headless || target.is_number() { finding.warns() } else { finding });
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
                let title = format!(
                    "its port {number} is {theirs} on the pods, and a headless Service does not \
                                     map ports"
                );
                let at = format!("/spec/ports/{index}/port");
                findings
                    .push(Finding::new(service, title).at(at.as_str()).help(format!("set `port: {theirs}`")));
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
