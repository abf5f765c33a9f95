//! What is wrong with the settings, or will hurt.

use super::super::common::Resources;
use super::super::{Instance, names, public};
use super::access;
use super::config;
use super::jvm::Jvm;
use super::settings::{Replication, RocketMq};
use super::topics;
use super::topology;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Quantity;
use crate::plan::site::Site;
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT};
use crate::products::rocketmq::{HEAP_OPTS, key};

/// All of it.
pub(super) fn all(me: &Instance<RocketMq>, site: &Site) -> Diagnostics {
    let mut found = Diagnostics::new();
    found.extend(version(me));
    found.extend(counts(me));
    found.extend(quorum(me));
    found.extend(topology::acting_complaint(me));
    found.extend(memory(me));
    found.extend(java(me));
    found.extend(cluster_name(me));
    found.extend(config::check(me));
    found.extend(access::check(me, site));
    found.extend(topics::check(me));
    found.extend(dashboard(me, site));
    found.extend(guarded(me, site));
    found
}

fn version(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    let path = me.path.key("version");
    let Some(version) = topology::version(me) else {
        return Some(
            Diagnostic::error(
                "product-version",
                format!("the version `{}` is not a number", me.common.version),
            )
            .at(&path)
            .because("from 5.0 on brokers use a separate count of slaves to wait for, which must be set"),
        );
    };
    if version.before(&[4, 9]) {
        return Some(
            Diagnostic::error("product-version", format!("{version} is too old"))
                .at(&path)
                .because("stackgen supports 4.9 and later"),
        );
    }
    (me.proxy.replicas > 0 && version.before(&[5, 1])).then(|| {
        Diagnostic::error("proxy-version", format!("{version} has no proxy for both protocols"))
            .at(me.path.keys(&["proxy", "replicas"]))
            .because("gRPC exists since 5.0, the remoting protocol's port since 5.1")
            .help("set `version: 5.1.0` or later, or remove the proxy")
    })
}

/// It is the name of a topic as well. Source: TopicValidator.
fn cluster_name(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    let name = &me.broker_cluster_name;
    let inner = |c: char| c.is_ascii_alphanumeric() || "%|_-".contains(c);
    (name.is_empty() || name.len() > 127 || !name.chars().all(inner)).then(|| {
        Diagnostic::error("broker-cluster-name", format!("`{name}` is not a valid cluster name"))
            .at(me.path.key(key::BROKER_CLUSTER_NAME))
            .because("brokers create a topic of that name, of letters, digits, `%`, `|`, `_` and `-`")
            .help("use `DefaultCluster`")
    })
}

fn counts(me: &Instance<RocketMq>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if me.groups == 0 {
        found.push(
            Diagnostic::error("broker-groups", "no broker would accept messages")
                .at(me.path.key("groups"))
                .help("set 1 or 2"),
        );
    }
    if me.name_servers == 0 {
        found.push(
            Diagnostic::error("no-name-server", "brokers and clients find each other through a NameServer")
                .at(me.path.key("nameServers"))
                .help("set `nameServers: 1`, or 2"),
        );
    }
    found
}

/// Sync replication has someone to wait for, and a count that can be reached.
fn quorum(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    let members = me.replicas.saturating_add(1);
    if me.replication == Replication::Sync && me.replicas == 0 {
        return Some(
            Diagnostic::error("nobody-in-sync", "there is no slave to wait for")
                .at(me.path.key("replication"))
                .because(
                    "every send would fail: SLAVE_NOT_AVAILABLE, or FLUSH_SLAVE_TIMEOUT after three seconds",
                )
                .help("set `replicas: 1`, or `replication: async`"),
        );
    }
    let wanted = me.in_sync_replicas?;
    let complaint =
        |title: String| Diagnostic::error("in-sync-replicas", title).at(me.path.key(key::IN_SYNC_REPLICAS));
    if me.replication == Replication::Async {
        return Some(
            complaint("`replication: async` does not wait for slaves".to_owned())
                .help(format!("set `replication: sync`, or remove `{}`", key::IN_SYNC_REPLICAS)),
        );
    }
    if topology::version(me).is_some_and(|version| version.before(&[5])) {
        return Some(
            complaint(format!("{} does not support `{}`", me.common.version, key::IN_SYNC_REPLICAS))
                .because("4.9 waits for one slave, however many there are"),
        );
    }
    (!(2..=members).contains(&wanted)).then(|| {
        complaint(format!(
            "a group has {members} members, `{}` is from 2 to {members}",
            key::IN_SYNC_REPLICAS
        ))
        .because("the master counts; 1 waits for no slave, and more than the members makes every send fail")
    })
}

fn memory(me: &Instance<RocketMq>) -> Vec<Diagnostic> {
    let path = me.path.key("resources");
    let mut found: Vec<Diagnostic> = [
        (&me.common.resources, path),
        (&me.name_server_resources, me.path.key("nameServerResources")),
        (&me.proxy.resources, me.path.keys(&["proxy", "resources"])),
    ]
    .iter()
    .filter_map(|(resources, path)| too_small(resources, path))
    .collect();
    if let Some(heap) = &me.heap {
        let least = Jvm::smallest_heap();
        if heap.mebibytes() < least {
            found.push(
                Diagnostic::error("heap-fits", format!("a heap of {heap} is too small"))
                    .at(me.path.key("heap"))
                    .help(format!("set `{least}Mi` or more, or leave `heap` out")),
            );
        }
        let needs = Jvm::with(heap).needs();
        let memory = &me.common.resources.memory;
        if needs > memory.mebibytes() {
            found.push(
                Diagnostic::error("heap-fits", format!("a heap of {heap} does not fit in {memory}"))
                    .at(me.path.key("heap"))
                    .because("half as much again is used for direct buffers, and 256Mi for the JVM itself")
                    .help(format!(
                        "set `resources: {{memory: {}}}`, or leave `heap` out",
                        Quantity::mebibytes_of(needs)
                    )),
            );
        }
    }
    found
}

fn too_small(resources: &Resources, path: &Path) -> Option<Diagnostic> {
    let least = Jvm::smallest();
    (resources.memory.mebibytes() < least).then(|| {
        Diagnostic::error("memory-too-small", format!("{} is too little memory", resources.memory))
            .at(path.key("memory"))
            .because("the JVM needs 256Mi besides heap and buffers")
            .help(format!("set `{}` or more", Quantity::mebibytes_of(least)))
    })
}

/// The start scripts' variables are ours: they carry the heap.
fn java(me: &Instance<RocketMq>) -> Vec<Diagnostic> {
    const SIZES: &[&str] = &["-Xms", "-Xmx", "-Xmn", "-XX:MaxDirectMemorySize"];
    let taken = [JAVA_OPT_EXT, JAVA_OPT, HEAP_OPTS, "NODE_ROLE"];
    let variables = taken.iter().filter(|name| me.common.env.contains_key(**name)).map(|name| {
        Diagnostic::error("java-options", format!("`{name}` cannot be set in `env`"))
            .at(me.path.key("env").key(*name))
            .because("NameServers and brokers would share it, and lose the values derived from their memory")
            .help("`heap` and `javaOptExt` are for the brokers")
    });
    let options = me.java_opt_ext.iter().enumerate().filter_map(|(index, option)| {
        let path = me.path.key("javaOptExt").index(index);
        let complaint = |title: String| Diagnostic::error("java-options", title).at(&path);
        if SIZES.iter().any(|size| option.starts_with(size)) {
            return Some(complaint(format!("`{}` is derived", &**option)).help("set `heap`"));
        }
        names::jvm_option("java-options", option, &path)
    });
    variables.chain(options).collect()
}

fn dashboard(me: &Instance<RocketMq>, site: &Site) -> Vec<Diagnostic> {
    let path = me.path.key("dashboard");
    let page = &me.dashboard;
    let mut found = Vec::new();
    let idle = |key: &str, why: &str| {
        Diagnostic::error("dashboard-idle", format!("`dashboard.{key}` would have no effect"))
            .at(path.key(key))
            .because(why)
    };
    if !page.drawn() && !page.login.is_empty() {
        found.push(idle("login", "the dashboard is not rendered: it has no `host`, or is not `enabled`"));
    }
    let keys = [
        ("class", page.class.is_some()),
        ("gateway", page.gateway.is_some()),
        ("tlsSecret", page.tls_secret.is_some()),
        ("annotations", !page.annotations.is_empty()),
    ];
    if page.host.is_none() || !page.drawn() {
        let written = keys.iter().filter(|(_, written)| *written);
        found.extend(
            written.map(|(key, _)| idle(key, "there is no page to protect: the dashboard has no `host`")),
        );
    }
    if page.drawn() && page.host.is_some() && page.login.is_empty() && !site.policy.plain_secrets {
        found.push(
            Diagnostic::error("open-dashboard", "anyone can open the dashboard")
                .at(path.key("host"))
                .because("it can delete topics and reset offsets, without authentication")
                .help(
                    "set `dashboard.login: {admin: {password: …}}`, the password as `{env: NAME}`, `{file: path}` \
                     or `{secret: {name: …, key: …}}`",
                ),
        );
    }
    if page.drawn() {
        let host = page.host.as_ref().map(|_| path.key("host"));
        let doors = [host, public::door(&page.service, &path.key("service"))];
        let users = page.login.iter();
        let users = users.map(|(name, user)| (&user.password, path.key("login").key(name).key("password")));
        found.extend(public::complaints(doors, users, site));
    }
    found.extend(
        page.login.iter().filter_map(|(name, user)| login(name, user, &path.key("login").key(name), site)),
    );
    found
}

fn login(name: &str, user: &super::settings::User, path: &Path, site: &Site) -> Option<Diagnostic> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Some(
            Diagnostic::error("dashboard-user", format!("`{name}` is not a valid user name"))
                .at(path)
                .because("the dashboard's users file would misread it")
                .help("use letters, digits, `.`, `_` and `-`"),
        );
    }
    let path = path.key("password");
    let password = match user.password.value(site, &path) {
        Ok(password) => password?,
        Err(complaint) => return Some(complaint),
    };
    let fits = !password.is_empty() && password.trim() == password && !password.contains(',');
    (!fits || !password.chars().all(|c| matches!(c, ' '..='~'))).then(|| {
        Diagnostic::error(
            "dashboard-password",
            format!("the password of `{name}` is not valid in the users file"),
        )
        .at(path)
        .because("a line is `name=password,role`, without quotes")
        .help("use printable ASCII without commas and without leading or trailing spaces")
    })
}

/// What will hurt where it counts; of storage, and of topics in several groups, rules tell.
fn guarded(me: &Instance<RocketMq>, site: &Site) -> Vec<Diagnostic> {
    if site.policy.plain_secrets {
        return Vec::new();
    }
    let hurts = [
        (
            me.groups == 1,
            "groups",
            "with one group nothing can be sent while its master is down: slaves do not take over",
        ),
        (
            me.groups == 1 && me.auto_create_topic_enable,
            key::AUTO_CREATE_TOPIC_ENABLE,
            "a misspelled topic is created too, and an automatically created one may exist in one group only",
        ),
    ];
    let found = hurts.into_iter().filter(|(hurts, ..)| *hurts);
    found.map(|(_, key, why)| Diagnostic::warning("fragile-broker", why).at(me.path.key(key))).collect()
}
