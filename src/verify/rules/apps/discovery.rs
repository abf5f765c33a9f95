//! How an app reaches its registry, and who it is there.

use super::registries::Registry;
use super::spring::{Setting, Spring};
use crate::diagnostic::Severity;
use crate::verify::dns::Answer;
use crate::verify::pods::{Pod, Product, Text};
use crate::verify::{Finding, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-addresses-are-separated",
        severity: Severity::Error,
        promise: "the addresses of Nacos that an app gets are separated by `,` or `;`",
        why: "the client splits at nothing else: all addresses are one unknown host, and the app does not start",
        fix: "write `,` between the addresses; blanks are for the servers' own `NACOS_SERVERS`",
        source: "nacos-client PropertiesListProvider",
        check: nacos_addresses_are_separated,
    },
    Rule {
        code: "nacos-client-logs-in",
        severity: Severity::Warning,
        promise: "an app has a username for a Nacos that wants one",
        why: "the server answers 403, and the app neither registers nor gets its configuration",
        fix: "give it `SPRING_CLOUD_NACOS_USERNAME`, and `SPRING_CLOUD_NACOS_PASSWORD` from a Secret",
        source: "Spring Cloud Alibaba NacosDiscoveryProperties; Nacos documentation, Authorization",
        check: nacos_client_logs_in,
    },
    Rule {
        code: "consul-instance-id-is-unique",
        severity: Severity::Error,
        promise: "every pod of an app has a Consul instance id of its own",
        why: "a second pod with the same id at the same agent takes the place of the first, which gets no more requests; the first \
              to stop deregisters both",
        fix: "set `SPRING_CLOUD_CONSUL_DISCOVERY_INSTANCE_ID` to `$(POD_NAME)`, from the field `metadata.name`",
        source: "spring-cloud-consul ConsulAutoRegistration.getInstanceId",
        check: consul_instance_id_is_unique,
    },
    Rule {
        code: "consul-agent-is-local",
        severity: Severity::Error,
        promise: "an app registers with the Consul agent of its own node",
        why: "behind a Service it is another agent for every call: one registers the pod, another is told to remove it, and \
              instances that are long gone stay",
        fix: "set `SPRING_CLOUD_CONSUL_HOST` to `$(HOST_IP)`, from the field `status.hostIP`; or the Service to \
              `internalTrafficPolicy: Local`",
        source: "Consul documentation, Agents; hashicorp/consul#7653",
        check: consul_agent_is_local,
    },
];

/// Where addresses of Nacos stand.
const ADDRESSES: &[&str] = &[
    "spring.cloud.nacos.server-addr",
    "spring.cloud.nacos.discovery.server-addr",
    "spring.cloud.nacos.config.server-addr",
    "nacos.discovery.server-addr",
    "nacos.config.server-addr",
];

fn addresses<'a>(spring: &Spring<'_, 'a>) -> Vec<Setting<'a>> {
    ADDRESSES.iter().filter_map(|name| spring.get(name)).collect()
}

/// The pods of the Nacos that an app uses, when they are in the set.
pub(super) fn nacos_of<'s, 'a>(
    set: &'s Set<'a>,
    app: &Pod<'a>,
    spring: &Spring<'_, 'a>,
) -> Option<&'s Pod<'a>> {
    let all = addresses(spring);
    let texts = all.iter().filter_map(Setting::plain);
    texts.flat_map(|text| text.split([',', ';', ' '])).find_map(|address| {
        let address = address.trim().trim_start_matches("http://").trim_start_matches("https://");
        let host = address.split([':', '/']).next().filter(|host| !host.is_empty())?;
        behind(set, app, host).filter(|pod| pod.running(Product::Nacos).is_some())
    })
}

/// The pods that a host name leads to.
fn behind<'s, 'a>(set: &'s Set<'a>, app: &Pod<'a>, host: &str) -> Option<&'s Pod<'a>> {
    match set.dns().resolve(host, app.namespace) {
        Answer::Pod { workload, .. } => set.pod_of(workload),
        Answer::Service(service) => {
            let selector = service.at("/spec/selector")?.as_object()?;
            set.pod_of(set.selected(set.namespace_of(service), selector).first()?)
        }
        Answer::Outside | Answer::Missing(_) => None,
    }
}

fn nacos_addresses_are_separated<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        for setting in addresses(&Spring::of(container)) {
            let apart = |one: &str| one.split_whitespace().count() > 1;
            if setting.plain().is_some_and(|text| text.split([',', ';']).any(apart)) {
                findings.push(setting.finding(format!("`{}` separates addresses by blanks", setting.name)));
            }
        }
    }
    findings
}

fn nacos_client_logs_in<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set).filter(|(_, container)| !container.env.is_open()) {
        let spring = Spring::of(container);
        let Some(server) = nacos_of(set, pod, &spring).and_then(|pod| pod.running(Product::Nacos)) else {
            continue;
        };
        let on = server.env.known("NACOS_AUTH_ENABLE") == Some("true");
        let parts = ["spring.cloud.nacos", "spring.cloud.nacos.discovery", "spring.cloud.nacos.config"];
        let given = parts.iter().any(|part| {
            ["username", "access-key", "ram-role-name"]
                .iter()
                .any(|key| spring.get(&format!("{part}.{key}")).is_some())
        });
        if let Some(setting) = addresses(&spring).first().filter(|_| on && !given) {
            findings.push(setting.finding("leads to a Nacos that wants a login, and no username is given"));
        }
    }
    findings
}

fn consul_instance_id_is_unique<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in
        super::all(set).filter(|(pod, _)| pod.replicas(set).is_none_or(|replicas| replicas > 1))
    {
        let spring = Spring::of(container);
        let name = format!("{}.instance-id", Registry::Consul.discovery());
        match spring.get(&name) {
            Some(setting) => {
                let same = match &setting.value {
                    Text::Plain(text) | Text::Secret(text) => !text.contains("$"),
                    Text::Unknown => false,
                };
                if same {
                    findings.push(setting.finding("all pods of the app have this instance id"));
                }
            }
            // A jar may set it; where a file sets up discovery it would stand in that file.
            None if !container.env.is_open() => {
                let prefers = format!("{}.prefer-ip-address", Registry::Consul.discovery());
                let file = spring.get(&prefers).filter(|setting| setting.name.contains('.'));
                let Some(setting) = file else { continue };
                let title = "sets up discovery without an instance id: all pods on a node have the same";
                findings.push(setting.finding(title).warns());
            }
            None => {}
        }
    }
    findings
}

fn consul_agent_is_local<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set) {
        let spring = Spring::of(container);
        let Some(setting) =
            spring.get("spring.cloud.consul.host").filter(|_| Registry::Consul.is_used(&spring))
        else {
            continue;
        };
        let Some(host) = setting.plain() else { continue };
        let Answer::Service(service) = set.dns().resolve(host, pod.namespace) else { continue };
        let agents = behind(set, pod, host).filter(|pod| pod.running(Product::Consul).is_some());
        let local = service.text("/spec/internalTrafficPolicy") == Some("Local");
        let Some(agents) = agents.filter(|agents| agents.workload.kind() == "DaemonSet" && !local) else {
            continue;
        };
        let title = format!("`{host}` leads to the agent of any node: {} is behind it", agents.workload.id());
        findings.push(setting.finding(title));
    }
    findings
}
