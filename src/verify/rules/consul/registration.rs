//! Apps that register with Consul: under an id of their own, with the agent of their node.
//!
//! Only what is set in the manifests is judged: the rest is in the app's own files.

use serde_json::Value;

use super::config::{Role, agents};
use super::ports;
use crate::k8s::Object;
use crate::products::consul::HTTP_PORT;
use crate::products::consul::{HOST_PROPERTY, INSTANCE_PROPERTY, PORT_PROPERTY};
use crate::verify::dns::Answer;
use crate::verify::pods::spring::Spring;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::topology;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-instance-id-is-unique",
        grade: Grade::ERROR,
        promise: "pods of one app register with Consul under different ids",
        why: "two pods with the same id on one node are one service to its agent: the last one wins, the other \
              gets no requests, and the first that stops deregisters both",
        fix: "give each pod an instance id of its own: in a variable `$(POD_NAME)`, with `POD_NAME` from `metadata.name` defined before \
              it; in a file `${spring.application.name}-${random.value}`",
        source: "spring-cloud-consul ConsulAutoRegistration; Consul HTTP API reference, /v1/agent/service/register",
        check: instance_id_is_its_own,
    },
    Rule {
        code: "consul-instance-id-starts-with-a-letter",
        grade: Grade::ERROR,
        promise: "an id that a Spring app registers with Consul starts with a letter",
        why: "the app exits: `Consul service ids must not be empty, must start with a letter, end with a letter \
              or digit`",
        fix: "add a letter in front: `app-$(POD_NAME)`",
        source: "spring-cloud-consul ConsulAutoRegistration.normalizeForDns",
        check: instance_id_is_a_name,
    },
    Rule {
        code: "consul-apps-use-their-node-agent",
        grade: Grade::ERROR,
        promise: "apps that register use the Consul agent of their own node, not any agent behind a Service",
        why: "a registration exists in one agent: the Service sends the deregistration to another one, which \
              answers `Unknown service`, and the dead instance stays",
        fix: "use `$(HOST_IP)`, from `status.hostIP`; or set `internalTrafficPolicy: Local` on the Service",
        source: "hashicorp/consul#7653",
        check: apps_ask_their_node,
    },
    Rule {
        code: "consul-apps-use-an-open-port",
        grade: Grade::ERROR,
        promise: "apps use a Consul port that the agents of the node, or the Service, expose",
        why: "the connection is refused, and the app exits when it cannot register",
        fix: "use the port of the Service, or the one on which the agents serve HTTP (8500 by default)",
        source: "Spring Cloud Consul reference, spring.cloud.consul.port",
        check: apps_ask_an_open_port,
    },
    Rule {
        code: "consul-apps-register-their-address",
        grade: Grade::ERROR,
        promise: "apps register with Consul by address, not by the name of their pod",
        why: "a pod's host name cannot be resolved: health checks fail and the instance is critical",
        fix: "set `SPRING_CLOUD_CONSUL_DISCOVERY_PREFER_IP_ADDRESS: \"true\"`",
        source: "Spring Cloud Consul reference, prefer-ip-address",
        check: apps_register_their_address,
    },
];

const PREFER_IP: &str = "spring.cloud.consul.discovery.prefer-ip-address";
/// Settings that say where the agent is: host and port.
const HOSTS: &[(&str, &str)] =
    &[(HOST_PROPERTY, PORT_PROPERTY), ("CONFIG_SERVICE_HOST", "CONFIG_SERVICE_PORT")];
/// Settings that keep an app from registering.
const SWITCHES: &[&str] = &[
    "spring.cloud.consul.enabled",
    "spring.cloud.consul.discovery.enabled",
    "spring.cloud.consul.discovery.register",
    "spring.cloud.service-registry.auto-registration.enabled",
];

/// A container that registers with Consul.
pub(super) struct App<'a, 's> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
}

/// All apps that register, by what their variables say.
pub(super) fn apps<'a, 's>(set: &'s Set<'a>) -> impl Iterator<Item = App<'a, 's>> {
    [Product::Java, Product::Other].into_iter().flat_map(move |product| {
        let own = set.running(product).filter(|(_, container)| registers(container));
        own.map(|(pod, container)| App { pod, container })
    })
}

fn registers(container: &Container<'_>) -> bool {
    let (env, spring) = (&container.env, Spring::of(container));
    let off = |name: &&str| spring.text(name).is_some_and(|value| value.eq_ignore_ascii_case("false"));
    // Whatever else is called a config service has another port.
    let usual = HTTP_PORT.to_string();
    let by_port =
        || env.has("CONFIG_SERVICE_HOST") && env.known("CONFIG_SERVICE_PORT") == Some(usual.as_str());
    let said =
        [HOSTS[0].0, INSTANCE_PROPERTY, PREFER_IP].iter().any(|name| spring.get(name).is_some()) || by_port();
    said && !SWITCHES.iter().any(off)
}

fn instance_id_is_its_own<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for App { pod, container } in apps(set) {
        let Some(setting) = Spring::of(container).get(INSTANCE_PROPERTY) else { continue };
        let Some(id) = setting.plain() else { continue };
        // A DaemonSet has one on each node, each with an agent of its own.
        let pods = pod.replicas(set).unwrap_or(1);
        // `${…}` is Spring's to resolve, `$(…)` what was not defined.
        if pods > 1 && !id.is_empty() && !id.contains('$') && !id.contains('{') {
            let title = format!("its {pods} pods all register with the instance id `{id}`");
            findings.push(setting.finding(title));
        }
    }
    findings
}

fn instance_id_is_a_name<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for App { pod, container } in apps(set) {
        let Some(setting) = Spring::of(container).get(INSTANCE_PROPERTY) else { continue };
        let begins = match setting.plain() {
            Some(id) => id.to_owned(),
            None => match before(container, &setting.name, "metadata.name") {
                Some(front) => format!("{front}{}", pod.workload.name()),
                None => continue,
            },
        };
        if begins.starts_with(|c: char| !c.is_alphabetic() && c != '$' && c != '{') {
            findings.push(
                setting.finding(format!("registers as `{begins}…`, which does not start with a letter")),
            );
        }
    }
    findings
}

/// What stands before a field of the pod in a variable that begins with it: `app-` of `app-$(POD_NAME)`.
fn before<'a>(container: &Container<'a>, variable: &str, field: &str) -> Option<&'a str> {
    let entry = |name: &str| {
        let mut entries = container.at("/env").and_then(Value::as_array).into_iter().flatten();
        entries.rfind(|entry| entry.get("name").and_then(Value::as_str) == Some(name))
    };
    let is_field =
        |entry: &Value| entry.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str) == Some(field);
    let own = entry(variable)?;
    if is_field(own) {
        return Some("");
    }
    let (front, rest) = own.get("value")?.as_str()?.split_once("$(")?;
    let (name, _) = rest.split_once(')')?;
    is_field(entry(name)?).then_some(front)
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
        let spring = Spring::of(container);
        for setting in HOSTS.iter().filter_map(|(name, _)| spring.get(name)) {
            let Some(host) = setting.plain().filter(|host| !host.is_empty()) else { continue };
            if let Answer::Service(service) = set.dns().resolve(host, pod.namespace)
                && spreading.iter().any(|known| std::ptr::eq(*known, service))
            {
                let title = format!("`{}` is `{host}`, which reaches the agents of all nodes", setting.name);
                findings.push(setting.finding(title));
                break;
            }
        }
    }
    findings
}

fn apps_ask_an_open_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let on_nodes = on_nodes(set);
    let mut findings = Vec::new();
    for App { pod, container } in apps(set) {
        let spring = Spring::of(container);
        for (host, port) in HOSTS {
            let Some(setting) = spring.get(port) else { continue };
            let Some(number) = setting.plain().and_then(|text| text.trim().parse::<u64>().ok()) else {
                continue;
            };
            let Some(at) = spring.get(host) else { continue };
            let (who, open) = match at.plain() {
                Some(name) => match set.dns().resolve(name, pod.namespace) {
                    Answer::Service(service) if !topology::is_headless(service) => {
                        (service.id(), topology::service_ports(service).collect())
                    }
                    _ => continue,
                },
                None if before(container, &at.name, "status.hostIP") == Some("") => match &on_nodes {
                    Some((who, open)) => (who.clone(), open.clone()),
                    None => continue,
                },
                None => continue,
            };
            if !open.is_empty() && !open.contains(&number) {
                let have: Vec<String> = open.iter().map(u64::to_string).collect();
                let title = format!("`{}` is {number}, but {who} has {}", setting.name, have.join(", "));
                findings.push(setting.finding(title));
                break;
            }
        }
    }
    findings
}

/// The ports at which the agents of the nodes serve HTTP or HTTPS, and one of their workloads; nothing unless all are known.
fn on_nodes(set: &Set<'_>) -> Option<(String, Vec<u64>)> {
    let mut who = None;
    let mut open = Vec::new();
    for agent in agents(set).filter(|agent| agent.pod.workload.kind() == "DaemonSet") {
        let http = ports::of(&agent, "http")?;
        let https = if agent.open { 0 } else { ports::of(&agent, "https")? };
        open.extend([http, https]);
        let published = agent.container.at("/ports").and_then(Value::as_array).into_iter().flatten();
        let own = published.filter(|port| port.get("containerPort").and_then(Value::as_u64) == Some(http));
        open.extend(own.filter_map(|port| port.get("hostPort")?.as_u64()));
        who = Some(agent.pod.workload.id());
    }
    open.retain(|port| *port > 0);
    open.sort_unstable();
    open.dedup();
    Some((who?, open))
}

fn apps_register_their_address<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for App { container, .. } in apps(set) {
        let spring = Spring::of(container);
        let Some(setting) = spring.get(PREFER_IP) else { continue };
        let no = setting.plain().is_some_and(|value| value.eq_ignore_ascii_case("false"));
        let named = ["spring.cloud.consul.discovery.hostname", "spring.cloud.consul.discovery.ip-address"];
        let lacks = |name: &&str| {
            let variable = name.replace(['-', '.'], "_").to_uppercase();
            spring.get(name).is_none() && container.env.lacks(&variable)
        };
        if no && named.iter().all(lacks) {
            findings.push(setting.finding("registers the name of its pod, which cannot be resolved"));
        }
    }
    findings
}
