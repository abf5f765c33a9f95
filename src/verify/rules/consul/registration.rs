//! Apps that register with Consul: under an id of their own, with the agent of their node.
//!
//! Only what is set in the manifests is judged: the rest is in the app's own files.

use serde_json::Value;

use super::config::{Role, agents};
use crate::diagnostic::Severity;
use crate::k8s::Object;
use crate::verify::dns::Answer;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::{Finding, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-instance-id-is-its-own",
        severity: Severity::Error,
        promise: "pods of one app register with Consul under different ids",
        why: "two pods with one id on one node are one service to its agent: the last one wins, the other gets no requests, and \
              the first that stops takes both out",
        fix: "set it to `$(POD_NAME)`, with POD_NAME from `metadata.name` before it",
        source: "spring-cloud-consul ConsulAutoRegistration; Consul HTTP API reference, /v1/agent/service/register",
        check: instance_id_is_its_own,
    },
    Rule {
        code: "consul-instance-id-is-a-name",
        severity: Severity::Error,
        promise: "an id that a Spring app registers with Consul begins with a letter",
        why: "the app stops: `Consul service ids must not be empty, must start with a letter, end with a letter or digit`",
        fix: "put a letter before it: `app-$(POD_NAME)`",
        source: "spring-cloud-consul ConsulAutoRegistration.normalizeForDns",
        check: instance_id_is_a_name,
    },
    Rule {
        code: "consul-apps-ask-their-node",
        severity: Severity::Error,
        promise: "apps that register reach the Consul agent of their own node, not any of them behind a Service",
        why: "a registration lives in one agent: the Service leads the deregistration to another one, which says \
              `Unknown service`, and the dead instance stays",
        fix: "use `$(HOST_IP)`, from `status.hostIP`; or set `internalTrafficPolicy: Local` on the Service",
        source: "hashicorp/consul#7653",
        check: apps_ask_their_node,
    },
    Rule {
        code: "consul-apps-register-their-address",
        severity: Severity::Error,
        promise: "apps register with Consul by address, not by the name of their pod",
        why: "no DNS knows a pod's host name: health checks fail and the instance is critical",
        fix: "set `SPRING_CLOUD_CONSUL_DISCOVERY_PREFER_IP_ADDRESS: \"true\"`",
        source: "Spring Cloud Consul reference, prefer-ip-address",
        check: apps_register_their_address,
    },
];

const ID: &str = "SPRING_CLOUD_CONSUL_DISCOVERY_INSTANCE_ID";
const PREFER_IP: &str = "SPRING_CLOUD_CONSUL_DISCOVERY_PREFER_IP_ADDRESS";
/// Variables that say where the agent is.
const HOSTS: &[&str] = &["SPRING_CLOUD_CONSUL_HOST", "CONFIG_SERVICE_HOST"];
/// Variables that keep an app from registering.
const SWITCHES: &[&str] = &[
    "SPRING_CLOUD_CONSUL_ENABLED",
    "SPRING_CLOUD_CONSUL_DISCOVERY_ENABLED",
    "SPRING_CLOUD_CONSUL_DISCOVERY_REGISTER",
    "SPRING_CLOUD_SERVICE_REGISTRY_AUTO_REGISTRATION_ENABLED",
];

/// A container that registers with Consul.
pub(super) struct App<'a, 's> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
}

/// All apps that register, by what their variables say.
pub(super) fn apps<'a, 's>(set: &'s Set<'a>) -> impl Iterator<Item = App<'a, 's>> {
    [Product::Java, Product::Other].into_iter().flat_map(move |product| {
        set.pods_with(product).flat_map(move |pod| {
            let own = pod.mains().filter(move |container| container.product == product);
            own.filter(|container| registers(container)).map(move |container| App { pod, container })
        })
    })
}

fn registers(container: &Container<'_>) -> bool {
    let env = &container.env;
    let off = |name: &&str| env.known(name).is_some_and(|value| value.eq_ignore_ascii_case("false"));
    // Whatever else is called a config service has another port.
    let by_port = || env.has("CONFIG_SERVICE_HOST") && env.known("CONFIG_SERVICE_PORT") == Some("8500");
    let said = env.has("SPRING_CLOUD_CONSUL_HOST") || env.has(ID) || env.has(PREFER_IP) || by_port();
    said && !SWITCHES.iter().any(off)
}

fn instance_id_is_its_own<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for App { pod, container } in apps(set) {
        let Some(var) = container.env.get(ID) else { continue };
        let Some(id) = var.value.plain() else { continue };
        // A DaemonSet has one on each node, each with an agent of its own.
        let pods = pod.replicas(set).unwrap_or(1);
        // `${…}` is Spring's to resolve, `$(…)` what was not defined.
        if pods > 1 && !id.is_empty() && !id.contains('$') && !id.contains('{') {
            let title = format!("its {pods} pods all register as `{id}`");
            findings.push(container.env.finding(var, title));
        }
    }
    findings
}

fn instance_id_is_a_name<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for App { pod, container } in apps(set) {
        let Some(var) = container.env.get(ID) else { continue };
        let begins = match var.value.plain() {
            Some(id) => id.to_owned(),
            None => match named(container) {
                Some(front) => format!("{front}{}", pod.workload.name()),
                None => continue,
            },
        };
        if begins.starts_with(|c: char| !c.is_alphabetic() && c != '$' && c != '{') {
            findings.push(
                container.env.finding(var, format!("registers as `{begins}…`, which begins with no letter")),
            );
        }
    }
    findings
}

/// What stands before the pod's name in the id, when the id begins with that.
fn named(container: &Container<'_>) -> Option<String> {
    let entries = || container.at("/env").and_then(Value::as_array).into_iter().flatten();
    let entry = |name: &str| entries().rfind(|entry| entry.get("name").and_then(Value::as_str) == Some(name));
    let is_name = |entry: &Value| {
        entry.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str) == Some("metadata.name")
    };
    let id = entry(ID)?;
    if is_name(id) {
        return Some(String::new());
    }
    let (front, rest) = id.get("value")?.as_str()?.split_once("$(")?;
    let (name, _) = rest.split_once(')')?;
    is_name(entry(name)?).then(|| front.to_owned())
}

/// The Services that lead to Consul clients of several nodes.
fn spreading<'a>(set: &Set<'a>) -> Vec<&'a Object> {
    let clients =
        agents(set).filter(|agent| agent.pod.workload.kind() == "DaemonSet" && agent.role() != Role::Server);
    let services = clients.flat_map(|agent| agent.pod.services(set));
    services.filter(|service| service.text("/spec/internalTrafficPolicy") != Some("Local")).collect()
}

fn apps_ask_their_node<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let spreading = spreading(set);
    if spreading.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for App { pod, container } in apps(set) {
        for var in HOSTS.iter().filter_map(|name| container.env.get(name)) {
            let Some(host) = var.value.plain().filter(|host| !host.is_empty()) else { continue };
            if let Answer::Service(service) = set.dns().resolve(host, pod.namespace)
                && spreading.iter().any(|known| std::ptr::eq(*known, service))
            {
                let title = format!("`{}` is `{host}`, which leads to the agents of all nodes", var.name);
                findings.push(container.env.finding(var, title));
                break;
            }
        }
    }
    findings
}

fn apps_register_their_address<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for App { container, .. } in apps(set) {
        let Some(var) = container.env.get(PREFER_IP) else { continue };
        let no = var.value.plain().is_some_and(|value| value.eq_ignore_ascii_case("false"));
        let named = ["SPRING_CLOUD_CONSUL_DISCOVERY_HOSTNAME", "SPRING_CLOUD_CONSUL_DISCOVERY_IP_ADDRESS"];
        if no && named.iter().all(|name| container.env.lacks(name)) {
            findings.push(container.env.finding(var, "registers the name of its pod, which no DNS knows"));
        }
    }
    findings
}
