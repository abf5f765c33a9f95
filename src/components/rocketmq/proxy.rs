//! The proxy of 5.x: gRPC for its SDKs, and one address for clients that cannot resolve the brokers'.

use serde_json::json;

use super::super::Instance;
use super::super::common::ServiceType;
use super::access;
use super::broker;
use super::jvm::Jvm;
use super::settings::RocketMq;
use super::topology;
use crate::diagnostic::Diagnostics;
use crate::k8s::Endpoint;
use crate::plan::draw::{self, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::products::jvm::JAVA_OPT_EXT;
use crate::products::rocketmq::{PROXY_GRPC as GRPC_PORT, PROXY_IMAGE, PROXY_REMOTING as REMOTING_PORT};
use crate::template;

const DEPLOYMENT: Template = template!("rocketmq/proxy.yaml.j2");
const START: Template = template!("rocketmq/proxy-start.sh.j2");
const CONFIG: Template = template!("rocketmq/rmq-proxy.json.j2");

/// Where SDKs of 5.x go.
pub(super) fn endpoint(me: &Instance<RocketMq>, site: &Site) -> Endpoint {
    site.service(&me.named(site, "proxy"), GRPC_PORT)
}

/// Where those of 4.x may go, and the dashboard.
pub(super) fn remoting(me: &Instance<RocketMq>, site: &Site) -> Endpoint {
    site.service(&me.named(site, "proxy"), REMOTING_PORT)
}

pub(super) fn parts(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    if me.proxy.replicas == 0 {
        return Ok(Vec::new());
    }
    let name = me.named(site, "proxy");
    let ask = Ask {
        name: &name,
        product: PROXY_IMAGE,
        component: "gateway",
        resources: &me.proxy.resources,
        image: None,
    };
    let role = me.role(site, offers, ask)?;
    let config = me.named(site, "proxy-config");
    let options = broker::java_options(Jvm::of(&me.proxy.resources.memory), &[]);
    let access = access::of(me, site);
    let mut variables = vec![(JAVA_OPT_EXT, Given::from(options))];
    variables.extend(access.iter().flat_map(|access| access.variables(false)));
    let context = json!({
        "replicas": me.proxy.replicas,
        "access": access.as_ref().map(|access| access.context(false)),
        "config": config,
        "cluster": me.broker_cluster_name,
        "nameServers": topology::name_server_list(me, site),
        "grpcPort": GRPC_PORT,
        "remotingPort": REMOTING_PORT,
        // Clients call another port than the proxy listens on.
        "onNodes": me.proxy.service.kind == ServiceType::NodePort,
        "env": env::variables(variables),
    });
    let ports = vec![ServicePort::tcp("grpc", GRPC_PORT), ServicePort::tcp("remoting", REMOTING_PORT)];
    let exposed = me.path.keys(&["proxy", "service"]);
    let mut files = draw::config_map(&role, &config, &context).file("rmq-proxy.json", CONFIG);
    if access.is_some() {
        files = files.file("start.sh", START);
    }
    let mut parts = vec![
        files,
        Service::client(&name, ports, &me.proxy.service).part(&role, &exposed)?,
        Part::new(DEPLOYMENT, &role, context),
    ];
    parts.extend(draw::budget(&role, me.proxy.replicas));
    Ok(parts)
}
