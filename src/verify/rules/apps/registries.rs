//! How an app leaves its registry.

use super::{discovery, hook};
use crate::leaks::plain;
use crate::products::nacos::key;
use crate::products::spring::ACTUATOR;
use crate::verify::pods::spring::Spring;
use crate::verify::pods::{Container, Product, Text};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "registry-knows-status",
        grade: Grade::ERROR,
        promise: "the status that a hook posts to `serviceregistry` is one that the app's registry supports",
        why: "Nacos ignores `OUT_OF_SERVICE`, Consul throws an exception on `DOWN`: the pod stays registered \
              while it stops",
        fix: "post `DOWN` with Nacos, `OUT_OF_SERVICE` with Consul",
        source: "NacosServiceRegistry.setStatus; spring-cloud-consul ConsulServiceRegistry.setStatus",
        check: registry_knows_status,
    },
    Rule {
        code: "nacos-accepts-status-updates",
        grade: Grade::ERROR,
        promise: "no hook posts to `serviceregistry` of an app whose Nacos is 3.x",
        why: "the server answers the status update with 410, and the pod stays registered while it stops",
        fix: "let the app deregister itself with Spring Cloud Alibaba 2023.0.3.4 or later, call an endpoint of \
              its own, or set `nacos.core.api.compatibility.admin.enabled=true` on the server",
        source: "alibaba/nacos 3.0.3 InstanceController, ApiCompatibilityConfig",
        check: nacos_takes_status,
    },
];

/// Where an app is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registry {
    Nacos,
    Consul,
}

impl Registry {
    /// The prefix of its discovery settings.
    pub(super) fn discovery(self) -> &'static str {
        match self {
            Self::Nacos => key::DISCOVERY,
            Self::Consul => "spring.cloud.consul.discovery",
        }
    }

    /// Do the manifests tell that the app uses it?
    pub(super) fn is_used(self, spring: &Spring<'_, '_>) -> bool {
        spring.has_below(self.discovery())
    }
}

/// Does a call to that path take a pod out of its registry?
pub(super) fn leaves(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.contains(ACTUATOR)
        && ["deregister", "serviceregistry", "service-registry", "offline"]
            .iter()
            .any(|word| path.contains(word))
}

/// The script of a hook that posts to Spring Cloud's own endpoint, and its place.
fn posted(container: &Container<'_>) -> Option<(String, String)> {
    let (script, field) = hook::command(container)?;
    let posts = hook::calls(&script).iter().any(|call| call.path.ends_with("/serviceregistry"));
    posts.then_some((script, field))
}

fn registry_knows_status<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let Some((script, field)) = posted(container) else { continue };
        let spring = Spring::of(container);
        let (nacos, consul) = (Registry::Nacos.is_used(&spring), Registry::Consul.is_used(&spring));
        let (status, registry) = match (nacos, consul) {
            (true, false) => ("OUT_OF_SERVICE", "Nacos"),
            (false, true) => ("DOWN", "Consul"),
            _ => continue,
        };
        if script.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == status) {
            let title = format!("posts `{status}`, which {registry} does not support");
            findings.push(container.finding(&field, title).word(status));
        }
    }
    findings
}

/// Allows the old way, in properties or as a variable.
const COMPATIBLE: &str = key::COMPATIBLE_ADMIN;

fn nacos_takes_status<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set) {
        let Some((_, field)) = posted(container) else { continue };
        let server = discovery::nacos_of(set, pod, &Spring::of(container));
        let Some(server) = server.and_then(|pod| pod.running(Product::Nacos)) else { continue };
        let Some(version) = server.version.as_ref().filter(|version| version.at_least(&[3])) else {
            continue;
        };
        let says = |text: &Text<'a>| text.known().is_some_and(|text| text.contains(COMPATIBLE));
        let allows = server.env.iter().any(|var| says(&var.value) || plain(&var.name) == plain(COMPATIBLE))
            || server.files.iter().any(|file| says(&file.text))
            || server.line().contains(COMPATIBLE);
        if !allows {
            let title = format!("posts to `serviceregistry`, which Nacos {version} answers with 410");
            findings.push(container.finding(&field, title).word("serviceregistry"));
        }
    }
    findings
}
