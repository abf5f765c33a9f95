//! A `Nacos` resource for nacos-operator (`nacos.io/v1alpha1`), and what that operator cannot do.
//!
//! Source of all that is said here about it: nacos-group/nacos-k8s, operator/ (2026-04).

use std::sync::Arc;

use serde_json::{Value, json};

use super::release::Release;
use super::settings::{Mode, Nacos};
use super::{Drawing, server};
use crate::components::Instance;
use crate::components::common::ServiceType;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::draw::ServicePort;
use crate::plan::env;
use crate::plan::offer::Given;
use crate::plan::part::{Part, Template};
use crate::plan::role::Role;
use crate::plan::site::Site;
use crate::products::nacos::{CONSOLE, HTTP, MYSQL_SERVICE_DB_PARAM, PROTOCOL_RAFT};
use crate::template;

const NACOS: Template = template!("nacos/nacos.yaml.j2");
/// Read by nobody but the operator's own `MYSQL_SERVICE_PASSWORD`, which stands behind it.
const PASSWORD: &str = "NACOS_DATABASE_PASSWORD";

/// What the operator cannot do, and what it does badly.
pub(super) fn complaints(me: &Instance<Nacos>, site: &Site, release: &Release) -> Diagnostics {
    let mut complaints: Diagnostics = impossible(me, site, release).into_iter().collect();
    if !site.cluster.pull_secrets.is_empty() {
        complaints.push(
            Diagnostic::warning("nacos-operator", "nacos-operator does not pass pull secrets to the pods")
                .at(Path::root().keys(&["cluster", "pullSecrets"]))
                .help("add them to the ServiceAccount `default` of the namespace"),
        );
    }
    complaints
}

fn impossible(me: &Instance<Nacos>, site: &Site, release: &Release) -> Vec<Diagnostic> {
    let storage = me.storage.as_ref();
    let classless =
        storage.is_some_and(|storage| storage.class.is_none()) && site.cluster.storage_class.is_none();
    let cases = [
        (
            release.is_three(),
            "version",
            "nacos-operator does not support Nacos 3.x",
            format!("its Services lack the console's port {CONSOLE}"),
            "set `deploy: manifests`, or a 2.x version",
        ),
        (
            me.mode == Mode::Cluster && me.database.is_none(),
            "deploy",
            "nacos-operator loses the data of a cluster without a database",
            format!("it deletes {PROTOCOL_RAFT} whenever a pod stops, and with it the configuration"),
            "add a `database`, or set `deploy: manifests`",
        ),
        (
            classless,
            "storage",
            "nacos-operator needs an explicit StorageClass",
            "without one it fails at the second reconcile of the resource (a nil pointer)".to_owned(),
            "set `storage: {size: …, class: …}` or `cluster: {storageClass: …}`",
        ),
    ];
    let refused = |key: &str, title: &str, why: &str, help: &str| {
        Diagnostic::error("nacos-operator", title).at(me.path.key(key)).because(why).help(help)
    };
    let told = cases.iter().filter(|(hit, ..)| *hit);
    let told = told.map(|(_, key, title, why, help)| refused(key, title, why, help));
    let deaf = deaf(me).into_iter().map(|(key, why)| {
        refused(key, &format!("nacos-operator does not support `{key}`"), why, "set `deploy: manifests`")
    });
    told.chain(deaf).collect()
}

/// Settings that have no place in the resource.
fn deaf(me: &Instance<Nacos>) -> Vec<(&'static str, &'static str)> {
    let common = &me.common;
    let fields = "the resource has no field for it";
    let services = "it creates the Services itself, as ClusterIP";
    [
        ("console", me.console.is_some(), services),
        ("imagePullPolicy", common.image_pull_policy.is_some(), fields),
        ("podAnnotations", !common.pod_annotations.is_empty(), fields),
        ("priorityClass", common.priority_class.is_some(), fields),
        ("securityContext", common.security_context.is_some(), fields),
        (
            "service",
            me.service.kind != ServiceType::ClusterIP || !me.service.annotations.is_empty(),
            services,
        ),
    ]
    .into_iter()
    .filter_map(|(key, asked, why)| asked.then_some((key, why)))
    .collect()
}

pub(super) fn parts(drawing: &Drawing<'_>) -> Result<Vec<Part>, Diagnostic> {
    let Drawing { me, site, role, release, .. } = drawing;
    let class = |own: &Option<String>| own.clone().or_else(|| site.cluster.storage_class.clone());
    let context = json!({
        "type": server::mode(me),
        "replicas": me.members(),
        "env": variables(drawing)?,
        "affinity": role.pod_spec.get("affinity"),
        "nodeSelector": role.pod_spec.get("nodeSelector"),
        "tolerations": role.pod_spec.get("tolerations"),
        "database": database(drawing),
        "volume": me.storage.as_ref().map(|storage| json!({
            "enabled": true,
            "requests": { "storage": storage.size.to_string() },
            "storageClass": class(&storage.class),
        })),
        "liveness": { "path": release.health().liveness(), "port": HTTP },
        "readiness": { "path": release.health().readiness(), "port": HTTP },
    });
    let mut parts = vec![Part::new(NACOS, &unversioned(role), context)];
    // What the operator calls port 8848.
    parts.extend(drawing.page(&me.front_name(site), &ServicePort::tcp("client", HTTP)));
    Ok(parts)
}

/// The operator copies the resource's labels into selectors, which cannot be changed: no version among them.
fn unversioned(role: &Arc<Role>) -> Arc<Role> {
    let mut role = Role::clone(role);
    role.labels.0.shift_remove("app.kubernetes.io/version");
    Arc::new(role)
}

/// The operator puts its own variables behind these, and the last one wins.
fn variables(drawing: &Drawing<'_>) -> Result<Vec<Value>, Diagnostic> {
    let mut entries = Vec::new();
    if drawing.me.mode == Mode::Cluster && drawing.site.cluster.domain != "cluster.local" {
        // Read by the operator for NACOS_SERVERS.
        entries.push(("DOMAIN_NAME", Given::from(drawing.site.cluster.domain.clone())));
    }
    if let Some(target) = &drawing.database {
        entries.push((PASSWORD, target.password.clone()));
        entries.push((MYSQL_SERVICE_DB_PARAM, target.params.clone().into()));
    }
    entries.extend(server::common(drawing)?);
    let mut variables = env::variables(entries);
    variables.extend(drawing.role.env.iter().cloned());
    Ok(variables)
}

/// The resource wants the password in clear text: it gets a reference that the kubelet resolves, for the operator
/// copies it into a variable that stands behind ours.
fn database(drawing: &Drawing<'_>) -> Value {
    match &drawing.database {
        None => json!({ "type": "embedded" }),
        Some(target) => json!({
            "type": "mysql",
            "mysqlHost": target.host,
            "mysqlPort": target.port.to_string(),
            "mysqlDb": target.name,
            "mysqlUser": target.user,
            "mysqlPassword": format!("$({PASSWORD})"),
        }),
    }
}
