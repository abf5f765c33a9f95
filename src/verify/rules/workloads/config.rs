//! ConfigMaps and Secrets, and how they reach the pods.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::k8s::labels::MOST_ANNOTATIONS;
use crate::products::spring::{MANAGEMENT_SERVER_PORT, SERVER_PORT};
use crate::products::{kafka, nacos};
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::topology::{has_service_links, link};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "config-fits",
        grade: Grade::ERROR,
        promise: "ConfigMaps and Secrets have at most 1 MiB of data and valid keys",
        why: "the API server refuses the object; `kubectl apply` already refuses more than 256 KiB, since it \
              keeps a copy in an annotation",
        fix: "split it, put the file into the image, or mount a volume; `kubectl apply --server-side` works up to \
              1 MiB",
        source: "core/v1 validation: MaxSecretSize, IsConfigMapKey; TotalAnnotationSizeLimitB; observed with kube-apiserver 1.37.2",
        check: config_fits,
    },
    Rule {
        code: "config-change-reaches-pods",
        grade: Grade::WARNING,
        promise: "a change to a ConfigMap that pods read only at startup rolls out new pods",
        why: "variables and files mounted with `subPath` keep their values from the pod's start: the change takes \
              effect at some later restart, one pod at a time",
        fix: "add a checksum of the ConfigMap as an annotation of the pod template, or put it into the \
              ConfigMap's name",
        source: "Kubernetes documentation, ConfigMaps: mounted ConfigMaps are updated automatically",
        check: config_change_reaches_pods,
    },
    Rule {
        code: "template-is-rendered",
        grade: Grade::WARNING,
        promise: "nothing that pods read contains an unrendered Helm expression",
        why: "the process reads the template expression itself as its setting",
        fix: "render the chart, or set the value",
        source: "Helm documentation, Built-in Objects",
        check: template_is_rendered,
    },
    Rule {
        code: "service-links-shadow-nothing",
        grade: Grade::ERROR,
        promise: "no variable that a pod reads is one that Kubernetes injects for a Service",
        why: "for each Service of the namespace that is older than the pod, the pod gets \
              `<SERVICE>_PORT=tcp://ADDRESS:PORT`: the process reads it as a port number and fails, depending on \
              the order of creation",
        fix: "set `enableServiceLinks: false` in the pod's spec, or set the variable in `env`",
        source: "Kubernetes documentation, Service: environment variables; kubernetes/kubernetes#59552",
        check: service_links_shadow_nothing,
    },
];

/// What one object may hold.
const MOST: usize = 1 << 20;

fn entries(object: &Object) -> impl Iterator<Item = (&'static str, &String, &Value)> {
    ["data", "stringData", "binaryData"].into_iter().flat_map(|map| {
        let entries = object.fields().get(map).and_then(Value::as_object).into_iter().flatten();
        entries.map(move |(key, value)| (map, key, value))
    })
}

fn config_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for object in set.of_kind("ConfigMap").iter().chain(set.of_kind("Secret")).copied() {
        let (mut held, mut written, mut largest) = (0_usize, 0_usize, None::<(usize, Path)>);
        for (map, key, value) in entries(object) {
            let at = Path::root().key(map).key(key);
            let fits = key.len() <= 253
                && !matches!(key.as_str(), "" | ".")
                && !key.starts_with("..")
                && key.chars().all(inner);
            if !fits {
                let title = format!("`{key}` is not a valid key: use letters, digits, `-`, `_` and `.`");
                findings.push(Finding::new(object, title).at(at.clone()));
            }
            if map == "binaryData" && object.at("/data").is_some_and(|data| data.get(key).is_some()) {
                let title = format!("key `{key}` is in both `data` and `binaryData`");
                findings.push(Finding::new(object, title).at(at.clone()));
            }
            let length = value.as_str().map_or(0, str::len);
            let encoded = map == "binaryData" || (map == "data" && object.kind() == "Secret");
            held += if encoded { length / 4 * 3 } else { length };
            written += length;
            if largest.as_ref().is_none_or(|(known, _)| *known < length) {
                largest = Some((length, at));
            }
        }
        let Some((_, at)) = largest.filter(|_| held > MOST || written > MOST_ANNOTATIONS) else { continue };
        let title = format!("holds {} KiB", held.max(written) >> 10);
        let finding = Finding::new(object, title).at(at);
        findings.push(if held > MOST { finding } else { finding.warns() });
    }
    findings
}

/// A ConfigMap of the set that a pod reads when it starts and never again: the place that says so, and its name.
fn read_once<'a>(set: &Set<'a>, pod: &Pod<'a>) -> Option<(Path, &'a str)> {
    let changes = |name: &str| {
        let config = set.beside(pod.workload, "ConfigMap", name);
        config.is_some_and(|config| config.at("/immutable") != Some(&Value::Bool(true)) && !is_hashed(name))
    };
    let name_of = |source: Option<&'a Value>| source?.get("name")?.as_str().filter(|name| changes(name));
    for container in &pod.containers {
        let list =
            |key: &str| container.fields.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, source) in list("envFrom") {
            if let Some(name) = name_of(source.get("configMapRef")) {
                return Some((container.field(&format!("/envFrom/{index}/configMapRef/name")), name));
            }
        }
        for (index, variable) in list("env") {
            if let Some(name) = name_of(variable.pointer("/valueFrom/configMapKeyRef")) {
                return Some((
                    container.field(&format!("/env/{index}/valueFrom/configMapKeyRef/name")),
                    name,
                ));
            }
        }
        for (index, mount) in list("volumeMounts").filter(|(_, mount)| mount.get("subPath").is_some()) {
            let volumes = pod.spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
            let volume = volumes.into_iter().find(|volume| volume.get("name") == mount.get("name"));
            if let Some(name) = name_of(volume.and_then(|volume| volume.get("configMap"))) {
                return Some((container.field(&format!("/volumeMounts/{index}/subPath")), name));
            }
        }
    }
    None
}

/// Does the name end in a checksum, as kustomize writes it?
fn is_hashed(name: &str) -> bool {
    let tail = name.rsplit('-').next().unwrap_or_default();
    tail.len() >= 6
        && tail.chars().all(|c| c.is_ascii_alphanumeric())
        && tail.contains(|c: char| c.is_ascii_digit())
}

/// Does something in the pods' template, or a controller, follow what they read?
fn is_followed(pod: &Pod<'_>) -> bool {
    let template =
        pod.workload.pod_template().and_then(|template| template.get("metadata")?.get("annotations"));
    let own = pod.workload.at("/metadata/annotations");
    let keys = [template, own].into_iter().flatten().filter_map(Value::as_object).flat_map(|map| map.keys());
    let words = ["checksum", "hash", "sha", "reload", "config", "restart", "version", "wave"];
    keys.into_iter().any(|key| {
        let key = key.to_ascii_lowercase();
        key != "kubectl.kubernetes.io/last-applied-configuration"
            && words.iter().any(|word| key.contains(word))
    })
}

fn config_change_reaches_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let stays = |pod: &&Pod<'a>| matches!(pod.workload.kind(), "Deployment" | "StatefulSet" | "DaemonSet");
    let found = set.pods().iter().filter(stays).filter(|pod| !is_followed(pod)).filter_map(|pod| {
        let (at, name) = read_once(set, pod)?;
        let title = format!(
            "reads ConfigMap `{name}` only at startup, but nothing in its pod template changes with it"
        );
        Some(Finding::new(pod.workload, title).at(at))
    });
    found.collect()
}

/// The expression of a chart in a text.
fn expression(text: &str) -> Option<&str> {
    text.match_indices("{{").find_map(|(at, _)| {
        let inner = text[at..].split_once("}}")?.0;
        let named = [".Values.", ".Release.Name", ".Chart."].iter().any(|name| inner.contains(name));
        named.then(|| &text[at..at + inner.len() + 2])
    })
}

fn template_is_rendered<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for config in set.of_kind("ConfigMap").iter().copied() {
        for (map, key, value) in entries(config) {
            if let Some(found) = value.as_str().and_then(expression) {
                let title = format!("`{found}` was not rendered");
                findings.push(Finding::new(config, title).at(Path::root().key(map).key(key)).word(found));
            }
        }
    }
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for var in container.env.iter().filter(|var| var.is_inline()) {
            if let Some(found) = var.value.plain().and_then(expression) {
                findings.push(container.env.finding(var, format!("`{found}` was not rendered")).word(found));
            }
        }
    }
    findings
}

/// The variables `<SERVICE>_PORT` of a namespace, with their Services.
fn links<'a>(set: &Set<'a>) -> BTreeMap<(&'a str, String), &'a Object> {
    let services = set.of_kind("Service").iter();
    services.filter_map(|service| Some(((set.namespace_of(service), link(service)?), *service))).collect()
}

/// The ports that a text asks for: `$(X_PORT)`, `${X_PORT}`, `${X_PORT:…}`, `$X_PORT`.
fn asked(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('$').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix(['(', '{']).unwrap_or(rest);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        // `${X#tcp://}` knows what it gets.
        (rest[..end].ends_with("_PORT") && !rest[end..].starts_with(['#', '%', '/'])).then_some(&rest[..end])
    })
}

/// Variables that Spring Boot reads by itself.
const SPRING: &[&str] = &[SERVER_PORT, MANAGEMENT_SERVER_PORT];

fn service_links_shadow_nothing<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let links = links(set);
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| has_service_links(pod) && !links.is_empty()) {
        for container in pod.mains().filter(|container| !container.env.is_open()) {
            let shadow = |name: &str| {
                let service = links.get(&(pod.namespace, name.to_owned()))?;
                (!container.env.has(name) && !is_the_products(container, name)).then_some(*service)
            };
            // Each once: mostly several places read the same.
            let mut told = BTreeSet::new();
            for (name, finding) in readers(container) {
                if let Some(service) = shadow(&name).filter(|_| told.insert(name.clone())) {
                    let title =
                        format!("reads `{name}`, which Kubernetes sets to `tcp://…` for {}", service.id());
                    findings.push(Finding { title, ..finding });
                }
            }
        }
    }
    findings
}

/// Does the product have a rule of its own for the variable?
fn is_the_products(container: &Container<'_>, name: &str) -> bool {
    match container.product {
        Product::Nacos => nacos::TAKEN_BY_LINKS.iter().any(|(taken, _)| *taken == name),
        Product::Kafka => kafka::TAKEN_BY_LINKS.iter().any(|(_, taken)| *taken == name),
        _ => false,
    }
}

/// The variables that a container reads, each with a finding at the place where it does.
fn readers<'a>(container: &Container<'a>) -> Vec<(String, Finding<'a>)> {
    let mut found = Vec::new();
    if container.product == Product::Java {
        found.extend(SPRING.iter().map(|name| ((*name).to_owned(), container.finding("/name", ""))));
    }
    let mut look = |text: &str, at: &dyn Fn() -> Finding<'a>| {
        for name in asked(text).filter(|name| !text.contains(&format!("{name}="))) {
            found.push((name.to_owned(), at().word(name)));
        }
    };
    for var in container.env.iter() {
        look(var.value.plain().unwrap_or_default(), &|| container.env.finding(var, ""));
    }
    for file in &container.files {
        look(file.plain().unwrap_or_default(), &|| file.finding(""));
    }
    for list in ["command", "args"] {
        let words = container.fields.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, word) in words {
            look(word.as_str().unwrap_or_default(), &|| container.finding(&format!("/{list}/{index}"), ""));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Around;
    use serde_json::json;

    #[test]
    fn what_is_too_long_is_told() {
        for (length, errors) in [(1000, None), (300 << 10, Some(false)), ((1 << 20) + 1, Some(true))] {
            let config = json!({ "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "b": "c".repeat(length) } });
            let (object, around) = (Object::new(config).unwrap(), Around::default());
            let set = Set::new(vec![&object], &around);
            let told = config_fits(&set).first().map(|finding| finding.severity.is_none());
            assert_eq!(told, errors, "{length}");
        }
    }
}
