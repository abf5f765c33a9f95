//! What is wrong with the settings of a redis, or will hurt.

use super::super::common::ServiceType;
use super::super::secret::in_config_map;
use super::super::{Instance, public};
use super::{MOST, Mode, Redis, tuning};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::leaks;
use crate::plan::site::Site;
use crate::products::redis::key;

/// Keys of redis.conf that follow from the stack, and from what.
const DERIVED: &[(&str, &str)] = &[
    ("aclfile", "`password`: no ACL file is mounted"),
    ("bind", "the pod: probes and peers use all of its addresses"),
    ("cluster-announce-bus-port", "the component: peers use 16379"),
    (key::CLUSTER_ANNOUNCE_HOSTNAME, "the pod's name"),
    (key::CLUSTER_ANNOUNCE_IP, "the pod's address"),
    ("cluster-announce-port", "the component: clients use 6379"),
    (key::CLUSTER_CONFIG_FILE, "`storage`: it must survive with the data"),
    (key::CLUSTER_ENABLED, "`mode`"),
    (key::CLUSTER_PORT, "the component: peers use 16379"),
    (
        key::CLUSTER_PREFERRED_ENDPOINT_TYPE,
        "`mode`: clients are redirected to names, because addresses change",
    ),
    ("daemonize", "the container: the server is its main process"),
    ("dir", "`storage`"),
    ("include", "the component: it generates the only file that is included"),
    ("logfile", "the container: it logs to stdout"),
    ("masterauth", "`password`"),
    ("masteruser", "`password`"),
    ("maxmemory", "`maxMemory` or `resources.memory`"),
    ("maxmemory-policy", "`maxMemoryPolicy`"),
    ("port", "the component: Services and probes use 6379"),
    ("protected-mode", "`password`"),
    ("replica-announce-ip", "the pod's name"),
    ("replica-announce-port", "the component: clients use 6379"),
    ("replicaof", "`mode`: the sentinels manage the master"),
    ("requirepass", "`password`"),
    ("sentinel", "`mode`"),
    ("slaveof", "`mode`: the sentinels manage the master"),
    ("tls-port", "the component: probes and peers do not use TLS"),
];

/// All of it.
pub(super) fn settings(me: &Instance<Redis>, site: &Site) -> Diagnostics {
    let several = [counts(me), lines(me), reach(me, site)];
    several.into_iter().flatten().chain(version(me)).chain(memory(me)).collect()
}

fn counts(me: &Instance<Redis>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let error = |key: &str, title: String, why: &str, help: &str| {
        Diagnostic::error("redis-topology", title).at(me.path.key(key)).because(why).help(help)
    };
    let (masters, replicas) = (me.masters.unwrap_or(3), me.settings.replicas());
    if me.mode == Mode::Cluster && masters < 3 {
        let why = "a majority of the masters must agree that one is down; two have no majority without both";
        found.push(error(
            "masters",
            format!("a cluster of {masters} does not survive the loss of a master"),
            why,
            "set 3 or more, or `mode: sentinel`",
        ));
    }
    if me.mode != Mode::Standalone && masters.saturating_mul(replicas.saturating_add(1)) > MOST {
        let key = if masters > MOST { "masters" } else { "replicas" };
        let title = format!("this needs more than {MOST} servers");
        found.push(error(key, title, "Redis does not support more in one cluster", "use a smaller number"));
    }
    if me.mode == Mode::Cluster && replicas == 0 {
        let why = "when a server is down, its share of the keys is unavailable until it is back";
        let title = "masters without replicas";
        found.push(Diagnostic::warning("redis-replicas", title).at(me.path.key("replicas")).because(why));
    }
    if me.mode == Mode::Sentinel {
        found.extend(sentinels(me, replicas, &error));
    }
    if me.mode != Mode::Standalone && me.storage.is_none() {
        let why = match me.mode {
            Mode::Cluster => "a server without its nodes.conf comes back as a new node, without its slots",
            _ => "a master that restarts empty before a failover makes its replicas empty as well",
        };
        found.push(error(
            "storage",
            "each of these servers needs a claim".to_owned(),
            why,
            "set `storage: {size: 5Gi}`",
        ));
    }
    found
}

fn sentinels(
    me: &Instance<Redis>,
    replicas: u32,
    error: &impl Fn(&str, String, &str, &str) -> Diagnostic,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let sentinels = me.sentinels.unwrap_or(3);
    if replicas == 0 {
        let why = "sentinels promote a replica when the master is down";
        found.push(error(
            "replicas",
            "there is no replica to promote".to_owned(),
            why,
            "set 1 or more, or `mode: standalone`",
        ));
    }
    if sentinels == 0 || sentinels > 99 {
        let title = format!("{sentinels} sentinels");
        found.push(error(
            "sentinels",
            title,
            "a few watch the master and vote; each connects to all others",
            "set 3 or 5",
        ));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // Source: redis `sentinel.c`, names of masters: the same characters.
    if me.master_name.is_empty() || !me.master_name.chars().all(fits) {
        let why = "a sentinel accepts letters, digits, `.`, `-` and `_`";
        found.push(error(
            "masterName",
            format!("`{}` is not a valid master name", me.master_name),
            why,
            "use `mymaster`",
        ));
    }
    found
}

fn version(me: &Instance<Redis>) -> Option<Diagnostic> {
    let version = me.flavour().version?;
    let (needed, why): (&[u32], &str) = match me.mode {
        Mode::Standalone => return None,
        // Source: Redis 7.0 release notes: cluster-announce-hostname, CLUSTER ADDSLOTSRANGE.
        Mode::Cluster => {
            (&[7, 0], "older servers cannot announce names, and all addresses change if all pods restart")
        }
        // Source: Redis 6.2 release notes: resolve-hostnames, announce-hostnames.
        Mode::Sentinel => (&[6, 2], "older sentinels do not support names, and a pod's address changes"),
    };
    version.before(needed).then(|| {
        let wanted = format!("{}.{}", needed[0], needed[1]);
        Diagnostic::error(
            "redis-version",
            format!("{version} is too old for this mode, which needs {wanted}"),
        )
        .at(me.path.key("version"))
        .because(why)
        .help("set `version: \"7.2.16\"`, or `mode: standalone`")
    })
}

fn memory(me: &Instance<Redis>) -> Option<Diagnostic> {
    let (asked, limit) = (me.max_memory.as_ref()?, &me.common.resources.memory);
    let at = me.path.key("maxMemory");
    // Of one that leaves too little beside it, a rule tells.
    (asked >= limit).then(|| {
        let title = format!("`maxMemory: {asked}` does not fit in `resources.memory: {limit}`");
        let why = "the container is killed before Redis reaches its limit: buffers and the pages copied by a fork come \
             on top";
        Diagnostic::error("redis-memory", title)
            .at(at)
            .because(why)
            .help("leave it out: it is derived as 70 %")
    })
}

/// Lines of redis.conf.
fn lines(me: &Instance<Redis>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, value) in &me.config {
        let at = me.path.key("config").key(name);
        let lower = name.to_lowercase();
        let refused = |title: String| Diagnostic::error("redis-config", title).at(at.clone());
        if let Some((_, from)) = DERIVED.iter().find(|(key, _)| *key == lower) {
            found.push(refused(format!("`{name}` is derived")).because(format!("it follows from {from}")));
        } else if lower.is_empty()
            || !lower.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            found.push(
                refused(format!("`{name}` is not a redis.conf key"))
                    .because("keys consist of letters, digits and `-`"),
            );
        } else if leaks::is_name(&lower) || (lower == "user" && has_password(value)) {
            let help = "set `password`; other secrets are not supported yet";
            found.push(in_config_map(name, &at, help));
        } else if value.contains(char::is_control) || tuning::arguments(&lower, value).is_none() {
            found.push(
                refused(format!("the value of `{name}` is not valid in redis.conf"))
                    .because("it contains a line break, a control character or unbalanced quotes"),
            );
        } else if matches!(&**value, "\"\"" | "''")
            && tuning::arguments(&lower, value) != Some(vec![String::new()])
        {
            found.push(
                refused(format!("`{name}` would be quoted twice"))
                    .because("stackgen adds the quotes around a directive's single argument")
                    .help("write an empty string: `\"\"`"),
            );
        } else if matches!(value.to_string().as_str(), "true" | "false") {
            found.push(refused(format!("`{value}` is not valid in redis.conf")).help("write `yes` or `no`"));
        } else if lower == "databases" && me.mode == Mode::Cluster {
            found.push(
                refused("a cluster has one database".to_owned())
                    .because("clients that select another are rejected"),
            );
        }
    }
    found
}

/// `user tea on >hunter2 ~* +@all`, or with the hash of it.
fn has_password(rules: &str) -> bool {
    rules.split_whitespace().any(|rule| rule.starts_with(['>', '#']))
}

fn reach(me: &Instance<Redis>, site: &Site) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let outside = me.service.kind != ServiceType::ClusterIP;
    let at = me.path.key("service").key("type");
    if outside && me.mode != Mode::Standalone {
        found.push(
            Diagnostic::error("redis-exposure", "clients outside the cluster cannot use this mode")
                .at(&at)
                .because("they are redirected to pod names, which only this cluster's DNS resolves")
                .help("set `type: ClusterIP`, or `mode: standalone`"),
        );
    }
    if let Some(password) = &me.password {
        let door = public::door(&me.service, &me.path.key("service"));
        found.extend(public::complaints([door], [(password, me.path.key("password"))], site));
        return found;
    }
    let help = "set `password: {env: NAME}`, `{file: path}` or `{secret: {name: …, key: …}}`";
    if outside {
        found.push(
            Diagnostic::error("redis-open", "exposed outside the cluster without a password")
                .at(at)
                .help(help),
        );
    } else if !site.policy.plain_secrets {
        found.push(
            Diagnostic::warning("redis-open", "no password is set")
                .at(&me.path)
                .because("every pod of the cluster can read, write and flush it")
                .help(help),
        );
    }
    found
}
