//! The container's ports, and the probes that ask them.

use serde_json::{Value, json};

use super::either::{NumberOr, Switch};
use super::settings::{App, Probe, Protocol};
use super::{job, jvm, spring};
use crate::components::Instance;
use crate::plan::draw::ServicePort;
use crate::products::{Product, start};

/// The name of `port`.
pub(super) const HTTP: &str = "http";
/// The name of the actuator's port.
pub(super) const MANAGEMENT: &str = "management";
/// A pod that hangs has nobody to drain for: it is restarted sooner than one that is asked to leave.
const HUNG: u32 = 20;

/// A container port.
pub(super) struct Open<'a> {
    /// Its name, here and in the Service.
    pub(super) name: &'a str,
    /// Its number.
    pub(super) number: u16,
    /// TCP or UDP.
    pub(super) protocol: Protocol,
    /// Its number in the Service.
    pub(super) service: u16,
    /// What is spoken on it.
    app_protocol: Option<&'a str>,
}

/// The ports that the Service has, `http` first.
pub(super) fn served(me: &App) -> Vec<Open<'_>> {
    if job::ends(me) {
        return Vec::new();
    }
    let main = me.port.map(|number| Open::tcp(HTTP, number));
    let more = me.ports.iter().map(|(name, port)| match port {
        NumberOr::Number(number) => Open::tcp(name, *number),
        NumberOr::Other(port) => Open {
            protocol: port.protocol,
            service: port.service_port.unwrap_or(port.port),
            app_protocol: port.app_protocol.as_deref(),
            ..Open::tcp(name, port.port)
        },
    });
    main.into_iter().chain(more).collect()
}

/// All ports of the container: those, and the actuator's.
pub(super) fn all(me: &App) -> Vec<Open<'_>> {
    let mut ports = served(me);
    if let Some(management) = spring::management(me)
        && !spring::shares_port(me, &management)
    {
        ports.push(Open::tcp(MANAGEMENT, management.port));
    }
    ports
}

impl<'a> Open<'a> {
    /// A TCP port that the Service has under the same number.
    fn tcp(name: &'a str, number: u16) -> Self {
        Self { name, number, protocol: Protocol::Tcp, service: number, app_protocol: None }
    }
}

impl Open<'_> {
    fn protocol(&self) -> &'static str {
        if self.protocol == Protocol::Udp { "UDP" } else { "TCP" }
    }

    /// As a container has it.
    pub(super) fn of_container(&self) -> Value {
        let protocol = (self.protocol == Protocol::Udp).then_some("UDP");
        json!({ "name": self.name, "containerPort": self.number, "protocol": protocol })
    }

    /// As the Service has it.
    pub(super) fn of_service(&self) -> ServicePort {
        ServicePort {
            protocol: self.protocol(),
            app_protocol: self.app_protocol.map(str::to_owned),
            ..ServicePort::tcp(self.name, self.service)
        }
    }
}

/// What Kubernetes takes where nobody says anything.
const USUAL_FAILURES: u32 = 3;
/// Seconds that every program gets to start.
const STARTS_WITHIN: u64 = 300;
/// More tries than anybody waits for.
const MOST_FAILURES: u32 = 1000;

/// What a probe is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Has it started, does it live?
    Life,
    /// Can it serve?
    Readiness,
}

/// One probe as a container has it; null where there is nothing to ask.
pub(super) fn probe(me: &App, switch: &Switch<Probe>, about: About) -> Value {
    let Some(probe) = switch.on().filter(|_| !job::ends(me)) else { return Value::Null };
    let Some(mut value) = asked(me, probe).or_else(|| usual(me, about)) else { return Value::Null };
    value["periodSeconds"] = probe.period_seconds.into();
    value["timeoutSeconds"] = probe.timeout_seconds.into();
    value["failureThreshold"] = probe.failure_threshold.unwrap_or(USUAL_FAILURES).into();
    value
}

/// The startup probe. An app that was not killed is still starting on a busy node, where it has the CPU that it requested.
pub(super) fn startup(me: &Instance<App>) -> Value {
    let mut value = probe(me, &me.probes.startup, About::Life);
    if value.is_object() {
        value["failureThreshold"] = startup_failures(me).into();
    }
    value
}

/// How often the startup probe may fail: for five minutes, or for the CPU time that a JVM needs.
fn startup_failures(me: &Instance<App>) -> u32 {
    let Some(probe) = me.probes.startup.on() else { return 0 };
    probe.failure_threshold.unwrap_or_else(|| {
        let millis = me.common.resources.cpu.millis().max(1);
        let needed = jvm::wanted(me).and_then(|_| start::cpu_seconds(Product::Java)).unwrap_or(0);
        let seconds = (needed * 1000).div_ceil(millis).max(STARTS_WITHIN);
        let tries = seconds.div_ceil(u64::from(probe.period_seconds.max(1)));
        u32::try_from(tries).map_or(MOST_FAILURES, |tries| tries.min(MOST_FAILURES))
    })
}

/// Seconds that the startup probe gives an app.
pub(super) fn starts_within(me: &Instance<App>) -> u32 {
    me.probes.startup.on().map_or(0, |probe| probe.period_seconds * startup_failures(me))
}

/// The liveness probe has a grace period of its own where the pod's is long.
pub(super) fn liveness(me: &App, grace: u32) -> Value {
    let mut value = probe(me, &me.probes.liveness, About::Life);
    if value.is_object() && grace > HUNG + 10 {
        value["terminationGracePeriodSeconds"] = HUNG.into();
    }
    value
}

/// Path and number of the port that the liveness probe asks, where it does so over HTTP.
pub(super) fn asked_for_life(me: &App) -> Option<(String, u16)> {
    let probe = probe(me, &me.probes.liveness, About::Life);
    let (path, port) = (probe.pointer("/httpGet/path")?.as_str()?, probe.pointer("/httpGet/port")?.as_str()?);
    let number = all(me).iter().find(|open| open.name == port)?.number;
    Some((path.to_owned(), number))
}

/// What the user wants asked.
fn asked(me: &App, probe: &Probe) -> Option<Value> {
    if !probe.command.is_empty() {
        return Some(json!({ "exec": { "command": probe.command } }));
    }
    let port = probe.port.as_deref();
    if probe.grpc {
        // The API wants a number here. A name that no port has is refused by `check`.
        let name = port.unwrap_or(HTTP);
        let number = all(me).iter().find(|open| open.name == name)?.number;
        return Some(json!({ "grpc": { "port": number, "service": probe.service } }));
    }
    match (&probe.path, port) {
        (Some(path), port) => Some(get(path, port.unwrap_or_else(|| home(me, path)))),
        (None, Some(port)) => Some(json!({ "tcpSocket": { "port": port } })),
        (None, None) => None,
    }
}

/// The port on which a path most likely is.
fn home(me: &App, path: &str) -> &'static str {
    match spring::management(me) {
        Some(management) if path.starts_with(&management.base_path) => {
            if spring::shares_port(me, &management) { HTTP } else { MANAGEMENT }
        }
        _ => HTTP,
    }
}

/// What answers by convention: health groups of Spring Boot, or a port that accepts connections.
///
/// Never the whole of `/health` for life: it asks databases and registries too, and their outage would restart all.
fn usual(me: &App, about: About) -> Option<Value> {
    let actuator = spring::version(me).zip(spring::management(me));
    if let Some((boot, management)) = actuator {
        let base = &management.base_path;
        let path = match about {
            About::Life if boot.at_least(spring::GROUPS) => Some(format!("{base}/health/liveness")),
            About::Readiness if boot.at_least(spring::GROUPS) => Some(format!("{base}/health/readiness")),
            About::Readiness => Some(format!("{base}/health")),
            About::Life => None,
        };
        if let Some(path) = path {
            return Some(get(&path, home(me, &path)));
        }
    }
    let open = served(me).into_iter().find(|port| port.protocol == Protocol::Tcp)?;
    Some(json!({ "tcpSocket": { "port": open.name } }))
}

fn get(path: &str, port: &str) -> Value {
    json!({ "httpGet": { "path": path, "port": port } })
}
