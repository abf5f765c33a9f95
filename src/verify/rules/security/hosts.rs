//! What a pod has of the cluster and of its node.

use std::collections::BTreeSet;

use serde_json::Value;

use super::privileges::is_told_as_root;
use crate::products::spring::key::KUBERNETES;
use crate::verify::pods::spring::Spring;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "service-account-token-is-needed",
        grade: Grade::WARNING.of_whole_sets(),
        promise: "only pods that use the Kubernetes API get a service account token",
        why: "anyone who takes over the process can call the API server as the pod's ServiceAccount",
        fix: "set `automountServiceAccountToken: false` in the pod's spec",
        source: "Kubernetes documentation, Configure Service Accounts for Pods: opt out of API credential automounting",
        check: token_is_needed,
    },
    Rule {
        code: "pod-shares-no-host-namespaces",
        grade: Grade::PROD,
        promise: "only node agents share the network, the processes or the IPC of their node",
        why: "such a pod bypasses NetworkPolicies, and the `baseline` Pod Security level refuses it; two pods on \
              a node conflict over the same ports",
        fix: "remove it, and expose the pod with a Service",
        source: "Kubernetes documentation, Pod Security Standards: baseline",
        check: has_own_namespaces,
    },
    Rule {
        code: "pod-mounts-no-host-path",
        grade: Grade::WARNING,
        promise: "only node agents mount host paths, and no pod mounts the node's system or its container runtime",
        why: "on another node the pod finds a different directory, or none, and all its pods on one node share \
              it; the container runtime's socket and the node's system directories give control over the node",
        fix: "use a PersistentVolumeClaim or an emptyDir; log to stdout",
        source: "Kubernetes documentation, Volumes: hostPath; Pod Security Standards: baseline",
        check: stays_off_the_node,
    },
];

fn token_is_needed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let bound = bound_accounts(set);
    let mut findings = Vec::new();
    for pod in set.pods() {
        let account = pod
            .spec
            .get("serviceAccountName")
            .or_else(|| pod.spec.get("serviceAccount"))
            .and_then(Value::as_str);
        let account = account.filter(|name| !name.is_empty()).unwrap_or("default");
        let object = set.find("ServiceAccount", pod.namespace, account);
        // Of an account that is elsewhere nobody knows what it may do.
        let unknown = account != "default" && object.is_none();
        let switch = pod.spec.get("automountServiceAccountToken");
        let switch = switch.or_else(|| object?.at("/automountServiceAccountToken"));
        // Whoever takes over root has more than a token: that is told first.
        let rooted = pod.containers.iter().any(|container| is_told_as_root(pod, container));
        let off = rooted || switch == Some(&Value::Bool(false));
        if !unknown && !off && !bound.contains(&(pod.namespace, account)) {
            let field = if pod.spec.contains_key("automountServiceAccountToken") {
                "/automountServiceAccountToken"
            } else {
                ""
            };
            let title = format!("gets a token of ServiceAccount `{account}`, which has no role bindings");
            let finding = pod.finding(field, title);
            let needs = pod.containers.iter().any(asks_the_api);
            let bind = "a Role with `get`, `list` and `watch` on what it reads, and a RoleBinding for the ServiceAccount";
            findings.push(match (needs, switch) {
                (true, _) => finding.help(format!("it asks the Kubernetes API: add {bind}")),
                (false, Some(_)) => finding.help(format!(
                    "if it asks the Kubernetes API, add {bind}; otherwise set `automountServiceAccountToken: false`"
                )),
                (false, None) => finding,
            });
        }
    }
    findings
}

/// Does it ask the Kubernetes API, by what it is told?
fn asks_the_api(container: &Container<'_>) -> bool {
    Spring::of(container).has_below(KUBERNETES)
        || container.words().iter().any(|word| word.contains("kubectl"))
}

/// Accounts that may do something, by a binding of the set.
fn bound_accounts<'a>(set: &Set<'a>) -> BTreeSet<(&'a str, &'a str)> {
    let bindings = set.of_kind("RoleBinding").iter().chain(set.of_kind("ClusterRoleBinding"));
    let subjects = bindings.flat_map(|binding| {
        let subjects = binding.at("/subjects").and_then(Value::as_array).into_iter().flatten();
        subjects.map(move |subject| (*binding, subject))
    });
    subjects
        .filter_map(|(binding, subject)| {
            let namespace = subject.get("namespace").and_then(Value::as_str);
            Some((namespace.unwrap_or_else(|| set.namespace_of(binding)), subject.get("name")?.as_str()?))
        })
        .collect()
}

/// Is it on every node, for the node's sake?
fn is_agent(pod: &Pod<'_>) -> bool {
    pod.workload.kind() == "DaemonSet"
}

/// Does it run on one node only, which has the folder?
fn is_pinned(pod: &Pod<'_>) -> bool {
    let selector = pod.spec.get("nodeSelector").and_then(Value::as_object);
    pod.spec.contains_key("nodeName")
        || selector.is_some_and(|labels| labels.contains_key("kubernetes.io/hostname"))
}

/// Servers for which the node's network is a mistake of its own kind.
const ELSEWHERE: &[Product] = &[Product::Broker, Product::Nacos];

fn has_own_namespaces<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| !is_agent(pod)) {
        for (field, what) in [("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "IPC")] {
            let elsewhere =
                field == "hostNetwork" && ELSEWHERE.iter().any(|product| pod.running(*product).is_some());
            if pod.spec.get(field) == Some(&Value::Bool(true)) && !elsewhere {
                findings.push(pod.finding(&format!("/{field}"), format!("shares the {what} of its node")));
            }
        }
    }
    findings
}

/// Files that say what time it is.
const CLOCKS: &[&str] = &["/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo"];
/// What a node is made of.
const SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/etcd",
    "/var/lib/kubelet",
];
/// Sockets and folders of container runtimes.
const RUNTIMES: &[&str] = &["docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock"];

fn stays_off_the_node<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let volumes = pod.spec.get("volumes").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, volume) in volumes {
            let Some(path) = volume.pointer("/hostPath/path").and_then(Value::as_str) else { continue };
            let name = volume.get("name").and_then(Value::as_str).unwrap_or_default();
            if let Some(title) = wrong(pod, name, path) {
                findings.push(pod.finding(&format!("/volumes/{index}/hostPath/path"), title));
            }
        }
    }
    findings
}

fn wrong(pod: &Pod<'_>, volume: &str, path: &str) -> Option<String> {
    let trimmed = path.trim_end_matches('/');
    if RUNTIMES.iter().any(|socket| trimmed.ends_with(socket)) {
        return Some(format!("`{path}` gives it control over all containers of its node"));
    }
    let below =
        |root: &str| trimmed == root || trimmed.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    if CLOCKS.iter().any(|clock| below(clock)) {
        return None;
    }
    let mounts = || {
        let all = pod
            .containers
            .iter()
            .flat_map(|container| container.fields.get("volumeMounts").and_then(Value::as_array));
        all.flatten().filter(|mount| mount.get("name").and_then(Value::as_str) == Some(volume))
    };
    let read_only = mounts().all(|mount| mount.get("readOnly") == Some(&Value::Bool(true)));
    if (trimmed.is_empty() || SYSTEM.iter().any(|root| below(root))) && !(is_agent(pod) && read_only) {
        return Some(format!("`{path}` is part of its node's system"));
    }
    // A folder for each pod is for whoever collects logs, and known to stay behind.
    let own = mounts().next().is_some() && mounts().all(|mount| mount.get("subPathExpr").is_some());
    (!is_agent(pod) && !is_pinned(pod) && !own)
        .then(|| format!("mounts `{path}` of the node that it happens to run on"))
}
