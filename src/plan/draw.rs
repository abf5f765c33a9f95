//! Objects that are the same for every component: ConfigMaps, Secrets, Services, budgets, web pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::part::{Part, Template};
use super::role::Role;
use super::site::{Gateway, Site};
use crate::components::Key;
use crate::components::common::{Exposure, Ingress, ServiceType, Storage};
use crate::components::secret::{SecretKey, SecretSource};
use crate::diagnostic::{Diagnostic, Path};
use crate::template;
use crate::words;

const NAMESPACE: Template = template!("_shared/namespace.yaml.j2");
const CONFIG_MAP: Template = template!("_shared/config-map.yaml.j2");
const SECRET: Template = template!("_shared/secret.yaml.j2");
const SERVICE: Template = template!("_shared/service.yaml.j2");
const PDB: Template = template!("_shared/pdb.yaml.j2");
const INGRESS: Template = template!("_shared/ingress.yaml.j2");
const HTTP_ROUTE: Template = template!("_shared/http-route.yaml.j2");

/// A ConfigMap; its files are added with `Part::file`.
pub fn config_map(role: &Arc<Role>, name: &str, context: impl Serialize) -> Part {
    let mut values = json!({ "name": name });
    if let (Value::Object(values), Ok(Value::Object(more))) = (&mut values, serde_json::to_value(context)) {
        values.extend(more);
    }
    Part::new(CONFIG_MAP, role, values)
}

/// A ConfigMap of plain keys and values, such as environment variables.
pub fn config_values(role: &Arc<Role>, name: &str, values: &IndexMap<String, String>) -> Part {
    Part::new(CONFIG_MAP, role, json!({ "name": name, "values": values }))
}

/// A Secret with these values.
pub fn secret(role: &Arc<Role>, name: &str, values: &IndexMap<String, String>) -> Part {
    Part::new(SECRET, role, json!({ "name": name, "values": values }))
}

/// The Secrets of one component: which keys it refers to, and the values that it must emit itself.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    name: String,
    values: IndexMap<String, String>,
}

impl Secrets {
    /// Values that are not in an existing Secret will go into the Secret `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), values: IndexMap::new() }
    }

    /// Takes a value in under `key` and says what to refer to.
    pub fn take(
        &mut self,
        key: &str,
        source: &SecretSource,
        path: &Path,
        site: &Site,
    ) -> Result<SecretKey, Diagnostic> {
        if let Some(value) = source.value(site, path)? {
            if value.contains(['\n', '\r', '\0']) {
                return Err(broken(path));
            }
            self.values.insert(key.to_owned(), value);
        }
        Ok(source.key_in(&self.name, key))
    }

    /// The Secret to emit, when there is anything to emit.
    pub fn part(&self, role: &Arc<Role>) -> Option<Part> {
        (!self.values.is_empty()).then(|| secret(role, &self.name, &self.values))
    }
}

/// Scripts strip a line break at the end, clients keep it, and in the middle of a file it begins another line.
fn broken(path: &Path) -> Diagnostic {
    Diagnostic::error("secret-line-break", format!("the value of `{path}` contains a line break"))
        .at(path)
        .because("some programs read a password only up to the line break, others include it, so logins fail")
        .help("remove the line break: use `printf %s`, because `echo` adds one")
}

/// A port of a Service.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Its name, which is also the container port's.
    pub name: String,
    /// Its number.
    pub port: u16,
    /// The container's port, by name or number; the port's own name when left out.
    pub target_port: Value,
    /// The node's port, where one was asked for.
    pub node_port: Option<u16>,
    /// `TCP`, unless it is `UDP`.
    pub protocol: &'static str,
    /// What is spoken on it, where somebody says so.
    pub app_protocol: Option<String>,
}

impl ServicePort {
    /// A TCP port that leads to the container port of the same name.
    pub fn tcp(name: &str, port: u16) -> Self {
        Self {
            name: name.to_owned(),
            port,
            target_port: name.into(),
            node_port: None,
            protocol: "TCP",
            app_protocol: None,
        }
    }
}

/// A Service to be.
#[derive(Clone, Debug)]
pub struct Service<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// `clusterIP: None`: DNS answers with pod addresses.
    pub headless: bool,
    /// DNS names pods before they are ready: peers must find each other to become ready.
    pub publish_not_ready: bool,
    /// How it is reached from outside.
    pub exposure: Option<&'a Exposure>,
}

impl<'a> Service<'a> {
    /// The Service that clients use.
    pub fn client(name: &'a str, ports: Vec<ServicePort>, exposure: &'a Exposure) -> Self {
        Self { name, ports, headless: false, publish_not_ready: false, exposure: Some(exposure) }
    }

    /// The governing Service of a StatefulSet: a name for every pod, ready or not.
    pub fn headless(name: &'a str, ports: Vec<ServicePort>) -> Self {
        Self { name, ports, headless: true, publish_not_ready: true, exposure: None }
    }

    /// The part to draw. `path` is where the exposure was written.
    pub fn part(self, role: &Arc<Role>, path: &Path) -> Result<Part, Diagnostic> {
        let exposure = self.exposure.cloned().unwrap_or_default();
        let ports = node_ports(self.ports, &exposure, path)?;
        outside_only(&exposure, path)?;
        let context = json!({
            "name": self.name,
            // A headless Service is a ClusterIP Service without an address.
            "type": (!self.headless).then_some(exposure.kind),
            "clusterIP": self.headless.then_some("None"),
            "publishNotReadyAddresses": self.publish_not_ready.then_some(true),
            "selector": role.selector,
            "ports": ports,
            "annotations": exposure.annotations,
            "sourceRanges": (!exposure.source_ranges.is_empty()).then_some(exposure.source_ranges),
            "trafficPolicy": exposure.traffic_policy,
        });
        Ok(Part::new(SERVICE, role, context))
    }
}

/// The API server refuses both where the Service is not of a type that they are for.
fn outside_only(exposure: &Exposure, path: &Path) -> Result<(), Diagnostic> {
    let ranges = !exposure.source_ranges.is_empty() && exposure.kind != ServiceType::LoadBalancer;
    let policy = exposure.traffic_policy.is_some() && exposure.kind == ServiceType::ClusterIP;
    let (key, types) = match (ranges, policy) {
        (true, _) => ("sourceRanges", "`type: LoadBalancer`"),
        (_, true) => ("trafficPolicy", "`type: NodePort` or `type: LoadBalancer`"),
        _ => return Ok(()),
    };
    Err(Diagnostic::error(
        "service-type",
        format!(
            "`{key}` is only for a Service that is reachable from outside \
                                                   the cluster"
        ),
    )
    .at(path.key(key))
    .because("the API server refuses it on other Services")
    .help(format!("add {types}, or remove `{key}`")))
}

fn node_ports(
    mut ports: Vec<ServicePort>,
    exposure: &Exposure,
    path: &Path,
) -> Result<Vec<ServicePort>, Diagnostic> {
    for (name, number) in &exposure.node_ports {
        let here = path.key("nodePorts").key(name);
        let known: Vec<String> = ports.iter().map(|port| port.name.clone()).collect();
        let near = words::closest(name, known.iter().map(String::as_str));
        let Some(port) = ports.iter_mut().find(|port| port.name == *name) else {
            return Err(Diagnostic::error("unknown-port", format!("unknown port `{name}`"))
                .at(&here)
                .because(format!("the ports are {}", words::listed(&known)))
                .maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
        };
        if exposure.kind == ServiceType::ClusterIP {
            return Err(Diagnostic::error("node-port-type", "a ClusterIP Service has no node ports")
                .at(&here)
                .help("add `type: NodePort`"));
        }
        if !(30000..=32767).contains(number) {
            return Err(Diagnostic::error("node-port-range", format!("{number} is not a node port"))
                .at(&here)
                .because("the range is 30000 to 32767 unless the API server is configured otherwise"));
        }
        port.node_port = Some(*number);
    }
    Ok(ports)
}

/// A PodDisruptionBudget that lets one pod at a time go, where there is more than one and budgets are wanted.
pub fn budget(role: &Arc<Role>, replicas: u32) -> Option<Part> {
    (role.pdb && replicas > 1).then(|| Part::new(PDB, role, json!({ "maxUnavailable": 1 })))
}

/// A web page: an Ingress, or an HTTPRoute where a Gateway is named. `name` is the object's name.
pub fn web(
    role: &Arc<Role>,
    site: &Site,
    name: &str,
    page: &Ingress,
    service: &str,
    port: &ServicePort,
) -> Part {
    let gateway: Option<&Gateway> = page.gateway.as_ref().or(site.cluster.gateway.as_ref());
    let common = json!({
        "name": name,
        "host": page.host,
        "path": page.path,
        "service": service,
        "port": port.name,
        "number": port.port,
        "annotations": page.annotations,
        "class": page.class.as_ref().or(site.cluster.ingress_class.as_ref()),
        "tlsSecret": page.tls_secret,
        "gateway": gateway.map(|gateway| json!({
            "name": gateway.name, "namespace": gateway.namespace, "sectionName": gateway.section_name,
        })),
    });
    // An Ingress class of the page's own says that an Ingress is wanted.
    let route = gateway.is_some() && (page.class.is_none() || page.gateway.is_some());
    Part::new(if route { HTTP_ROUTE } else { INGRESS }, role, common)
}

/// An entry of `volumeClaimTemplates`.
pub fn claim(site: &Site, name: &str, storage: &Storage) -> Value {
    let class = storage.class.as_ref().or(site.cluster.storage_class.as_ref());
    json!({
        "metadata": { "name": name },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": class,
            "resources": { "requests": { "storage": storage.size.to_string() } },
        },
    })
}

/// The Namespaces, unless the user's CI may not create any. Those that every cluster has are no stack's.
pub fn namespaces<'a>(site: &'a Site, own: impl Iterator<Item = &'a str>) -> Vec<Part> {
    if !site.cluster.create_namespace {
        return Vec::new();
    }
    let role = Arc::new(Role::of_stack(site, &Key::own("", None)));
    let names: BTreeSet<&str> = std::iter::once(site.namespace.as_str()).chain(own).collect();
    let ours = names.into_iter().filter(|name| *name != "default" && !name.starts_with("kube-"));
    ours.map(|name| Part::new(NAMESPACE, &role, json!({ "name": name }))).collect()
}
