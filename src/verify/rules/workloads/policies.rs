//! NetworkPolicies that say what they mean.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::pods::Pod;
use crate::verify::selecting::selected;
use crate::verify::shapes::others::has_pods_of_others;
use crate::verify::shapes::policies::is_of;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "policy-peer-allowed",
        grade: Grade::ERROR,
        promise: "the peers and ports of a NetworkPolicy are valid",
        why: "the API server refuses the NetworkPolicy, and the traffic that it should block stays allowed",
        fix: "write ranges as `10.0.0.0/8`, parts of them in `except`, and `endPort` together with a smaller \
              `port`",
        source: "networking/v1 validation of NetworkPolicy; observed with kube-apiserver 1.37.2",
        check: policy_peer_allowed,
    },
    Rule {
        code: "policy-types-cover-rules",
        grade: Grade::ERROR,
        promise: "a NetworkPolicy has rules only for its own policy types",
        why: "rules of another type are silently ignored",
        fix: "add the type to `policyTypes`, or remove `policyTypes`",
        source: "networking/v1 NetworkPolicySpec: policyTypes",
        check: policy_types_cover_rules,
    },
    Rule {
        code: "policy-allows-dns",
        grade: Grade::ERROR,
        promise: "pods that a NetworkPolicy selects for egress can reach DNS",
        why: "once a policy selects a pod for egress, everything else is blocked, including UDP port 53: every \
              name lookup times out",
        fix: "allow egress to UDP and TCP port 53 of the pods `k8s-app: kube-dns` in namespace kube-system",
        source: "Kubernetes documentation, Network Policies: default deny all egress",
        check: policy_lets_names_resolve,
    },
    Rule {
        code: "policy-peer-exists",
        grade: Grade::WARNING.of_whole_sets(),
        promise: "pods that a NetworkPolicy allows as peers in its own namespace exist",
        why: "a rule for pods that do not exist allows no traffic: usually a label is misspelled, or the pods are \
              in another namespace",
        fix: "correct the labels, or add a `namespaceSelector` to the same peer",
        source: "Kubernetes documentation, Network Policies: behavior of to and from selectors",
        check: policy_peer_exists,
    },
    Rule {
        code: "policy-selects-pod-network",
        grade: Grade::WARNING,
        promise: "pods that a NetworkPolicy selects by label are not in the host network",
        why: "pods in the host network have the node's address: most network plugins cannot tell them apart and \
              ignore the policy for them",
        fix: "remove `hostNetwork`, or allow the nodes' addresses with `ipBlock`",
        source: "Kubernetes documentation, Network Policies: NetworkPolicy and hostNetwork pods",
        check: policy_selects_pod_network,
    },
];

const SIDES: [(&str, &str, &str); 2] = [("Ingress", "ingress", "from"), ("Egress", "egress", "to")];

fn listed<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The rules of a policy: type, name of the peers' field, path, rule.
fn rules(policy: &Object) -> impl Iterator<Item = (&'static str, &'static str, String, &Value)> {
    let spec = policy.at("/spec");
    SIDES.into_iter().flat_map(move |(kind, side, peers)| {
        let rules = spec.into_iter().flat_map(move |spec| listed(spec, side));
        rules.map(move |(index, rule)| (kind, peers, format!("/spec/{side}/{index}"), rule))
    })
}

fn policy_peer_allowed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for policy in set.of_kind("NetworkPolicy").iter().copied() {
        for (_, peers, at, rule) in rules(policy) {
            let mut push =
                |at: String, title: String| findings.push(Finding::new(policy, title).at(at.as_str()));
            for (index, peer) in listed(rule, peers) {
                wrong_peer(peer, &format!("{at}/{peers}/{index}"), &mut push);
            }
            for (index, port) in listed(rule, "ports") {
                let Some(end) = port.get("endPort").and_then(Value::as_u64) else { continue };
                let title = match port.get("port") {
                    Some(Value::Number(first)) if first.as_u64().is_some_and(|first| first > end) => {
                        format!("`endPort: {end}` is smaller than `port: {first}`")
                    }
                    Some(Value::Number(_)) => continue,
                    _ => format!("`endPort: {end}` needs a numeric `port`"),
                };
                push(format!("{at}/ports/{index}/endPort"), title);
            }
        }
    }
    findings
}

fn wrong_peer(peer: &Value, at: &str, push: &mut impl FnMut(String, String)) {
    let Some(block) = peer.get("ipBlock") else { return };
    if peer.get("podSelector").is_some() || peer.get("namespaceSelector").is_some() {
        push(at.to_owned(), "`ipBlock` cannot be combined with a selector in one peer".to_owned());
    }
    let Some(text) = block.get("cidr").and_then(Value::as_str) else { return };
    let Some(whole) = cidr(text) else {
        push(format!("{at}/ipBlock/cidr"), format!("`{text}` is not an address range such as 10.0.0.0/8"));
        return;
    };
    for (index, part) in listed(block, "except") {
        let Some(part) = part.as_str() else { continue };
        if !cidr(part).is_some_and(|part| holds(whole, part)) {
            push(format!("{at}/ipBlock/except/{index}"), format!("`{part}` is not part of `{text}`"));
        }
    }
}

/// A range as its first bits and their number.
fn cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits = bits.parse().ok()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// Is the second range a smaller part of the first?
fn holds((whole, bits): (IpAddr, u8), (part, more): (IpAddr, u8)) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    whole.is_ipv4() == part.is_ipv4() && more > bits && number(whole) & mask == number(part) & mask
}

fn policy_types_cover_rules<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for policy in set.of_kind("NetworkPolicy").iter().copied() {
        for (kind, side, _) in SIDES {
            let at = format!("/spec/{side}");
            let rules = policy.at(&at).and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
            if rules && !is_of(policy, kind) {
                let title = format!("has rules for {side}, but `policyTypes` has no `{kind}`");
                findings.push(Finding::new(policy, title).at(at.as_str()));
            }
        }
    }
    findings
}

/// Does a rule for egress let UDP to port 53 of a DNS server through?
fn lets_dns(rule: &Value, namespace: &str) -> bool {
    let mut ports = listed(rule, "ports").map(|(_, port)| port).peekable();
    let open = ports.peek().is_none()
        || ports.any(|port| {
            let udp = port.get("protocol").and_then(Value::as_str) == Some("UDP");
            let end = port.get("endPort").and_then(Value::as_u64);
            udp && match port.get("port") {
                Some(Value::Number(first)) => {
                    first.as_u64().is_some_and(|first| first <= 53 && 53 <= end.unwrap_or(first))
                }
                // A name is one of the DNS server's.
                _ => true,
            }
        });
    let mut peers = listed(rule, "to").map(|(_, peer)| peer).peekable();
    let far = |peer: &Value| peer.get("namespaceSelector").is_some() || peer.get("ipBlock").is_some();
    open && (peers.peek().is_none() || namespace == "kube-system" || peers.any(far))
}

/// Does a rule let pods reach somebody who has a name?
fn lets_names(rule: &Value) -> bool {
    let mut peers = listed(rule, "to").peekable();
    peers.peek().is_none() || peers.any(|(_, peer)| peer.get("ipBlock").is_none())
}

fn policy_lets_names_resolve<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let policies: Vec<(&Object, Vec<&Object>)> = set
        .of_kind("NetworkPolicy")
        .iter()
        .filter(|policy| is_of(policy, "Egress"))
        .filter_map(|policy| {
            let selector = policy.at("/spec/podSelector")?;
            Some((*policy, selected(set, set.namespace_of(policy), selector)))
        })
        .collect();
    let outgoing =
        |policy: &'a Object| rules(policy).filter(|(kind, ..)| *kind == "Egress").map(|(.., rule)| rule);
    // Workloads that some policy lets ask.
    let asking: Vec<*const Object> = policies
        .iter()
        .filter(|(policy, _)| outgoing(policy).any(|rule| lets_dns(rule, set.namespace_of(policy))))
        .flat_map(|(_, workloads)| workloads.iter().map(|workload| std::ptr::from_ref(*workload)))
        .collect();
    let asking: BTreeSet<_> = asking.into_iter().collect();
    let mut findings = Vec::new();
    for (policy, workloads) in &policies {
        let policy = *policy;
        let deaf = workloads.iter().find(|workload| {
            !asking.contains(&std::ptr::from_ref(**workload))
                && set.pod_of(workload).is_some_and(asks_cluster)
        });
        if let Some(deaf) = deaf.filter(|_| outgoing(policy).any(lets_names)) {
            let title = format!(
                "the pods of {} may reach other pods, but not port 53 (UDP) of a DNS server",
                deaf.id()
            );
            findings.push(Finding::new(policy, title).at("/spec/egress"));
        }
    }
    findings
}

/// Does the pod ask the cluster's DNS server?
fn asks_cluster(pod: &Pod<'_>) -> bool {
    let policy = pod.spec.get("dnsPolicy").and_then(Value::as_str);
    !pod.is_on_host() && !matches!(policy, Some("Default" | "None"))
}

fn policy_peer_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    // Where nothing runs, its pods are in another file.
    let seen: BTreeSet<&str> = set.pods().iter().map(|pod| pod.namespace).collect();
    let mut findings = Vec::new();
    for policy in set.of_kind("NetworkPolicy").iter().copied() {
        if !seen.contains(set.namespace_of(policy)) {
            continue;
        }
        for (_, peers, at, rule) in rules(policy) {
            for (index, peer) in listed(rule, peers) {
                let Some(selector) =
                    peer.get("podSelector").filter(|_| peer.get("namespaceSelector").is_none())
                else {
                    continue;
                };
                let all = selector.as_object().is_none_or(serde_json::Map::is_empty);
                let labels = selector.get("matchLabels").and_then(Value::as_object);
                let others =
                    labels.is_some_and(|labels| has_pods_of_others(set, set.namespace_of(policy), labels));
                if !all && !others && selected(set, set.namespace_of(policy), selector).is_empty() {
                    let title = "no such pods exist in its namespace";
                    findings.push(
                        Finding::new(policy, title).at(format!("{at}/{peers}/{index}/podSelector").as_str()),
                    );
                }
            }
        }
    }
    findings
}

fn policy_selects_pod_network<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = set.of_kind("NetworkPolicy").iter().filter_map(|policy| {
        let selector = policy.at("/spec/podSelector")?;
        // One for all pods means those that it can.
        if selector.as_object().is_none_or(serde_json::Map::is_empty) {
            return None;
        }
        let selected = selected(set, set.namespace_of(policy), selector);
        let pod = selected.into_iter().find(|workload| set.pod_of(workload).is_some_and(Pod::is_on_host))?;
        let title = format!("selects the pods of {}, which use the host network", pod.id());
        Some(Finding::new(policy, title).at("/spec/podSelector"))
    });
    found.collect()
}
