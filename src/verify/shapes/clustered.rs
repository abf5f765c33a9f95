//! Checks that several clustered products share: disks that keep what is written, heaps that fit, users that may write,
//! budgets that leave a majority, pods that find each other before they are ready. Each takes what the product knows and
//! gives a finding; code, severity and reason are for the product's own rule to say.

use std::collections::BTreeSet;

use crate::k8s::Object;
use crate::verify::pods::{Behind, Container, Pod};
use crate::verify::{Finding, Set, texts, topology};
use serde_json::Value;

/// `what` is written to `path`: does it outlive the container, and the pod?
pub(in crate::verify) fn outlives<'a>(
    set: &Set<'a>,
    pod: &Pod<'a>,
    container: &Container<'a>,
    what: &str,
    path: &str,
) -> Option<Finding<'a>> {
    let claimed = container.mounts().iter().any(|mount| mount.behind == Behind::Claim);
    match container.mount(path) {
        None => {
            let title = format!("{what} is in `{path}`, which is not on a volume");
            let finding = container.finding("/volumeMounts", title);
            Some(if claimed { finding.refuses() } else { finding.warns() })
        }
        Some(mount) if mount.behind == Behind::EmptyDir => {
            let title = format!("{what} is in `{path}`, which is an emptyDir");
            let finding = container.finding(&format!("/volumeMounts/{}", mount.index), title);
            // One pod without any claim is somebody's choice.
            match (claimed, pod.replicas(set)) {
                (true, _) => Some(finding.refuses()),
                (false, Some(0 | 1)) => None,
                (false, _) => Some(finding.warns()),
            }
        }
        Some(_) => None,
    }
}

/// Is the content of `path` kept by a claim?
pub(in crate::verify) fn is_kept(container: &Container<'_>, path: &str) -> bool {
    container.mount(path).is_some_and(|mount| mount.behind == Behind::Claim)
}

/// The largest heap that JVM options allow, in bytes.
pub(in crate::verify) fn heap(options: &str) -> Option<u64> {
    texts::bytes(texts::flag(options, "-Xmx")?)
}

/// Does a heap of `heap` bytes leave `outside` bytes of the memory limit to everything else?
pub(in crate::verify) fn heap_fits<'a>(
    container: &Container<'a>,
    heap: u64,
    outside: u64,
) -> Option<Finding<'a>> {
    let limit = container.memory_limit()?;
    let (heap_text, limit_text) = (texts::mebibytes(heap), texts::mebibytes(limit));
    let title = format!("the heap may take {heap_text}, but the container {limit_text}");
    let finding = container.finding("/resources/limits/memory", title);
    if heap >= limit {
        return Some(finding.refuses());
    }
    (heap.saturating_add(outside) > limit).then(|| finding.warns())
}

/// The user that an image runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) enum User {
    Root,
    /// A name, which the kubelet cannot prove to be somebody else than root.
    Name(&'static str),
    Number,
}

/// Does the kubelet refuse to start a container of this user, since it must not be root?
pub(in crate::verify) fn user_refused<'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
    user: User,
) -> Option<Finding<'a>> {
    const FIELD: &str = "/securityContext/runAsNonRoot";
    let guarded = topology::security(pod, container, "runAsNonRoot") == Some(&Value::Bool(true));
    let title = match (user, topology::security(pod, container, "runAsUser")) {
        _ if !guarded => return None,
        (User::Root, None) => "must not run as root, but the image's user is root".to_owned(),
        (User::Name(name), None) => format!("must not run as root, but the image's user is a name, `{name}`"),
        (_, Some(user)) if user.as_u64() == Some(0) => "must not run as root, but has user 0".to_owned(),
        _ => return None,
    };
    let own = container.at(FIELD).is_some();
    let at = if own { container.field(FIELD) } else { pod.field(FIELD) };
    Some(Finding::new(pod.workload, title).at(at).refuses())
}

/// Does the kubelet start a container of this user, and may it write to its claims?
pub(in crate::verify) fn user_fits<'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
    user: User,
    group: u64,
) -> Option<Finding<'a>> {
    if let Some(refused) = user_refused(pod, container, user) {
        return Some(refused);
    }
    let run_as = topology::security(pod, container, "runAsUser").and_then(Value::as_u64);
    if run_as == Some(0) || (user == User::Root && run_as.is_none()) {
        return None;
    }
    let owned = pod.spec.get("securityContext").is_some_and(|context| context.get("fsGroup").is_some());
    let prepared = pod.containers.iter().any(|container| container.init);
    let claim = container.mounts().into_iter().find(|mount| mount.behind == Behind::Claim)?;
    let title = format!("does not run as root, and there is no `fsGroup` for the claim at `{}`", claim.path);
    let help = format!("set `fsGroup: {group}` in the pod's securityContext");
    (!owned && !prepared).then(|| pod.finding("/securityContext", title).help(help).warns())
}

/// Does every budget leave `needed` of the pods standing?
pub(in crate::verify) fn budgets_leave<'a>(
    set: &Set<'a>,
    pod: &Pod<'a>,
    needed: u64,
    who: &str,
) -> Vec<Finding<'a>> {
    let Some(replicas) = pod.replicas(set) else { return Vec::new() };
    let mut findings = Vec::new();
    for budget in pod.budgets(set) {
        let Some(left) = topology::left_by(budget, replicas).filter(|left| *left < needed) else { continue };
        let field = if budget.at("/spec/minAvailable").is_some() { "minAvailable" } else { "maxUnavailable" };
        let title = format!("leaves {left} of {replicas} {who}, but {needed} must stay up");
        let help = match field {
            // The API server refuses both.
            "minAvailable" => "write `maxUnavailable: 1` instead of `minAvailable`",
            _ => "write `maxUnavailable: 1`",
        };
        findings.push(Finding::new(budget, title).at(format!("/spec/{field}").as_str()).help(help));
    }
    findings
}

/// May one node have most of three pods or more?
pub(in crate::verify) fn kept_apart<'a>(set: &Set<'a>, pod: &Pod<'a>) -> Option<Finding<'a>> {
    let replicas = pod.replicas(set).filter(|replicas| *replicas >= 3)?;
    let title = format!("may run all {replicas} pods on one node");
    (topology::apart(pod) == topology::Apart::Never).then(|| pod.finding("/affinity", title))
}

/// Pods that are ready only together, and are started one after the other.
pub(in crate::verify) fn started_in_order<'a>(pod: &Pod<'a>, why: &str) -> Option<Finding<'a>> {
    let title = format!("its first pod becomes ready only when {why}, and the others start after it");
    topology::starts_in_order(pod.workload)
        .then(|| Finding::new(pod.workload, title).at("/spec/podManagementPolicy"))
}

/// A Service that hides `who` from each other until they are ready, told once.
pub(in crate::verify) fn hide<'a>(findings: &mut Vec<Finding<'a>>, service: &'a Object, who: &str) {
    let told = findings.iter().any(|finding| std::ptr::eq(finding.object, service));
    if !told && !topology::publishes_not_ready(service) {
        let title = format!("its {who} cannot resolve each other until they are ready");
        findings.push(Finding::new(service, title).at("/spec/publishNotReadyAddresses"));
    }
}

/// Is the image one that Bitnami took away from Docker Hub: a version below `bitnami/`?
pub(in crate::verify) fn withdrawn<'a>(container: &Container<'a>) -> Option<Finding<'a>> {
    let image = &container.image;
    let hub = image.registry().is_none_or(|registry| registry.ends_with("docker.io"));
    let version = image.tag().is_some_and(|tag| tag.starts_with(|c: char| c.is_ascii_digit()));
    let name = image.path().strip_prefix("bitnami/").filter(|_| hub && version)?;
    let (tag, path) = (image.tag().unwrap_or_default(), image.path());
    let help = format!(
        "`bitnamilegacy/{name}:{tag}` is the same image without fixes; preferably use another vendor's"
    );
    let title = format!("Docker Hub no longer has `{path}:{tag}`");
    Some(container.finding("/image", title).word(path.to_owned()).help(help))
}

/// Names of ports that something else in the process serves.
const OTHERS: &[&str] = &["jmx", "metric", "prom", "http", "jolokia", "admin", "health", "export", "debug"];

/// Ports of the container to which a Service or a probe leads, and behind which none of the `known` listeners is. A port that
/// a variable or the start script names may be somebody else's.
pub(in crate::verify) fn led_nowhere<'a>(
    set: &Set<'a>,
    pod: &Pod<'a>,
    container: &Container<'a>,
    known: &BTreeSet<u64>,
    said: impl Fn(&str) -> bool,
) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let services = pod.services(set);
    for (index, port) in container.ports().enumerate() {
        let other = port.name.is_some_and(|name| OTHERS.iter().any(|word| name.contains(word)));
        let number = port.number.to_string();
        let env = &container.env;
        let set_by = env.iter().any(|var| env.rough(&var.name).is_some_and(|value| value.contains(&number)));
        if known.contains(&port.number) || other || port.protocol != "TCP" || set_by || said(&number) {
            continue;
        }
        // The names of a headless Service lead to the pods, whatever its ports are.
        let forwards =
            |service: &&&Object| topology::leads_to(service, port) && !topology::is_headless(service);
        let service = services.iter().find(forwards);
        let probe = container
            .probes()
            .find(|probe| probe.port().and_then(|to| container.port_number(to)) == Some(port.number));
        let who = match (service, probe) {
            (Some(service), _) => format!("Service `{}`", service.name()),
            (None, Some(probe)) => format!("its {}", probe.kind),
            (None, None) => continue,
        };
        let title = format!("{who} uses port {number}, which does not listen");
        findings.push(container.finding(&format!("/ports/{index}/containerPort"), title));
    }
    findings
}
