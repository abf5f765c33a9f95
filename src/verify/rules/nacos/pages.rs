//! What stands around Nacos servers: the console's page, clients that go the wrong way, Services that get in the way.

use super::fronts::{self, Route, fronts};
use super::running::{self, Running};
use crate::k8s::Object;
use crate::products::nacos::{CONSOLE, NACOS_CONSOLE_PORT, NACOS_DEPLOYMENT_TYPE, TAKEN_BY_LINKS};
use crate::verify::topology::{has_service_links, link, publishes_not_ready};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-console-has-its-port",
        grade: Grade::ERROR,
        promise: "an Ingress for the Nacos console routes to the console's port in this version",
        why: "3.x serves the console on 8080 and answers 404 on 8848; 2.x serves it on 8848 below `/nacos`, and \
              does not listen on 8080",
        fix: "route to 8080 for 3.x, to 8848 for 2.x",
        source: "nacos.io deployment overview v3.0; alibaba/nacos#13708; nacos-group/nacos-k8s#498",
        check: console_has_its_port,
    },
    Rule {
        code: "nacos-clients-bypass-ingress",
        grade: Grade::WARNING,
        promise: "clients of Nacos connect to its pods or Service, not through an Ingress",
        why: "an Ingress forwards HTTP only; the gRPC port 1000 above, which clients use for everything but the \
              login, is not reachable",
        fix: "use the pods or the Service, with port 8848",
        source: "nacos.io deployment overview; alibaba/nacos#11664, #12495",
        check: clients_bypass_ingress,
    },
    Rule {
        code: "nacos-ignores-service-links",
        grade: Grade::ERROR,
        promise: "no Service of the namespace injects a variable that a Nacos server reads",
        why: "for a Service `x` Kubernetes injects `X_PORT=tcp://…` into every pod; the server reads it as one of \
              its ports and does not start",
        fix: "set `enableServiceLinks: false` in the servers' pods, or rename the Service",
        source: "Kubernetes documentation, Service: environment variables; nacos-docker conf/application.properties",
        check: ignores_service_links,
    },
    Rule {
        code: "nacos-clients-find-ready-servers",
        grade: Grade::WARNING,
        promise: "the Service for Nacos clients publishes only ready servers",
        why: "clients reach members that are still starting, or that have lost their database",
        fix: "set `publishNotReadyAddresses` only on the headless Service of the members",
        source: "Kubernetes API, ServiceSpec.publishNotReadyAddresses",
        check: clients_find_ready_servers,
    },
];

/// Where 3.x has its console.
pub(super) fn console_port(server: Running<'_, '_>) -> Option<u64> {
    if server.lacks(NACOS_CONSOLE_PORT) {
        return Some(u64::from(CONSOLE));
    }
    server.plain(NACOS_CONSOLE_PORT)?.parse().ok()
}

fn console_has_its_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let fronts = fronts(set);
    let routes = fronts::routes(&fronts, set);
    // Whoever has a way to the console may well have another one to the API.
    let has_page = |server: Running<'_, 'a>| {
        let Some(console) = console_port(server) else { return true };
        let same = |other: Running<'_, 'a>| std::ptr::eq(other.workload(), server.workload());
        routes.iter().any(|route| same(route.front.server) && route.target == console)
            || fronts
                .iter()
                .any(|front| same(front.server) && front.is_exposed() && front.to(console).is_some())
    };
    let wrong = routes.iter().filter_map(|route| {
        let server = route.front.server;
        let (main, console) = (server.port()?, console_port(server)?);
        let three = server.is_at_least(&[3]) || server.is_latest();
        let server_only = server.container.env.has(NACOS_DEPLOYMENT_TYPE);
        if three && route.target == main && main != console && !has_page(server) && !server_only {
            let title = format!("routes to {main}, where 3.x has no console");
            let finding = finding(route, title).help(format!("route to port {console} of the pods"));
            return Some(if server.is_latest() { finding.warns() } else { finding });
        }
        let two = server.is_at_least(&[2]) && server.is_before(&[3]);
        // Where the container does not declare it, the Service is told already.
        let declared = server.container.ports().any(|port| port.number == route.target);
        (two && route.target == u64::from(CONSOLE) && main != u64::from(CONSOLE) && declared)
            .then(|| finding(route, format!("routes to {CONSOLE}, but 2.x serves its console on {main}")))
    });
    wrong.collect()
}

fn finding<'a>(route: &Route<'_, '_, 'a>, title: String) -> Finding<'a> {
    Finding::new(route.object, title).at(format!("{}/port", route.backend.at).as_str())
}

/// The hosts of pages that lead to servers' HTTP port.
fn hosts<'a>(set: &Set<'a>) -> Vec<&'a str> {
    let fronts = fronts(set);
    let api = fronts::routes(&fronts, set).into_iter().filter(|route| {
        !route.front.server.is_before(&[2]) && route.front.server.port() == Some(route.target)
    });
    let mut hosts: Vec<&str> = api.filter_map(|route| host(route.object, &route.backend.at)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// The host of the rule that a backend is in.
fn host<'a>(object: &'a Object, at: &str) -> Option<&'a str> {
    let rule: String = at.split('/').take(4).collect::<Vec<_>>().join("/");
    object.text(&format!("{rule}/host")).filter(|host| host.contains('.') && !host.contains('*'))
}

fn clients_bypass_ingress<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let hosts = hosts(set);
    let mut findings = Vec::new();
    if hosts.is_empty() {
        return findings;
    }
    let named = |text: &str| hosts.iter().find(|host| is_named(text, host)).copied();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for var in container.env.iter().filter(|var| var.name.contains("NACOS") && var.name.contains("ADDR"))
        {
            if let Some(host) = var.value.plain().and_then(named) {
                let title = format!("`{}` goes through the Ingress of `{host}`", var.name);
                findings.push(container.env.finding(var, title).word(host));
            }
        }
        for file in &container.files {
            let lines = file.plain().unwrap_or_default().lines();
            let mut addresses =
                lines.filter(|line| line.contains("server-addr") || line.contains("serverAddr"));
            if let Some(host) = addresses.find_map(named) {
                let title = format!("`{}` goes to Nacos through the Ingress of `{host}`", file.key);
                findings.push(file.finding(title).word(host));
            }
        }
    }
    findings
}

/// Is the host there as a whole?
fn is_named(text: &str, host: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.match_indices(host).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !part(c));
        before && text[at + host.len()..].chars().next().is_none_or(|c| !part(c))
    })
}

fn ignores_service_links<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    for server in running::servers(set).filter(|server| has_service_links(server.pod)) {
        for (variable, since) in TAKEN_BY_LINKS {
            let name = variable.trim_end_matches("_PORT").replace('_', "-").to_lowercase();
            let Some(service) = set.find("Service", server.pod.namespace, &name) else { continue };
            let linked = link(service).is_some();
            let read = since.is_empty() || server.is_at_least(since) || server.is_latest();
            // What is said by hand wins, whatever it says.
            let free = !server.container.env.has(variable) && !server.container.env.is_open();
            let told = findings.iter().any(|known| std::ptr::eq(known.object, service));
            if linked && read && free && !told {
                let id = server.workload().id();
                let title = format!("injects `{variable}` into the pods of {id}, which is not a port number");
                let finding = Finding::new(service, title).at("/metadata/name");
                let certain = since.is_empty() || server.is_at_least(since);
                findings.push(if certain { finding } else { finding.warns() });
            }
        }
    }
    findings
}

fn clients_find_ready_servers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let fronts = fronts(set);
    let open = fronts.iter().filter(|front| {
        let main = front.server.port().is_some_and(|main| front.to(main).is_some());
        let several = front.server.replicas(set).is_some_and(|count| count > 1);
        main && several && front.has_address() && publishes_not_ready(front.service)
    });
    let title = "sends clients to servers that are not ready";
    open.map(|front| Finding::new(front.service, title).at("/spec/publishNotReadyAddresses")).collect()
}
