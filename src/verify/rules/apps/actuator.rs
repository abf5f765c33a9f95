//! Who reaches the actuator of an app.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::k8s::Object;
use crate::products::spring::{ACTUATOR, HEALTH, key};
use crate::verify::pods::Container;
use crate::verify::pods::spring::Spring;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "actuator-exposure-is-limited",
        grade: Grade::PROD,
        promise: "an app's actuator does not expose memory, the environment or shutdown",
        why: "`env`, `heapdump` and `threaddump` reveal passwords to anyone who can reach the port; `shutdown` \
              stops the app",
        fix: "expose only what is needed: `health,info,prometheus`",
        source: "Spring Boot documentation, Actuator endpoints: exposing and sanitizing",
        check: exposes_little,
    },
    Rule {
        code: "actuator-is-not-public",
        grade: Grade::ERROR,
        promise: "no Ingress and no HTTPRoute routes to an app's actuator",
        why: "anyone outside could read the app's environment and memory, or take it out of its registry",
        fix: "remove the path, or route to the app's own port",
        source: "Spring Boot documentation, Actuator endpoints: security",
        check: stays_inside,
    },
];

/// Endpoints that give away what they should not.
const OPEN: &[&str] = &["*", "env", "heapdump", "threaddump", "shutdown", "configprops", "jolokia"];

fn exposes_little<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let spring = Spring::of(container);
        let Some(setting) = spring.get(key::EXPOSED) else { continue };
        let hidden = spring.text("management.endpoints.web.exposure.exclude").unwrap_or_default();
        let hides = |endpoint: &str| hidden.split(',').any(|one| one.trim() == endpoint);
        let safe = ["env", "heapdump"].into_iter().all(hides) || hides("*");
        let included =
            setting.plain().unwrap_or_default().split(',').map(|one| one.trim().trim_matches(['"', '\'']));
        let shown: Vec<&str> = included.filter(|one| OPEN.contains(one) && !hides(one)).collect();
        match shown.as_slice() {
            [] => {}
            ["*"] if safe => {}
            shown if shown.contains(&"*") => {
                findings.push(setting.finding("exposes every actuator endpoint"));
            }
            shown => {
                let list = shown.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
                findings.push(setting.finding(format!("exposes {list} to anyone who can reach the port")));
            }
        }
    }
    findings
}

/// A way in from outside.
struct Entry<'a> {
    object: &'a Object,
    /// Its paths, each with its field.
    paths: Vec<(String, &'a str)>,
    /// Where it ends.
    field: String,
    service: &'a str,
    port: Option<&'a Value>,
}

fn stays_inside<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let entries = entries(set);
    if entries.is_empty() {
        return Vec::new();
    }
    let mut apps: BTreeMap<(&str, &str), Vec<&Container<'a>>> = BTreeMap::new();
    for (pod, container) in super::all(set) {
        for service in pod.services(set) {
            apps.entry((pod.namespace, service.name())).or_default().push(container);
        }
    }
    let mut findings = Vec::new();
    for entry in entries {
        let namespace = set.namespace_of(entry.object);
        let Some(apps) = apps.get(&(namespace, entry.service)) else { continue };
        let open: Vec<_> = entry.paths.iter().filter(|(_, path)| leads_to_actuator(path)).collect();
        for (field, path) in &open {
            let title = format!("`{path}` exposes the actuator of `{}` outside the cluster", entry.service);
            findings.push(Finding::new(entry.object, title).at(field.as_str()));
        }
        let port = apps.iter().find_map(|container| management_port(set, namespace, &entry, container));
        if let Some(port) = port.filter(|_| open.is_empty()) {
            let title =
                format!("routes external traffic to port {port} of `{}`, the actuator port", entry.service);
            findings.push(Finding::new(entry.object, title).at(entry.field.as_str()));
        }
    }
    findings
}

/// Health alone gives nothing away.
fn leads_to_actuator(path: &str) -> bool {
    path.contains(ACTUATOR) && !path.contains(HEALTH)
}

/// The management port, when that is where the way ends.
fn management_port<'a>(
    set: &Set<'a>,
    namespace: &str,
    entry: &Entry<'a>,
    container: &Container<'a>,
) -> Option<u64> {
    let spring = Spring::of(container);
    let management = spring.port(key::MANAGEMENT_PORT)?;
    if spring.port(key::PORT) == Some(management) {
        return None;
    }
    let service = set.find("Service", namespace, entry.service)?;
    let (_, meant) = topology::ports(service).find(|(_, port)| match entry.port {
        Some(Value::String(name)) => port.get("name").and_then(Value::as_str) == Some(name),
        Some(number) => port.get("port") == Some(number),
        None => false,
    })?;
    let target = topology::target(meant)?;
    (container.port_number(target) == Some(management)).then_some(management)
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn entries<'a>(set: &Set<'a>) -> Vec<Entry<'a>> {
    let rules = |kind: &str| {
        let of = |object: &'a Object| {
            let rules = object.at("/spec/rules").and_then(Value::as_array).into_iter().flatten();
            rules.enumerate().map(move |(index, rule)| (object, index, rule))
        };
        set.of_kind(kind).iter().copied().flat_map(of).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for (object, rule, value) in rules("Ingress") {
        for (path, value) in list(value, "/http/paths") {
            let field = format!("/spec/rules/{rule}/http/paths/{path}");
            let Some(service) = value.pointer("/backend/service/name").and_then(Value::as_str) else {
                continue;
            };
            let port = value.pointer("/backend/service/port");
            let port = port.and_then(|port| port.get("name").or_else(|| port.get("number")));
            let paths = value.get("path").and_then(Value::as_str).map(|path| (format!("{field}/path"), path));
            let (paths, field) = (paths.into_iter().collect(), format!("{field}/backend/service"));
            found.push(Entry { object, paths, field, service, port });
        }
    }
    for (object, rule, value) in rules("HTTPRoute") {
        let paths = || {
            let matches = list(value, "/matches").filter_map(|(at, one)| {
                Some((
                    format!("/spec/rules/{rule}/matches/{at}/path/value"),
                    one.pointer("/path/value")?.as_str()?,
                ))
            });
            matches.collect()
        };
        for (backend, target) in list(value, "/backendRefs") {
            let Some(service) = target.get("name").and_then(Value::as_str) else { continue };
            let field = format!("/spec/rules/{rule}/backendRefs/{backend}");
            found.push(Entry { object, paths: paths(), field, service, port: target.get("port") });
        }
    }
    found
}
