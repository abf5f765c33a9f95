//! What containers are made of: images, ports, variables, what they ask for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::scaling::{asks, has_defaults, is_measured};
use crate::k8s::Quantity;
use crate::verify::pods::Container;
use crate::verify::rules::elsewhere::Elsewhere;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "image-is-pinned",
        grade: Grade::PROD,
        promise: "every image has a tag that is not `latest`, or a digest",
        why: "the image is whatever the registry has at that moment: two pods of one workload may differ, and a \
              rollback to the previous version is not possible",
        fix: "use the version as the tag, or a digest",
        source: "Kubernetes documentation, Images: avoid `latest` in production",
        check: image_is_pinned,
    },
    Rule {
        code: "resources-are-set",
        grade: Grade::PROD,
        promise: "long-running containers have CPU and memory requests and a memory limit",
        why: "without requests the scheduler overcommits the node, and the pod is among the first to be evicted; \
              without a limit it takes its neighbours' memory",
        fix: "set `resources.requests.cpu`, `resources.requests.memory` and `resources.limits.memory`",
        source: "Kubernetes documentation, Resource Management for Pods and Containers",
        check: resources_asked,
    },
    Rule {
        code: "amounts-have-units",
        grade: Grade::ERROR,
        promise: "memory and CPU quantities have the intended unit",
        why: "`m` means a thousandth, also of a byte: a container with a limit of less than some MiB never \
              starts, and one that requests hundreds of cores is never scheduled",
        fix: "use `512Mi` for memory, `500m` or `0.5` for half a core",
        source: "Kubernetes documentation, Resource units",
        check: amounts_have_units,
    },
    Rule {
        code: "port-declared-once",
        grade: Grade::ERROR,
        promise: "no two containers of a pod use the same port, and none declares a port twice",
        why: "containers of a pod share one network: the second one exits with `address already in use`",
        fix: "use a different port for one of the two",
        source: "Kubernetes documentation, Pods: networking; kubernetes/kubernetes#39188",
        check: port_declared_once,
    },
    Rule {
        code: "variable-set-once",
        grade: Grade::ERROR,
        promise: "no container sets a variable twice",
        why: "the last one silently wins; server-side apply refuses both",
        fix: "remove one of the two",
        source: "core/v1 EnvVar: the list is a map by name; kube-linter duplicate-env-var",
        check: variable_once,
    },
    Rule {
        code: "variable-name-allowed",
        grade: Grade::ERROR,
        promise: "names of variables are valid in the cluster's version",
        why: "the API server refuses the pod",
        fix: "use letters, digits and `_`, and no digit at the start",
        source: "apimachinery IsEnvVarName, KEP-4369 (relaxed since 1.32); observed with kube-apiserver 1.37.2",
        check: variable_name_allowed,
    },
];

fn image_is_pinned<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let elsewhere = Elsewhere::of(set, &["consul-image-is-maintained"]);
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let image = &container.image;
        // No image at all is another rule's.
        if image.path().is_empty() || image.digest().is_some() {
            continue;
        }
        let title = match image.tag() {
            None => format!("`{image}` has no tag, which means `latest`"),
            Some("latest") => format!("`{image}` is not a fixed version"),
            Some(_) => continue,
        };
        if !elsewhere.says(container.workload, &container.field("/image")) {
            findings.push(container.finding("/image", title));
        }
    }
    findings
}

fn resources_asked<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let stays = !matches!(pod.workload.kind(), "Job" | "CronJob" | "Pod");
        if !stays || has_defaults(set, pod.namespace) {
            continue;
        }
        let scaler = set.scaler_of(pod.workload);
        // Containers of a pod that lack the same are told together.
        let mut lacking: Vec<(String, &Container<'a>, Vec<String>)> = Vec::new();
        for container in pod.mains() {
            let limited = container.at("/resources/limits/memory").is_some();
            // What an autoscaler measures is missing for a better reason.
            let told = |resource| scaler.is_some_and(|scaler| is_measured(scaler, container, resource));
            let lacks = [
                (asks(container, "cpu") || told("cpu"), "CPU request"),
                (asks(container, "memory") || told("memory"), "memory request"),
                (limited, "memory limit"),
            ];
            let lacks: Vec<&str> = lacks.iter().filter(|(has, _)| !has).map(|(_, what)| *what).collect();
            if !lacks.is_empty() {
                let lacks = lacks.join(", no ");
                match lacking.iter_mut().find(|(known, ..)| *known == lacks) {
                    Some((.., others)) => others.push(format!("`{}`", container.name)),
                    None => lacking.push((lacks, container, Vec::new())),
                }
            }
        }
        for (lacks, container, others) in lacking {
            let like =
                if others.is_empty() { String::new() } else { format!(", like {}", others.join(", ")) };
            let title = format!("container `{}` has no {lacks}{like}", container.name);
            let at = if container.at("/resources").is_some() { "/resources" } else { "/name" };
            findings.push(container.finding(at, title));
        }
    }
    findings
}

/// Nothing that runs a program fits into less.
const LEAST_MEMORY: u64 = 4 << 20;
/// In thousandths of a core: more than most nodes have.
const MOST_CPU: u64 = 100_000;

fn amounts_have_units<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for part in ["requests", "limits"] {
            let amount = |resource: &str| {
                let value = container.at("/resources")?.get(part)?.get(resource)?;
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Quantity::parse(&text).ok()
            };
            if let Some(memory) =
                amount("memory").filter(|memory| memory.millis() > 0 && memory.whole() < LEAST_MEMORY)
            {
                let title = match memory.whole() {
                    0 => format!("`{memory}` of memory is less than one byte"),
                    bytes => format!("`{memory}` of memory is {bytes} bytes"),
                };
                let finding = container.finding(&format!("/resources/{part}/memory"), title);
                findings.push(if part == "limits" { finding } else { finding.warns() });
            }
            if let Some(cpu) = amount("cpu").filter(|cpu| cpu.millis() >= MOST_CPU) {
                let title = format!("`{cpu}` of CPU is {} whole cores", cpu.whole());
                findings.push(container.finding(&format!("/resources/{part}/cpu"), title).warns());
            }
        }
    }
    findings
}

fn port_declared_once<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let (mut numbers, mut names) = (BTreeMap::new(), BTreeMap::new());
        for container in pod.mains() {
            for (index, port) in container.ports().enumerate() {
                let at = format!("/ports/{index}/containerPort");
                match numbers.insert((port.protocol, port.number), container.name) {
                    Some(other) if other != container.name => {
                        let title = format!(
                            "containers `{other}` and `{}` both listen on {}",
                            container.name, port.number
                        );
                        findings.push(container.finding(&at, title));
                    }
                    Some(_) => {
                        let title = format!(
                            "port {} is declared twice, which server-side apply refuses",
                            port.number
                        );
                        findings.push(container.finding(&at, title).warns());
                    }
                    None => {}
                }
                let Some(name) = port.name else { continue };
                // Twice in one container is another rule's.
                if let Some(other) =
                    names.insert(name, container.name).filter(|other| *other != container.name)
                {
                    let title = format!(
                        "containers `{other}` and `{}` both have a port named `{name}`: a Service resolves only \
                         one of them",
                        container.name
                    );
                    findings.push(container.finding(&format!("/ports/{index}/name"), title).warns());
                }
            }
        }
    }
    findings
}

/// The entries of a container's `env`, with their positions and names.
fn variables<'a>(container: &Container<'a>) -> impl Iterator<Item = (usize, &'a str, &'a Value)> {
    let env = container.fields.get("env").and_then(Value::as_array).into_iter().flatten().enumerate();
    env.filter_map(|(index, entry)| Some((index, entry.get("name")?.as_str()?, entry)))
}

fn variable_once<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let mut seen: BTreeMap<&str, &Value> = BTreeMap::new();
        for (index, name, entry) in variables(container) {
            let Some(before) = seen.insert(name, entry) else { continue };
            let at = format!("/env/{index}/name");
            if before == entry {
                findings
                    .push(container.finding(&at, format!("sets `{name}` twice, to the same value")).warns());
                continue;
            }
            let title = format!("sets `{name}` twice, to different values");
            findings.push(container.finding(&at, title));
        }
    }
    findings
}

fn variable_name_allowed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let minor = set.around.minor;
    let relaxed = minor.at_least(32);
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let strict = |name: &str| {
        name.chars().all(inner)
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.starts_with("..")
            && name != "."
    };
    let loose = |name: &str| name.chars().all(|c| matches!(c, ' '..='~') && c != '=');
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for (index, name, _) in variables(container) {
            let allowed = !name.is_empty() && if relaxed { loose(name) } else { strict(name) };
            if !allowed {
                let title = format!("`{name}` is not a valid variable name in Kubernetes {minor}");
                findings.push(container.finding(&format!("/env/{index}/name"), title));
            }
        }
        let sources = container.fields.get("envFrom").and_then(Value::as_array).into_iter().flatten();
        for (index, source) in sources.enumerate() {
            let prefix = source.get("prefix").and_then(Value::as_str).unwrap_or_default();
            if !(if relaxed { loose(prefix) } else { prefix.is_empty() || strict(prefix) }) {
                let title =
                    format!("`{prefix}` is not a valid start of variable names in Kubernetes {minor}");
                findings.push(container.finding(&format!("/envFrom/{index}/prefix"), title));
            }
        }
    }
    findings
}
