//! Brokers: one StatefulSet, one Service and one file for each.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Instance;
use super::super::common::Spread;
use super::access::{self, Kind};
use super::jvm::Jvm;
use super::settings::{Replication, RocketMq};
use super::stop;
use super::topology::{self, BROKER_PORT, Broker, FAST_PORT, GROUP_LABEL, HA_PORT};
use crate::diagnostic::Diagnostics;
use crate::k8s::Labels;
use crate::plan::draw::{self, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::jvm::JAVA_OPT_EXT;
use crate::products::rocketmq::{ASYNC_MASTER, BROKER_IMAGE, SYNC_MASTER, key};
use crate::template;
use crate::tree::de::Scalar;

const STATEFUL_SET: Template = template!("rocketmq/broker.yaml.j2");
// Java reads the file as properties, whatever it is called.
const CONFIG: Template = template!("rocketmq/broker.properties.j2");
const START: Template = template!("rocketmq/start.sh.j2");
const STOP: Template = template!("rocketmq/stop.sh.j2");

pub(super) fn parts(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut parts = Vec::new();
    let brokers = topology::brokers(me, site);
    for broker in &brokers {
        parts.extend(complaints.keep(one(me, site, offers, broker)).into_iter().flatten());
    }
    parts.extend(complaints.keep(budget(me, site, offers, brokers.len())).flatten());
    parts.extend(complaints.keep(secret(me, site, offers)).flatten());
    complaints.or(parts)
}

fn one(
    me: &Instance<RocketMq>,
    site: &Site,
    offers: &Offers,
    broker: &Broker,
) -> Result<Vec<Part>, Diagnostics> {
    let role = Arc::new(in_its_group(role(me, site, offers, &broker.name)?, me, site, broker));
    let config = format!("{}-config", broker.name);
    let jvm = me.heap.as_deref().map_or_else(|| Jvm::of(&me.common.resources.memory), Jvm::with);
    let access = access::of(me, site);
    let stop = stop::of(me, site, broker).context();
    let mut java = vec![java_options(jvm, &me.java_opt_ext)];
    let mut variables = Vec::new();
    if let Some(access) = access.as_ref() {
        java.extend(access.java_option());
        variables = access.variables(access.kind == Kind::File);
    }
    variables.insert(0, (JAVA_OPT_EXT, Given::from(java.join(" "))));
    let context = json!({
        "config": config,
        "access": access.is_some(),
        "grace": stop["grace"],
        "calm": stop["calm"],
        "joined": stop::joined(me, broker),
        "ports": [("remoting", BROKER_PORT), ("fast", FAST_PORT), ("ha", HA_PORT)],
        "env": env::variables(variables),
        "claims": me.storage.iter().map(|storage| draw::claim(site, "store", storage)).collect::<Vec<_>>(),
    });
    let ports = vec![
        ServicePort::tcp("remoting", BROKER_PORT),
        ServicePort::tcp("fast", FAST_PORT),
        ServicePort::tcp("ha", HA_PORT),
    ];
    let mut files = draw::config_map(&role, &config, settings(me, site, broker)).file("broker.conf", CONFIG);
    if access.is_some() {
        files = files.file("start.sh", START);
    }
    if !stop["calm"].is_null() {
        files = files.file("stop.sh", STOP);
    }
    Ok(vec![
        files,
        Service::headless(&broker.name, ports).part(&role, &me.path)?,
        Part::new(STATEFUL_SET, &role, context),
    ])
}

/// What stands in broker.conf.
fn settings(me: &Instance<RocketMq>, site: &Site, broker: &Broker) -> Value {
    let role = match (broker.id, me.replication) {
        (0, Replication::Sync) => SYNC_MASTER,
        (0, Replication::Async) => ASYNC_MASTER,
        _ => "SLAVE",
    };
    let (access, stop) = (access::of(me, site), stop::of(me, site, broker).context());
    json!({
        "cluster": me.broker_cluster_name,
        "replicated": me.replicas > 0,
        "acting": me.slave_acting_master,
        "group": broker.group,
        "id": broker.id,
        "role": role,
        "members": me.replicas + 1,
        "inSync": topology::in_sync(me),
        key::FLUSH_DISK_TYPE: me.flush_disk_type,
        "nameServers": topology::name_server_list(me, site),
        "host": broker.endpoint.host,
        "port": BROKER_PORT,
        "haPort": HA_PORT,
        // As text: a template writes a boolean as Python does.
        key::AUTO_CREATE_TOPIC_ENABLE: me.auto_create_topic_enable.to_string(),
        "extra": me.config,
        "slaves": slaves(me, site, broker),
        "access": access.as_ref().map(|access| access.context(access.kind == Kind::File)),
        "before": stop["before"],
        "calm": stop["calm"],
        "patience": stop["patience"],
        "joined": stop::joined(me, broker),
    })
}

/// The hosts of a master's slaves.
fn slaves(me: &Instance<RocketMq>, site: &Site, broker: &Broker) -> String {
    let all = topology::brokers(me, site).into_iter();
    let own = all.filter(|one| broker.id == 0 && one.group == broker.group && one.id > 0);
    own.map(|one| one.endpoint.host).collect::<Vec<_>>().join(" ")
}

/// The user's options first: ours decide about memory, and the last one wins.
///
/// JAVA_OPT_EXT is the last block of both generations of start scripts in the image; JAVA_OPT and HEAP_OPTS are not.
/// The home is named because it comes from the user's passwd entry, which another `runAsUser` does not have.
pub(super) fn java_options(jvm: Jvm, further: &[Scalar]) -> String {
    let further = further.iter().map(Scalar::to_string);
    let ours = [jvm.options(), "-Duser.home=/home/rocketmq".to_owned()];
    further.chain(ours).collect::<Vec<_>>().join(" ")
}

fn role(me: &Instance<RocketMq>, site: &Site, offers: &Offers, name: &str) -> Result<Role, Diagnostics> {
    let ask = Ask {
        name,
        product: BROKER_IMAGE,
        component: "broker",
        resources: &me.common.resources,
        image: None,
    };
    let mut role = Arc::unwrap_or_clone(me.role(site, offers, ask)?);
    let (key, value) = topology::cluster_label(me, site);
    role.labels = role.labels.with(key, value);
    Ok(role)
}

/// With its group's label, and apart from those who hold the same messages.
fn in_its_group(mut role: Role, me: &Instance<RocketMq>, site: &Site, broker: &Broker) -> Role {
    role.labels = role.labels.with(GROUP_LABEL, &broker.group);
    if me.common.spread != Spread::Off && me.common.affinity.is_none() {
        let all = topology::all_brokers(me, site);
        let group = all.clone().with(GROUP_LABEL, &broker.group);
        role.pod_spec.insert("topologySpreadConstraints".to_owned(), over_zones(&group));
        role.pod_spec.insert("affinity".to_owned(), apart(me.common.spread, &group, &all));
    }
    role
}

/// Members of a group on different nodes; and of all brokers, as few as can be on one node.
fn apart(spread: Spread, group: &Labels, all: &Labels) -> Value {
    let term = |labels: &Labels| json!({ "topologyKey": "kubernetes.io/hostname", "labelSelector": { "matchLabels": labels } });
    let wish = |weight: u8, labels: &Labels| json!({ "weight": weight, "podAffinityTerm": term(labels) });
    let rule = match spread {
        Spread::Hard => json!({
            "requiredDuringSchedulingIgnoredDuringExecution": [term(group)],
            "preferredDuringSchedulingIgnoredDuringExecution": [wish(50, all)],
        }),
        _ => json!({
            "preferredDuringSchedulingIgnoredDuringExecution": [wish(100, group), wish(50, all)],
        }),
    };
    json!({ "podAntiAffinity": rule })
}

fn over_zones(group: &Labels) -> Value {
    json!([{
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": { "matchLabels": group },
    }])
}

/// Passwords that are in no Secret yet.
fn secret(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Option<Part>, Diagnostics> {
    let secrets = access::secrets(me, site)?;
    let role = role(me, site, offers, &me.named(site, "broker"))?;
    Ok(secrets.part(&Arc::new(role)))
}

/// One budget over all brokers: each is a set of one pod, and a budget of its own would stop every drain for ever, or
/// none at all.
fn budget(
    me: &Instance<RocketMq>,
    site: &Site,
    offers: &Offers,
    brokers: usize,
) -> Result<Option<Part>, Diagnostics> {
    let mut role = role(me, site, offers, &me.named(site, "broker"))?;
    role.selector = topology::all_brokers(me, site);
    Ok(draw::budget(&Arc::new(role), u32::try_from(brokers).unwrap_or(u32::MAX)))
}
