//! Names that the API server and DNS accept, each once.

use std::collections::BTreeSet;

use super::super::{Finding, Rule, Set};
use crate::diagnostic::Severity;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "duplicate-object",
        severity: Severity::Error,
        promise: "no two objects have the same kind and name",
        why: "the second would silently replace the first",
        check: duplicate_object,
    },
    Rule {
        code: "name-fits",
        severity: Severity::Error,
        promise: "every name is one that Kubernetes and DNS accept, with the suffixes that will be added to it",
        // Source: kubernetes/kubernetes#64023; metadata and service name validation of the API server.
        why: "a StatefulSet's pods carry its name and a revision hash in a label of 63 characters, \
              Services and pods are DNS labels",
        check: name_fits,
    },
    Rule {
        code: "port-name-fits",
        severity: Severity::Error,
        promise: "container port names have at most 15 characters and are unique in their container",
        why: "the API server refuses longer ones, and a Service finds the wrong port behind a name used twice",
        check: port_name_fits,
    },
];

fn duplicate_object(set: &Set<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let twice = set.objects.iter().filter(|object| !seen.insert((object.id(), object.namespace())));
    twice
        .map(|object| {
            Finding::new(object, "is drawn twice")
                .help("give one of the two components another name: `word/name`")
        })
        .collect()
}

/// The longest name of a kind.
fn limit(kind: &str) -> usize {
    match kind {
        "StatefulSet" => 52,
        // Pod names of Deployments and DaemonSets end in hashes, but are cut to fit; labels with the name are not.
        "Service" | "Deployment" | "DaemonSet" | "Job" | "Namespace" => 63,
        "CronJob" => 52,
        _ => 253,
    }
}

fn name_fits(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        let (name, limit) = (object.name(), limit(object.kind()));
        let inner =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (c == '.' && limit == 253);
        if name.len() > limit {
            let length = name.len();
            findings.push(
                Finding::new(object, format!("its name has {length} characters, {limit} fit"))
                    .help("choose a shorter name in the stack, or a shorter `metadata.namePrefix`"),
            );
        }
        if !name.chars().all(inner) || name.starts_with('-') || name.ends_with('-') {
            findings.push(Finding::new(object, "its name is not a DNS name"));
        }
        if object.kind() == "Service" && !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            findings.push(Finding::new(object, "a Service's name must begin with a letter"));
        }
    }
    findings
}

fn port_name_fits(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &set.objects {
        for container in object.containers() {
            let ports = container.get("ports").and_then(|ports| ports.as_array());
            let names = ports.into_iter().flatten().filter_map(|port| port.get("name")?.as_str());
            let mut seen = BTreeSet::new();
            for name in names {
                if name.len() > 15 {
                    findings.push(Finding::new(
                        object,
                        format!("port name `{name}` is longer than 15 characters"),
                    ));
                }
                if !seen.insert(name) {
                    findings.push(Finding::new(object, format!("port name `{name}` is there twice")));
                }
            }
        }
    }
    findings
}
