//! What RocketMQ's dashboard needs: its port, and somebody at the door.

use serde_json::Value;

use crate::k8s::Object;
use crate::products::jvm::JAVA_OPTS;
use crate::products::rocketmq::{
    DASHBOARD_IMAGE, DASHBOARD_PORT, OLD_DASHBOARD_PORT, ROCKETMQ_CONFIG_LOGINREQUIRED,
};
use crate::products::spring::{SERVER_PORT, key};
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::shapes::backends::backends;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-dashboard-port-fits-version",
        grade: Grade::ERROR,
        promise: "RocketMQ's dashboard is accessed on the port of its version",
        why: "it listens on 8080 up to 2.0 and on 8082 since 2.1: the old port does not listen, and the page is a \
              502",
        fix: "set the variable `SERVER_PORT` to the port that Service and probes use",
        source: "apache/rocketmq-dashboard application.yml of 2.0.0 and 2.1.0",
        check: port_is_its_own,
    },
    Rule {
        code: "rocketmq-dashboard-requires-login",
        grade: Grade::PROD,
        promise: "a RocketMQ dashboard that can be reached from outside the cluster requires a login",
        why: "anyone who opens it can delete topics and reset offsets: by default there is no authentication",
        fix: "set `ROCKETMQ_CONFIG_LOGINREQUIRED: \"true\"`, and put your own users.properties into its data \
              directory",
        source: "apache/rocketmq-dashboard RMQConfigure.loginRequired",
        check: asks_who,
    },
];

/// Might a setting come from where it cannot be seen: an argument, a file of Spring's?
fn is_told(container: &Container<'_>, variable: &str, property: &str) -> bool {
    let line = container.line().to_ascii_lowercase();
    let options = container.env.known(JAVA_OPTS).unwrap_or_default().to_ascii_lowercase();
    let hidden = container.env.get(JAVA_OPTS).is_some_and(|var| var.value.known().is_none());
    let property = property.to_ascii_lowercase();
    let files = container.files.iter().any(|file| file.name().starts_with("application"));
    hidden
        || files
        || container.env.has("SPRING_APPLICATION_JSON")
        || line.contains(&property)
        || options.contains(&property)
        || options.contains("spring.config")
        || !container.env.lacks(variable)
}

fn port_is_its_own<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in set.running(Product::Dashboard) {
        findings.extend(declares_another(container));
        let Some(version) = container.version.as_ref() else { continue };
        let (own, other) = match () {
            () if version.at_least(&[2, 1]) => (u64::from(DASHBOARD_PORT), u64::from(OLD_DASHBOARD_PORT)),
            () if version.surely_before(&[2, 1]) => {
                (u64::from(OLD_DASHBOARD_PORT), u64::from(DASHBOARD_PORT))
            }
            () => continue,
        };
        if !container.image.path().ends_with(DASHBOARD_IMAGE) || is_told(container, SERVER_PORT, key::PORT) {
            continue;
        }
        let opens = |port: u64| container.ports().position(|open| open.number == port);
        let title = format!("{version} listens on {own}, not on {other}");
        if let Some(index) = opens(other).filter(|_| opens(own).is_none()) {
            findings.push(container.finding(&format!("/ports/{index}/containerPort"), title));
            continue;
        }
        for service in pod.services(set).into_iter().filter(|_| container.ports().next().is_none()) {
            let leads = |port: &Value| topology::target(port).and_then(Value::as_u64) == Some(other);
            let wrong = topology::ports(service).find(|(_, port)| leads(port));
            findings.extend(wrong.map(|(index, port)| {
                let field = if port.get("targetPort").is_some() { "targetPort" } else { "port" };
                let at = format!("/spec/ports/{index}/{field}");
                Finding::new(service, title.clone()).at(at.as_str())
            }));
        }
    }
    findings
}

/// It was given a port, and declares others.
fn declares_another<'a>(container: &Container<'a>) -> Option<Finding<'a>> {
    let port: u64 = container.env.known(SERVER_PORT)?.parse().ok()?;
    let (at, declared) = topology::declares_others(container, &[port])?;
    let title = format!("`{SERVER_PORT}` is {port}, but it declares {declared}");
    Some(container.finding(&at, title).help(format!("set `containerPort: {port}`")))
}

fn asks_who<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in set.running(Product::Dashboard) {
        // Versions to come ask for a login by themselves.
        if container.version.as_ref().is_some_and(|version| version.at_least(&[2, 1, 1])) {
            continue;
        }
        let var = container.env.get(ROCKETMQ_CONFIG_LOGINREQUIRED);
        let refused =
            var.is_some_and(|var| var.value.known().is_some_and(|value| value.eq_ignore_ascii_case("false")));
        if !refused && is_told(container, ROCKETMQ_CONFIG_LOGINREQUIRED, "loginRequired") {
            continue;
        }
        let title = "anyone outside the cluster can use the dashboard: login is off";
        let doors = topology::exposed(set, pod).into_iter().map(|service| (service, "/spec/type"));
        for (door, at) in doors.chain(pages(set, pod).map(|page| (page, "/spec/rules"))) {
            findings.push(Finding::new(door, title).at(at));
        }
    }
    findings
}

/// Ingresses and HTTPRoutes that lead to the pod, unless they ask somebody else who comes.
fn pages<'a>(set: &Set<'a>, pod: &Pod<'a>) -> impl Iterator<Item = &'a Object> {
    let services: Vec<&str> = pod.services(set).iter().map(|service| service.name()).collect();
    let namespace = pod.namespace;
    let routes = set.of_kind("Ingress").iter().chain(set.of_kind("HTTPRoute")).copied();
    let routes: Vec<&'a Object> = routes
        .filter(|route| set.namespace_of(route) == namespace && !asks_elsewhere(route))
        .filter(|route| backends(route).iter().any(|backend| services.contains(&backend.name)))
        .collect();
    routes.into_iter()
}

fn asks_elsewhere(route: &Object) -> bool {
    let annotations = route.at("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
    let guards = ["auth", "whitelist", "allowlist", "middlewares", "inbound-cidrs", "wafv2"];
    let filters = route.at("/spec/rules").is_some_and(|rules| rules.to_string().contains("ExtensionRef"));
    filters || annotations.into_iter().any(|(key, _)| guards.iter().any(|guard| key.contains(guard)))
}
