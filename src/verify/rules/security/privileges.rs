//! What a process in a container may do.

use serde_json::Value;

use crate::verify::pods::{Container, Pod, Product};
use crate::verify::topology::security;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "runs-as-non-root",
        grade: Grade::WARNING,
        promise: "containers do not run as root",
        why: "root in the container is root on the node after a breakout, and namespaces with the `restricted` \
              Pod Security level refuse it",
        fix: "set `runAsNonRoot: true` and a `runAsUser` above 0 in the pod's `securityContext`, and remove a container's own \
              `runAsUser: 0`",
        source: "Kubernetes documentation, Pod Security Standards: restricted",
        check: runs_as_somebody,
    },
    Rule {
        code: "user-is-numeric",
        grade: Grade::ERROR,
        promise: "with `runAsNonRoot` the user is a number other than 0",
        why: "the kubelet cannot verify that a user name is not root: the pod stays in CreateContainerConfigError",
        fix: "set `runAsUser` to the user's numeric id",
        source: "kubelet verifyRunAsNonRoot",
        check: user_has_number,
    },
    Rule {
        code: "no-privilege-escalation",
        grade: Grade::PROD,
        promise: "no process that does not run as root can become root",
        why: "a setuid program gives root to any user, and namespaces with the `restricted` Pod Security level \
              refuse the pod",
        fix: "set `allowPrivilegeEscalation: false` in the container's `securityContext`",
        source: "Kubernetes documentation, Pod Security Standards: restricted",
        check: no_escalation,
    },
    Rule {
        code: "container-is-not-privileged",
        grade: Grade::PROD,
        promise: "no container is privileged or has administrative capabilities",
        why: "it is equivalent to root on the node: anyone who takes over the container controls the node and all \
              of its pods",
        fix: "remove it, or add only the capability that is needed",
        source: "Kubernetes documentation, Pod Security Standards: baseline",
        check: is_confined,
    },
    Rule {
        code: "capabilities-are-dropped",
        grade: Grade::PROD,
        promise: "containers that do not run as root drop all capabilities",
        why: "an attacker who takes over the process can use raw sockets, change file owners and more; the \
              `restricted` Pod Security level refuses the pod",
        fix: "set `capabilities: {drop: [ALL]}` in the container's `securityContext`",
        source: "Kubernetes documentation, Pod Security Standards: restricted",
        check: capabilities_dropped,
    },
    Rule {
        code: "seccomp-is-on",
        grade: Grade::WARNING,
        promise: "containers run with a seccomp profile",
        why: "without one all system calls of the kernel are available, also those that mainly exploits use; the \
              `restricted` Pod Security level refuses the pod",
        fix: "set `seccompProfile: {type: RuntimeDefault}` in the pod's `securityContext`",
        source: "Kubernetes documentation, Pod Security Standards: restricted",
        check: seccomp_is_on,
    },
];

/// Pods of Windows have none of it, and users of pods with namespaces of their own are nobody on the node.
fn judged<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = &'s Pod<'a>> {
    set.pods().iter().filter(|pod| {
        let windows = pod.spec.get("os").and_then(|os| os.get("name")?.as_str()) == Some("windows");
        !windows && pod.spec.get("hostUsers") != Some(&Value::Bool(false))
    })
}

/// One finding for a pod: at the pod for all of its containers, otherwise at the first of those that it is about.
fn told<'a>(
    pod: &Pod<'a>,
    title: &str,
    field: &str,
    wrong: impl Fn(&Container<'a>) -> bool,
) -> Option<Finding<'a>> {
    let mut found = pod.containers.iter().filter(|container| wrong(container));
    let first = found.next()?;
    let others: Vec<String> = found.map(|container| format!("`{}`", container.name)).collect();
    if others.len() + 1 == pod.containers.len() && !others.is_empty() {
        let at = if pod.spec.contains_key("securityContext") { "/securityContext" } else { "" };
        return Some(pod.finding(at, title));
    }
    let known = first.at(field).map(|_| field);
    let at = known.or(first.at("/securityContext").map(|_| "/securityContext")).unwrap_or_default();
    let title = match others.as_slice() {
        [] => format!("container `{}` {title}", first.name),
        others => format!("container `{}` {title}, like {}", first.name, others.join(", ")),
    };
    Some(first.finding(at, title))
}

fn user(pod: &Pod<'_>, container: &Container<'_>) -> Option<i64> {
    security(pod, container, "runAsUser").and_then(Value::as_i64)
}

fn forbids_root(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    security(pod, container, "runAsNonRoot") == Some(&Value::Bool(true))
}

/// May it be root, by what the manifest says?
fn may_be_root(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    !forbids_root(pod, container) && user(pod, container).is_none_or(|user| user == 0)
}

/// Images that work as root only: there is nothing better to write.
const ROOTED: &[&str] = &["nacos/nacos-server"];

/// Is it told that this container may be root? What hardens a process that is not root is told when it is not.
pub(super) fn is_told_as_root(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    // What changes owners before the others start has to be root, and needs little of it.
    let prepares = container.init && drops_all(container);
    // Consul has a rule that knows its entrypoint; the folders of Nacos belong to root, in a mirror of its image too.
    let rooted = matches!(container.product, Product::Consul | Product::Nacos)
        || ROOTED.iter().any(|image| container.image.is(image));
    may_be_root(pod, container) && !prepares && !rooted && !is_privileged(container)
}

fn runs_as_somebody<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = judged(set).filter_map(|pod| {
        let confined = pod.containers.iter().all(|container| has_seccomp(pod, container));
        let title = if confined { "may run as root" } else { "may run as root, without a seccomp profile" };
        let finding =
            told(pod, title, "/securityContext/runAsUser", |container| is_told_as_root(pod, container))?;
        Some(match confined {
            true => finding,
            false => finding.help(HARDENED),
        })
    });
    all.collect()
}

/// What `restricted` wants of a pod, all of it at once.
const HARDENED: &str = "set `runAsNonRoot: true`, a `runAsUser` above 0 and `seccompProfile: {type: RuntimeDefault}` in the pod's \
                        `securityContext`, and remove a container's own `runAsUser: 0`";

/// Images whose user has a name, by the ends of their paths.
const NAMED: &[&str] = &[
    "cp-kafka-connect",
    "cp-kafka-rest",
    "cp-ksqldb-server",
    "cp-schema-registry",
    "prom/alertmanager",
    "prom/node-exporter",
    "prom/prometheus",
];
/// Products with a rule that knows the number, too.
const ELSEWHERE: &[Product] =
    &[Product::Broker, Product::Kafka, Product::NameServer, Product::RocketmqProxy, Product::Zookeeper];

fn user_has_number<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in judged(set) {
        let judged = |container: &&Container<'a>| !ELSEWHERE.contains(&container.product);
        for container in pod.containers.iter().filter(judged).filter(|container| forbids_root(pod, container))
        {
            let title = match user(pod, container) {
                Some(0) => format!("container `{}` must not run as root, but has user 0", container.name),
                None if NAMED.iter().any(|image| container.image.is(image)) => {
                    format!(
                        "container `{}` must not run as root, but its image's user is a name",
                        container.name
                    )
                }
                _ => continue,
            };
            let own = ["/securityContext/runAsUser", "/securityContext/runAsNonRoot"];
            let field = own.into_iter().find(|field| container.at(field).is_some());
            findings.push(match field {
                Some(field) => container.finding(field, title),
                None => pod.finding("/securityContext", title),
            });
        }
    }
    findings
}

/// Who may be root anyway gains nothing; that is said elsewhere.
fn no_escalation<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let field = "/securityContext/allowPrivilegeEscalation";
    let all = judged(set).filter_map(|pod| {
        let open = |container: &Container<'a>| {
            let forbidden = container.at(field) == Some(&Value::Bool(false));
            !forbidden && !may_be_root(pod, container) && !is_privileged(container)
        };
        told(pod, "may gain more privileges", field, open)
    });
    all.collect()
}

fn is_privileged(container: &Container<'_>) -> bool {
    container.at("/securityContext/privileged") == Some(&Value::Bool(true))
}

/// Capabilities that are as good as all of them.
const STRONG: &[&str] =
    &["ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH", "BPF"];

fn is_confined<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in judged(set).flat_map(|pod| &pod.containers) {
        if is_privileged(container) {
            let title = format!("container `{}` is privileged", container.name);
            findings.push(container.finding("/securityContext/privileged", title));
            continue;
        }
        for (index, added) in listed(container, "add") {
            if STRONG.contains(&added.trim_start_matches("CAP_")) {
                let title = format!("container `{}` has the capability `{added}`", container.name);
                findings
                    .push(container.finding(&format!("/securityContext/capabilities/add/{index}"), title));
            }
        }
    }
    findings
}

fn listed<'a>(container: &Container<'a>, list: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let all = container.at(&format!("/securityContext/capabilities/{list}")).and_then(Value::as_array);
    all.into_iter().flatten().enumerate().filter_map(|(index, one)| Some((index, one.as_str()?)))
}

fn drops_all(container: &Container<'_>) -> bool {
    listed(container, "drop").any(|(_, one)| one.eq_ignore_ascii_case("ALL"))
}

/// Who starts as root needs some to become somebody else; that it is root is said elsewhere.
fn capabilities_dropped<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = judged(set).filter_map(|pod| {
        let keeps = |container: &Container<'a>| {
            !may_be_root(pod, container) && !is_privileged(container) && !drops_all(container)
        };
        told(pod, "does not drop all capabilities", "/securityContext/capabilities", keeps)
    });
    all.collect()
}

fn has_seccomp(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    let profile =
        security(pod, container, "seccompProfile").and_then(|profile| profile.get("type")?.as_str());
    matches!(profile, Some("RuntimeDefault" | "Localhost"))
}

/// A pod that may be root is told so, and of this in the same breath.
fn seccomp_is_on<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all =
        judged(set).filter(|pod| !pod.containers.iter().any(|container| is_told_as_root(pod, container)));
    let all = all.filter_map(|pod| {
        let open = |container: &Container<'a>| !is_privileged(container) && !has_seccomp(pod, container);
        told(pod, "runs without a seccomp profile", "/securityContext/seccompProfile", open)
    });
    all.collect()
}
