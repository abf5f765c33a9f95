//! Questions that the rules of every clustered product ask about pods, Services and budgets. Facts only: whether an answer
//! matters is for the rule to say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Set;
use super::dns::Answer;
use super::pods::{Behind, Container, Mount, Pod, Port};
use crate::k8s::Object;

/// More than half of `members`.
pub fn majority(members: u64) -> u64 {
    members / 2 + 1
}

/// Does a StatefulSet start its pods one after the other, each when the one before is ready?
pub fn starts_in_order(workload: &Object) -> bool {
    workload.kind() == "StatefulSet" && workload.text("/spec/podManagementPolicy") != Some("Parallel")
}

/// Can pods be found below this Service before they are ready?
pub fn publishes_not_ready(service: &Object) -> bool {
    service.at("/spec/publishNotReadyAddresses") == Some(&Value::Bool(true))
}

/// Is it a Service without an address of its own, whose name leads to the pods?
pub fn is_headless(service: &Object) -> bool {
    service.text("/spec/clusterIP") == Some("None")
}

/// The variable that pods of its namespace get for a Service, `<SERVICE>_PORT=tcp://…`; none without an address of its own.
pub fn link(service: &Object) -> Option<String> {
    let linked = !is_headless(service) && service.text("/spec/type") != Some("ExternalName");
    linked.then(|| format!("{}_PORT", service.name().to_ascii_uppercase().replace('-', "_")))
}

/// The workloads whose pods a Service selects.
pub fn behind<'a>(set: &Set<'a>, service: &'a Object) -> Vec<&'a Object> {
    let selector = service.at("/spec/selector").and_then(Value::as_object);
    selector.map(|selector| set.selected(set.namespace_of(service), selector)).unwrap_or_default()
}

/// The workloads of the set whose pods a host name leads to.
pub fn led_to<'a>(set: &Set<'a>, host: &str, namespace: &str) -> Vec<&'a Object> {
    match set.dns().resolve(host, namespace) {
        Answer::Service(service) => behind(set, service),
        Answer::Pod { workload, .. } => vec![workload],
        Answer::Outside | Answer::Missing(_) => Vec::new(),
    }
}

/// The pods of the first workload that a host name leads to.
pub fn pod_at<'s, 'a>(set: &'s Set<'a>, host: &str, namespace: &str) -> Option<&'s Pod<'a>> {
    set.pod_of(led_to(set, host, namespace).first()?)
}

/// Is it there for nobody but who collects metrics?
pub fn is_for_metrics(service: &Object) -> bool {
    let named =
        |port: &Value| port.get("name").and_then(Value::as_str).is_some_and(|name| name.contains("metrics"));
    let mut ports = ports(service).map(|(_, port)| port).peekable();
    service.name().ends_with("-metrics") || (ports.peek().is_some() && ports.all(named))
}

/// The ports of a Service, with their positions.
pub fn ports(service: &Object) -> impl Iterator<Item = (usize, &Value)> {
    service.at("/spec/ports").and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The port numbers of a Service.
pub fn service_ports(service: &Object) -> impl Iterator<Item = u64> {
    ports(service).filter_map(|(_, port)| port.get("port")?.as_u64())
}

/// Where a port of a Service leads in the pods: a number or a name.
pub fn target(port: &Value) -> Option<&Value> {
    port.get("targetPort").or_else(|| port.get("port"))
}

/// Does a Service lead to that port of a container, by number or by name?
pub fn leads_to(service: &Object, port: Port<'_>) -> bool {
    ports(service).filter_map(|(_, entry)| target(entry)).any(|target| {
        target.as_u64() == Some(port.number) || (port.name.is_some() && target.as_str() == port.name)
    })
}

/// The fewest of `replicas` pods that a PodDisruptionBudget leaves standing; `None` when it says nothing that we can read.
pub fn left_by(budget: &Object, replicas: u64) -> Option<u64> {
    let count = |value: &Value| match value {
        Value::Number(number) => number.as_u64(),
        // Percentages are rounded up, both of them.
        Value::String(text) => {
            let percent: u64 = text.strip_suffix('%')?.parse().ok()?;
            Some(replicas.saturating_mul(percent).div_ceil(100))
        }
        _ => None,
    };
    if let Some(least) = budget.at("/spec/minAvailable") {
        return count(least).map(|least| least.min(replicas));
    }
    count(budget.at("/spec/maxUnavailable")?).map(|most| replicas.saturating_sub(most))
}

/// The first port that a container declares, with its pointer, when it listens on none of those that it declares.
pub fn declares_others(container: &Container<'_>, listens: &[u64]) -> Option<(String, u64)> {
    let tcp = || container.ports().enumerate().filter(|(_, port)| port.protocol == "TCP");
    if tcp().any(|(_, port)| listens.contains(&port.number)) {
        return None;
    }
    tcp().next().map(|(index, port)| (format!("/ports/{index}/containerPort"), port.number))
}

/// The ports that a container declares next to one of `around` and does not listen on, each with its pointer. What is
/// declared far from them belongs to somebody else.
pub fn declares_beside(container: &Container<'_>, around: &[u64], listens: &[u64]) -> Vec<(String, u64)> {
    let near = |number: u64| around.iter().any(|port| number.abs_diff(*port) <= 3);
    let ports = container.ports().map(|port| port.number).enumerate();
    let wrong = ports.filter(|(_, number)| near(*number) && !listens.contains(number));
    wrong.map(|(index, number)| (format!("/ports/{index}/containerPort"), number)).collect()
}

/// Will something in the cluster make the object: the API server, a StatefulSet, or the operator of a custom resource of
/// the set?
pub fn is_made(set: &Set<'_>, kind: &str, namespace: &str, name: &str) -> bool {
    match kind {
        "ConfigMap" if name == "kube-root-ca.crt" => true,
        "PersistentVolumeClaim" if set.makers().claims(name) => true,
        _ => set.makers().operators(namespace, name),
    }
}

/// What makes other objects, by the names that these will have.
#[derive(Default)]
pub(super) struct Makers<'a> {
    /// `data-redis`: a claim template of a StatefulSet, before the pod's number.
    claims: BTreeSet<String>,
    /// Custom resources by namespace and name: what they make begins so.
    resources: BTreeSet<(&'a str, &'a str)>,
    /// Names that custom resources say.
    targets: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Makers<'a> {
    pub(super) fn of(set: &Set<'a>) -> Self {
        let mut makers = Self::default();
        for workload in set.of_kind("StatefulSet") {
            let claims =
                workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
            let names = claims.filter_map(|claim| claim.get("metadata")?.get("name")?.as_str());
            makers.claims.extend(names.map(|claim| format!("{claim}-{}", workload.name())));
        }
        let targets = [
            "/spec/secretName",
            "/spec/target/name",
            "/spec/destination/name",
            "/spec/template/metadata/name",
        ];
        let resources = set.custom_resources().iter();
        for object in resources.filter(|object| !matches!(object.kind(), "HTTPRoute" | "Gateway")) {
            let namespace = set.namespace_of(object);
            makers.resources.insert((namespace, object.name()));
            makers.targets.extend(targets.iter().filter_map(|at| Some((namespace, object.text(at)?))));
        }
        makers
    }

    /// Is it the claim of a pod of a StatefulSet?
    fn claims(&self, name: &str) -> bool {
        name.match_indices('-').any(|(dash, _)| self.claims.contains(&name[..dash]))
    }

    /// Does a custom resource of that namespace make it?
    fn operators(&self, namespace: &str, name: &str) -> bool {
        let begins = |head: &str| self.resources.contains(&(namespace, head));
        self.targets.contains(&(namespace, name))
            || (!self.resources.is_empty()
                && (begins(name) || name.match_indices('-').any(|(dash, _)| begins(&name[..dash]))))
    }
}

/// How pods of one workload are kept apart on nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apart {
    /// Not at all: one node may have all of them.
    Never,
    /// Where that is possible.
    Preferred,
    /// Always; a pod that finds no node of its own waits.
    Required,
}

/// How the pods are kept apart, by anti-affinity or spread constraints.
pub fn apart(pod: &Pod<'_>) -> Apart {
    let list = |pointer: &str| {
        let steps = pointer.split('/').skip(1);
        let found = steps.fold(pod.spec.get("affinity"), |value, step| value?.get(step));
        found.and_then(Value::as_array).is_some_and(|list| !list.is_empty())
    };
    let constraints = pod.spec.get("topologySpreadConstraints").and_then(Value::as_array);
    let hard = |constraint: &Value| {
        constraint.get("whenUnsatisfiable").and_then(Value::as_str) != Some("ScheduleAnyway")
    };
    if list("/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution")
        || constraints.is_some_and(|all| all.iter().any(hard))
    {
        Apart::Required
    } else if list("/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution")
        || constraints.is_some_and(|all| !all.is_empty())
    {
        Apart::Preferred
    } else {
        Apart::Never
    }
}

/// Do the pods get `<SERVICE>_PORT` and the like of every Service in their namespace?
pub fn has_service_links(pod: &Pod<'_>) -> bool {
    pod.spec.get("enableServiceLinks") != Some(&Value::Bool(false))
}

/// A field of the container's security context, or of the pod's.
pub fn security<'a>(pod: &Pod<'a>, container: &Container<'a>, field: &str) -> Option<&'a Value> {
    let own = container.at("/securityContext").and_then(|context| context.get(field));
    own.or_else(|| pod.spec.get("securityContext")?.get(field))
}

/// Seconds that a pod gets to stop.
pub fn grace(pod: &Pod<'_>) -> u64 {
    pod.spec.get("terminationGracePeriodSeconds").and_then(Value::as_u64).unwrap_or(30)
}

/// The Services of the set that a pod of this workload can be reached by from outside of the cluster.
pub fn exposed<'a>(set: &Set<'a>, pod: &Pod<'a>) -> Vec<&'a Object> {
    let mut services = pod.services(set);
    services.retain(|service| matches!(service.text("/spec/type"), Some("NodePort" | "LoadBalancer")));
    services
}

/// The first claim of the container's that may be root's alone: no `fsGroup` opens it, and no init container that mounts
/// it could have.
pub fn claim_of_root<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Option<Mount<'a>> {
    if pod.spec.get("securityContext").is_some_and(|context| context.get("fsGroup").is_some()) {
        return None;
    }
    let claims = container.mounts().into_iter().filter(|mount| mount.behind == Behind::Claim);
    claims.filter(|mount| !pod.is_prepared(mount.volume)).find(|mount| mount.sub_path.is_none())
}
