//! The servers as manifests: StatefulSet, Services, page, budget.

use serde_json::{Value, json};

use super::database::Target;
use super::release::Release;
use super::settings::{Mode, Nacos};
use super::{Drawing, check, database, heap};
use crate::components::Instance;
use crate::components::common::Exposure;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::draw::{self, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::Given;
use crate::plan::part::{Part, Template};
use crate::products::jvm::JAVA_OPT_EXT;
use crate::products::nacos::{
    CONSOLE, EXPIRED_METADATA, GRPC, HTTP, JVM_XMN, JVM_XMS, JVM_XMX, MODE, NACOS_APPLICATION_PORT,
    NACOS_SERVERS, PEERS, PREFER_HOST_MODE, RAFT,
};
use crate::template;

/// A pod that starts again in place, or gets an address that was another's, is back in the registry after seconds.
/// Source: seen on 2.5.1: with 60,000 it stays out for good, with 5,000 gaps of 8, 12 and 20 s are fine.
const FORGET_MILLISECONDS: u32 = 5000;

const STATEFUL_SET: Template = template!("nacos/statefulset.yaml.j2");
const AWAIT: Template = template!("nacos/await.sh.j2");

pub(super) fn parts(drawing: &Drawing<'_>) -> Result<Vec<Part>, Diagnostics> {
    let Drawing { me, site, role, release, .. } = drawing;
    let service = check::node_ports(&me.service, &me.path.key("service"))?;
    let path = me.path.key("service");
    let headless = me.headless(site);
    let mut parts = vec![
        Service::headless(&headless, peer_ports(release)).part(role, &me.path)?,
        Service::client(&role.name, client_ports(), &service).part(role, &path)?,
        stateful_set(drawing)?,
    ];
    if release.is_three() {
        let exposure = me.console.clone().unwrap_or_else(Exposure::default);
        let name = me.console_name(site);
        let port = || ServicePort::tcp("console", CONSOLE);
        parts.push(Service::client(&name, vec![port()], &exposure).part(role, &me.path.key("console"))?);
        parts.extend(drawing.page(&name, &port()));
    } else {
        parts.extend(drawing.page(&role.name, &ServicePort::tcp("http", HTTP)));
    }
    parts.extend(draw::budget(role, me.members()));
    Ok(parts)
}

fn client_ports() -> Vec<ServicePort> {
    vec![ServicePort::tcp("http", HTTP), ServicePort::tcp("grpc", GRPC)]
}

fn peer_ports(release: &Release) -> Vec<ServicePort> {
    let mut ports = client_ports();
    ports.extend([ServicePort::tcp("grpc-peers", PEERS), ServicePort::tcp("raft", RAFT)]);
    if release.is_three() {
        ports.push(ServicePort::tcp("console", CONSOLE));
    }
    ports
}

fn stateful_set(drawing: &Drawing<'_>) -> Result<Part, Diagnostic> {
    let Drawing { me, site, role, release, .. } = drawing;
    let health = release.health();
    let ports: Vec<Value> = peer_ports(release)
        .iter()
        .map(|port| json!({ "name": port.name, "containerPort": port.port }))
        .collect();
    let target = drawing.database.as_ref().filter(|target| target.schema);
    let context = json!({
        "headless": me.headless(site),
        "replicas": me.members(),
        "env": env::variables(placed(drawing).into_iter().chain(common(drawing)?)),
        "ports": ports,
        "quiet": release.is_three(),
        "readiness": { "path": health.readiness(), "port": health.port },
        // Seen on 2.5.1 (0 of 792 lists empty) and 3.0.3.
        "successes": if release.is_three() { 3 } else { 2 },
        "liveness": { "path": health.liveness(), "port": health.port },
        "claims": me.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
        "secret": target.map(Target::password_called),
        "clientImage": target.map(|target| &target.client_image),
        "clientEnv": target.map(|target| {
            let table = ("DB_TABLE", Given::from(release.last_table()));
            env::variables(target.client_variables().into_iter().chain([table]))
        }),
    });
    let part = Part::new(STATEFUL_SET, role, context);
    Ok(if target.is_some() { part.file("await.sh", AWAIT) } else { part })
}

/// Where a server stands: what nacos-operator sets by itself.
fn placed(drawing: &Drawing<'_>) -> Vec<(&'static str, Given)> {
    let Drawing { me, site, .. } = drawing;
    let mut entries = vec![(MODE, Given::from(mode(me))), (PREFER_HOST_MODE, "hostname".into())];
    if me.mode == Mode::Cluster {
        // Blanks, one word for each member: the start script makes a line of each.
        entries.push((NACOS_SERVERS, me.peers(site).joined(" ").into()));
    }
    entries.extend(database::variables(me, drawing.database.as_ref()));
    entries
}

/// As the image and the operator spell it.
pub(super) fn mode(me: &Instance<Nacos>) -> &'static str {
    match me.mode {
        Mode::Standalone => "standalone",
        Mode::Cluster => "cluster",
    }
}

/// What a server gets whoever makes its pod.
pub(super) fn common(drawing: &Drawing<'_>) -> Result<Vec<(&'static str, Given)>, Diagnostic> {
    let me = drawing.me;
    let heap = heap::of(me)?;
    let mut entries = vec![
        // Said though it is the default: a Service called `nacos-application` would say something else.
        (NACOS_APPLICATION_PORT, Given::from(HTTP.to_string())),
        (JVM_XMS, format!("{}m", heap.total).into()),
        (JVM_XMX, format!("{}m", heap.total).into()),
        (JVM_XMN, format!("{}m", heap.young).into()),
    ];
    entries.extend(drawing.access.variables.iter().cloned());
    let ours = (!me.config.contains_key(EXPIRED_METADATA))
        .then(|| format!("--{EXPIRED_METADATA}={FORGET_MILLISECONDS}"));
    // Despite its name: arguments of the program, which win over its files.
    let arguments: Vec<String> =
        ours.into_iter().chain(me.config.iter().map(|(key, value)| format!("--{key}={value}"))).collect();
    entries.push((JAVA_OPT_EXT, arguments.join(" ").into()));
    Ok(entries)
}
