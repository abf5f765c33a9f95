//! Probes of apps.

use crate::products::spring::{HEALTH, key};
use crate::verify::pods::Probe;
use crate::verify::pods::spring::Spring;
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "liveness-ignores-dependencies",
        grade: Grade::PROD,
        promise: "no liveness probe uses the aggregate `/actuator/health`",
        why: "it turns DOWN with the database, Redis, Nacos or Consul: an outage of one of them restarts every \
              pod of every app, again and again",
        fix: "use `/actuator/health/liveness`, which covers only the app itself",
        source: "Spring Boot documentation, Kubernetes Probes; alibaba/spring-cloud-alibaba#3535",
        check: liveness_ignores_dependencies,
    },
    Rule {
        code: "liveness-waits-for-jvm",
        grade: Grade::WARNING,
        promise: "a JVM has a minute to start before its liveness probe counts",
        why: "under load, or with a low CPU limit, a Spring app takes a minute or longer to start; it is killed \
              before it is up, and the next start is just as slow",
        fix: "add a `startupProbe` with `periodSeconds: 5` and `failureThreshold: 60`",
        source: "Kubernetes documentation, Configure Liveness, Readiness and Startup Probes",
        check: liveness_waits_for_jvm,
    },
    Rule {
        code: "probe-reaches-app",
        grade: Grade::ERROR,
        promise: "HTTP probes do not target a port that listens on the loopback address only",
        why: "the kubelet connects to the pod's own address and is refused: the pod never becomes ready, and is \
              restarted again and again",
        fix: "remove the setting; restrict access with a NetworkPolicy",
        source: "Spring Boot, management.server.address and server.address; core/v1 HTTPGetAction",
        check: probe_reaches_app,
    },
    Rule {
        code: "probe-finds-actuator",
        grade: Grade::ERROR,
        promise: "probes of `/actuator` use the port that the actuator listens on",
        why: "the port does not listen, or does not serve that path: the pod never becomes ready, and is \
              restarted again and again",
        fix: "probe `management.server.port`",
        source: "Spring Boot documentation, Actuator: management.server.port",
        check: probe_finds_actuator,
    },
    Rule {
        code: "app-port-is-declared",
        grade: Grade::ERROR,
        promise: "the port that a Spring app listens on is one that its container declares, where it declares any",
        why: "Services resolve named ports through the container's `ports`: they send traffic to a port that does \
              not listen",
        fix: "declare `server.port` as `containerPort`",
        source: "Spring Boot documentation, server.port; Kubernetes documentation, Service: port definitions",
        check: app_port_is_declared,
    },
];

/// A JVM that is killed sooner than this has not started yet, in seconds.
const START: u64 = 60;

fn liveness_ignores_dependencies<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let Some(probe) = container.probe("livenessProbe") else { continue };
        if let Some(path) = probe.http_path().filter(|path| is_whole(path)) {
            findings.push(
                container
                    .finding("/livenessProbe/httpGet/path", format!("liveness depends on all of `{path}`")),
            );
        } else if let Some((index, url)) = whole_in_command(&probe) {
            let title = format!("liveness depends on all of `{url}`");
            findings
                .push(container.finding(&format!("/livenessProbe/exec/command/{index}"), title).word(url));
        }
    }
    findings
}

/// Is it the health of everything, not of a group?
fn is_whole(path: &str) -> bool {
    path.split('?').next().unwrap_or_default().trim_end_matches('/').ends_with(HEALTH)
}

fn whole_in_command(probe: &Probe<'_>) -> Option<(usize, String)> {
    let words = probe.fields.pointer("/exec/command")?.as_array()?;
    words.iter().enumerate().find_map(|(index, word)| {
        let ends = |c: char| c.is_whitespace() || "\"'|;&)".contains(c);
        let url = word.as_str()?.split(ends).find(|part| is_whole(part))?;
        Some((index, url.to_owned()))
    })
}

fn liveness_waits_for_jvm<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set).filter(|(_, container)| container.probe("startupProbe").is_none()) {
        let Some(probe) = container.probe("livenessProbe") else { continue };
        let number = |field, default| probe.number(field, default);
        let budget = number("periodSeconds", 10)
            .saturating_mul(number("failureThreshold", 3))
            .saturating_add(number("initialDelaySeconds", 0));
        if budget < START {
            let title = format!("liveness allows {budget} seconds to start, and there is no startupProbe");
            findings.push(container.finding("/livenessProbe", title));
        }
    }
    findings
}

fn probe_reaches_app<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let spring = Spring::of(container);
        let (own, management) = (spring.port(key::PORT), spring.port(key::MANAGEMENT_PORT));
        for (name, wanted) in [("server.address", own), ("management.server.address", management)] {
            let Some(setting) =
                spring.get(name).filter(|setting| setting.plain().is_some_and(texts::is_loopback))
            else {
                continue;
            };
            let asks = |probe: &Probe<'_>| {
                let port = probe.port().and_then(|port| container.port_number(port));
                let elsewhere = probe.fields.pointer("/httpGet/host").is_some();
                let actuator = probe.http_path().is_some_and(|path| path.contains("/actuator/"));
                let mine = match wanted {
                    Some(wanted) => port == Some(wanted),
                    // Without a port of its own the actuator is where the app is.
                    None => actuator || name == "server.address",
                };
                probe.http_path().is_some() && !elsewhere && mine
            };
            if let Some(probe) = container.probes().find(asks) {
                let address = setting.plain().unwrap_or_default();
                let title = format!("`{}` is {address}, which {} cannot reach", setting.name, probe.kind);
                findings.push(setting.finding(title));
            }
        }
    }
    findings
}

fn probe_finds_actuator<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let Some(management) = Spring::of(container).port(key::MANAGEMENT_PORT) else { continue };
        for probe in container.probes() {
            let asks = probe.http_path().is_some_and(|path| path.contains("/actuator/"));
            let port = probe.port().and_then(|port| container.port_number(port));
            if let Some(port) = port.filter(|port| asks && *port != management) {
                let title = format!("uses port {port}, but the actuator listens on {management}");
                findings.push(container.finding(&format!("/{}/httpGet/port", probe.kind), title));
            }
        }
    }
    findings
}

fn app_port_is_declared<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set) {
        // 0 is any free port, -1 is none.
        let Some(port) = Spring::of(container).port(key::PORT).filter(|port| *port > 0) else {
            continue;
        };
        let declared: Vec<u64> = container.ports().map(|port| port.number).collect();
        let meant = || {
            let services = pod.services(set).into_iter();
            let mut targets =
                services.flat_map(topology::ports).filter_map(|(_, port)| topology::target(port));
            targets.any(|target| target.as_u64() == Some(port))
        };
        if !declared.is_empty() && !declared.contains(&port) && !meant() {
            let list = declared.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            findings.push(container.finding("/ports", format!("listens on {port}, but declares {list}")));
        }
    }
    findings
}
