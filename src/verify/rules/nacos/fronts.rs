//! The Services in front of Nacos servers, and the pages and routes that lead to them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::running::{self, Running};
use crate::k8s::Object;
use crate::verify::Set;
use crate::verify::shapes::backends::{Backend, backends};
use crate::verify::topology;

/// A Service that leads to Nacos servers.
pub(super) struct Front<'s, 'a> {
    pub(super) service: &'a Object,
    pub(super) server: Running<'s, 'a>,
    pub(super) ports: Vec<Open<'a>>,
}

/// One of its ports.
pub(super) struct Open<'a> {
    /// Its position in `ports`.
    pub(super) index: usize,
    pub(super) port: u64,
    pub(super) name: Option<&'a str>,
    /// Where it leads in the pod.
    pub(super) target: u64,
    /// The name of the container's port, where it says so by name.
    pub(super) by_name: Option<&'a str>,
    pub(super) node: Option<u64>,
}

/// Every Service that leads to servers, once, with the first servers behind it.
pub(super) fn fronts<'s, 'a>(set: &'s Set<'a>) -> Vec<Front<'s, 'a>> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for server in running::servers(set).filter(|server| !server.is_console()) {
        for service in server.pod.services(set) {
            let inside = service.text("/spec/type") != Some("ExternalName");
            if inside && seen.insert(std::ptr::from_ref(service)) {
                found.push(Front { service, server, ports: open(service, server) });
            }
        }
    }
    found
}

fn open<'a>(service: &'a Object, server: Running<'_, 'a>) -> Vec<Open<'a>> {
    topology::ports(service)
        .filter_map(|(index, fields)| {
            let port = fields.get("port")?.as_u64()?;
            let target = match fields.get("targetPort") {
                Some(target) => server.container.port_number(target)?,
                None => port,
            };
            let by_name = fields.get("targetPort").and_then(Value::as_str);
            let name = fields.get("name").and_then(Value::as_str);
            let node = fields.get("nodePort").and_then(Value::as_u64);
            Some(Open { index, port, name, target, by_name, node })
        })
        .collect()
}

impl<'a> Front<'_, 'a> {
    /// The port that leads to this one of the pod.
    pub(super) fn to(&self, target: u64) -> Option<&Open<'a>> {
        self.ports.iter().find(|open| open.target == target)
    }

    /// Does it have an address of its own?
    pub(super) fn has_address(&self) -> bool {
        !topology::is_headless(self.service)
    }

    /// Can it be reached from outside of the cluster?
    pub(super) fn is_exposed(&self) -> bool {
        matches!(self.service.text("/spec/type"), Some("NodePort" | "LoadBalancer"))
    }

    /// The way to one of its ports' fields: `/spec/ports/0/nodePort`.
    pub(super) fn at(open: &Open<'_>, field: &str) -> String {
        format!("/spec/ports/{}{field}", open.index)
    }

    /// Do both lead to the same pods?
    pub(super) fn is_beside(&self, other: &Front<'_, 'a>) -> bool {
        std::ptr::eq(self.server.workload(), other.server.workload())
    }
}

/// A page or route that leads to servers.
pub(super) struct Route<'f, 's, 'a> {
    /// The Ingress or HTTPRoute.
    pub(super) object: &'a Object,
    pub(super) backend: Backend<'a>,
    pub(super) front: &'f Front<'s, 'a>,
    /// Where it leads in the pod.
    pub(super) target: u64,
}

/// All pages and routes that lead to these Services.
pub(super) fn routes<'f, 's, 'a>(fronts: &'f [Front<'s, 'a>], set: &Set<'a>) -> Vec<Route<'f, 's, 'a>> {
    let mut found = Vec::new();
    if fronts.is_empty() {
        return found;
    }
    for object in set.of_kind("Ingress").iter().chain(set.of_kind("HTTPRoute")) {
        for backend in backends(object) {
            let namespace = backend.namespace.unwrap_or(set.namespace_of(object));
            let Some(service) = set.find("Service", namespace, backend.name) else { continue };
            let Some(front) = fronts.iter().find(|front| std::ptr::eq(front.service, service)) else {
                continue;
            };
            let named = |open: &&Open<'_>| match backend.port {
                Some(Value::String(name)) => open.name == Some(name.as_str()),
                Some(port) => port.as_u64() == Some(open.port),
                None => false,
            };
            let target = front.ports.iter().find(named).map(|open| open.target);
            found.extend(target.map(|target| Route { object, backend, front, target }));
        }
    }
    found
}
