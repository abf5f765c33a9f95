//! ZooKeeper: an ensemble whose servers know each other by their pods' names. Offers the connect string.
//!
//! Servers are listed by FQDN: kubelet writes a pod's own into its /etc/hosts, and a server binds its election port to
//! what its own line resolves to. Source: zookeeper `QuorumCnxManager.Listener`.

mod external;

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::common::{Exposure, Spread, Storage};
use super::heap::Room;
use super::{Component, Instance, kafka, lines, quorum};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::{Endpoint, Heap, Peers, Version};
use crate::plan::draw::{self, Service, ServicePort};
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::text;
use crate::products::zookeeper::{self, CLIENT, ELECTION, QUORUM, SERVER_JVMFLAGS, ZK_SERVER_HEAP, key};
use crate::template;
use crate::tree::de::Scalar;

const STATEFUL_SET: Template = template!("zookeeper/statefulset.yaml.j2");
const CONFIG: Template = template!("zookeeper/zoo.properties.j2");

/// The administrator's guide keeps a quarter of the memory free: a server that swaps loses its sessions.
const HEAP: Room = Room { share: 75, least: 128, most: u64::MAX, outside: 256 };

/// Facts that kafka reads.
pub(super) const CONNECT: &str = "connect";
pub(super) const PERSISTENT: &str = "persistent";

/// What a server may be asked without a session; the probes ask the first two.
const WHITELIST: &str = key::FOUR_LETTER_COMMANDS_WHITELIST;
const PROBES: [&str; 2] = ["ruok", "srvr"];

const OWNED: &[lines::Owned] = &[
    (key::DATA_DIR, "it is the volume set by `storage`"),
    (key::DATA_LOG_DIR, "it is the volume set by `storage` or `logStorage`"),
    (text!(key::CLIENT_PORT, "*"), "the port is part of every server's line"),
    ("server.*", "the servers are the pods, `replicas` of them"),
    ("standaloneEnabled", "one server is standalone, several are an ensemble"),
    (
        key::RECONFIG_ENABLED,
        "the list of servers follows from `replicas`; a reconfiguration at run time would be lost at the next \
         start",
    ),
    (key::DYNAMIC_CONFIG_FILE, "the list of servers follows from `replicas`"),
    // Source: `QuorumPeerConfig.parseProperties` sets what it does not know as `zookeeper.<key>`.
    (
        "jute.maxbuffer",
        "servers and clients read it only as a Java system property: `env: {JVMFLAGS: -Djute.maxbuffer=…}`",
    ),
    ("zookeeper.*", "in zoo.cfg the same property has no `zookeeper.` prefix"),
];

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Zookeeper {
    /// The number of servers: 1, or an odd number, because they decide by majority.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 15>")]
    #[schemars(range(min = 1, max = 15))]
    replicas: u32,
    /// A claim for every server's snapshots and transaction log; without it, a replaced pod starts empty.
    #[serde(default)]
    storage: Option<Storage>,
    /// A separate claim for the transaction log: writes wait for this disk, so a dedicated one is faster.
    #[serde(default)]
    log_storage: Option<Storage>,
    /// The heap of a server; by default three quarters of the memory, less if that leaves too little.
    #[serde(default)]
    heap: Option<Heap>,
    /// How strictly to avoid the nodes of the kafka that uses it; `hard` needs as many nodes as both have pods.
    away_from_kafka: Spread,
    /// Additional lines of zoo.cfg, and overrides of the defaults.
    #[serde(default)]
    config: IndexMap<String, Scalar>,
    /// How it is exposed to clients.
    service: Exposure,
}

impl Component for Zookeeper {
    const WORD: &'static str = "zookeeper";
    const ABOUT: &'static str = "coordination: one server, or an ensemble that keeps its majority";
    const OFFERS: &'static str = "`connect`, `host`, `port`, `persistent`";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../templates/zookeeper/defaults.yaml");

    fn check(me: &Instance<Self>, _site: &Site) -> Diagnostics {
        let mut complaints = lines::complaints(&me.config, OWNED, &me.path.key("config"));
        complaints.extend(quorum::complaint(me.replicas, "server", &me.path.key("replicas")));
        complaints.extend(me.version_complaint());
        complaints.extend(me.whitelist_complaint());
        complaints.extend(me.blank_complaints());
        complaints.extend(me.env_complaints());
        complaints.extend(me.storage_complaints());
        complaints.keep(me.heap());
        complaints
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let service = site.service(&me.named(site, "cs"), CLIENT);
        let connect = me.pods(site, CLIENT).joined(",");
        Ok(me.told(connect, &service, me.storage.is_some()).endpoint(service))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let (name, headless, client) = (me.name(site), me.named(site, "hs"), me.named(site, "cs"));
        let role = me.role(
            site,
            offers,
            Ask {
                name: &name,
                product: "zookeeper",
                component: "coordination",
                resources: &me.common.resources,
                image: None,
            },
        )?;
        let role = me.away_from_kafka(role, site, offers);
        let config = me.named(site, "config");
        let context = me.context(site, offers)?;
        let port = || ServicePort::tcp("client", CLIENT);
        let peers = vec![port(), ServicePort::tcp("quorum", QUORUM), ServicePort::tcp("election", ELECTION)];
        let mut parts = vec![
            draw::config_map(&role, &config, &context).file(zookeeper::CONFIG, CONFIG),
            Service::headless(&headless, peers).part(&role, &me.path)?,
            Service::client(&client, vec![port()], &me.service).part(&role, &me.path.key("service"))?,
            Part::new(STATEFUL_SET, &role, context),
        ];
        parts.extend(draw::budget(&role, me.replicas));
        Ok(parts)
    }
}

impl Instance<Zookeeper> {
    /// What others are told, whoever made it.
    fn told(&self, connect: String, front: &Endpoint, persistent: bool) -> Offer {
        let offer = Offer::new(&self.key)
            .fact(CONNECT, connect.clone())
            .fact("host", front.host.clone())
            .fact("port", front.port)
            .fact(PERSISTENT, persistent)
            .env(&self.key.variable("CONNECT"), connect.clone());
        match self.key.name {
            None => offer.spring("spring.cloud.zookeeper.connect-string", connect),
            Some(_) => offer,
        }
    }

    /// What the templates place.
    fn context(&self, site: &Site, offers: &Offers) -> Result<Value, Diagnostics> {
        let claims = [("data", &self.storage), ("log", &self.log_storage)];
        let claim =
            |(name, storage): (&str, &Option<Storage>)| Some(draw::claim(site, name, storage.as_ref()?));
        Ok(json!({
            "headless": self.named(site, "hs"),
            "config": self.named(site, "config"),
            "replicas": self.replicas,
            "ports": { "client": CLIENT, "quorum": QUORUM, "election": ELECTION },
            "flags": self.flags()?,
            // Not `echo`: the server reads four bytes and closes, and with a line break unread the answer is lost now and then.
            "alive": format!("printf ruok | nc -w 2 127.0.0.1 {CLIENT} | grep -q imok"),
            "serving": format!("printf srvr | nc -w 2 127.0.0.1 {CLIENT} | grep -q '^Mode:'"),
            "persistent": self.storage.is_some(),
            "logVolume": if self.log_storage.is_some() { "log" } else { "data" },
            "claims": claims.into_iter().filter_map(claim).collect::<Vec<_>>(),
            "settings": lines::resolved(&self.config, offers, &self.path.key("config"))?,
            "servers": self.servers(site),
        }))
    }

    fn pods(&self, site: &Site, port: u16) -> Peers {
        site.pods(&self.name(site), &self.named(site, "hs"), self.replicas, port)
    }

    /// `server.N` lines by N, which is the ordinal plus one: ids begin at 1. Without the part behind `;` a server takes
    /// part in the ensemble and opens no port to clients.
    fn servers(&self, site: &Site) -> IndexMap<usize, String> {
        let line = |peer: String| format!("{peer}:{ELECTION};{CLIENT}");
        let peers = self.pods(site, QUORUM).0;
        peers.iter().enumerate().map(|(ordinal, peer)| (ordinal + 1, line(peer.to_string()))).collect()
    }

    fn heap(&self) -> Result<u64, Diagnostic> {
        let memory = self.path.keys(&["resources", "memory"]);
        HEAP.heap(&self.common.resources, &memory, self.heap.as_deref(), &self.path.key("heap"))
    }

    /// The server tries to bind its election port until its name resolves, as ZooKeeper's guide asks for on Kubernetes;
    /// by itself it gives up after three seconds. A JVM keeps an address for 30 s, and so long a replaced pod would not be found.
    fn flags(&self) -> Result<String, Diagnostic> {
        let heap = self.heap()?;
        Ok(format!(
            "-Xms{heap}m -Xmx{heap}m -XX:+ExitOnOutOfMemoryError -Dzookeeper.electionPortBindRetry=0 \
             -Dsun.net.inetaddr.ttl=5"
        ))
    }

    /// A node that goes must not take a broker and the server it depends on with it, nor do they share a disk well.
    fn away_from_kafka(&self, role: Arc<Role>, site: &Site, offers: &Offers) -> Arc<Role> {
        if self.common.affinity.is_some() {
            return role;
        }
        kafka::users_of(&self.key, site, offers)
            .fold(role, |role, brokers| role.avoiding(&brokers, self.away_from_kafka))
    }

    /// The server lines with a client port, the whitelist and the image's entry point are those of 3.5 and later.
    fn version_complaint(&self) -> Option<Diagnostic> {
        let version = &self.common.version;
        let known = Version::parse(version).is_some_and(|version| version.at_least(&[3, 5]));
        (!known).then(|| {
            Diagnostic::error("zookeeper-version", format!("ZooKeeper `{version}` is not supported"))
                .at(self.path.key("version"))
                .because(format!(
                    "the version determines the syntax of {}, and stackgen uses that of 3.5 and later",
                    zookeeper::CONFIG
                ))
                .help("use a number such as `3.9.4`; it is required also with an image tag of your own")
        })
    }

    /// Source: `QuorumPeerConfig.parseProperties` trims every value.
    fn blank_complaints(&self) -> Diagnostics {
        let path = self.path.key("config");
        let lost = self.config.iter().filter(|(_, value)| value.trim() != &***value);
        let complaint = |key: &String| {
            Diagnostic::error("config-value", format!("the value of `{key}` has leading or trailing spaces"))
                .at(path.key(key))
                .because("the server drops them")
        };
        lost.map(|(key, _)| complaint(key)).collect()
    }

    fn whitelist_complaint(&self) -> Option<Diagnostic> {
        let list = self.config.get(WHITELIST).map(ToString::to_string).unwrap_or_default();
        let allowed: Vec<&str> = list.split(',').map(str::trim).collect();
        let missing = PROBES.iter().find(|word| !allowed.contains(word) && !allowed.contains(&"*"))?;
        Some(
            Diagnostic::error("probe-command", format!("the probes use `{missing}`, which is not allowed"))
                .at(self.path.keys(&["config", WHITELIST]))
                .because(
                    "a server does not answer a command that is not in its whitelist: it would be restarted \
                          again and again",
                )
                .help(format!("set `{WHITELIST}: {}`", PROBES.join(", "))),
        )
    }

    /// The entry point of the image makes a zoo.cfg of `ZOO_…` where there is none. Here is one.
    fn env_complaints(&self) -> Diagnostics {
        let ignored = |name: &&String| {
            (name.starts_with("ZOO_") && !["ZOO_LOG4J_PROP", "ZOO_LOG_DIR"].contains(&name.as_str()))
                || [ZK_SERVER_HEAP, SERVER_JVMFLAGS].contains(&name.as_str())
        };
        let complaint = |name: &String| {
            Diagnostic::error("owned-variable", format!("`{name}` cannot be set here"))
                .at(self.path.key("env").key(name))
                .because(format!(
                    "{}, the server's id and its heap are derived from the stack",
                    zookeeper::CONFIG
                ))
                .help(format!(
                    "put {} lines in `config`, the heap in `heap`, and other flags in `JVMFLAGS`",
                    zookeeper::CONFIG
                ))
        };
        self.common.env.keys().filter(ignored).map(complaint).collect()
    }

    fn storage_complaints(&self) -> Diagnostics {
        let mut complaints = Diagnostics::new();
        if self.storage.is_none() && self.log_storage.is_some() {
            complaints.push(
                Diagnostic::error("log-without-data", "`logStorage` without `storage`")
                    .at(self.path.key("logStorage"))
                    .because("a transaction log without snapshots and the server's id cannot be restored")
                    .help("add `storage: {size: 5Gi}`"),
            );
        }
        complaints
    }
}
