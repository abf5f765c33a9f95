//! What pods do before they go: `preStop` has its time, and does what it is for.

use serde_json::Value;

use super::script::Script;
use crate::products::spring::key;
use crate::verify::command::{Joint, Simple};
use crate::verify::pods::spring::Spring;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::topology::grace;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "grace-covers-prestop",
        grade: Grade::ERROR,
        promise: "a pod's grace period is longer than its preStop hook",
        why: "the grace period includes the hook: when it ends during the hook, SIGTERM follows, and SIGKILL two \
              seconds later, so the process has no time to shut down",
        fix: "set `terminationGracePeriodSeconds` to the hook's time, plus the process's shutdown time, plus 10",
        source: "Kubernetes documentation, Container Lifecycle Hooks; kubernetes/kubernetes#67592",
        check: grace_covers_prestop,
    },
    Rule {
        code: "prestop-waits-after-a-failure",
        grade: Grade::PROD,
        promise: "a preStop hook waits even if the call before it fails",
        why: "if the call fails, or its program is not in the image, the hook ends at once and SIGTERM arrives \
              while callers still send requests",
        fix: "write `CALL || true; sleep SECONDS`, with a time limit for the call",
        source: "Kubernetes documentation, Container Lifecycle Hooks: a failing hook does not hold back SIGTERM",
        check: drain_survives_failure,
    },
    Rule {
        code: "prestop-uses-post",
        grade: Grade::ERROR,
        promise: "a preStop hook uses POST for actuator operations that require it",
        why: "the actuator answers 405 Method Not Allowed, the hook fails (FailedPreStopHook), and the operation \
              is not performed",
        fix: "use `exec` with `curl -X POST`; an `httpGet` hook can only send GET",
        source: "core/v1 HTTPGetAction; Spring Boot actuator: write operations are POST",
        check: prestop_writes_by_post,
    },
    Rule {
        code: "sleep-hook-known",
        grade: Grade::ERROR,
        promise: "a hook with `sleep` is supported by the cluster's version",
        why: "before 1.30 the API server drops or refuses the action, and the pod stops without a delay",
        fix: "use `exec` with `sleep SECONDS`, or a newer cluster",
        source: "KEP-3960 PodLifecycleSleepAction (on since 1.30), KEP-4818 (0 seconds, on since 1.33)",
        check: sleep_hook_known,
    },
    Rule {
        code: "served-app-drains",
        grade: Grade::PROD,
        promise: "an app behind a Service waits before it stops",
        why: "the pod is removed from the Service's endpoints when it is told to stop, but for some seconds \
              requests still arrive: each rollout fails some of them with `connection refused`",
        fix: "add a preStop hook that sleeps for 10 seconds or more, and a matching grace period: `drainSeconds` of a \
              stack does both",
        source: "Kubernetes documentation, Pod Lifecycle: termination of pods",
        check: served_app_drains,
    },
];

/// One hook of a container.
pub(super) struct Hook<'a> {
    /// `postStart` or `preStop`.
    pub(super) kind: &'static str,
    pub(super) fields: &'a Value,
}

/// The hooks of a container.
pub(super) fn hooks<'a>(container: &Container<'a>) -> impl Iterator<Item = Hook<'a>> {
    let lifecycle = container.fields.get("lifecycle");
    ["postStart", "preStop"].into_iter().filter_map(move |kind| {
        Some(Hook { kind, fields: lifecycle?.get(kind).filter(|hook| hook.is_object())? })
    })
}

/// The `preStop` hooks of the containers that stay, each with its pod and container.
fn stops<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = (&'s Pod<'a>, &'s Container<'a>, &'a Value)> {
    let all = set.pods().iter().flat_map(|pod| pod.mains().map(move |container| (pod, container)));
    all.filter_map(|(pod, container)| {
        let hook = hooks(container).find(|hook| hook.kind == "preStop")?;
        Some((pod, container, hook.fields))
    })
}

/// How long a hook takes for certain, the field that says it, and the words in it.
fn takes(hook: &Value) -> Option<(u64, String, String)> {
    if let Some(seconds) = hook.pointer("/sleep/seconds").and_then(Value::as_u64) {
        return Some((seconds, "/sleep/seconds".to_owned(), String::new()));
    }
    let script = Script::of(hook.get("exec")?)?;
    let last = script.commands.iter().rev().find(|command| command.sleep().is_some());
    let word = last.map(|command| command.words.join(" ")).unwrap_or_default();
    // `["sleep", "40"]` says the seconds in its second word.
    let (index, word) = if script.index > 0 { (script.index, word) } else { (1, String::new()) };
    Some((script.sleeps()?, format!("/exec/command/{index}"), word))
}

fn grace_covers_prestop<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = stops(set).filter_map(|(pod, container, hook)| {
        let (seconds, field, word) = takes(hook)?;
        let (grace, told) = (grace(pod), pod.spec.contains_key("terminationGracePeriodSeconds"));
        if seconds.saturating_add(5) < grace {
            return None;
        }
        let default = if told { "" } else { ", the default" };
        let title = format!("the preStop hook takes {seconds} s, but the grace period is {grace} s{default}");
        let help = format!(
            "set `terminationGracePeriodSeconds: {}`: the hook, 30 s for the process, and 10",
            seconds.saturating_add(40)
        );
        let finding = container.finding(&format!("/lifecycle/preStop{field}"), title).help(help);
        let finding = if word.is_empty() { finding } else { finding.word(word) };
        Some(if seconds < grace { finding.warns() } else { finding })
    });
    found.collect()
}

fn drain_survives_failure<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = stops(set).filter_map(|(_, container, hook)| {
        let script = Script::of(hook.get("exec")?)?;
        let pairs = script.commands.iter().zip(script.commands.iter().skip(1));
        let (call, sleep) = pairs
            .into_iter()
            .find(|(before, next)| before.is_call() && next.joint == Joint::And && next.sleep().is_some())?;
        let (name, seconds) = (call.words.first()?, sleep.words.get(1)?);
        let title = format!("it waits {seconds} s only if `{name}` succeeds");
        let limit = if name.ends_with("curl") { "-m 5" } else { "-T 5" };
        let help = format!("write `{name} {limit} … || true; sleep {seconds}`");
        let at = format!("/lifecycle/preStop/exec/command/{}", script.index);
        Some(container.finding(&at, title).word("&&").help(help))
    });
    found.collect()
}

/// Ends of actuator paths behind which Spring has only write operations.
const WRITES: &[&str] = &["/actuator/serviceregistry", "/actuator/service-registry", "/actuator/shutdown"];

/// The path in a URL, when only POST does something there.
fn write(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    WRITES.iter().find(|write| path.ends_with(*write)).copied()
}

/// Does curl or wget send something else than GET?
fn sends(command: &Simple) -> bool {
    command.words.iter().skip(1).any(|word| {
        ["-d", "-X", "-F", "-T", "--data", "--request", "--json", "--form", "--post", "--method", "-K"]
            .iter()
            .any(|flag| word.starts_with(flag))
            // Flags in one word: `-sXPOST`.
            || (word.starts_with('-') && !word.starts_with("--") && word.contains(['X', 'd']))
    })
}

fn prestop_writes_by_post<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container, hook) in stops(set) {
        if let Some(path) = hook.pointer("/httpGet/path").and_then(Value::as_str)
            && let Some(write) = write(path)
        {
            let title = format!("`httpGet` sends GET, but `{write}` requires POST");
            findings.push(container.finding("/lifecycle/preStop/httpGet/path", title));
        }
        let Some(script) = hook.get("exec").and_then(Script::of) else { continue };
        for call in script.calls().filter(|call| !sends(call)) {
            let Some((url, write)) = call.url().and_then(|url| Some((url, write(url)?))) else { continue };
            let at = format!("/lifecycle/preStop/exec/command/{}", script.index);
            let title = format!("`{}` sends GET, but `{write}` requires POST", call.words[0]);
            findings.push(container.finding(&at, title).word(url));
        }
    }
    findings
}

fn sleep_hook_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let minor = set.around.minor;
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for Hook { kind, fields } in hooks(container) {
            let Some(seconds) = fields.pointer("/sleep/seconds").and_then(Value::as_u64) else { continue };
            let at = format!("/lifecycle/{kind}/sleep");
            // In 1.28 and before the field is unknown, which the schema says.
            if !minor.at_least(30) && minor.at_least(29) {
                let title = format!("`sleep` is off by default in Kubernetes {minor}");
                findings.push(container.finding(&at, title));
            } else if seconds == 0 && minor.at_least(30) && !minor.at_least(33) {
                let title = format!("Kubernetes {minor} does not allow a sleep of 0 seconds");
                findings.push(container.finding(&format!("{at}/seconds"), title));
            }
        }
    }
    findings
}

/// Does the app wait after it has left the registry, before it stops to listen?
/// Source: Spring Cloud Alibaba 2023.0.3.4: it answers for the whole wait.
fn waits_by_itself(container: &Container<'_>) -> bool {
    let wait = Spring::of(container).get(key::NACOS_WAIT);
    wait.is_some_and(|wait| {
        wait.plain().and_then(|text| text.parse::<u64>().ok()).is_none_or(|wait| wait > 0)
    })
}

fn served_app_drains<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods_with(Product::Java).filter(|pod| pod.workload.kind() == "Deployment") {
        let many = pod.replicas(set).is_some_and(|replicas| replicas > 1);
        let recreated = pod.workload.text("/spec/strategy/type") == Some("Recreate");
        let drains = pod.mains().any(|container| {
            hooks(container).any(|hook| hook.kind == "preStop") || waits_by_itself(container)
        });
        if !many || recreated || drains || pod.services(set).is_empty() {
            continue;
        }
        if let Some(app) = pod.running(Product::Java) {
            let title = format!("container `{}` has no preStop hook", app.name);
            findings.push(app.finding("/name", title));
        }
    }
    findings
}
