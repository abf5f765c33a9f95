//! What the API server refuses in probes, hooks and the pods around them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::probes::handlers;
use crate::k8s::address::is_label;
use crate::verify::topology::grace;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "one-handler-type",
        grade: Grade::ERROR,
        promise: "every probe and every hook has exactly one handler",
        why: "the API server refuses a probe or hook with more than one of `exec`, `httpGet`, `tcpSocket`, `grpc` \
              and `sleep`, or without any",
        fix: "keep one; combine two in one `exec`",
        source: "core/v1 validation: may not specify more than 1 handler type; observed with kube-apiserver 1.37.2",
        check: handler_is_one,
    },
    Rule {
        code: "probe-numbers-allowed",
        grade: Grade::ERROR,
        promise: "probes and hooks have only fields and values that are allowed for their kind",
        why: "the API server refuses the pod",
        fix: "remove `successThreshold` from liveness and startup probes and `terminationGracePeriodSeconds` from \
              readiness probes, and keep a hook's sleep shorter than the grace period",
        source: "core/v1 validation of probes and lifecycle handlers; observed with kube-apiserver 1.37.2",
        check: probe_numbers_allowed,
    },
    Rule {
        code: "init-has-no-probes",
        grade: Grade::ERROR,
        promise: "an init container has no probes and no hooks",
        why: "the API server refuses them: an init container must run to completion",
        fix: "remove them, or make it a sidecar with `restartPolicy: Always`",
        source: "core/v1 validation: may not be set for init containers without restartPolicy=Always; observed with kube-apiserver 1.37.2",
        check: init_has_no_probes,
    },
    Rule {
        code: "restart-policy-fits",
        grade: Grade::ERROR,
        promise: "pods of long-running workloads always restart, pods of a Job on failure or never",
        why: "the API server refuses the workload",
        fix: "remove `restartPolicy`, or set `OnFailure` or `Never` in a Job",
        source: "apps/v1 and batch/v1 validation of pod templates; observed with kube-apiserver 1.37.2",
        check: restart_policy_fits,
    },
    Rule {
        code: "container-complete",
        grade: Grade::ERROR,
        promise: "every container has an image and a unique name",
        why: "the API server refuses the pod; an invalid image name ends in InvalidImageName",
        fix: "write `REGISTRY/PATH:TAG` in lower case, and give each container its own name",
        source: "core/v1 validation of containers; distribution/reference",
        check: container_complete,
    },
];

const WAYS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

fn handler_is_one<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for (at, kind, fields) in handlers(container) {
            let ways = WAYS.iter().filter(|way| fields.get(**way).is_some_and(|value| !value.is_null()));
            match ways.copied().collect::<Vec<_>>().as_slice() {
                [] => findings.push(container.finding(&at, format!("{kind} has no handler"))),
                [_] => {}
                [first, second, ..] => {
                    let title = format!("{kind} has both `{first}` and `{second}`");
                    findings.push(container.finding(&format!("{at}/{second}"), title));
                }
            }
        }
    }
    findings
}

fn probe_numbers_allowed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let grace = grace(pod);
        for container in &pod.containers {
            for (at, kind, fields) in handlers(container) {
                let number = |field: &str| fields.pointer(field).and_then(Value::as_i64);
                let mut push = |field: &str, title: String| {
                    findings.push(container.finding(&format!("{at}{field}"), title));
                };
                if matches!(kind, "livenessProbe" | "startupProbe")
                    && let Some(threshold) =
                        number("/successThreshold").filter(|threshold| !matches!(threshold, 0 | 1))
                {
                    push(
                        "/successThreshold",
                        format!("{kind} must have a `successThreshold` of 1, not {threshold}"),
                    );
                }
                if kind == "readinessProbe" && number("/terminationGracePeriodSeconds").is_some() {
                    let title = "readinessProbe does not stop the container, and must not have \
                                 `terminationGracePeriodSeconds`";
                    push("/terminationGracePeriodSeconds", title.to_owned());
                }
                // Of preStop `grace-covers-prestop` says it.
                if kind == "postStart"
                    && let Some(seconds) =
                        number("/sleep/seconds").and_then(|seconds| u64::try_from(seconds).ok())
                    && seconds > grace
                {
                    push(
                        "/sleep/seconds",
                        format!("sleeps {seconds} s, longer than the grace period of {grace} s"),
                    );
                }
                for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"] {
                    if let Some(negative) = number(&format!("/{field}")).filter(|number| *number < 0) {
                        push(&format!("/{field}"), format!("`{field}` cannot be {negative}"));
                    }
                }
            }
        }
    }
    findings
}

fn init_has_no_probes<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers).filter(|container| container.init) {
        for (at, kind, _) in handlers(container) {
            let title = format!("init container `{}` has a {kind}", container.name);
            findings.push(container.finding(&at, title));
        }
    }
    findings
}

fn restart_policy_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let kind = pod.workload.kind();
        let policy = pod.spec.get("restartPolicy").and_then(Value::as_str);
        match (kind, policy) {
            ("Job" | "CronJob", Some("OnFailure" | "Never")) | ("Pod", _) => {}
            ("Job" | "CronJob", None) => {
                let title = "a Job must set `restartPolicy`: the default, `Always`, is not allowed";
                findings.push(pod.finding("", title));
            }
            ("Job" | "CronJob", Some(policy @ "Always")) => {
                let title = format!("a Job cannot have `restartPolicy: {policy}`");
                findings.push(pod.finding("/restartPolicy", title));
            }
            (_, None | Some("Always")) => {}
            // Other words are what the schema complains of.
            (_, Some(policy)) if !matches!(policy, "OnFailure" | "Never") => {}
            (_, Some(policy)) => {
                let title = format!("a {kind} cannot have `restartPolicy: {policy}`");
                findings.push(pod.finding("/restartPolicy", title));
            }
        }
    }
    findings
}

fn container_complete<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let mut names = BTreeSet::new();
        for container in &pod.containers {
            let name = container.name;
            if !names.insert(name) && !name.is_empty() {
                findings.push(container.finding("/name", format!("two containers have the name `{name}`")));
            } else if !is_label(name) && container.fields.contains_key("name") {
                let title =
                    format!("`{name}` is not a valid container name: use lower-case letters, digits and `-`");
                findings.push(container.finding("/name", title));
            }
            match container.fields.get("image").and_then(Value::as_str) {
                None | Some("") => {
                    findings.push(container.finding("/name", format!("container `{name}` has no image")));
                }
                Some(image) => {
                    if let Some(wrong) = wrong_image(image) {
                        let title = format!("`{image}` is not a valid image: {wrong}");
                        findings.push(container.finding("/image", title));
                    }
                }
            }
        }
    }
    findings
}

/// What a container runtime would not understand.
fn wrong_image(image: &str) -> Option<&'static str> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let slash = name.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match name[slash..].split_once(':') {
        Some((_, tag)) => (&name[..name.len() - tag.len() - 1], Some(tag)),
        None => (name, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let path = match name.split_once('/') {
        Some((registry, path)) if is_registry(registry) => path,
        _ => name,
    };
    match () {
        () if image.trim() != image || image.contains(char::is_whitespace) => Some("it contains spaces"),
        () if image.contains("://") => Some("it must not have a scheme"),
        () if path.contains(|c: char| c.is_ascii_uppercase()) => Some("its path contains upper-case letters"),
        () if path.is_empty() || path.split('/').any(str::is_empty) => Some("a part of its path is empty"),
        () if !path.chars().all(|c| word(c) || c == '/') => {
            Some("its path contains characters other than letters, digits, `.`, `_` and `-`")
        }
        () if tag.is_some_and(|tag| {
            tag.is_empty() || tag.len() > 128 || !tag.chars().all(word) || tag.starts_with(['.', '-'])
        }) =>
        {
            Some("invalid tag")
        }
        () if digest.is_some_and(|digest| !digest.contains(':')) => Some("invalid digest"),
        () => None,
    }
}

fn is_registry(part: &str) -> bool {
    part == "localhost" || part.contains(|c: char| c == '.' || c == ':' || c.is_ascii_uppercase())
}
