//! Ports of Services and nodes, and pods that live in their node's network.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::pods::{Container, Pod};
use crate::verify::rules::elsewhere::Elsewhere;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "service-ports-are-distinct",
        grade: Grade::ERROR,
        promise: "a Service has ports, each only once, and each with a name if there are several",
        why: "the API server refuses the Service",
        fix: "give each port a `name` and a number of its own",
        source: "core/v1 validation of Services; observed with kube-apiserver 1.37.2",
        check: service_ports_tell_apart,
    },
    Rule {
        code: "node-port-free",
        grade: Grade::ERROR,
        promise: "no two Services use the same node port, and node ports are in the valid range",
        why: "the API server refuses the Service: `provided port is already allocated`, `provided port is not in the valid range`",
        fix: "remove `nodePort` to let the cluster choose, or use another one",
        source: "core/v1 validation of Services; service port allocator; observed with kube-apiserver 1.37.2",
        check: node_port_free,
    },
    Rule {
        code: "host-port-free",
        grade: Grade::ERROR,
        promise: "no two pods on the same node use the same host port",
        why: "the scheduler places only one of them on a node: pods of the other stay Pending with `didn't have \
              free ports`",
        fix: "use a different port for one of the two, or remove `hostPort` and `hostNetwork`",
        source: "kube-scheduler: NodePorts",
        check: host_port_free,
    },
    Rule {
        code: "host-network-ports-match",
        grade: Grade::ERROR,
        promise: "with `hostNetwork`, `hostPort` equals `containerPort`",
        why: "the API server refuses the pod",
        fix: "remove `hostPort`",
        source: "core/v1 validation: must match containerPort when hostNetwork is true; observed with kube-apiserver 1.37.2",
        check: host_network_port_same,
    },
    Rule {
        code: "daemonset-surges-without-ports",
        grade: Grade::ERROR,
        promise: "a DaemonSet with `maxSurge` uses no host port",
        why: "the old pod on the same node still has the port: the new one stays Pending, and the rollout hangs",
        fix: "use `maxUnavailable` instead of `maxSurge`",
        source: "KEP-1591 DaemonSet surge",
        check: daemonset_surges_without_ports,
    },
    Rule {
        code: "host-network-resolves-services",
        grade: Grade::WARNING,
        promise: "a pod in the host network sets its DNS policy",
        why: "with `dnsPolicy: ClusterFirst`, the default, it uses the node's DNS server, which does not resolve \
              Services",
        fix: "set `dnsPolicy: ClusterFirstWithHostNet`, or `Default` if it needs no cluster names",
        source: "Kubernetes documentation, DNS for Services and Pods: pod's DNS policy",
        check: host_network_resolves_services,
    },
];

/// The ports of a Service, with the path of each.
fn ports(service: &Object) -> impl Iterator<Item = (String, &Value)> {
    topology::ports(service).map(|(index, port)| (format!("/spec/ports/{index}"), port))
}

fn protocol(port: &Value) -> &str {
    port.get("protocol").and_then(Value::as_str).unwrap_or("TCP")
}

fn service_ports_tell_apart<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for service in set.of_kind("Service").iter().copied() {
        let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        let count = ports(service).count();
        let alone = topology::is_headless(service) || service.text("/spec/type") == Some("ExternalName");
        if count == 0 && !alone {
            findings.push(Finding::new(service, "has no ports").at("/spec"));
        }
        for (at, port) in ports(service) {
            match port.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
                None if count > 1 => {
                    let title = format!("has {count} ports, but this one has no name");
                    findings.push(Finding::new(service, title).at(at.as_str()));
                }
                Some(name) if !names.insert(name) => {
                    let title = format!("two ports have the name `{name}`");
                    findings.push(Finding::new(service, title).at(format!("{at}/name").as_str()));
                }
                _ => {}
            }
            if let Some(number) = port.get("port").and_then(Value::as_u64)
                && !numbers.insert((number, protocol(port)))
            {
                let title = format!("two ports have the number {number}");
                findings.push(Finding::new(service, title).at(format!("{at}/port").as_str()));
            }
        }
    }
    findings
}

/// The range that the API server has by default.
const NODE_PORTS: std::ops::RangeInclusive<u64> = 30000..=32767;

fn node_port_free<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut taken: BTreeMap<u64, (&Object, &str)> = BTreeMap::new();
    let mut findings = Vec::new();
    for service in set.of_kind("Service").iter().copied() {
        let exposed = matches!(service.text("/spec/type"), Some("NodePort" | "LoadBalancer"));
        for (at, port) in ports(service) {
            let Some(number) = port.get("nodePort").and_then(Value::as_u64).filter(|number| *number > 0)
            else {
                continue;
            };
            let finding = |title: String| Finding::new(service, title).at(format!("{at}/nodePort").as_str());
            let kind = service.text("/spec/type").unwrap_or("ClusterIP");
            match taken.get(&number) {
                _ if !exposed => {
                    findings.push(finding(format!("a Service of type {kind} has no node ports")));
                }
                // Only a Service itself may have one number for two protocols.
                Some((other, used)) if std::ptr::eq(*other, service) && *used != protocol(port) => {}
                // The same object twice is another rule's.
                Some((other, _)) if other.name() == service.name() && !std::ptr::eq(*other, service) => {}
                Some((other, _)) => {
                    findings.push(finding(format!("nodePort {number} is already used by {}", other.id())));
                }
                None => {
                    taken.insert(number, (service, protocol(port)));
                    if (1..=65535).contains(&number) && !NODE_PORTS.contains(&number) {
                        let title = format!("nodePort {number} is not in 30000 to 32767");
                        let help = "this is the default range, unless the API server has another \
                                    `--service-node-port-range`";
                        findings.push(finding(title).help(help).warns());
                    }
                }
            }
        }
    }
    findings
}

/// The ports of its node that a container takes: protocol and number, and the path of each below the container.
fn host_ports<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Vec<((&'a str, u64), String)> {
    let shares = pod.is_on_host();
    let ports = container.fields.get("ports").and_then(Value::as_array).into_iter().flatten().enumerate();
    let found = ports.filter_map(|(index, port)| {
        let own = port.get("hostPort").and_then(Value::as_u64).filter(|number| *number > 0);
        // One bound to an address of the node takes that address only.
        if port.get("hostIP").and_then(Value::as_str).is_some_and(|ip| !ip.is_empty() && ip != "0.0.0.0") {
            return None;
        }
        let (field, number) = match own {
            Some(number) => ("hostPort", number),
            None if shares => ("containerPort", port.get("containerPort")?.as_u64()?),
            None => return None,
        };
        Some(((protocol(port), number), format!("/ports/{index}/{field}")))
    });
    found.collect()
}

/// Does it run on every node that it can?
fn is_everywhere(pod: &Pod<'_>) -> bool {
    pod.workload.kind() == "DaemonSet"
        && pod.spec.get("nodeSelector").is_none()
        && pod.spec.get("affinity").and_then(|affinity| affinity.get("nodeAffinity")).is_none()
}

fn host_port_free<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut taken: BTreeMap<(&str, u64), &Object> = BTreeMap::new();
    let mut findings = Vec::new();
    for pod in set.pods() {
        let mut own = BTreeSet::new();
        for container in pod.mains() {
            for ((protocol, number), at) in host_ports(pod, container) {
                if !own.insert((protocol, number)) {
                    let title = format!("uses port {number} of its node twice");
                    findings.push(container.finding(&at, title));
                } else if is_everywhere(pod)
                    && let Some(other) = taken.insert((protocol, number), pod.workload)
                {
                    let title = format!("uses port {number} of every node, and so does {}", other.id());
                    findings.push(container.finding(&at, title));
                }
            }
        }
    }
    findings
}

fn host_network_port_same<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| pod.is_on_host()) {
        for container in &pod.containers {
            let ports = container.fields.get("ports").and_then(Value::as_array).into_iter().flatten();
            for (index, port) in ports.enumerate() {
                let number = |key| port.get(key).and_then(Value::as_u64);
                let (Some(host), Some(own)) = (number("hostPort"), number("containerPort")) else { continue };
                if host != own && host > 0 {
                    let title = format!("hostPort {host} is not containerPort {own}");
                    findings.push(container.finding(&format!("/ports/{index}/hostPort"), title));
                }
            }
        }
    }
    findings
}

fn daemonset_surges_without_ports<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let at = "/spec/updateStrategy/rollingUpdate/maxSurge";
    let found = set.pods().iter().filter(|pod| pod.workload.kind() == "DaemonSet").filter_map(|pod| {
        let surge = pod.workload.at(at)?;
        let surges = super::rollout::amount(surge, 1, true) != Some(0);
        let port = pod.mains().flat_map(|container| host_ports(pod, container)).next();
        let ((_, number), _) = port.filter(|_| surges)?;
        let title = format!("starts a second pod on a node where the first one uses port {number}");
        Some(Finding::new(pod.workload, title).at(at))
    });
    found.collect()
}

fn host_network_resolves_services<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    // Who should not be there at all looks up nothing there.
    let elsewhere =
        Elsewhere::of(set, &["rocketmq-broker-has-own-network", "nacos-members-have-stable-names"]);
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| pod.is_on_host()) {
        if elsewhere.says(pod.workload, &pod.field("/hostNetwork")) {
            continue;
        }
        let policy = pod.spec.get("dnsPolicy").and_then(Value::as_str);
        if !matches!(policy, None | Some("ClusterFirst")) {
            continue;
        }
        let named = pod.containers.iter().find_map(named_service);
        // An agent of its node mostly needs no name of the cluster.
        if named.is_none() && pod.workload.kind() == "DaemonSet" {
            continue;
        }
        let title = match named {
            Some(ref name) => format!("uses the node's DNS server to resolve `{name}`"),
            None => "is in the host network and uses the node's DNS server for all names".to_owned(),
        };
        let at = if policy.is_some() { "/dnsPolicy" } else { "/hostNetwork" };
        let finding = pod.finding(at, title);
        findings.push(if named.is_some() { finding.refuses() } else { finding });
    }
    findings
}

/// A name of the cluster that a container is told, by its variables or its command line.
fn named_service(container: &Container<'_>) -> Option<String> {
    let in_text = |text: &str| {
        let part = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.');
        let found = text.split(part).find(|word| word.contains(".svc.") || word.ends_with(".svc"))?;
        Some(found.to_owned())
    };
    let told = container.env.iter().filter_map(|var| in_text(var.value.plain()?)).next();
    told.or_else(|| container.words().iter().find_map(|word| in_text(word)))
        .or_else(|| container.files.iter().find_map(|file| in_text(file.plain()?)))
}
