//! The objects: brokers, dedicated controllers, and the Service that clients may ask first.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::super::common::{Resources, Spread, Storage};
use super::super::heap::Room;
use super::super::{Instance, lines, zookeeper};
use super::cluster::Set;
use super::{INTERNAL, Kafka};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::Endpoint;
use crate::plan::draw::{self, Service, ServicePort};
use crate::plan::offer::Offers;
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::kafka::{CLIENT, CONTROLLER, key};
use crate::template;

const STATEFUL_SET: Template = template!("kafka/statefulset.yaml.j2");
const START: Template = template!("kafka/start.sh.j2");
const STOP: Template = template!("kafka/stop.sh.j2");
const PROPERTIES: Template = template!("kafka/server.properties.j2");
/// The name by which the server is told of each is in the start script.
const LOG4J: Template = template!("kafka/log4j.properties.j2");
const LOG4J2: Template = template!("kafka/log4j2.properties.j2");

/// Brokers live on the page cache: the heap is half, and more than a few GiB never help.
const BROKER_HEAP: Room = Room { share: 50, least: 256, most: 6 * 1024, outside: 512 };
/// Controllers keep their metadata in the heap.
const CONTROLLER_HEAP: Room = Room { share: 75, least: 256, most: 6 * 1024, outside: 256 };

/// For how long a broker that stops waits for the copies of others: a node's start, an image, a log to be read.
const SYNC_SECONDS: u32 = 240;
/// For how long it may take to stop.
const STOP_SECONDS: u32 = 330;

/// What a StatefulSet is, in one word, and what follows from it.
struct Kind<'a> {
    set: Set,
    product: &'static str,
    component: &'static str,
    resources: &'a Resources,
    storage: Option<&'a Storage>,
    heap: u64,
    /// Ports of a pod; the first tells that it is ready.
    ports: Vec<ServicePort>,
    brokers: bool,
}

pub(super) fn parts(me: &Instance<Kafka>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let settings = complaints.keep(lines::resolved(&me.config, offers, &me.path.key("config")));
    let zookeeper = complaints.keep(me.connect(site, offers));
    let (Some(settings), Some(zookeeper)) = (settings, zookeeper) else { return Err(complaints) };
    let common = json!({
        "clusterId": me.cluster_id(site),
        "voters": me.voters(site),
        "zookeeper": zookeeper,
        "session": me.session_seconds(),
        "settings": me.derived_copies().into_iter().chain(settings).collect::<IndexMap<_, _>>(),
        "log4j2": me.kafka_version().is_some_and(|version| version.at_least(&[4])),
    });
    let mut parts = Vec::new();
    if let Some(controllers) = me.controllers(site)? {
        parts.extend(set(me, site, offers, &controllers, &common)?.1);
    }
    let (role, drawn) = set(me, site, offers, &me.broker_kind(site)?, &common)?;
    parts.extend(drawn);
    let port = vec![ServicePort::tcp("client", CLIENT)];
    let service =
        Service::client(&me.bootstrap(site), port, &me.service).part(&role, &me.path.key("service"))?;
    parts.push(service);
    parts.extend(me.topics(site, &role)?);
    Ok(parts)
}

/// One StatefulSet and what belongs to it.
fn set(
    me: &Instance<Kafka>,
    site: &Site,
    offers: &Offers,
    kind: &Kind<'_>,
    common: &Value,
) -> Result<(Arc<Role>, Vec<Part>), Diagnostics> {
    let set = &kind.set;
    let ask = Ask {
        name: &set.name,
        product: kind.product,
        component: kind.component,
        resources: kind.resources,
        image: None,
    };
    let role = me.role(site, offers, ask)?;
    let config = format!("{}-config", set.name);
    let mut context = context(site, kind, &config, common);
    if let Value::Object(context) = &mut context {
        context.insert("zone".to_owned(), (kind.brokers && me.knows_zones(site)).into());
    }
    let log4j2 = common["log4j2"] == true;
    let waits = !context["patience"].is_null();
    let log = if log4j2 { ("log4j2.properties", LOG4J2) } else { ("log4j.properties", LOG4J) };
    let mut files = draw::config_map(&role, &config, &context)
        .file("server.properties", PROPERTIES)
        .file("start.sh", START)
        .file(log.0, log.1);
    if waits {
        files = files.file("stop.sh", STOP);
    }
    let mut parts = vec![
        files,
        Service::headless(&set.headless, kind.ports.clone()).part(&role, &me.path)?,
        Part::new(STATEFUL_SET, &role, context),
    ];
    parts.extend(draw::budget(&role, set.replicas));
    Ok((role, parts))
}

fn context(site: &Site, kind: &Kind<'_>, config: &str, common: &Value) -> Value {
    let set = &kind.set;
    let several = kind.brokers && set.replicas > 1;
    // `$(POD_NAME)` is replaced by the kubelet.
    let own = |port| Endpoint::new(format!("$(POD_NAME).{}", site.host(&set.headless)), port);
    let mut context = json!({
        "headless": set.headless,
        "replicas": set.replicas,
        "config": config,
        "firstId": set.first_id,
        "combined": (kind.brokers && set.voters > 0).then_some(set.voters),
        "brokers": kind.brokers,
        "listeners": format!("CLIENT://:{CLIENT},INTERNAL://:{INTERNAL}"),
        "protocols": protocols(&common["zookeeper"]),
        "controllerListener": format!("CONTROLLER://:{CONTROLLER}"),
        "advertised": format!("CLIENT://{},INTERNAL://{}", own(CLIENT), own(INTERNAL)),
        "heap": format!("-Xms{0}m -Xmx{0}m -XX:+ExitOnOutOfMemoryError", kind.heap),
        "ports": kind.ports.iter().map(|port| json!({ "name": port.name, "containerPort": port.port })).collect::<Vec<_>>(),
        "ready": kind.ports.first().map(|port| &port.name),
        "patience": several.then_some(SYNC_SECONDS),
        "grace": STOP_SECONDS.saturating_add(if several { SYNC_SECONDS } else { 0 }),
        "own": format!("localhost:{CLIENT}"),
        // Followers catch up before the next broker goes: one that is ready is not yet in sync.
        "settle": several.then_some(30),
        "claims": kind.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
    });
    if let (Value::Object(context), Value::Object(common)) = (&mut context, common) {
        context.extend(common.clone());
    }
    context
}

/// KRaft brokers must know the protocol of a listener that is not theirs.
fn protocols(zookeeper: &Value) -> &'static str {
    if zookeeper.is_null() {
        "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
    } else {
        "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT"
    }
}

impl Instance<Kafka> {
    /// Does a pod know its node's zone, and are the pods spread over zones? Without rights of its own a pod learns of its node
    /// what the API server copies to it: zone and region, by default from 1.35 on (KEP-4742).
    fn knows_zones(&self, site: &Site) -> bool {
        let spread = self.common.spread != Spread::Off && self.common.affinity.is_none() && self.brokers > 1;
        spread && site.kubernetes.at_least(&[1, 35]) && !self.config.contains_key(key::BROKER_RACK)
    }

    fn broker_kind(&self, site: &Site) -> Result<Kind<'_>, Diagnostic> {
        let set = self.broker_set(site);
        let mut ports = vec![ServicePort::tcp("client", CLIENT), ServicePort::tcp("internal", INTERNAL)];
        if set.voters > 0 {
            ports.push(ServicePort::tcp("controller", CONTROLLER));
        }
        Ok(Kind {
            set,
            product: "kafka",
            component: "broker",
            resources: &self.common.resources,
            storage: self.storage.as_ref(),
            heap: self.broker_heap()?,
            ports,
            brokers: true,
        })
    }

    fn controllers(&self, site: &Site) -> Result<Option<Kind<'_>>, Diagnostic> {
        let heap = self.controller_heap()?;
        Ok(self.controller_set(site).map(|set| Kind {
            set,
            product: "kafka-controller",
            component: "controller",
            resources: self.controller_resources(),
            storage: self.controller_storage.as_ref().or(self.storage.as_ref()),
            heap,
            ports: vec![ServicePort::tcp("controller", CONTROLLER)],
            brokers: false,
        }))
    }

    fn controller_resources(&self) -> &Resources {
        self.controller_resources.as_ref().unwrap_or(&self.common.resources)
    }

    pub(super) fn broker_heap(&self) -> Result<u64, Diagnostic> {
        let memory = self.path.keys(&["resources", "memory"]);
        BROKER_HEAP.heap(&self.common.resources, &memory, self.heap.as_deref(), &self.path.key("heap"))
    }

    pub(super) fn controller_heap(&self) -> Result<u64, Diagnostic> {
        let memory = self.path.keys(&["controllerResources", "memory"]);
        CONTROLLER_HEAP.heap(self.controller_resources(), &memory, None, &self.path)
    }

    /// For how long ZooKeeper keeps the name of a broker that is gone, and a second more. Source: ZkConfigs, 18 seconds by
    /// default.
    fn session_seconds(&self) -> u64 {
        let written = self.config.get(key::ZOOKEEPER_SESSION_TIMEOUT_MS);
        let milliseconds = written.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(18_000);
        milliseconds.div_ceil(1_000).saturating_add(1)
    }

    /// `a:2181,b:2181,c:2181/kafka`, the path once and last, so that two clusters in one ZooKeeper do not mix; none in
    /// KRaft.
    fn connect(&self, site: &Site, offers: &Offers) -> Result<Option<String>, Diagnostic> {
        let Some(key) = self.uses() else { return Ok(None) };
        let path = self.path.key("zookeeper");
        let offer = offers.of(&key, &path)?;
        let Some(connect) = offer.facts.get(zookeeper::CONNECT).and_then(Value::as_str) else {
            return Err(Diagnostic::error("no-zookeeper", format!("`{key}` is not a zookeeper component"))
                .at(path)
                .help("use a `zookeeper` component of this stack"));
        };
        if self.storage.is_some() && offer.facts.get(zookeeper::PERSISTENT) == Some(&false.into()) {
            return Err(Diagnostic::error(
                "zookeeper-forgets",
                format!("`{key}` has no storage, but this kafka has"),
            )
            .at(path)
            .because(
                "ZooKeeper holds the cluster id: if it is lost, brokers refuse the data that they still have",
            )
            .help(format!("give `{key}` a `storage`, or remove it from both")));
        }
        Ok(Some(format!("{connect}/{}", self.name(site))))
    }
}
