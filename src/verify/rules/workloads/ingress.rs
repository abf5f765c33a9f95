//! Ways in from outside of the cluster: Ingress and HTTPRoute.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::k8s::Object;
use crate::k8s::address::is_part;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "ingress-names-class",
        grade: Grade::WARNING,
        promise: "every Ingress sets `ingressClassName`",
        why: "without a class no controller serves it, or whichever is the cluster's default class; the \
              annotation is deprecated, and newer controllers do not read it",
        fix: "set `spec.ingressClassName`",
        source: "Kubernetes documentation, Ingress: deprecated annotation",
        check: ingress_names_class,
    },
    Rule {
        code: "ingress-path-allowed",
        grade: Grade::ERROR,
        promise: "the hosts and paths of an Ingress are valid",
        why: "the API server refuses the Ingress, or the path is taken literally and matches nothing",
        fix: "start paths with `/`, without `//`, `/./` and `/../`; hosts are DNS names, with `*` only as the \
              first label",
        source: "networking/v1 validation of Ingress; observed with kube-apiserver 1.37.2",
        check: ingress_path_allowed,
    },
    Rule {
        code: "ingress-path-once",
        grade: Grade::WARNING,
        promise: "no two Ingresses of a class define the same host and path",
        why: "ingress-nginx refuses the second one, other controllers serve the older one and ignore the other",
        fix: "keep one of the two",
        source: "ingress-nginx admission webhook: host and path is already defined",
        check: ingress_path_once,
    },
    Rule {
        code: "ingress-tls-covers-hosts",
        grade: Grade::WARNING,
        promise: "an Ingress with TLS has a certificate for each of its hosts",
        why: "for a host without one, browsers get the controller's own certificate",
        fix: "list the host in `tls`, spelled as in `rules`",
        source: "Kubernetes documentation, Ingress: TLS",
        check: ingress_tls_covers_hosts,
    },
    Rule {
        code: "route-within-limits",
        grade: Grade::ERROR,
        promise: "an HTTPRoute does not exceed the limits of rules, matches, hosts and backends",
        why: "the API server refuses the HTTPRoute",
        fix: "split it into two routes",
        source: "Gateway API v1 HTTPRoute; observed with kube-apiserver 1.37.2",
        check: route_within_limits,
    },
];

const ANNOTATION: &str = "kubernetes.io/ingress.class";

fn ingress_names_class<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let is_default =
        |class: &&Object| class.annotation("ingressclass.kubernetes.io/is-default-class") == Some("true");
    let default = set.of_kind("IngressClass").iter().any(is_default);
    let mut findings = Vec::new();
    for ingress in set.of_kind("Ingress").iter().copied() {
        let at = crate::diagnostic::Path::from("/metadata/annotations").key(ANNOTATION);
        match (ingress.text("/spec/ingressClassName"), ingress.annotation(ANNOTATION)) {
            // Until 1.25 surely also where both say the same.
            (Some(class), Some(old)) if class == old && set.around.minor.at_least(26) => {
                let title = "sets its class in `ingressClassName` and again with the deprecated annotation";
                findings.push(Finding::new(ingress, title).at(at).help("remove the annotation"));
            }
            (Some(class), Some(old)) => {
                let title = if class == old {
                    "has both `ingressClassName` and the annotation, which the API server refuses".to_owned()
                } else {
                    format!(
                        "has the class `{old}` in the annotation and `{class}` in `ingressClassName`, which the API server refuses"
                    )
                };
                findings.push(Finding::new(ingress, title).at(at).help("remove the annotation").refuses());
            }
            (None, Some(class)) => {
                let title = "sets its class with the deprecated annotation";
                let help = format!("set `ingressClassName: {class}` in `spec`, and remove the annotation");
                findings.push(Finding::new(ingress, title).at(at).help(help));
            }
            (None, None) if !default => {
                findings.push(Finding::new(ingress, "has no `ingressClassName`").at("/spec"));
            }
            _ => {}
        }
    }
    findings
}

/// A path of an Ingress.
struct Way<'a> {
    host: &'a str,
    path: &'a str,
    kind: &'a str,
    at: String,
}

fn rules(ingress: &Object) -> impl Iterator<Item = (usize, &Value)> {
    ingress.at("/spec/rules").and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn ways<'a>(ingress: &'a Object) -> Vec<Way<'a>> {
    let mut found = Vec::new();
    for (index, rule) in rules(ingress) {
        let host = rule.get("host").and_then(Value::as_str).unwrap_or_default();
        let paths = rule.pointer("/http/paths").and_then(Value::as_array).into_iter().flatten();
        for (number, path) in paths.enumerate() {
            let text = |key: &str| path.get(key).and_then(Value::as_str).unwrap_or_default();
            let at = format!("/spec/rules/{index}/http/paths/{number}/path");
            found.push(Way { host, path: text("path"), kind: text("pathType"), at });
        }
    }
    found
}

const KINDS: &[&str] = &["Exact", "Prefix", "ImplementationSpecific"];

fn ingress_path_allowed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for ingress in set.of_kind("Ingress").iter().copied() {
        for (index, rule) in rules(ingress) {
            let host = rule.get("host").and_then(Value::as_str).unwrap_or_default();
            if let Some(wrong) = wrong_host(host) {
                let at = format!("/spec/rules/{index}/host");
                findings.push(Finding::new(ingress, format!("host `{host}` {wrong}")).at(at.as_str()));
            }
        }
        for Way { path, kind, at, .. } in ways(ingress) {
            let odd = ["//", "/./", "/../", "%2f", "%2F"].into_iter().find(|part| path.contains(part));
            let odd = odd.or_else(|| ["/..", "/."].into_iter().find(|end| path.ends_with(end)));
            let strict = matches!(kind, "Exact" | "Prefix");
            let title = match odd {
                _ if !kind.is_empty() && !KINDS.contains(&kind) => {
                    let title = format!("`{kind}` must be one of {}", words::listed(KINDS));
                    let at = format!("{at}Type");
                    findings.push(Finding::new(ingress, title).at(at.as_str()));
                    continue;
                }
                _ if strict && !path.starts_with('/') => format!("path `{path}` does not begin with `/`"),
                _ if !strict && !path.is_empty() && !path.starts_with('/') => {
                    format!("path `{path}` does not begin with `/`")
                }
                Some(odd) if strict => format!("path `{path}` contains `{odd}`"),
                _ if strict && path.contains(['(', '*', '|', '[', '^', '$']) => {
                    let title = format!("path `{path}` is taken literally with `pathType: {kind}`");
                    let help = "use `pathType: ImplementationSpecific` for a pattern that the controller understands";
                    findings.push(Finding::new(ingress, title).at(at.as_str()).help(help).warns());
                    continue;
                }
                _ => continue,
            };
            findings.push(Finding::new(ingress, title).at(at.as_str()));
        }
    }
    findings
}

/// What is wrong with a host, as a phrase behind it.
fn wrong_host(host: &str) -> Option<&'static str> {
    let name = host.strip_prefix("*.").unwrap_or(host);
    match () {
        () if host.is_empty() => None,
        () if host.contains("://") => Some("has a scheme"),
        () if host.parse::<std::net::IpAddr>().is_ok() => Some("is an address, not a name"),
        () if host.contains(':') => Some("has a port"),
        () if host.contains('/') => Some("has a path"),
        () if name.contains('*') => Some("has a `*` that is not the first label"),
        () if !name.split('.').all(is_part) => Some("is not a DNS name in lower case"),
        () => None,
    }
}

fn ingress_path_once<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut seen: BTreeMap<_, &Object> = BTreeMap::new();
    let mut findings = Vec::new();
    for ingress in set.of_kind("Ingress").iter().copied() {
        let class = ingress.text("/spec/ingressClassName").or_else(|| ingress.annotation(ANNOTATION));
        // Two controllers, or two halves of a canary, share what they serve.
        if ingress.annotation("nginx.ingress.kubernetes.io/canary") == Some("true") {
            continue;
        }
        for Way { host, path, kind, at } in ways(ingress) {
            match seen.get(&(class, host, path, kind)) {
                Some(other) => {
                    let host = if host.is_empty() { "any host" } else { host };
                    let title = if std::ptr::eq(*other, ingress) {
                        format!("routes `{path}` of {host} to two backends")
                    } else {
                        format!("routes `{path}` of {host}, which {} already routes elsewhere", other.id())
                    };
                    // The same object twice is another rule's.
                    if std::ptr::eq(*other, ingress)
                        || other.name() != ingress.name()
                        || other.namespace() != ingress.namespace()
                    {
                        findings.push(Finding::new(ingress, title).at(at.as_str()));
                    }
                }
                None => {
                    seen.insert((class, host, path, kind), ingress);
                }
            }
        }
    }
    findings
}

fn ingress_tls_covers_hosts<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for ingress in set.of_kind("Ingress").iter().copied() {
        let entries = ingress.at("/spec/tls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        // An entry without hosts is for all of them.
        let listed: Vec<Option<&Vec<Value>>> =
            entries.iter().map(|entry| entry.get("hosts").and_then(Value::as_array)).collect();
        if listed.is_empty() || listed.iter().any(|hosts| hosts.is_none_or(Vec::is_empty)) {
            continue;
        }
        let hosts: Vec<&str> = listed.into_iter().flatten().flatten().filter_map(Value::as_str).collect();
        for (index, rule) in rules(ingress) {
            let host = rule.get("host").and_then(Value::as_str).unwrap_or_default();
            if !host.is_empty() && !hosts.iter().any(|known| covers(known, host)) {
                let title = format!("host `{host}` is not in `tls`");
                let at = format!("/spec/rules/{index}/host");
                findings.push(Finding::new(ingress, title).at(at.as_str()));
            }
        }
    }
    findings
}

/// Is it the host, or a wildcard that stands for it?
fn covers(known: &str, host: &str) -> bool {
    let below =
        known.strip_prefix("*.").zip(host.split_once('.')).is_some_and(|(domain, (_, rest))| domain == rest);
    known == host || below
}

/// How many entries a list of a rule may have.
const LISTS: &[(&str, usize)] = &[("matches", 64), ("filters", 16), ("backendRefs", 16)];

fn route_within_limits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for route in set.of_kind("HTTPRoute").iter().copied() {
        let length = |pointer: &str| route.at(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        let mut push = |at: &str, count: usize, most: usize| {
            if count > most {
                let what = at.rsplit('/').next().unwrap_or_default();
                findings.push(
                    Finding::new(route, format!("has {count} {what}, at most {most} are allowed")).at(at),
                );
            }
        };
        for (at, most) in [("/spec/parentRefs", 32), ("/spec/hostnames", 16), ("/spec/rules", 16)] {
            push(at, length(at), most);
        }
        let mut matches = 0;
        for index in 0..length("/spec/rules") {
            for (list, most) in LISTS {
                let at = format!("/spec/rules/{index}/{list}");
                push(&at, length(&at), *most);
            }
            matches += length(&format!("/spec/rules/{index}/matches"));
        }
        if matches > 128 {
            let title = format!("has {matches} matches in all of its rules, at most 128 are allowed");
            findings.push(Finding::new(route, title).at("/spec/rules"));
        }
    }
    findings
}
