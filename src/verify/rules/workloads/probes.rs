//! Probes that ask the right thing, and hooks that can run at all.

use serde_json::Value;

use super::hooks::hooks;
use super::script::Script;
use crate::verify::command::{Simple, base, is_shell};
use crate::verify::pods::{Container, Pod, Probe, Product};
use crate::verify::rules::elsewhere::Elsewhere;
use crate::verify::topology::{is_for_metrics, leads_to, ports};
use crate::verify::{Finding, Grade, Rule, Set, texts};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "probe-port-declared",
        grade: Grade::ERROR,
        promise: "every named port in a probe or a hook is one that its container declares",
        why: "the kubelet cannot resolve the port, every probe fails, and the container is restarted or never \
              becomes ready",
        fix: "use the name of one of the container's `ports`, or the number",
        source: "kubelet: ResolveContainerPort",
        check: probe_port_declared,
    },
    Rule {
        code: "readiness-before-traffic",
        grade: Grade::PROD,
        promise: "every container behind a Service has a readiness probe",
        why: "a pod gets requests as soon as its process starts, before it can answer them, in every rollout and \
              after every restart",
        fix: "add a `readinessProbe` for the port that the Service uses",
        source: "Kubernetes documentation, Configure Liveness, Readiness and Startup Probes",
        check: readiness_before_traffic,
    },
    Rule {
        code: "liveness-is-not-readiness",
        grade: Grade::WARNING,
        promise: "a liveness probe tolerates more failures than a readiness probe with the same check",
        why: "a pod that is merely too busy to answer is restarted when it most needs to recover, and its load \
              shifts to the others",
        fix: "let liveness check something that fails only if a restart helps, or give it a higher \
              `failureThreshold`",
        source: "Kubernetes documentation, Liveness, Readiness, and Startup Probes: caution",
        check: liveness_is_not_readiness,
    },
    Rule {
        code: "jvm-probe-outlasts-a-pause",
        grade: Grade::WARNING,
        promise: "an HTTP probe of a Java program has a timeout of more than a second",
        why: "one garbage collection pause, or CPU throttling, fails the probe: pods leave their Service, or are \
              restarted, under load",
        fix: "set `timeoutSeconds: 3` or more in each probe",
        source: "core/v1 Probe: timeoutSeconds is 1 by default",
        check: jvm_probe_outlasts_a_pause,
    },
    Rule {
        code: "probe-targets-the-pod",
        grade: Grade::WARNING,
        promise: "probes and hooks over HTTP or TCP target the pod itself",
        why: "with `host` the kubelet connects to that host from the node, and since 1.34 the `baseline` Pod \
              Security level refuses it",
        fix: "remove `host`; to send a host name, set a `Host` header in `httpHeaders`",
        source: "core/v1 HTTPGetAction and TCPSocketAction; Pod Security Standards, baseline: host probes",
        check: probe_asks_the_pod,
    },
    Rule {
        code: "exec-runs-in-image",
        grade: Grade::ERROR,
        promise: "no hook and no probe runs a command that its image does not have",
        why: "the container runtime fails with `no such file or directory`: the probe never succeeds, the hook \
              never runs",
        fix: "use `httpGet`, `tcpSocket`, `grpc` or `sleep`, which the kubelet runs itself, or an image with a \
              shell",
        source: "GoogleContainerTools/distroless: images without a shell",
        check: exec_runs_in_image,
    },
    Rule {
        code: "poststart-does-not-call-itself",
        grade: Grade::WARNING,
        promise: "a postStart hook does not call its own container",
        why: "the hook runs at the same time as the process and usually before it listens: the call fails, and \
              the kubelet kills the container (FailedPostStartHook)",
        fix: "use a readiness probe, or wait in the hook until the port answers",
        source: "Kubernetes documentation, Container Lifecycle Hooks: no guarantee that PostStart runs after the entrypoint",
        check: poststart_asks_nobody,
    },
];

/// The probes and hooks of a container: the pointer to each, its name, and its fields.
pub(super) fn handlers<'a>(
    container: &Container<'a>,
) -> impl Iterator<Item = (String, &'static str, &'a Value)> {
    let probes = container.probes().map(|probe| (format!("/{}", probe.kind), probe.kind, probe.fields));
    let hooks = hooks(container).map(|hook| (format!("/lifecycle/{}", hook.kind), hook.kind, hook.fields));
    probes.chain(hooks)
}

fn probe_port_declared<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for (at, kind, fields) in handlers(container) {
            for way in ["httpGet", "tcpSocket"] {
                let Some(name) = fields.pointer(&format!("/{way}/port")).and_then(Value::as_str) else {
                    continue;
                };
                if container.port_number(&Value::from(name)).is_some() {
                    continue;
                }
                let title = format!(
                    "{kind} uses port `{name}`, which container `{}` does not declare",
                    container.name
                );
                let names: Vec<&str> = container.ports().filter_map(|port| port.name).collect();
                let finding = container.finding(&format!("{at}/{way}/port"), title);
                findings.push(match names.is_empty() {
                    true => finding,
                    false => finding.help(format!("it declares {}", words::listed(names))),
                });
            }
        }
    }
    findings
}

/// Does one of the Services lead to a port of this container? Without ports nobody can tell but for a single container.
fn is_served<'a>(set: &Set<'a>, pod: &Pod<'a>, container: &Container<'a>) -> bool {
    let alone = pod.mains().count() == 1;
    pod.services(set).iter().filter(|service| !is_for_metrics(service)).any(|service| {
        let any = ports(service).next().is_some();
        (any && alone) || container.ports().any(|port| leads_to(service, port))
    })
}

fn readiness_before_traffic<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let lasting = |pod: &&Pod<'a>| !matches!(pod.workload.kind(), "Job" | "CronJob" | "Pod");
    for pod in set.pods().iter().filter(lasting) {
        for container in pod.mains().filter(|container| container.probe("readinessProbe").is_none()) {
            if is_served(set, pod, container) {
                let title =
                    format!("container `{}` is behind a Service without a readiness probe", container.name);
                findings.push(container.finding("/name", title));
            }
        }
    }
    findings
}

/// Rules that know what a liveness probe asks for, and who else must be there for it.
const LIVENESS: &[&str] =
    &["nacos-liveness-tolerates-outages", "consul-liveness-is-local", "liveness-ignores-dependencies"];

fn liveness_is_not_readiness<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let elsewhere = Elsewhere::of(set, LIVENESS);
    let served = set.pods().iter().flat_map(|pod| pod.mains().map(move |container| (pod, container)));
    let found = served.filter_map(|(pod, container)| {
        let (live, ready) = (container.probe("livenessProbe")?, container.probe("readinessProbe")?);
        // A port that does not listen any more will hardly come back by itself.
        let same = live.fields.get("httpGet").is_some_and(|asked| ready.fields.get("httpGet") == Some(asked));
        let patience = |probe: &Probe<'_>| {
            probe.number("periodSeconds", 10).saturating_mul(probe.number("failureThreshold", 3))
        };
        let (lives, readies) = (patience(&live), patience(&ready));
        let told = || elsewhere.says(container.workload, &container.field("/livenessProbe"));
        // A minute is patience enough; and without requests nobody is too busy.
        if !same || lives > readies || lives >= 60 || !is_served(set, pod, container) || told() {
            return None;
        }
        let title = format!(
            "checks the same as readiness, but restarts after {lives} s of failures, readiness takes {readies} s"
        );
        Some(container.finding("/livenessProbe", title))
    });
    found.collect()
}

fn jvm_probe_outlasts_a_pause<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in set.running(Product::Java) {
        // One is told for all: they were mostly written at once.
        let hasty = ["livenessProbe", "readinessProbe"].iter().filter_map(|kind| container.probe(kind));
        let hasty = hasty
            .filter(|probe| probe.http_path().is_some() && probe.number("timeoutSeconds", 1) <= 1)
            .map(|probe| (probe.kind, probe.fields.get("timeoutSeconds").is_some()));
        if let Some((kind, told)) = hasty.into_iter().next() {
            let (at, how) = if told { ("/timeoutSeconds", "") } else { ("", ", the default") };
            let title = format!("{kind} has a timeout of 1 s for a Java program{how}");
            findings.push(container.finding(&format!("/{kind}{at}"), title));
        }
    }
    findings
}

fn probe_asks_the_pod<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| !pod.is_on_host()) {
        for container in &pod.containers {
            for (at, kind, fields) in handlers(container) {
                for way in ["httpGet", "tcpSocket"] {
                    let host = fields.pointer(&format!("/{way}/host")).and_then(Value::as_str);
                    let Some(host) = host.filter(|host| !host.is_empty()) else { continue };
                    let title = format!("{kind} connects to `{host}`, not to the pod");
                    let finding = container.finding(&format!("{at}/{way}/host"), title);
                    findings.push(if texts::is_loopback(host) { finding.refuses() } else { finding });
                }
            }
        }
    }
    findings
}

/// Has the image nothing but its program?
fn is_bare(container: &Container<'_>) -> bool {
    let bare = container.image.path().split('/').any(|part| part == "distroless");
    bare && !container.image.tag().is_some_and(|tag| tag.contains("debug"))
}

fn exec_runs_in_image<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers).filter(|container| is_bare(container))
    {
        for (at, kind, fields) in handlers(container) {
            let command = fields.pointer("/exec/command/0").and_then(Value::as_str).unwrap_or_default();
            if is_shell(command) || matches!(base(command), "curl" | "wget" | "sleep" | "cat" | "nc") {
                let title = format!("{kind} runs `{command}`, which `{}` does not have", container.image);
                findings.push(container.finding(&format!("{at}/exec/command/0"), title));
            }
        }
    }
    findings
}

fn poststart_asks_nobody<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let Some(hook) = hooks(container).find(|hook| hook.kind == "postStart") else { continue };
        if let Some(get) = hook.fields.get("httpGet")
            && get.get("host").is_none()
        {
            let title = "postStart calls its own container with `httpGet`";
            findings.push(container.finding("/lifecycle/postStart/httpGet", title));
        }
        let Some(script) = hook.fields.get("exec").and_then(Script::of) else { continue };
        let retries = |command: &Simple| command.words.iter().any(|word| word.starts_with("--retry"));
        if script.is_involved() || script.sleeps().is_some() || script.calls().any(retries) {
            continue;
        }
        let own = script.calls().find_map(|call| call.url().filter(|url| is_own(url)));
        if let Some(url) = own {
            let at = format!("/lifecycle/postStart/exec/command/{}", script.index);
            findings.push(
                container.finding(&at, format!("postStart calls its own container at `{url}`")).word(url),
            );
        }
    }
    findings
}

fn is_own(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.starts_with("localhost") || host.starts_with("127.")
}
