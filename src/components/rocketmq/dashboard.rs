//! The dashboard: one pod with a web page, closed to those who are not in its users file.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Instance;
use super::settings::{RocketMq, UserRole};
use super::{access, proxy, topology};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Endpoint, Image, Version};
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::jvm::JAVA_OPTS;
use crate::products::rocketmq::{
    DASHBOARD_IMAGE, NAMESRV_ADDR, OLD_DASHBOARD_PORT, ROCKETMQ_CONFIG_LOGINREQUIRED,
};
use crate::products::spring::{
    MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE, SERVER_FORWARD_HEADERS_STRATEGY, SERVER_PORT,
};
use crate::template;

const DEPLOYMENT: Template = template!("rocketmq/dashboard.yaml.j2");
const USERS: Template = template!("rocketmq/users.sh.j2");

/// Its own port was 8080 up to 2.0 and is 8082 since 2.1: we say which.
const PORT: u16 = OLD_DASHBOARD_PORT;

/// Where its page is, inside the cluster.
pub(super) fn endpoint(me: &Instance<RocketMq>, site: &Site) -> Endpoint {
    site.service(&me.named(site, "dashboard"), PORT)
}

pub(super) fn parts(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    if !me.dashboard.drawn() {
        return Ok(Vec::new());
    }
    let role = role(me, site, offers)?;
    let script = me.named(site, "dashboard-users");
    let mut secrets = Secrets::new(me.named(site, "dashboard-login"));
    let users = users(me, site, &mut secrets)?;
    let port = ServicePort::tcp("http", PORT);
    let context = json!({
        "port": PORT,
        "env": env::variables(variables(me, site)),
        "script": (!users.is_empty()).then_some(&script),
        "users": users,
    });
    let mut parts = Vec::new();
    if !users.is_empty() {
        parts.push(draw::config_map(&role, &script, &context).file("users.sh", USERS));
    }
    parts.extend(secrets.part(&role));
    let exposed = me.path.keys(&["dashboard", "service"]);
    parts.push(Service::client(&role.name, vec![port.clone()], &me.dashboard.service).part(&role, &exposed)?);
    parts.push(Part::new(DEPLOYMENT, &role, context));
    parts
        .extend(me.dashboard.page().map(|page| draw::web(&role, site, &role.name, &page, &role.name, &port)));
    Ok(parts)
}

/// With its own image, and that image's version on its label.
fn role(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Arc<Role>, Diagnostics> {
    let image = Image::parse(&me.dashboard.image).or_tag(&me.dashboard.version);
    // A tag may be longer than a label's value.
    let tag = image.tag().filter(|tag| tag.len() <= 63);
    let version = tag.unwrap_or(&me.dashboard.version).to_owned();
    let ask = Ask {
        name: &me.named(site, "dashboard"),
        product: DASHBOARD_IMAGE,
        component: "dashboard",
        resources: &me.dashboard.resources,
        image: Some(&image.to_string()),
    };
    let mut role = Arc::unwrap_or_clone(me.role(site, offers, ask)?);
    role.labels = role.labels.with("app.kubernetes.io/version", version);
    Ok(Arc::new(role))
}

/// Who may come in; their passwords come to the script as variables.
fn users(me: &Instance<RocketMq>, site: &Site, secrets: &mut Secrets) -> Result<Vec<Value>, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut users = Vec::new();
    for (index, (name, user)) in me.dashboard.login.iter().enumerate() {
        let path = me.path.keys(&["dashboard", "login", name, "password"]);
        let Some(key) = complaints.keep(secrets.take(name, &user.password, &path, site)) else { continue };
        let variable = format!("PASSWORD_{index}");
        users.push(json!({
            "name": name,
            "role": match user.role { UserRole::Normal => 0, UserRole::Admin => 1 },
            "variable": variable,
            "env": env::variable(&variable, &key.into()),
        }));
    }
    complaints.or(users)
}

fn variables(me: &Instance<RocketMq>, site: &Site) -> Vec<(&'static str, Given)> {
    let memory = me.dashboard.resources.memory.mebibytes() / 2;
    let addresses = Given::from(topology::name_server_list(me, site));
    let mut variables = vec![
        // Nobody has a home directory here; its log goes to one.
        (JAVA_OPTS, format!("-Xms{memory}m -Xmx{memory}m -Duser.home=/tmp").into()),
        (SERVER_PORT, PORT.to_string().into()),
        (NAMESRV_ADDR, addresses.clone()),
        ("ROCKETMQ_CONFIG_ISVIPCHANNEL", "false".into()),
        (ROCKETMQ_CONFIG_LOGINREQUIRED, (!me.dashboard.login.is_empty()).to_string().into()),
        // Behind a proxy that ends TLS, its login would answer 403 "Invalid CORS request".
        (SERVER_FORWARD_HEADERS_STRATEGY, "framework".into()),
        // It would show heap dumps and variables to anyone who knows the password that it was built with.
        (MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE, "health".into()),
    ];
    if let Some(access) = access::of(me, site) {
        variables.push(("ROCKETMQ_CONFIG_ACCESSKEY", access.admin.user.into()));
        variables.push(("ROCKETMQ_CONFIG_SECRETKEY", access.admin.key.into()));
    }
    // 2.x has a list with 127.0.0.1 in it, which beats NAMESRV_ADDR. One entry is one cluster.
    if Version::parse(&me.dashboard.version).is_none_or(|version| version.at_least(&[2])) {
        variables.push(("ROCKETMQ_CONFIG_NAMESRVADDRS_0", addresses));
        if me.proxy.replicas > 0 {
            variables.push(("ROCKETMQ_CONFIG_PROXYADDRS_0", proxy::remoting(me, site).to_string().into()));
        }
    }
    variables
}
