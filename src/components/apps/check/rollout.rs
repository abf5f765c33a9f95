//! Drain, shutdown, grace, surge and scale: numbers that only work together.

use super::super::lifecycle;
use super::super::settings::{App, Deregister, Shell, Strategy};
use super::super::{SLEEP_HOOK, job, jvm, pod, spring};
use crate::components::Instance;
use crate::diagnostic::Diagnostic;
use crate::plan::site::Site;
use crate::tree::de::Scalar;

/// What callers remember without being told otherwise.
const CALLERS_REMEMBER: u32 = 35;

pub(super) fn check(me: &Instance<App>, site: &Site) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if job::ends(me) {
        found.extend(grace(me, site));
        return found;
    }
    found.extend(deregister(me, site));
    found.extend(does_not_wait(me, site));
    found.extend(hook(me, site));
    found.extend(grace(me, site));
    found.extend(memory_of_callers(me));
    found.extend(strategy(me, site));
    found.extend(scale(me));
    found
}

fn deregister(me: &Instance<App>, site: &Site) -> Vec<Diagnostic> {
    let Some(way) = &me.deregister else { return Vec::new() };
    let path = me.path.key("deregister");
    let mut found = Vec::new();
    let actuator = spring::management(me).is_some();
    let wants = match way {
        Deregister::Nacos | Deregister::Consul if !actuator => Some("calls an actuator endpoint"),
        Deregister::Endpoint(id) if !actuator && !id.starts_with('/') => Some("names an actuator endpoint"),
        Deregister::App if me.spring_boot.is_none() => Some("uses Spring Cloud Alibaba"),
        _ => None,
    };
    if let Some(what) = wants {
        found.push(
            Diagnostic::error("needs-spring-boot", format!("this `deregister` {what}"))
                .at(&path)
                .because("according to `springBoot` and `management`, this app does not have it")
                .help("add them, or use a path of the app: `deregister: {endpoint: /offline}`"),
        );
    }
    if *way == Deregister::Nacos && lifecycle::refuses_status(me, site) {
        found.push(
            Diagnostic::error("nacos-refuses-status", "Nacos 3 does not support the call of `deregister: nacos`")
                .at(&path)
                .because("it answers status updates of instances with 410, so the pod would stay registered while it \
                          drains")
                .help("use `deregister: app` with Spring Cloud Alibaba 2023.0.3.4 or later, or `deregister: {endpoint: …}`"),
        );
    }
    if let Deregister::Endpoint(id) = way
        && !is_path(id)
    {
        found.push(
            Diagnostic::error("bad-path", format!("`{id}` is neither an endpoint nor a path"))
                .at(path.key("endpoint"))
                .because("the hook calls it with curl or wget")
                .help("use letters, digits and `/-._~%`"),
        );
    }
    if !actuator && me.port.is_none() && matches!(way, Deregister::Endpoint(_)) {
        found.push(Diagnostic::error("no-port", "no port to call").at(&path).help("give it a `port`"));
    }
    if *way != Deregister::None && me.drain_seconds == Some(0) {
        found.push(
            Diagnostic::error("no-drain", "it would deregister and stop at once")
                .at(me.path.key("drainSeconds"))
                .because(format!(
                    "callers cache it for {CALLERS_REMEMBER} seconds and would call a pod that is gone"
                ))
                .help("write `drainSeconds: 40`"),
        );
    }
    found
}

/// Before Spring Boot 3.2 the app leaves Nacos and stops at once.
fn does_not_wait(me: &Instance<App>, site: &Site) -> Option<Diagnostic> {
    let boot = me.spring_boot.as_deref()?;
    if lifecycle::way(me, site) != Deregister::App || lifecycle::waits(me) || lifecycle::drain(me) == 0 {
        return None;
    }
    let title = format!("Spring Cloud Alibaba for Spring Boot {boot} does not wait after it has left Nacos");
    Some(
        Diagnostic::warning("app-does-not-wait", title)
            .at(if me.deregister.is_some() { me.path.key("deregister") } else { me.path.key("springBoot") })
            .because("callers remember the pod for 35 seconds, and it stops at once; 2023.0.3.3 is the first that waits")
            .help("add an actuator endpoint that deregisters, and write `deregister: {endpoint: ID}`"),
    )
}

/// A path that curl and wget take as it is.
pub(super) fn is_path(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "/-._~%".contains(c))
}

/// A hook needs something to run with.
fn hook(me: &Instance<App>, site: &Site) -> Option<Diagnostic> {
    let way = lifecycle::way(me, site);
    let calls = !matches!(way, Deregister::None | Deregister::App);
    if me.shell == Shell::Sh || lifecycle::drain(me) == 0 || way == Deregister::App {
        return None;
    }
    if calls {
        return Some(
            Diagnostic::error("hook-without-shell", "the deregistration endpoint cannot be called")
                .at(me.path.key("shell"))
                .because("a hook without a shell can only send GET, but the endpoint requires POST")
                .help("use `deregister: app`, with which Spring Cloud Alibaba (2023.0.3.4 or later) deregisters \
                       itself; or `deregister: none`"),
        );
    }
    site.kubernetes.before(SLEEP_HOOK).then(|| {
        Diagnostic::error(
            "sleep-hook",
            format!("Kubernetes {} cannot drain a pod without a shell", site.kubernetes),
        )
        .at(me.path.key("shell"))
        .because("the `sleep` hook exists since 1.30")
        .help("use an image with `sh`, or write `drainSeconds: 0`")
    })
}

fn grace(me: &Instance<App>, site: &Site) -> Option<Diagnostic> {
    let way = lifecycle::way(me, site);
    let (grace, needed) = (me.termination_grace_period_seconds?, lifecycle::needed(me, &way));
    let (drain, shutdown, phases) = (lifecycle::drain(me), me.shutdown_seconds, lifecycle::phases(me));
    (grace < needed).then(|| {
        let twice = match lifecycle::drains(me, &way) {
            1 => "",
            _ => ", twice with a management port of its own (Spring Cloud Alibaba 2023.0.3.3),",
        };
        let times = if phases > 1 { format!(" in each of {phases} phases") } else { String::new() };
        Diagnostic::error("short-grace", format!("a grace period of {grace} seconds is too short"))
            .at(me.path.key("terminationGracePeriodSeconds"))
            .because(format!(
                "the drain takes {drain} seconds{twice} and the shutdown up to {shutdown}{times}"
            ))
            .because("the kubelet kills the container when the grace period ends")
            .help(format!("set {} or more, or leave it out", needed + 10))
    })
}

/// A drain of the user's that is shorter than callers' memory. Of `minReadySeconds`, and of a drain that it follows from, a
/// rule tells.
fn memory_of_callers(me: &Instance<App>) -> Option<Diagnostic> {
    let seconds = me.drain_seconds.filter(|seconds| (1..CALLERS_REMEMBER).contains(seconds))?;
    if lifecycle::asked(me) == Deregister::None || me.min_ready_seconds.is_none() {
        return None;
    }
    let title = format!("callers cache pods for longer than {seconds} seconds");
    let complaint = Diagnostic::warning("shorter-than-memory", title).at(me.path.key("drainSeconds"));
    Some(complaint.because(
        "Spring Cloud LoadBalancer caches its list for 35 seconds: `spring.cloud.loadbalancer.cache.ttl`",
    ))
}

fn strategy(me: &Instance<App>, site: &Site) -> Vec<Diagnostic> {
    if me.strategy == Strategy::Recreate {
        return Vec::new();
    }
    let (stops, starts) = pod::rollout(me, site);
    let both = [("maxSurge", &starts), ("maxUnavailable", &stops)];
    let mut found: Vec<Diagnostic> = both
        .into_iter()
        .filter(|(_, amount)| !is_amount(amount))
        .map(|(key, amount)| {
            Diagnostic::error("not-an-amount", format!("`{amount}` is neither a number nor a percentage"))
                .at(me.path.key(key))
                .help("write `1` or `25%`")
        })
        .collect();
    let none = |amount: &Scalar| matches!(&**amount, "0" | "0%");
    if none(&starts) && none(&stops) {
        let key = if me.max_surge.is_some() { "maxSurge" } else { "maxUnavailable" };
        found.push(
            Diagnostic::error("stuck-rollout", "a rollout could neither stop nor start a pod")
                .at(me.path.key(key))
                .help("set `maxSurge: 1`, or `strategy: Recreate`"),
        );
    } else if none(&stops) && pod::keeps_off_all(me, site) {
        found.push(
            Diagnostic::warning("rollout-needs-a-node", format!("a rollout needs {} nodes", me.replicas + 1))
                .at(me.path.key(if me.max_surge.is_some() { "maxSurge" } else { "maxUnavailable" }))
                .because("with `spread: hard` the new pod cannot start on a node that has an old one")
                .help("leave `maxSurge` and `maxUnavailable` out: one pod is stopped first"),
        );
    }
    found
}

fn is_amount(text: &Scalar) -> bool {
    pod::amount(text).is_number()
        || text.strip_suffix('%').is_some_and(|number| number.parse::<u32>().is_ok())
}

fn scale(me: &Instance<App>) -> Vec<Diagnostic> {
    let Some(scale) = &me.scale else { return Vec::new() };
    let path = me.path.key("scale");
    let mut found = Vec::new();
    if scale.min == 0 || scale.min > scale.max {
        found.push(
            Diagnostic::error("scale-bounds", format!("the range {} to {} is empty", scale.min, scale.max))
                .at(path.key("min"))
                .because("an autoscaler needs at least one pod, and `max` must not be below `min`"),
        );
    }
    if scale.cpu.is_none() && scale.memory.is_none() {
        found.push(
            Diagnostic::error("scale-aim", "the autoscaler has no metric")
                .at(&path)
                .help("add `cpu: 70`: percent of the request"),
        );
    }
    if scale.memory.is_some() && jvm::wanted(me).is_some() {
        found.push(
            Diagnostic::error("scale-by-heap", "a JVM does not return memory to the system")
                .at(path.key("memory"))
                .because("the autoscaler would only ever add pods")
                .help("scale by `cpu`; set `jvm: off` if it is not a JVM"),
        );
    }
    for (key, percent) in [("cpu", scale.cpu), ("memory", scale.memory)] {
        if percent == Some(0) {
            found.push(Diagnostic::error("scale-aim", "0 percent cannot be reached").at(path.key(key)));
        }
    }
    found
}
