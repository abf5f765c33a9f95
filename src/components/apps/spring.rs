//! What differs from one Spring Boot version to the next: probes, shutdown, and the variables that make the stack's
//! word on ports the last one (the environment wins over every file in the jar).

use super::files::Files;
use super::job;
use super::lifecycle::Lifecycle;
use super::settings::{App, Management};
use crate::k8s::Version;
use crate::plan::offer::spring_variable;
use crate::products::spring::key;

/// Health groups for probes.
/// Source: Spring Boot AvailabilityProbesAutoConfiguration at 2.3.0.
pub(super) const GROUPS: &[u32] = &[2, 3];

/// The app's Spring Boot version; none for other programs.
pub(super) fn version(me: &App) -> Option<Version> {
    Version::parse(me.spring_boot.as_deref()?)
}

/// Its actuator; none for other programs, those that end, and those that have none.
pub(super) fn management(me: &App) -> Option<Management> {
    version(me).filter(|_| !job::ends(me))?;
    match &me.management {
        None => Some(Management::default()),
        Some(switch) => switch.on().cloned(),
    }
}

/// Is the actuator beside the app's own paths?
pub(super) fn shares_port(me: &App, management: &Management) -> bool {
    me.port == Some(management.port)
}

/// The variables that every Spring Boot app gets.
pub(super) fn variables(me: &App, lifecycle: &Lifecycle, files: &Files) -> Vec<(String, String)> {
    let Some(boot) = version(me) else { return Vec::new() };
    let mut properties: Vec<(&str, String)> = Vec::new();
    if job::ends(me) {
        // A server would keep the program from ending.
        if !me.config.contains_key(&spring_variable(key::WEB_TYPE)) {
            properties.push((key::WEB_TYPE, "none".to_owned()));
        }
    } else if let Some(port) = me.port {
        properties.push((key::PORT, port.to_string()));
    }
    if let Some(management) = management(me) {
        actuator(me, &boot, &management, lifecycle, &mut properties);
    }
    if boot.at_least(GROUPS) {
        // Before 3.4 the default was to cut open requests off.
        if boot.before(&[3, 4]) && !job::ends(me) {
            properties.push((key::SHUTDOWN, "graceful".to_owned()));
        }
        properties.push((key::SHUTDOWN_TIMEOUT, format!("{}s", me.shutdown_seconds)));
    }
    if let Some(seconds) = lifecycle.own_wait {
        let milliseconds = u64::from(seconds) * 1000;
        properties.push((key::NACOS_WAIT, milliseconds.to_string()));
    }
    properties.extend(files.spring.iter().map(|(property, folders)| (*property, folders.join(","))));
    properties.into_iter().map(|(property, value)| (spring_variable(property), value)).collect()
}

fn actuator(
    me: &App,
    boot: &Version,
    management: &Management,
    lifecycle: &Lifecycle,
    properties: &mut Vec<(&str, String)>,
) {
    if !shares_port(me, management) {
        properties.push((key::MANAGEMENT_PORT, management.port.to_string()));
    }
    let mut exposed = management.expose.clone();
    if let Some(endpoint) = lifecycle.endpoint(&management.base_path)
        && !exposed.contains(&endpoint)
    {
        exposed.push(endpoint);
    }
    properties.push((key::EXPOSED, exposed.join(",")));
    // From 4.0 on they are always there. In a cluster they are on by themselves, unless a file says otherwise.
    if boot.at_least(&[2, 3, 2]) && boot.before(&[4]) {
        properties.push(("management.endpoint.health.probes.enabled", "true".to_owned()));
    } else if boot.at_least(GROUPS) && boot.before(&[4]) {
        properties.push(("management.health.probes.enabled", "true".to_owned()));
    }
}
