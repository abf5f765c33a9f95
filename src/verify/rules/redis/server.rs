//! What every Redis server needs: its password on both sides, memory that fits, an image that can be pulled.

use super::conf::Server;
use super::settings::{self, Setting};
use crate::products::redis::{BUS_ABOVE, PORT, REDIS_PASSWORD, SENTINEL, key};
use crate::verify::pods::Product;
use crate::verify::shapes::clustered;
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-passwords-agree",
        grade: Grade::ERROR,
        promise: "in a Redis cluster, `requirepass` and `masterauth` are the same password",
        why: "any server can become master or replica: one that cannot authenticate at its master logs `-NOAUTH \
              Authentication required`, stays at `master_link_status:down`, and still answers PONG",
        fix: "set both, to the same password, on all servers",
        source: "observed with Redis 7.0.15; replication.c, syncWithMaster",
        check: passwords_agree,
    },
    Rule {
        code: "redis-memory-fits",
        grade: Grade::ERROR.strict(),
        promise: "`maxmemory` of a Redis server is set, and leaves room below the container's limit",
        why: "buffers, fragmentation and the pages copied by a fork while saving come on top: the container is \
              killed (OOMKilled) instead of a key being evicted",
        fix: "set `maxmemory` to 60 or 70 % of the memory limit",
        source: "Redis documentation, Key eviction; Redis administration",
        check: memory_fits,
    },
    Rule {
        code: "redis-open-port-has-password",
        grade: Grade::ERROR,
        promise: "a Redis server that can be reached from outside the cluster requires a password",
        why: "the image turns protected mode off: anyone who can reach the port can read, write, flush, and write \
              files",
        fix: "set `requirepass` and `masterauth` from a Secret, or make the Service a ClusterIP",
        source: "docker-library/redis Dockerfile (protected-mode); Redis documentation, Security",
        check: open_port_has_password,
    },
    Rule {
        code: "redis-declares-its-port",
        grade: Grade::WARNING,
        promise: "a Redis server declares the port that it listens on",
        why: "a Service, probe or NetworkPolicy that refers to the port by name uses a port that does not listen",
        fix: "make the container port match `port`, and in a cluster the bus port, which is 10000 above",
        source: "Redis documentation, Redis configuration: port; Scale with Redis Cluster: bus port",
        check: declares_its_port,
    },
    Rule {
        code: "redis-servers-share-their-data",
        grade: Grade::ERROR,
        promise: "several Redis servers behind one Service form a cluster, or are replicas of one of them",
        why: "each has its own data: what was written to one is missing when the Service picks another",
        fix: "set `replicas: 1`, or run a cluster or replicas with sentinels",
        source: "Redis documentation, Replication; Kubernetes documentation, Service",
        check: know_each_other,
    },
    Rule {
        code: "redis-image-is-maintained",
        grade: Grade::WARNING,
        promise: "no Redis image is one that Bitnami removed or froze",
        why: "since August 2025 docker.io/bitnami has no versions any more (ImagePullBackOff), and bitnamilegacy gets no fixes",
        fix: "use the official `redis` or `valkey/valkey` image, or a mirror that you maintain",
        source: "bitnami/containers#83267, bitnami/charts#35164",
        check: image_is_kept,
    },
    Rule {
        code: "redis-data-is-writable",
        grade: Grade::WARNING,
        promise: "a Redis server that does not start as root can write to its claim",
        why: "most storage classes create the directory owned by root: `Can't open or create append-only dir`, or \
              every save fails and writes are refused (MISCONF)",
        fix: "set `fsGroup` in the pod's `securityContext`: 999, or 1000 with an Alpine image",
        source: "docker-library/redis docker-entrypoint.sh: it changes owners only when it starts as root",
        check: data_is_writable,
    },
];

fn passwords_agree<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    Server::clustered(set).iter().filter_map(disagreement).collect()
}

fn disagreement<'a>(server: &Server<'_, 'a>) -> Option<Finding<'a>> {
    let set = |key: &str| server.get(key).filter(|setting| setting.value.as_deref() != Some(""));
    let lists = ["aclfile", "user", "masteruser"].iter().all(|key| server.lacks(key));
    match (set("requirepass"), set("masterauth")) {
        (Some(own), None) if server.lacks("masterauth") && lists => Some(own.finding(
            "requires a password from its replicas, but has no `masterauth` to authenticate as one",
        )),
        (None, Some(master)) if server.lacks("requirepass") && lists => Some(
            master
                .finding("authenticates with a password that no server requires: there is no `requirepass`"),
        ),
        (Some(own), Some(master)) => {
            let differ =
                own.value.as_ref().zip(master.value.as_ref()).is_some_and(|(own, master)| own != master);
            (differ && lists).then(|| master.finding("`masterauth` differs from `requirepass`"))
        }
        _ => None,
    }
}

fn memory_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set).into_iter().filter(|server| !server.sentinel) {
        let Some(limit) = server.container.memory_limit().filter(|limit| *limit > 0) else { continue };
        let most = server.get("maxmemory");
        let unlimited = |setting: &Setting<'a>| setting.value.as_deref() == Some("0");
        if server.lacks("maxmemory") || most.is_some_and(unlimited) {
            let title =
                format!("may use all memory: no `maxmemory` below the limit of {}", texts::mebibytes(limit));
            let at = most.map_or_else(
                || server.container.finding("/resources/limits/memory", &*title),
                |most| most.finding(&*title),
            );
            findings.push(at.warns());
            continue;
        }
        let Some(setting) = most else { continue };
        let Some(bytes) = setting.value.as_deref().and_then(settings::bytes) else { continue };
        let limit_text = texts::mebibytes(limit);
        if bytes >= limit {
            findings.push(setting.finding(format!(
                "`maxmemory {}` does not fit in {limit_text}",
                setting.shown(&setting.written)
            )));
        } else if bytes > limit / 4 * 3 {
            let title =
                format!("`maxmemory {}` is more than 75 % of {limit_text}", setting.shown(&setting.written));
            findings.push(setting.finding(title).warns());
        }
    }
    findings
}

fn open_port_has_password<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set).into_iter().filter(|server| !server.sentinel) {
        let allowed = server.container.env.known("ALLOW_EMPTY_PASSWORD");
        let bitnami = allowed.is_some_and(|value| value.eq_ignore_ascii_case("yes") || value == "true")
            && server.container.env.lacks(REDIS_PASSWORD)
            && server.container.env.lacks("REDIS_PASSWORD_FILE");
        let guarded = ["requirepass", "aclfile", "user", "tls-auth-clients"];
        if !bitnami && !guarded.iter().all(|key| server.lacks(key)) {
            continue;
        }
        for service in topology::exposed(set, server.pod) {
            let kind = service.text("/spec/type").unwrap_or_default();
            let title = format!("exposes a Redis without a password outside the cluster, as a {kind}");
            let finding = Finding::new(service, title).at("/spec/type");
            let some = service.at("/spec/loadBalancerSourceRanges").is_some();
            findings.push(if some { finding.warns() } else { finding });
        }
    }
    findings
}

fn declares_its_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set) {
        let usual: u64 = if server.sentinel { u64::from(SENTINEL) } else { u64::from(PORT) };
        let port: Option<u64> = match server.get("port") {
            Some(setting) => setting.value.as_deref().and_then(|port| port.parse().ok()),
            None => (!server.open).then_some(usual),
        };
        let Some(port) = port.filter(|port| *port > 0) else { continue };
        let bus = if server.is_clustered() && server.get(key::CLUSTER_PORT).is_none() {
            port.checked_add(u64::from(BUS_ABOVE))
        } else {
            None
        };
        let listens: Vec<u64> = std::iter::once(port).chain(bus).collect();
        for (at, open) in topology::declares_beside(server.container, &listens, &listens) {
            let title = match bus.filter(|bus| open.abs_diff(*bus) <= 3) {
                Some(bus) => format!("declares {open}, but the bus uses {bus}"),
                None => format!("declares {open}, but the server listens on {port}"),
            };
            findings.push(server.container.finding(&at, title));
        }
    }
    findings
}

/// Words of what makes servers follow one another.
const FOLLOW: &[&str] = &["replicaof", "slaveof", key::CLUSTER_ENABLED, "sentinel", "replica-announce"];

fn know_each_other<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set).into_iter().filter(|server| !server.sentinel && !server.open) {
        let Some(count) = server.pod.replicas(set).filter(|count| *count > 1) else { continue };
        let follows = |setting: &Setting<'a>| FOLLOW.iter().any(|word| setting.key.contains(word));
        // Another container, or a hook, may tell them.
        let alone = server.pod.containers.iter().all(|container| {
            std::ptr::eq(container, server.container) || container.image.path().contains("exporter")
        });
        let told =
            server.settings.iter().any(follows) || server.container.at("/lifecycle/postStart").is_some();
        let behind_one = server.pod.services(set).into_iter().find(|service| !topology::is_headless(service));
        if let Some(service) = behind_one.filter(|_| alone && !told) {
            let title =
                format!("{count} servers behind Service `{}` are independent of each other", service.name());
            findings.push(Finding::new(server.pod.workload, title).at("/spec/replicas"));
        }
    }
    findings
}

fn image_is_kept<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for product in [Product::Redis, Product::Sentinel] {
        let pods = set.pods_with(product).flat_map(|pod| &pod.containers);
        for container in pods.filter(|container| container.product == product) {
            let image = &container.image;
            if image.path().starts_with("bitnamilegacy/") {
                let title = format!("`{image}` gets no more security fixes");
                findings.push(container.finding("/image", title));
            } else if image.digest().is_none() {
                findings.extend(clustered::withdrawn(container));
            }
        }
    }
    findings
}

fn data_is_writable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set) {
        let user =
            topology::security(server.pod, server.container, "runAsUser").and_then(serde_json::Value::as_u64);
        let Some(user) = user.filter(|user| *user > 0) else { continue };
        if let Some(mount) = topology::claim_of_root(server.pod, server.container) {
            let title = format!(
                "runs as user {user}, and without an `fsGroup` cannot write to its claim `{}`",
                mount.volume
            );
            findings.push(server.container.finding(&format!("/volumeMounts/{}/name", mount.index), title));
        }
    }
    findings
}
