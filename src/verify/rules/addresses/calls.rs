//! Who calls whom, by the addresses that its pods are told: the ports of the other side, and the policies in between.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::scan::{self, Address, Strength};
use super::{Found, ports_open};
use crate::k8s::Object;
use crate::verify::dns::Answer;
use crate::verify::pods::spring::Spring;
use crate::verify::pods::{Container, Pod};
use crate::verify::selecting::selects;
use crate::verify::shapes::policies;
use crate::verify::{Finding, Set, topology};

/// Ports that stand beside a host, under a name of their own, and that nothing there answers.
pub(super) fn closed_ports<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        for (host, number, port) in
            pod.containers.iter().flat_map(|container| Spring::of(container).hosts_with_ports())
        {
            let Some(name) = host.plain() else { continue };
            let address = Address {
                host: name,
                headless: false,
                ports: vec![number],
                text: name,
                strength: Strength::Setting,
            };
            let found = Found { address: &address, namespace: pod.namespace, secret: false };
            findings.extend(ports_open(set, &found).map(|wrong| {
                let finding = Finding { help: wrong.help, ..port.finding(wrong.title) };
                if wrong.warns { finding.warns() } else { finding }
            }));
        }
    }
    findings
}

/// A pod that calls a port of another one.
struct Call<'s, 'a> {
    from: &'s Pod<'a>,
    to: &'s Pod<'a>,
    container: &'s Container<'a>,
    port: u64,
    /// `web.shop:80`, as it is written.
    said: String,
}

/// More policies than these in one namespace are not looked through for every call.
const FEW: usize = 200;

/// Policies that keep pods from what they are told to call.
pub(super) fn kept_out<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let policies = [Way::In, Way::Out].map(|way| (way, by_namespace(set, way)));
    if policies.iter().all(|(_, policies)| policies.is_empty()) {
        return Vec::new();
    }
    let (mut findings, mut seen) = (Vec::new(), BTreeSet::new());
    for call in set.pods().iter().filter(|pod| !pod.is_on_host()).flat_map(|pod| calls(set, pod)) {
        for (way, policies) in &policies {
            let (own, peer) = match way {
                Way::In => (call.to, call.from),
                Way::Out => (call.from, call.to),
            };
            let here = policies.get(own.namespace).filter(|here| here.len() <= FEW);
            let mut all = here.into_iter().flatten().copied().filter(|policy| is_for(policy, own)).peekable();
            let Some(policy) = all.peek().copied() else { continue };
            let closed = all.all(|policy| admits(set, policy, *way, peer, &call) == Some(false));
            if closed && seen.insert((policy.id(), call.from.workload.id(), call.to.workload.id())) {
                let title = format!("does not let {} call `{}`", call.from.workload.id(), call.said);
                let help = format!("allow {} as a peer, with port {}", peer.workload.id(), call.port);
                findings.push(Finding::new(policy, title).at(way.rules()).help(help));
            }
        }
    }
    findings
}

/// Which side of a connection a policy speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Way {
    fn kind(self) -> &'static str {
        if self == Self::In { "Ingress" } else { "Egress" }
    }

    fn rules(self) -> &'static str {
        if self == Self::In { "/spec/ingress" } else { "/spec/egress" }
    }

    fn peers(self) -> &'static str {
        if self == Self::In { "from" } else { "to" }
    }
}

/// The policies of each namespace that speak of one way.
fn by_namespace<'a>(set: &Set<'a>, way: Way) -> BTreeMap<&'a str, Vec<&'a Object>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for policy in set.of_kind("NetworkPolicy").iter().copied() {
        if policies::is_of(policy, way.kind()) {
            found.entry(set.namespace_of(policy)).or_default().push(policy);
        }
    }
    found
}

/// Does it select the pods of that workload, which are in its namespace?
fn is_for(policy: &Object, pod: &Pod<'_>) -> bool {
    let none = Map::new();
    let labels = pod.workload.pod_labels().unwrap_or(&none);
    policy.at("/spec/podSelector").is_some_and(|selector| selects(selector, labels))
}

/// Does a policy let the call through? None where only the cluster knows.
fn admits<'a>(
    set: &Set<'a>,
    policy: &'a Object,
    way: Way,
    peer: &Pod<'_>,
    call: &Call<'_, '_>,
) -> Option<bool> {
    let rules = policy.at(way.rules()).and_then(Value::as_array).into_iter().flatten();
    for rule in rules {
        let list = |field: &str| rule.get(field).and_then(Value::as_array).filter(|list| !list.is_empty());
        let port = |open: &Value| policies::lets_in(open, call.container, call.port);
        if list("ports").is_some_and(|ports| !ports.iter().any(port)) {
            continue;
        }
        let Some(peers) = list(way.peers()) else { return Some(true) };
        for one in peers {
            if is_peer(set, policy, one, peer)? {
                return Some(true);
            }
        }
    }
    Some(false)
}

fn is_peer<'a>(set: &Set<'a>, policy: &'a Object, peer: &Value, pod: &Pod<'_>) -> Option<bool> {
    if peer.get("ipBlock").is_some() {
        return None;
    }
    let none = Map::new();
    let labels = pod.workload.pod_labels().unwrap_or(&none);
    let by_pod = peer.get("podSelector").is_none_or(|selector| selects(selector, labels));
    let by_namespace = match peer.get("namespaceSelector") {
        None => set.namespace_of(policy) == pod.namespace,
        Some(selector) => {
            let known = set
                .find("Namespace", "", pod.namespace)
                .and_then(|it| it.at("/metadata/labels")?.as_object());
            let mut labels = known.cloned().unwrap_or_default();
            labels.insert("kubernetes.io/metadata.name".to_owned(), pod.namespace.into());
            let asks_name = selector
                .get("matchLabels")
                .and_then(Value::as_object)
                .is_some_and(|asked| asked.keys().all(|key| labels.contains_key(key)));
            let every = selector.as_object().is_some_and(Map::is_empty);
            if !every && known.is_none() && !asks_name {
                return None;
            }
            selects(selector, &labels)
        }
    };
    Some(by_pod && by_namespace)
}

/// What a pod is told to call, as far as that is a pod of the set.
fn calls<'s, 'a>(set: &'s Set<'a>, pod: &'s Pod<'a>) -> Vec<Call<'s, 'a>> {
    let mut found = Vec::new();
    for container in &pod.containers {
        let mut read = |text: &str| {
            for address in scan::addresses(text, false) {
                if let Some(port) = address.ports.first() {
                    found.extend(called(set, pod, address.host, *port));
                }
            }
        };
        container.env.iter().filter_map(|variable| variable.value.plain()).for_each(&mut read);
        container.words().iter().for_each(|word| read(word));
        container.files.iter().filter_map(|file| file.plain()).for_each(&mut read);
        for (host, port, _) in Spring::of(container).hosts_with_ports() {
            found.extend(host.plain().and_then(|host| called(set, pod, host, port)));
        }
    }
    found
}

fn called<'s, 'a>(set: &'s Set<'a>, from: &'s Pod<'a>, host: &str, port: u64) -> Option<Call<'s, 'a>> {
    let (workload, target) = match set.dns().resolve(host, from.namespace) {
        Answer::Service(service) => {
            let workload = topology::behind(set, service).into_iter().next()?;
            let mut ports = topology::ports(service).map(|(_, port)| port);
            let own = ports.find(|own| own.get("port").and_then(Value::as_u64) == Some(port));
            let target = own.filter(|_| !topology::is_headless(service)).and_then(topology::target);
            (workload, target.cloned().unwrap_or_else(|| port.into()))
        }
        Answer::Pod { workload, .. } => (workload, port.into()),
        Answer::Outside | Answer::Missing(_) => return None,
    };
    let to = set.pod_of(workload).filter(|to| !to.is_on_host())?;
    let numbered = |container: &&'s Container<'a>| container.port_number(&target).is_some();
    let container = to.mains().find(numbered).or_else(|| to.mains().next())?;
    let open = container.port_number(&target)?;
    let itself = std::ptr::eq(from.workload, workload);
    (!itself).then(|| Call { from, to, container, port: open, said: format!("{host}:{port}") })
}
