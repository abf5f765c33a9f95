//! Variables that Services give, and images take for settings.

use super::conf::Server;
use crate::products::redis::TAKEN_BY_LINKS;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "redis-ignores-service-links",
    grade: Grade::WARNING,
    promise: "no Service injects a variable that Bitnami's Redis image reads as its port",
    why: "a Service `redis` injects `REDIS_PORT=tcp://…` into every pod of its namespace, and the image, before 6.2, writes \
          that into its file as the port: the server exits",
    fix: "set `enableServiceLinks: false` in the pod, or rename the Service",
    source: "kubelet, environment of Services; bitnami/bitnami-docker-redis, redis_env",
    check: ignores_service_links,
}];

fn ignores_service_links<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    for server in Server::all(set).iter().filter(|server| topology::has_service_links(server.pod)) {
        let container = server.container;
        let newer = container.version.as_ref().is_none_or(|version| version.at_least(&[6, 2]));
        if newer || container.has_command() || !container.image.path().contains("bitnami") {
            continue;
        }
        let clash = TAKEN_BY_LINKS.iter().find_map(|(name, variable)| {
            let service = set.find("Service", server.pod.namespace, name)?;
            let linked = topology::link(service).is_some() && container.env.lacks(variable);
            linked.then_some((name, variable))
        });
        let Some((name, variable)) = clash else { continue };
        let title =
            format!("Service `{name}` injects `{variable}=tcp://…`, which the image reads as its port");
        findings.push(server.pod.finding("/enableServiceLinks", title));
    }
    findings
}
