//! How a pod comes and goes without a caller noticing: out of the registry, out of every caller's memory, then stop.
//!
//! The kubelet counts the grace period from the start of the hook, so it must cover the drain and the shutdown. A hook
//! that is still running at its end is cut, and the process gets two seconds before SIGKILL.
//! Source: kubernetes core/v1 Lifecycle; kubernetes/kubernetes#67592.

use super::settings::{App, Deregister, Management};
use super::spring;
use crate::components::{Instance, Key};
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::Version;
use crate::plan::offer::Offers;

/// Spring Cloud LoadBalancer remembers instances for 35 seconds: `spring.cloud.loadbalancer.cache.ttl`.
const CALLERS_REMEMBER: u32 = 40;
/// Removing a pod from Services and proxies takes a moment, and starts when the hook does.
const SERVICES_REMEMBER: u32 = 10;
/// What is left when drain and shutdown have taken all they may.
const MARGIN: u32 = 10;

/// Words whose product is a registry, by its effect on the default of `deregister`.
const REGISTRIES: &[(&str, Deregister)] = &[("nacos", Deregister::Nacos), ("consul", Deregister::Consul)];
/// Products whose consumers Spring stops in a shutdown phase of their own.
const CONSUMED: &[&str] = &["kafka", "rocketmq"];

/// What happens between the decision to stop a pod and its end.
pub(super) struct Lifecycle {
    /// The way out of the registry.
    pub(super) way: Deregister,
    /// What the hook calls first.
    pub(super) call: Option<Call>,
    /// How long the hook sleeps then.
    pub(super) sleep: u32,
    /// How long the app itself waits after it has left the registry.
    pub(super) own_wait: Option<u32>,
    /// `terminationGracePeriodSeconds`.
    pub(super) grace: u32,
    /// `minReadySeconds`.
    pub(super) min_ready: u32,
}

/// A POST that takes a pod out of the registry.
pub(super) struct Call {
    /// On the pod's own loopback.
    pub(super) url: String,
    /// JSON, or empty.
    pub(super) body: &'static str,
}

/// How this app comes and goes.
pub(super) fn of(me: &Instance<App>, offers: &Offers) -> Result<Lifecycle, Diagnostic> {
    let way = way(me, offers)?;
    let drain = drain(me);
    let own = way == Deregister::App;
    Ok(Lifecycle {
        call: call(me, &way),
        sleep: if own { 0 } else { drain },
        own_wait: own.then_some(drain),
        grace: me.termination_grace_period_seconds.unwrap_or(needed(me) + MARGIN),
        min_ready: min_ready(me),
        way,
    })
}

/// The way out of the registry, by the settings alone.
pub(super) fn asked(me: &App) -> Deregister {
    if let Some(way) = &me.deregister {
        return way.clone();
    }
    let registry = me.uses.iter().find_map(|used| {
        let word = Key::parse(used).word;
        REGISTRIES.iter().find(|(registry, _)| *registry == word).map(|(_, way)| way.clone())
    });
    match (spring::version(me), spring::management(me), registry) {
        (Some(_), Some(_), Some(way)) => way,
        // Nobody to call: Spring Cloud Alibaba can do it alone.
        (Some(_), None, Some(Deregister::Nacos)) => Deregister::App,
        _ => Deregister::None,
    }
}

/// The same, knowing which Nacos it is: 3.x answers 410 to the status update behind `serviceregistry`, unless
/// `nacos.core.api.compatibility.admin.enabled` says otherwise.
/// Source: alibaba/nacos 3.0.3 InstanceController, ApiCompatibilityConfig.
fn way(me: &Instance<App>, offers: &Offers) -> Result<Deregister, Diagnostic> {
    let way = asked(me);
    if way != Deregister::Nacos || !nacos(me, offers).is_some_and(|version| version.at_least(&[3])) {
        return Ok(way);
    }
    if me.deregister.is_none() {
        return Ok(Deregister::App);
    }
    Err(Diagnostic::error("nacos-refuses-status", "Nacos 3 does not support the call of `deregister: nacos`")
        .at(me.path.key("deregister"))
        .because("it answers status updates of instances with 410, so the pod would stay registered while it \
                  drains")
        .help("use `deregister: app` with Spring Cloud Alibaba 2023.0.3.4 or later, or `deregister: {endpoint: …}`"))
}

/// The version of the Nacos that it uses.
fn nacos(me: &App, offers: &Offers) -> Option<Version> {
    let key = me.uses.iter().map(|used| Key::parse(used)).find(|key| key.word == "nacos")?;
    let offer = offers.of(&key, &Path::root()).ok()?;
    Version::parse(offer.facts.get("version")?.as_str()?)
}

/// Seconds between leaving and stopping.
pub(super) fn drain(me: &App) -> u32 {
    me.drain_seconds.unwrap_or(if asked(me) != Deregister::None {
        CALLERS_REMEMBER
    } else if serves(me) {
        SERVICES_REMEMBER
    } else {
        0
    })
}

/// Callers must know a new pod before the next old one goes.
pub(super) fn min_ready(me: &App) -> u32 {
    me.min_ready_seconds.unwrap_or(if asked(me) == Deregister::None { 0 } else { drain(me) })
}

/// The least that the grace period must cover.
pub(super) fn needed(me: &App) -> u32 {
    drain(me) + me.shutdown_seconds * phases(me)
}

/// Message consumers stop in a phase before the web server's.
pub(super) fn phases(me: &App) -> u32 {
    let consumes = me.uses.iter().any(|used| CONSUMED.contains(&Key::parse(used).word.as_str()));
    if consumes && spring::version(me).is_some() { 2 } else { 1 }
}

/// Does anybody reach it by a Service?
pub(super) fn serves(me: &App) -> bool {
    me.port.is_some() || !me.ports.is_empty()
}

fn call(me: &App, way: &Deregister) -> Option<Call> {
    let management = spring::management(me);
    let port = management.as_ref().map(|management| management.port).or(me.port)?;
    let base = management.map(|management| management.base_path).unwrap_or_default();
    let (path, body) = match way {
        Deregister::None | Deregister::App => return None,
        Deregister::Nacos => (format!("{base}/serviceregistry"), r#"{"status":"DOWN"}"#),
        // Maintenance mode. DOWN, which Nacos wants, throws here.
        // Source: spring-cloud-consul ConsulServiceRegistry.setStatus.
        Deregister::Consul => (format!("{base}/serviceregistry"), r#"{"status":"OUT_OF_SERVICE"}"#),
        Deregister::Endpoint(path) if path.starts_with('/') => (path.clone(), ""),
        Deregister::Endpoint(id) => (format!("{base}/{id}"), ""),
    };
    Some(Call { url: format!("http://127.0.0.1:{port}{path}"), body })
}

/// The actuator endpoint that must be exposed for the call.
pub(super) fn endpoint(way: &Deregister, management: &Management) -> Option<String> {
    match way {
        Deregister::None | Deregister::App => None,
        Deregister::Nacos | Deregister::Consul => Some("serviceregistry".to_owned()),
        Deregister::Endpoint(path) if path.starts_with('/') => {
            path.strip_prefix(&management.base_path)?.strip_prefix('/').map(str::to_owned)
        }
        Deregister::Endpoint(id) => Some(id.clone()),
    }
}
