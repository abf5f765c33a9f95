//! What an app's settings get wrong by themselves, or will pay for: all of it at once.

mod logins;
mod probes;
mod rollout;
mod storage;

use super::either::{NumberOr, Switch};
use super::settings::{App, Port};
use super::{job, jvm, names as lookups, ports, spring, wiring};
use crate::components::{Instance, Key, names};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::address::is_port_name;
use crate::k8s::labels::is_key;
use crate::k8s::{Image, Version};
use crate::plan::site::Site;
use crate::products::spring::{
    MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE, MANAGEMENT_SERVER_PORT, SERVER_PORT,
};

/// Variables that a setting of ours decides: written twice, the app and the Service would part.
const DECIDED: &[(&str, &str)] = &[
    (SERVER_PORT, "port"),
    (MANAGEMENT_SERVER_PORT, "management.port"),
    (MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE, "management.expose"),
    ("SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE", "shutdownSeconds"),
];

/// Everything.
pub(super) fn app(me: &Instance<App>, site: &Site) -> Diagnostics {
    let mut found: Vec<Diagnostic> = Vec::new();
    found.extend(image(me));
    found.extend(boot(me));
    found.extend(job::check(me));
    if !job::ends(me) {
        found.extend(management(me));
        found.extend(own_ports(me));
        found.extend(probes::check(me));
    }
    found.extend(decided(me));
    found.extend(config(me));
    found.extend(database(me));
    found.extend(uses(me));
    found.extend(jvm::check(me));
    found.extend(rollout::check(me, site));
    found.extend(storage::check(me));
    found.extend(lookups::check(me));
    found.extend(logins::check(me, site));
    found.into_iter().collect()
}

fn image(me: &Instance<App>) -> Option<Diagnostic> {
    let path = me.path.key("image");
    let tag = Image::parse(&me.common.image).or_tag(&me.common.version);
    (tag.tag() == Some("")).then(|| {
        Diagnostic::error("image-tag", format!("image `{}` has no tag", me.common.image))
            .at(path)
            .because(
                "it then means `latest`: the running version is unknown, and a rollback gets the same image",
            )
            .help("write `image: name:1.4.0`, or `version: 1.4.0`")
    })
}

fn boot(me: &Instance<App>) -> Option<Diagnostic> {
    let text = me.spring_boot.as_deref()?;
    // `3.x` is a line of versions, and each differs from the next.
    let whole = text.split('.').all(|part| !matches!(part, "" | "x" | "X" | "*" | "+"));
    if whole && Version::parse(text).is_some_and(|version| version.at_least(&[2])) {
        return None;
    }
    Some(
        Diagnostic::error("spring-boot-version", format!("`{text}` is not a supported Spring Boot version"))
            .at(me.path.key("springBoot"))
            .because("property names, probes and shutdown differ between versions")
            .help("write `springBoot: \"2.7\"`, `\"3.4\"` … ; 1.x is not supported"),
    )
}

fn management(me: &Instance<App>) -> Vec<Diagnostic> {
    let path = me.path.key("management");
    if me.spring_boot.is_none() {
        let complaint = || {
            Diagnostic::error("needs-spring-boot", "`management` is for Spring Boot's actuator")
                .at(&path)
                .help("add `springBoot: \"…\"`; for other programs set `ports` and `probes`")
        };
        return me.management.iter().map(|_| complaint()).collect();
    }
    let Some(management) = spring::management(me) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(index) = management.expose.iter().position(|endpoint| endpoint.contains('*')) {
        found.push(
            Diagnostic::error("exposes-everything", "the actuator would expose all its endpoints")
                .at(path.key("expose").index(index))
                .because("`env`, `heapdump` and `logfile` reveal secrets to anyone who can reach the port")
                .help("list the ones you need: `[health, info, prometheus]`"),
        );
    }
    let path_of = &management.base_path;
    if !path_of.starts_with('/') || path_of.ends_with('/') || !rollout::is_path(path_of) {
        found.push(
            Diagnostic::error("bad-path", format!("`{}` is not a valid base path", management.base_path))
                .at(path.key("basePath"))
                .help("start with `/` and do not end with it: `/actuator`"),
        );
    }
    // A published path that leads to the actuator leads to everything that it exposes.
    let pages = me.ingress.iter().flat_map(|pages| &pages.0);
    if spring::shares_port(me, &management)
        && pages.into_iter().any(|page| management.base_path.starts_with(page.path.trim_end_matches('/')))
    {
        found.push(
            Diagnostic::error("actuator-on-ingress", "the actuator is reachable from outside the cluster")
                .at(path.key("port"))
                .because("it is on the app's own port, and the ingress exposes all of it")
                .help("use a separate port: `management: {port: 9081}`"),
        );
    }
    found
}

fn own_ports(me: &Instance<App>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: Vec<(u16, bool, &str)> = Vec::new();
    for port in ports::all(me) {
        let path = match port.name {
            ports::HTTP => me.path.key("port"),
            name if me.ports.contains_key(name) => me.path.key("ports").key(name),
            _ => me.path.keys(&["management", "port"]),
        };
        let udp = port.protocol == super::settings::Protocol::Udp;
        if port.number == 0 {
            found.push(Diagnostic::error("port-range", "0 is not a valid port").at(&path));
        }
        if let Some((.., other)) =
            seen.iter().find(|(number, kind, _)| (*number, *kind) == (port.number, udp))
        {
            found.push(
                Diagnostic::error(
                    "port-twice",
                    format!("`{}` and `{other}` are both port {}", port.name, port.number),
                )
                .at(&path)
                .because("only one of them can listen"),
            );
        }
        seen.push((port.number, udp, port.name));
    }
    found.extend(in_service(me));
    found.extend(me.ports.iter().filter_map(|(name, port)| spoken(port, &me.path.key("ports").key(name))));
    found.extend(me.ports.keys().filter_map(|name| port_name(name, &me.path.key("ports").key(name))));
    let needs_port = [
        ("ingress", me.ingress.is_some()),
        ("service", me.service.kind != crate::components::common::ServiceType::ClusterIP),
    ];
    for (key, _) in needs_port.iter().filter(|(_, wanted)| *wanted && ports::served(me).is_empty()) {
        found.push(
            Diagnostic::error("no-port", format!("`{key}` routes to an app that has no port"))
                .at(me.path.key(*key))
                .help("give it a `port`"),
        );
    }
    found
}

/// As the API server wants `appProtocol`: a name, perhaps behind a domain and `/`.
fn spoken(port: &NumberOr<Port>, path: &Path) -> Option<Diagnostic> {
    let NumberOr::Other(port) = port else { return None };
    let word = port.app_protocol.as_ref().filter(|word| !is_key(word))?;
    Some(
        Diagnostic::error("app-protocol", format!("`{word}` is not a valid name for a protocol"))
            .at(path.key("appProtocol"))
            .because("the API server refuses the Service")
            .help("write one such as `grpc`, `http` or `kubernetes.io/h2c`"),
    )
}

/// Numbers in the Service that meet because of a `servicePort`.
fn in_service(me: &Instance<App>) -> Vec<Diagnostic> {
    let served = ports::served(me);
    let mut found = Vec::new();
    for (index, port) in served.iter().enumerate().filter(|(_, port)| port.service != port.number) {
        let path = me.path.key("ports").key(port.name).key("servicePort");
        if port.service == 0 {
            found.push(Diagnostic::error("port-range", "0 is not a valid port").at(&path));
        }
        let meets = |(at, other): &(usize, &ports::Open<'_>)| {
            let later = *at > index && other.service != other.number;
            *at != index && !later && (other.service, other.protocol) == (port.service, port.protocol)
        };
        if let Some((_, other)) = served.iter().enumerate().find(meets) {
            let title =
                format!("`{}` and `{}` are both port {} of the Service", port.name, other.name, port.service);
            found.push(
                Diagnostic::error("port-twice", title)
                    .at(&path)
                    .because("a Service has each number once per protocol"),
            );
        }
    }
    found
}

/// As the API server wants port names: at most 15 of a-z, 0-9 and `-`, with a letter.
fn port_name(name: &str, path: &Path) -> Option<Diagnostic> {
    let shaped = is_port_name(name);
    let taken = matches!(name, ports::HTTP | ports::MANAGEMENT);
    (!shaped || taken).then(|| {
        let complaint =
            Diagnostic::error("port-name", format!("`{name}` is not a valid name for a port")).at(path);
        if taken {
            complaint.because("it is already the name of `port` or of `management.port`")
        } else {
            complaint.because(
                "use at most 15 lower-case letters, digits and single `-`, at least one of them a letter",
            )
        }
    })
}

fn decided(me: &Instance<App>) -> Vec<Diagnostic> {
    let mut twice: Vec<(&str, &str)> = if me.spring_boot.is_some() { DECIDED.to_vec() } else { Vec::new() };
    if job::ends(me) {
        twice.retain(|(_, setting)| *setting == "shutdownSeconds");
    }
    if matches!(&me.jvm, Some(Switch::On(_))) {
        twice.push((jvm::VARIABLE, "jvm"));
    }
    let written = |name: &str| {
        let maps = [("env", me.common.env.contains_key(name)), ("config", me.config.contains_key(name))];
        maps.into_iter().find(|(_, there)| *there).map(|(map, _)| me.path.key(map).key(name))
    };
    let complaint = |(name, setting): (&str, &str)| {
        let path = written(name)?;
        Some(
            Diagnostic::error("decided-elsewhere", format!("`{setting}` controls `{name}`"))
                .at(path)
                .because(
                    "probes, ports and grace period are derived from the setting, and would not follow the \
                     variable",
                )
                .help(format!("write `{setting}: …` instead")),
        )
    };
    twice.into_iter().filter_map(complaint).collect()
}

fn config(me: &Instance<App>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, text) in &me.config {
        let path = me.path.key("config").key(name);
        if me.common.env.contains_key(name) {
            found.push(
                Diagnostic::error("variable-twice", format!("`{name}` is in both `env` and `config`"))
                    .at(&path)
                    .because("`env` wins, silently"),
            );
        }
        let fields = wiring::fields(&[&**text]);
        if let Some((field, _)) = fields.first() {
            found.push(
                Diagnostic::error("never-expanded", format!("`$({field})` is not expanded in a ConfigMap"))
                    .at(&path)
                    .because("Kubernetes expands `$(NAME)` only in `env`, `command` and `args`")
                    .help("put this variable in `env`"),
            );
        }
    }
    found
}

/// It is made as one that `mysql.databases` names, and stands in a JDBC URL.
fn database(me: &Instance<App>) -> Vec<Diagnostic> {
    let Some(database) = &me.database else { return Vec::new() };
    let path = me.path.key("database");
    let name = names::database("database-name", &database.name, &path.key("name"));
    let parameters = database.parameters.iter().filter_map(|(key, value)| {
        let fine = |text: &str| !text.contains(|c: char| c.is_control() || c == '&' || c == '#');
        let word = !key.is_empty() && !key.contains('=') && fine(key);
        (!word || !fine(value)).then(|| {
            Diagnostic::error("jdbc-parameter", format!("`{key}` is not valid in a JDBC URL"))
                .at(path.key("parameters").key(key))
                .because("parameters are `name=value`, separated by `&`, and a `#` ends the URL")
                .help("encode such characters as `%26` and `%23`")
        })
    });
    name.into_iter().chain(parameters).collect()
}

fn uses(me: &Instance<App>) -> Vec<Diagnostic> {
    let keys: Vec<_> = me.uses.iter().map(|used| Key::named(used)).collect();
    let twice = keys.iter().enumerate().filter(|(index, key)| keys[..*index].contains(key));
    twice
        .map(|(index, key)| {
            Diagnostic::error("uses-twice", format!("`{key}` is used twice"))
                .at(me.path.key("uses").index(index))
        })
        .collect()
}
