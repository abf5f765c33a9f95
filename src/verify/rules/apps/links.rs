//! Variables that Kubernetes makes of Services, under names that somebody else reads.

use std::collections::BTreeMap;

use serde_json::Value;

use super::spring::Spring;
use crate::diagnostic::Severity;
use crate::k8s::Object;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::{Finding, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "service-links-spare-settings",
    severity: Severity::Error,
    promise: "no Service makes a variable that a container of its namespace takes for a setting",
    why: "every pod gets `<SERVICE>_PORT=tcp://10.…` of each Service that was there before it: an app then reads \
          `server.port` from a Service called `server`, and does not start",
    fix: "set `enableServiceLinks: false` in the pod's spec",
    source: "kubelet getServiceEnvVarMap; kubernetes/kubernetes#59552",
    check: links_spare_settings,
}];

/// Spring's own settings that have the form of a link: the Service's name in capitals and `_PORT`.
const SETTINGS: &[&str] =
    &["server.port", "management.server.port", "spring.rabbitmq.port", "spring.mail.port"];
/// Nacos' client takes this one for the port of servers whose addresses name none.
const OF_NACOS: &str = "NACOS_SERVER_PORT";

/// The Services of a namespace that become variables: headless ones and names of other hosts do not.
fn linked<'a>(set: &Set<'a>) -> BTreeMap<&'a str, Vec<&'a Object>> {
    let mut found: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for service in set.of_kind("Service") {
        if !topology::is_headless(service) && service.text("/spec/type") != Some("ExternalName") {
            found.entry(set.namespace_of(service)).or_default().push(service);
        }
    }
    found
}

fn links_spare_settings<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let linked = linked(set);
    let mut findings = Vec::new();
    for (pod, container) in super::all(set).filter(|(pod, _)| topology::has_service_links(pod)) {
        let Some(services) = linked.get(pod.namespace) else { continue };
        let names = read_by(container);
        for (service, made) in
            services.iter().flat_map(|service| made_by(service).into_iter().map(move |name| (service, name)))
        {
            let Some(setting) = names.get(&made).filter(|_| !container.env.has(&made)) else { continue };
            findings.push(at_links(pod, title(service, &made, container, setting)));
        }
    }
    findings.extend(of_images(set, &linked));
    findings
}

/// Where links are switched: at the switch, or at the pod.
fn at_links<'a>(pod: &Pod<'a>, title: String) -> Finding<'a> {
    match pod.spec.get("enableServiceLinks") {
        Some(Value::Bool(_)) => pod.finding("/enableServiceLinks", title),
        _ => pod.finding("", title),
    }
}

/// The variables that a container reads, and the setting that each of them is.
fn read_by(container: &Container<'_>) -> BTreeMap<String, String> {
    let spring = Spring::of(container);
    let upper = |name: &str| name.to_uppercase().replace(['.', '-'], "_");
    let mut names: BTreeMap<String, String> =
        SETTINGS.iter().map(|name| (upper(name), format!("`{name}`"))).collect();
    if spring.has_below("spring.cloud.nacos") {
        names.insert(OF_NACOS.to_owned(), "the port of Nacos".to_owned());
    }
    for (name, setting) in spring.asked() {
        names.insert(upper(name), format!("`{}`", setting.name));
    }
    names
}

/// The variables that a Service becomes, of those that may be read by accident.
fn made_by(service: &Object) -> Vec<String> {
    let name = service.name().to_uppercase().replace('-', "_");
    ["PORT", "SERVICE_HOST", "SERVICE_PORT"].into_iter().map(|end| format!("{name}_{end}")).collect()
}

/// Images of others that read such a variable: the product, the end of the image's path, the variable, and what it is there.
const IMAGES: &[(Product, &str, &str, &str)] = &[
    // Its start script ends with `port is deprecated`.
    (Product::Kafka, "cp-kafka", "KAFKA_PORT", "a port of its own"),
    (Product::Kafka, "cp-server", "KAFKA_PORT", "a port of its own"),
];

fn of_images<'a>(set: &Set<'a>, linked: &BTreeMap<&'a str, Vec<&'a Object>>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (product, image, variable, setting) in IMAGES {
        for pod in set.pods_with(*product).filter(|pod| topology::has_service_links(pod)) {
            let reads = |container: &&Container<'a>| {
                container.image.path().rsplit('/').next() == Some(image) && !container.env.has(variable)
            };
            let Some(container) = pod.mains().find(reads) else { continue };
            let services = linked.get(pod.namespace).into_iter().flatten();
            findings.extend(
                services
                    .filter(|service| made_by(service).iter().any(|made| made == variable))
                    .map(|service| at_links(pod, title(service, variable, container, setting))),
            );
        }
    }
    findings
}

fn title(service: &Object, variable: &str, container: &Container<'_>, setting: &str) -> String {
    let (service, container) = (service.name(), container.name);
    format!("Service `{service}` sets `{variable}`, which container `{container}` takes for {setting}")
}
