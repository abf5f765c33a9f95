//! How an app reaches Nacos.

use crate::products::nacos::{IMAGE, NACOS_AUTH_ENABLE, NACOS_SERVER_PORT, key};
use crate::verify::pods::spring::{Setting, Spring};
use crate::verify::pods::{Pod, Product};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-client-logs-in",
        grade: Grade::WARNING,
        promise: "an app gives a username to a Nacos that requires a login",
        why: "the server answers 403: the app neither registers nor loads its configuration",
        fix: "set `SPRING_CLOUD_NACOS_USERNAME`, and `SPRING_CLOUD_NACOS_PASSWORD` from a Secret",
        source: "Spring Cloud Alibaba NacosDiscoveryProperties; Nacos documentation, Authorization",
        check: nacos_client_logs_in,
    },
    Rule {
        code: "nacos-client-port-is-a-number",
        grade: Grade::ERROR,
        promise: "no Service injects a Nacos port variable that is not a number",
        why: "Kubernetes sets `NACOS_SERVER_PORT=tcp://…` for a Service called `nacos-server`, and the client \
              uses it as the port of every address that has none",
        fix: "set `enableServiceLinks: false` in the pod's spec, or append the port to the address",
        source: "nacos-client ParamUtil at 2.4.3, SystemEnvPropertySource at 3.0.3",
        check: nacos_client_port_is_a_number,
    },
];

/// Where addresses of Nacos stand.
const ADDRESSES: &[&str] = &[
    key::CLIENT_ADDRESS,
    key::DISCOVERY_ADDRESS,
    key::CONFIG_ADDRESS,
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
        topology::pod_at(set, host, app.namespace).filter(|pod| pod.running(Product::Nacos).is_some())
    })
}

fn nacos_client_logs_in<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set).filter(|(_, container)| !container.env.is_open()) {
        let spring = Spring::of(container);
        let Some(server) = nacos_of(set, pod, &spring).and_then(|pod| pod.running(Product::Nacos)) else {
            continue;
        };
        let on = server.env.known(NACOS_AUTH_ENABLE) == Some("true");
        let parts = ["spring.cloud.nacos", key::DISCOVERY, key::CONFIG];
        let given = parts.iter().any(|part| {
            ["username", "access-key", "ram-role-name"]
                .iter()
                .any(|key| spring.get(&format!("{part}.{key}")).is_some())
        });
        if let Some(setting) = addresses(&spring).first().filter(|_| on && !given) {
            findings.push(setting.finding("connects to a Nacos that requires a login, without a username"));
        }
    }
    findings
}

/// What the client reads, and the Service that becomes it.
const PORT: (&str, &str) = (NACOS_SERVER_PORT, IMAGE);

fn nacos_client_port_is_a_number<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let (variable, service) = PORT;
    let mut findings = Vec::new();
    for (pod, container) in super::all(set).filter(|(pod, _)| topology::has_service_links(pod)) {
        let linked = set.find("Service", pod.namespace, service).and_then(topology::link);
        if linked.is_none() || !container.env.lacks(variable) {
            continue;
        }
        let portless = |one: &str| !one.is_empty() && !one.contains("://") && !one.contains(':');
        let bare = addresses(&Spring::of(container)).into_iter().find(|setting| {
            setting.plain().is_some_and(|text| text.split([',', ';']).any(|one| portless(one.trim())))
        });
        if let Some(setting) = bare {
            let title = format!(
                "has no port, and Service `{service}` sets `{variable}` to a value that is not a number"
            );
            findings.push(setting.finding(title));
        }
    }
    findings
}
