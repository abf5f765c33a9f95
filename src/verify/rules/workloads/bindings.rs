//! What workloads and ways in name besides their pods: roles, certificates, the keys of registries.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::shapes::others::declare;
use crate::verify::topology::is_made;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "binding-leads-to-role",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every role binding binds an existing role to an existing account",
        why: "a binding to a missing role or account is accepted but has no effect: every API call of the pods \
              gets 403",
        fix: "correct the name; declare what already exists in the cluster: `external: [KIND/NAME]`, or `--assume \
              KIND/NAME` with lint",
        source: "Kubernetes documentation, Using RBAC Authorization; rbac/v1 validation",
        check: binding_leads_to_role,
    },
    Rule {
        code: "tls-secret-fits",
        grade: Grade::PROD.of_whole_sets(),
        promise: "every certificate of an Ingress exists, as a Secret of the right type",
        why: "the controller presents its own certificate instead, which browsers do not trust",
        fix: "correct the name; declare what already exists in the cluster: `external: [KIND/NAME]`, or `--assume \
              KIND/NAME` with lint",
        source: "Kubernetes documentation, Ingress: TLS",
        check: tls_secret_fits,
    },
    Rule {
        code: "pull-secret-fits",
        grade: Grade::PROD.of_whole_sets(),
        promise: "every pull secret of a pod exists, as a Secret of the right type",
        why: "the kubelet continues without it: images of a private registry end in ImagePullBackOff",
        fix: "correct the name; declare what already exists in the cluster: `external: [KIND/NAME]`, or `--assume \
              KIND/NAME` with lint",
        source: "Kubernetes documentation, Pull an Image from a Private Registry",
        check: pull_secret_fits,
    },
    Rule {
        code: "priority-class-exists",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every priority class of a pod exists",
        why: "the API server refuses every pod: `no PriorityClass with name … was found`, which shows only in \
              events",
        fix: "correct the name; declare what already exists in the cluster: `external: [KIND/NAME]`, or `--assume \
              KIND/NAME` with lint",
        source: "Priority admission plugin; observed with kube-apiserver 1.37.2",
        check: priority_class_exists,
    },
];

/// Roles of every cluster: three for people, the rest for its own parts.
const ROLES: &[&str] =
    &["cluster-admin", "admin", "edit", "view", "extension-apiserver-authentication-reader"];

fn is_built_in(role: &str) -> bool {
    ROLES.contains(&role) || role.starts_with("system:")
}

fn binding_leads_to_role<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    // Accounts of a namespace of which the set has none are somebody else's.
    let accounts = set.of_kind("ServiceAccount").iter();
    let ours: BTreeSet<&str> = accounts.map(|account| set.namespace_of(account)).collect();
    let mut findings = Vec::new();
    for binding in set.of_kind("RoleBinding").iter().chain(set.of_kind("ClusterRoleBinding")).copied() {
        let kind = binding.text("/roleRef/kind").unwrap_or_default();
        let role = binding.text("/roleRef/name").unwrap_or_default();
        if kind == "Role" && binding.kind() == "ClusterRoleBinding" {
            let title = "a ClusterRoleBinding cannot bind a Role, only a ClusterRole";
            findings.push(Finding::new(binding, title).at("/roleRef/kind").help("make it a RoleBinding"));
        } else if matches!(kind, "Role" | "ClusterRole")
            && !set.knows(binding, kind, role)
            && !is_built_in(role)
        {
            let title = format!("{kind} `{role}` does not exist");
            findings.push(Finding::new(binding, title).at("/roleRef/name").help(declare(kind, role)));
        }
        subjects(set, binding, &ours, &mut findings);
    }
    findings
}

/// The accounts that a binding names, where they are ours to know.
fn subjects<'a>(set: &Set<'a>, binding: &'a Object, ours: &BTreeSet<&str>, findings: &mut Vec<Finding<'a>>) {
    let subjects = binding.at("/subjects").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (index, subject) in subjects {
        let text = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default();
        if text("kind") != "ServiceAccount" {
            continue;
        }
        let (told, name) = (text("namespace"), text("name"));
        let at = format!("/subjects/{index}");
        // A RoleBinding means its own namespace.
        let namespace = if told.is_empty() { set.namespace_of(binding) } else { told };
        if namespace.is_empty() {
            let title = format!("ServiceAccount `{name}` needs a `namespace`, which the API server requires");
            findings.push(Finding::new(binding, title).at(at.as_str()));
            continue;
        }
        let known = name == "default"
            || set.find("ServiceAccount", namespace, name).is_some()
            || set.is_external("ServiceAccount", name)
            || is_made(set, "ServiceAccount", namespace, name);
        if ours.contains(namespace) && !known {
            let title = format!("ServiceAccount `{name}` does not exist in namespace `{namespace}`");
            let finding = Finding::new(binding, title).at(format!("{at}/name").as_str());
            findings.push(finding.help(declare("ServiceAccount", name)).warns());
        }
    }
}

/// A Secret that an object names: missing, or of another type than the wanted ones.
fn secret<'a>(set: &Set<'a>, from: &'a Object, name: &str, types: &[&str]) -> Option<Finding<'a>> {
    let namespace = set.namespace_of(from);
    let Some(secret) = set.beside(from, "Secret", name) else {
        let known = set.is_external("Secret", name) || is_made(set, "Secret", namespace, name);
        let title = format!("Secret `{name}` does not exist");
        return (!known).then(|| Finding::new(from, title).help(declare("Secret", name)));
    };
    let kind = secret.text("/type").unwrap_or("Opaque");
    let title = format!("Secret `{name}` is of type `{kind}`, not `{}`", types.first()?);
    let help = format!("set `type: {}` in the Secret", types.first()?);
    (!types.contains(&kind)).then(|| Finding::new(from, title).help(help))
}

/// Annotations by which a controller is told to make the certificate.
const ISSUERS: &[&str] =
    &["cert-manager.io/", "certmanager.k8s.io/", "acme.cert-manager.io/", "kubernetes.io/tls-acme"];

fn tls_secret_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for ingress in set.of_kind("Ingress").iter().copied() {
        let annotations =
            ingress.at("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
        if annotations.map(|(key, _)| key).any(|key| ISSUERS.iter().any(|issuer| key.starts_with(issuer))) {
            continue;
        }
        let entries = ingress.at("/spec/tls").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, entry) in entries {
            let Some(name) = entry.get("secretName").and_then(Value::as_str) else { continue };
            // Controllers go by its keys.
            let keys = |secret: &Object| {
                ["data", "stringData"].iter().any(|map| secret.at(&format!("/{map}/tls.crt")).is_some())
            };
            if set.beside(ingress, "Secret", name).is_some_and(keys) {
                continue;
            }
            let found = secret(set, ingress, name, &["kubernetes.io/tls"]);
            findings
                .extend(found.map(|finding| finding.at(format!("/spec/tls/{index}/secretName").as_str())));
        }
    }
    findings
}

fn pull_secret_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let types = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];
    let mut findings = Vec::new();
    for pod in set.pods() {
        let named =
            pod.spec.get("imagePullSecrets").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, reference) in named {
            let Some(name) = reference.get("name").and_then(Value::as_str) else { continue };
            let found = secret(set, pod.workload, name, &types);
            findings.extend(
                found.map(|finding| finding.at(pod.field(&format!("/imagePullSecrets/{index}/name")))),
            );
        }
    }
    findings
}

fn priority_class_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = set.pods().iter().filter_map(|pod| {
        let name = pod.spec.get("priorityClassName")?.as_str().filter(|name| !name.is_empty())?;
        let known = name.starts_with("system-") || set.knows(pod.workload, "PriorityClass", name);
        let title = format!("PriorityClass `{name}` does not exist");
        (!known).then(|| pod.finding("/priorityClassName", title).help(declare("PriorityClass", name)))
    });
    found.collect()
}
