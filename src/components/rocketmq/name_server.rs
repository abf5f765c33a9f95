//! NameServers: they know which broker has which topic, and keep nothing.

use serde_json::json;

use super::super::Instance;
use super::super::common::Exposure;
use super::broker;
use super::jvm::Jvm;
use super::settings::RocketMq;
use super::topology::{NAME_SERVER_PORT, name_server};
use crate::diagnostic::Diagnostics;
use crate::plan::draw::{self, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::products::jvm::JAVA_OPT_EXT;
use crate::products::rocketmq::NAME_SERVER_IMAGE;
use crate::template;

const STATEFUL_SET: Template = template!("rocketmq/name-server.yaml.j2");

const CONFIG: Template = template!("rocketmq/namesrv.properties.j2");

/// A new NameServer answers before it knows anybody: brokers register every 30 seconds.
/// Source: BrokerConfig.registerNameServerPeriod.
const SETTLE_SECONDS: u32 = 45;

pub(super) fn parts(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    let set = name_server(me, site);
    let ask = Ask {
        name: &set,
        product: NAME_SERVER_IMAGE,
        component: "registry",
        resources: &me.name_server_resources,
        image: None,
    };
    let role = me.role(site, offers, ask)?;
    let options = broker::java_options(Jvm::of(&me.name_server_resources.memory), &[]);
    // All that a file would say is what they have by default, but for this.
    let config = me.slave_acting_master.then(|| format!("{set}-config"));
    let context = json!({
        "config": config,
        "replicas": me.name_servers,
        "settle": (me.name_servers > 1).then_some(SETTLE_SECONDS),
        "port": NAME_SERVER_PORT,
        "env": env::variables([(JAVA_OPT_EXT, Given::from(options))]),
    });
    let ports = || vec![ServicePort::tcp("namesrv", NAME_SERVER_PORT)];
    // Clients may come through one address, for every NameServer knows every broker; brokers must not.
    let exposure = Exposure::default();
    let file = |name: &String| draw::config_map(&role, name, json!({})).file("namesrv.conf", CONFIG);
    let mut parts: Vec<Part> = config.iter().map(file).collect();
    parts.extend([
        Service::headless(&set, ports()).part(&role, &me.path)?,
        Service::client(&me.name(site), ports(), &exposure).part(&role, &me.path)?,
        Part::new(STATEFUL_SET, &role, context),
    ]);
    parts.extend(draw::budget(&role, me.name_servers));
    Ok(parts)
}
