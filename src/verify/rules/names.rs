//! Names that the API server and DNS accept, each once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Around, Finding, Grade, Rule, Set, topology};
use crate::diagnostic::Path;
use crate::k8s::address::is_port_name;
use crate::k8s::{Object, labels};

/// The rule that says so of two objects; where they stand in two files, who knows the files says it.
pub(crate) const DUPLICATE: &str = "duplicate-object";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: DUPLICATE,
        grade: Grade::ERROR,
        promise: "no two objects have the same kind and name",
        why: "the second silently replaces the first",
        fix: "rename one of the two",
        source: "",
        check: duplicate_object,
    },
    Rule {
        code: "name-fits",
        grade: Grade::ERROR,
        promise: "every name is valid in Kubernetes and DNS, including the suffixes that are added to it",
        why: "a StatefulSet's pods carry its name and a revision hash in a label of at most 63 characters; \
              Services and pods are DNS labels",
        fix: "use a shorter name of lower-case letters, digits and `-`",
        source: "kubernetes/kubernetes#64023; names that kube-apiserver 1.37.2 was observed to refuse",
        check: name_fits,
    },
    Rule {
        code: "port-name-fits",
        grade: Grade::ERROR,
        promise: "container port names have at most 15 characters and are unique in their container",
        why: "the API server refuses longer ones, and a Service resolves a duplicate name to the wrong port",
        fix: "use at most 15 lower-case letters, digits and `-`, at least one of them a letter, and each name once",
        source: "core/v1 validation: IsValidPortName; observed with kube-apiserver 1.37.2",
        check: port_name_fits,
    },
    Rule {
        code: "port-number-fits",
        grade: Grade::ERROR,
        promise: "port numbers are between 1 and 65535",
        why: "the API server refuses the object",
        fix: "use the port that the process listens on",
        source: "core/v1 validation: IsValidPortNum; observed with kube-apiserver 1.37.2",
        check: port_number_fits,
    },
    Rule {
        code: "label-fits",
        grade: Grade::ERROR,
        promise: "labels, annotations and node selectors are valid in Kubernetes",
        why: "the API server refuses the object: keys are `name` or `dns.name/name`, keys and label values have \
              at most 63 characters and start and end with a letter or digit",
        fix: "use letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends",
        source: "apimachinery's IsQualifiedName and IsValidLabelValue; observed with kube-apiserver 1.37.2",
        check: label_fits,
    },
];

fn duplicate_object<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut seen = BTreeSet::new();
    let twice = set.objects.iter().filter(|object| !seen.insert(identity(object, set.around)));
    twice.map(|object| Finding::new(object, "is defined twice").at("/metadata/name")).collect()
}

/// What the cluster knows an object by: group, kind, namespace and name.
pub(crate) fn identity<'a>(object: &'a Object, around: &'a Around) -> (&'a str, &'a str, &'a str, &'a str) {
    (group(object), object.kind(), around.namespace_of(object), object.name())
}

/// Two kinds of one name are two kinds in two groups.
fn group(object: &Object) -> &str {
    object.text("/apiVersion").and_then(|api| api.rsplit_once('/')).map_or("", |(group, _)| group)
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

/// Kinds with a shorter name that may have dots in it.
const DOTTED: &[&str] = &["Deployment", "DaemonSet", "Job", "CronJob"];

/// Kinds whose names may have any letters that a path may have, and any length: `system:auth-delegator`.
const PATHS: &[&str] = &["ClusterRole", "ClusterRoleBinding", "PodDisruptionBudget", "Role", "RoleBinding"];

fn name_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in &set.objects {
        let name = object.name();
        if PATHS.contains(&object.kind()) {
            if matches!(name, "." | "..") || name.contains(['/', '%']) {
                findings.push(
                    Finding::new(object, "its name would become a different API path").at("/metadata/name"),
                );
            }
            continue;
        }
        let limit = limit(object.kind());
        let dotted = limit == 253 || DOTTED.contains(&object.kind());
        let inner =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (c == '.' && dotted);
        if name.len() > limit {
            let length = name.len();
            let title = format!("its name has {length} characters, at most {limit} are allowed");
            let finding = Finding::new(object, title).at("/metadata/name");
            // These are cut for the names of their pods, which may look like others' then.
            let cut = matches!(object.kind(), "Deployment" | "DaemonSet") && length <= 253;
            findings.push(if cut { finding.warns() } else { finding });
        }
        if !name.chars().all(inner) || name.starts_with('-') || name.ends_with('-') {
            findings.push(Finding::new(object, "its name is not a DNS name").at("/metadata/name"));
        }
        let digit = object.kind() == "Service" && name.starts_with(|c: char| c.is_ascii_digit());
        // KEP-5311: on by default since 1.36.
        if digit && !set.around.minor.at_least(36) {
            let title = "a Service's name must start with a letter";
            findings.push(Finding::new(object, title).at("/metadata/name"));
        }
    }
    findings
}

/// Where users' keys and values go: a pointer, and whether the values are labels' too.
const MAPS: &[(&str, bool)] = &[
    ("/metadata/labels", true),
    ("/metadata/annotations", false),
    ("/spec/template/metadata/labels", true),
    ("/spec/template/metadata/annotations", false),
    ("/spec/template/spec/nodeSelector", true),
    ("/spec/jobTemplate/metadata/labels", true),
    ("/spec/jobTemplate/spec/template/metadata/labels", true),
    ("/spec/jobTemplate/spec/template/metadata/annotations", false),
    ("/spec/jobTemplate/spec/template/spec/nodeSelector", true),
];

/// Each once: what is wrong with one object is mostly wrong with all of its component.
fn label_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for object in &set.objects {
        for (pointer, labels) in MAPS {
            let entries = object.at(pointer).and_then(|map| map.as_object());
            for (key, value) in entries.into_iter().flatten() {
                let value = value.as_str().unwrap_or_default();
                // The API server reads keys of annotations in lower case.
                let name = if *labels { key.clone() } else { key.to_ascii_lowercase() };
                if !labels::is_key(&name) && seen.insert((key.as_str(), "")) {
                    let title = format!("`{key}` is not a valid key for a label or an annotation");
                    findings.push(Finding::new(object, title).at(Path::from(*pointer).key(key)));
                }
                if *labels
                    && !value.is_empty()
                    && !labels::is_word(value)
                    && seen.insert((key.as_str(), value))
                {
                    let title = format!("`{value}` is not a valid value for label `{key}`");
                    findings.push(Finding::new(object, title).at(Path::from(*pointer).key(key)));
                }
            }
        }
    }
    findings
}

fn port_name_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let mut seen = BTreeSet::new();
        let names = container.ports().enumerate().filter_map(|(index, port)| Some((index, port.name?)));
        for (index, name) in names {
            let at = format!("/ports/{index}/name");
            if name.len() > 15 {
                let title = format!("port name `{name}` has more than 15 characters");
                findings.push(container.finding(&at, title));
            } else if !name.is_empty() && !is_port_name(name) {
                findings.push(container.finding(&at, format!("`{name}` is not a valid port name")));
            }
            if !name.is_empty() && !seen.insert(name) {
                findings.push(container.finding(&at, format!("port name `{name}` is used twice")));
            }
        }
    }
    findings
}

fn port_number_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let wrong = |port: &Value, field: &str| {
        let number = port.get(field)?.as_i64()?;
        // No `hostPort` or `nodePort` is written as 0 by some; a `targetPort` of 0 is the port itself.
        let least = i64::from(!matches!(field, "hostPort" | "nodePort" | "targetPort"));
        (!(least..=65535).contains(&number)).then(|| format!("{field} cannot be {number}"))
    };
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let ports = container.fields.get("ports").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, port) in ports {
            for field in ["containerPort", "hostPort"] {
                let found = wrong(port, field);
                findings
                    .extend(found.map(|title| container.finding(&format!("/ports/{index}/{field}"), title)));
            }
        }
    }
    for service in set.of_kind("Service").iter().copied() {
        for (index, port) in topology::ports(service) {
            for field in ["port", "targetPort", "nodePort"] {
                let at = format!("/spec/ports/{index}/{field}");
                findings.extend(wrong(port, field).map(|title| Finding::new(service, title).at(at.as_str())));
            }
        }
    }
    findings
}
