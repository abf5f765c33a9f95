//! How a pod comes and goes without a caller noticing: out of the registry, out of every caller's memory, then stop.
//!
//! The kubelet counts the grace period from the start of the hook, so it must cover the drain and the shutdown. A hook
//! that is still running at its end is cut, and the process gets two seconds before SIGKILL.
//! Source: kubernetes core/v1 Lifecycle; kubernetes/kubernetes#67592.

use serde_json::{Value, json};

use super::settings::{App, Deregister};
use super::{job, ports, spring};
use crate::components::{Instance, Key};
use crate::diagnostic::Path;
use crate::k8s::{Image, Version};
use crate::plan::offer::{Offers, spring_variable};
use crate::plan::site::Site;
use crate::products::consul;

/// Spring Cloud LoadBalancer remembers instances for 35 seconds: `spring.cloud.loadbalancer.cache.ttl`.
const CALLERS_REMEMBER: u32 = 40;
/// Removing a pod from Services and proxies takes a moment, and starts when the hook does.
const SERVICES_REMEMBER: u32 = 10;
/// What is left when drain and shutdown have taken all they may.
const MARGIN: u32 = 10;

/// Spring Boot from here on has a Spring Cloud Alibaba that leaves Nacos by itself and waits: 2023.0.3.3 and later.
/// Source: spring-cloud-starter-alibaba-nacos-discovery 2021.0.6.2 and 2022.0.0.2 do not wait, 2023.0.3.3 does.
const APP_WAITS: &[u32] = &[3, 2];
/// Up to here it may be 2023.0.3.3, which waits once for each context that is closed: a management port of its own is a
/// second one. From 2023.0.3.4 on only the app's own context counts.
/// Source: NacosAutoServiceRegistration.onContextClosedEvent at 2023.0.3.3, NacosGracefulShutdownDelegate at 2023.0.3.4.
const APP_WAITS_ONCE: &[u32] = &[3, 5];

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
    /// Where the hook asks whether the app lives, before it does anything.
    pub(super) alive: Option<Alive>,
    /// How long the hook sleeps then.
    pub(super) sleep: u32,
    /// How long the app itself waits after it has left the registry; 0 where the hook has waited already.
    pub(super) own_wait: Option<u32>,
    /// `terminationGracePeriodSeconds`.
    pub(super) grace: u32,
    /// `minReadySeconds`.
    pub(super) min_ready: u32,
}

/// What takes a pod out of the registry.
pub(super) enum Call {
    /// A POST to the app.
    Post {
        /// On the pod's own loopback.
        url: String,
        /// JSON, or empty.
        body: &'static str,
    },
    /// A PUT to Consul's agent, with the app's token: Spring Cloud Consul sends none, and is refused.
    /// Source: seen with Spring Cloud Consul 3.1.5 and 4.3.0, whose ConsulServiceRegistry.setStatus answers 403.
    Agent,
}

/// The question of the liveness probe.
pub(super) struct Alive {
    /// On the pod's own loopback.
    pub(super) url: String,
    /// Seconds until an attempt times out.
    pub(super) seconds: u32,
}

/// How this app comes and goes.
pub(super) fn of(me: &Instance<App>, site: &Site, offers: &Offers) -> Lifecycle {
    let way = way(me, site);
    let drain = drain(me);
    let own = way == Deregister::App;
    let call = call(me, &way, offers);
    Lifecycle {
        alive: call.as_ref().and_then(|_| alive(me)),
        call,
        sleep: if own { 0 } else { drain },
        own_wait: if own { Some(drain) } else { (waits(me) && uses(me, "nacos")).then_some(0) },
        grace: me.termination_grace_period_seconds.unwrap_or(needed(me, &way) + MARGIN),
        min_ready: min_ready(me),
        way,
    }
}

/// The way out of the registry, by the settings alone.
pub(super) fn asked(me: &App) -> Deregister {
    // Nobody finds a program without a server.
    if job::ends(me) {
        return Deregister::None;
    }
    if let Some(way) = &me.deregister {
        return way.clone();
    }
    let registry = me.uses.iter().find_map(|used| {
        let word = Key::named(used).word;
        REGISTRIES.iter().find(|(registry, _)| *registry == word).map(|(_, way)| way.clone())
    });
    match (spring::version(me), spring::management(me), registry) {
        (Some(_), Some(_), Some(way)) => way,
        // Nobody to call: Spring Cloud Alibaba can do it alone.
        (Some(_), None, Some(Deregister::Nacos)) => Deregister::App,
        _ => Deregister::None,
    }
}

/// The same, knowing which Nacos it is: where nobody says otherwise, an app leaves a 3.x by itself.
pub(super) fn way(me: &App, site: &Site) -> Deregister {
    let way = asked(me);
    let refused = way == Deregister::Nacos && refuses_status(me, site);
    if refused && me.deregister.is_none() { Deregister::App } else { way }
}

/// Is the Nacos that it uses a 3.x? That answers 410 to the status update behind `serviceregistry`, unless
/// `nacos.core.api.compatibility.admin.enabled` says otherwise.
/// Source: alibaba/nacos 3.0.3 InstanceController, ApiCompatibilityConfig.
pub(super) fn refuses_status(me: &App, site: &Site) -> bool {
    let key = me.uses.iter().map(|used| Key::named(used)).find(|key| key.word == "nacos");
    let nacos = key.and_then(|key| site.settings_of(&key)?.as_map());
    let text = |key: &str| nacos?.get(key)?.value.as_text();
    let tag = text("image").and_then(|image| Image::parse(image).tag().map(str::to_owned));
    let version = tag.or_else(|| text("version").map(str::to_owned));
    version.and_then(|version| Version::parse(&version)).is_some_and(|version| version.at_least(&[3]))
}

/// Seconds between leaving and stopping.
pub(super) fn drain(me: &App) -> u32 {
    me.drain_seconds.filter(|_| !job::ends(me)).unwrap_or(if asked(me) != Deregister::None {
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

/// The least that the grace period must cover when it leaves that way.
pub(super) fn needed(me: &App, way: &Deregister) -> u32 {
    drain(me) * drains(me, way) + me.shutdown_seconds * phases(me)
}

/// How often the drain may be waited for.
pub(super) fn drains(me: &App, way: &Deregister) -> u32 {
    let contexts = spring::management(me).is_some_and(|management| !spring::shares_port(me, &management));
    let early =
        spring::version(me).is_some_and(|boot| boot.at_least(APP_WAITS) && boot.before(APP_WAITS_ONCE));
    if *way == Deregister::App && contexts && early { 2 } else { 1 }
}

/// Does Spring Cloud Alibaba for its Spring Boot wait by itself?
pub(super) fn waits(me: &App) -> bool {
    spring::version(me).is_some_and(|boot| boot.at_least(APP_WAITS))
}

fn uses(me: &App, word: &str) -> bool {
    me.uses.iter().any(|used| Key::named(used).word == word)
}

/// Message consumers stop in a phase before the web server's.
pub(super) fn phases(me: &App) -> u32 {
    let consumes = me.uses.iter().any(|used| CONSUMED.contains(&Key::named(used).word.as_str()));
    if consumes && spring::version(me).is_some() { 2 } else { 1 }
}

/// Does anybody reach it by a Service?
pub(super) fn serves(me: &App) -> bool {
    !ports::served(me).is_empty()
}

/// Where the liveness probe asks over HTTP.
///
/// A container that its liveness probe restarts gets the hook too, and stays in its pod: a registry that is told would keep
/// the new process out, Nacos 2 for as long as the process lives.
/// Source: seen with Nacos 2.5.1, Spring Cloud Alibaba 2023.0.3.3.
fn alive(me: &App) -> Option<Alive> {
    let (path, port) = ports::asked_for_life(me)?;
    let seconds = me.probes.liveness.on()?.timeout_seconds;
    Some(Alive { url: format!("http://127.0.0.1:{port}{path}"), seconds })
}

/// Is the app known to Consul by a token?
fn has_token(me: &App, offers: &Offers) -> bool {
    let consul = me.uses.iter().map(|used| Key::named(used)).find(|key| key.word == "consul");
    let boot = spring::version(me);
    consul.and_then(|key| offers.of(&key, &Path::root()).ok()).is_some_and(|offer| {
        let names = offer.bindings.iter().filter_map(|binding| binding.name.variable(boot.as_ref()));
        names.into_iter().any(|name| name == spring_variable(consul::TOKEN_PROPERTY))
    })
}

fn call(me: &App, way: &Deregister, offers: &Offers) -> Option<Call> {
    if *way == Deregister::Consul && has_token(me, offers) {
        return Some(Call::Agent);
    }
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
    Some(Call::Post { url: format!("http://127.0.0.1:{port}{path}"), body })
}

/// How a hook leaves the registry: by a POST to the app, or by a PUT to Consul's agent, which variables lead to.
pub(super) fn leaving(call: &Call) -> Value {
    match call {
        Call::Post { url, body } => json!({ "agent": null, "url": url, "body": body }),
        Call::Agent => json!({ "agent": {
            "host": spring_variable(consul::HOST_PROPERTY),
            "port": spring_variable(consul::PORT_PROPERTY),
            "token": spring_variable(consul::TOKEN_PROPERTY),
            "instance": spring_variable(consul::INSTANCE_PROPERTY),
        } }),
    }
}

impl Lifecycle {
    /// The actuator endpoint that must be exposed for the call, below the actuator's `base` path.
    pub(super) fn endpoint(&self, base: &str) -> Option<String> {
        if matches!(self.call, Some(Call::Agent)) {
            return None;
        }
        match &self.way {
            Deregister::None | Deregister::App => None,
            Deregister::Nacos | Deregister::Consul => Some("serviceregistry".to_owned()),
            Deregister::Endpoint(path) if path.starts_with('/') => {
                path.strip_prefix(base)?.strip_prefix('/').map(str::to_owned)
            }
            Deregister::Endpoint(id) => Some(id.clone()),
        }
    }
}
