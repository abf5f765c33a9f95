//! What you may write.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::by_name::ByName;
use super::super::common::{Exposure, Ingress, Resources, Storage};
use super::super::secret::SecretSource;
use super::access::AccessControl;
use super::topics::Topic;
use crate::k8s::Heap;
use crate::plan::site::Gateway;
use crate::tree::de::Scalar;

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct RocketMq {
    /// Broker groups, at most 26, named by letters: each has one master, accepts writes, and holds a part of every
    /// topic. A change that restarts brokers restarts them one after the other: each waits for those before it.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 26>")]
    #[schemars(range(min = 1, max = 26))]
    pub(super) groups: u32,
    /// Slaves of every group, at most 8, because a master sends every message to each: readable copies that never
    /// take over writes.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 8>")]
    #[schemars(range(max = 8))]
    pub(super) replicas: u32,
    /// Whether a sender waits until slaves have its message.
    pub(super) replication: Replication,
    /// For `sync` on 5.x: how many members of a group, including the master, must have a message; a majority when
    /// left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 9>")]
    #[schemars(range(max = 9))]
    pub(super) in_sync_replicas: Option<u32>,
    /// For 5.x: whether a slave acts for its master while that is away: consumers keep their offsets, delayed messages
    /// are delivered. It takes no messages.
    pub(super) slave_acting_master: bool,
    /// Whether a sender waits until the message is on disk.
    pub(super) flush_disk_type: FlushDisk,
    /// Creates a topic automatically with the first message.
    pub(super) auto_create_topic_enable: bool,
    /// The cluster name for brokers, proxy and admin tools.
    pub(super) broker_cluster_name: String,
    /// The heap of a broker; half of `resources.memory` when left out.
    #[serde(default)]
    pub(super) heap: Option<Heap>,
    /// Additional JVM options of the brokers.
    #[serde(default)]
    pub(super) java_opt_ext: Vec<Scalar>,
    /// A claim for every broker; without it, a restart loses the messages.
    #[serde(default)]
    pub(super) storage: Option<Storage>,
    /// Accounts. Without them, whoever reaches a broker may do everything.
    #[serde(default)]
    pub(super) access_control: Option<AccessControl>,
    /// Topics by name. A Job makes those that are missing, at every group, and lets others grow; it deletes nothing, and a
    /// topic that is removed here stays. With `external` they must exist.
    #[serde(default)]
    pub(super) topics: ByName<Topic>,
    /// Additional keys of broker.conf, for all brokers.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
    /// The number of NameServers.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 9>")]
    #[schemars(range(min = 1, max = 9))]
    pub(super) name_servers: u32,
    /// CPU and memory of a NameServer.
    pub(super) name_server_resources: Resources,
    /// The web dashboard.
    pub(super) dashboard: Dashboard,
    /// The gRPC proxy of 5.x: for 5.x SDKs, and for clients outside the cluster.
    pub(super) proxy: Proxy,
}

/// What a sender waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Replication {
    /// The master alone: a message that only the master has is lost with it.
    Async,
    /// Slaves too: with too few of them a send fails after three seconds with FLUSH_SLAVE_TIMEOUT instead of SEND_OK.
    Sync,
}

/// `flushDiskType` of a broker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum FlushDisk {
    /// The page cache is enough.
    AsyncFlush,
    /// On disk before the message is acknowledged.
    SyncFlush,
}

/// The dashboard.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Dashboard {
    /// Whether to deploy it; when left out, it is deployed if it has a `host`.
    #[serde(default)]
    enabled: Option<bool>,
    /// The host name of the page: creates an Ingress, or an HTTPRoute where a Gateway is set.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Host"))]
    pub(super) host: Option<String>,
    /// The IngressClass; `cluster.ingressClass` when left out.
    #[serde(default)]
    pub(super) class: Option<String>,
    /// The Gateway; `cluster.gateway` when left out.
    #[serde(default)]
    pub(super) gateway: Option<Gateway>,
    /// The Secret with the certificate; plain HTTP when left out.
    #[serde(default, deserialize_with = "crate::components::names::not_empty")]
    #[schemars(extend("x-exists" = "Secret"))]
    pub(super) tls_secret: Option<String>,
    /// Annotations for the Ingress or the HTTPRoute.
    #[serde(default)]
    pub(super) annotations: IndexMap<String, Scalar>,
    /// The users that can log in, by name; without any, there is no login.
    #[serde(default)]
    pub(super) login: IndexMap<String, User>,
    /// Its image's repository.
    pub(super) image: String,
    /// Its version.
    pub(super) version: String,
    /// Its CPU and memory.
    pub(super) resources: Resources,
    /// How its port is exposed.
    pub(super) service: Exposure,
}

impl Dashboard {
    /// Is there one?
    pub(super) fn drawn(&self) -> bool {
        self.enabled.unwrap_or(self.host.is_some())
    }

    /// Its page, when it has a host.
    pub(super) fn page(&self) -> Option<Ingress> {
        Some(Ingress {
            host: self.host.clone()?,
            path: "/".to_owned(),
            class: self.class.clone(),
            gateway: self.gateway.clone(),
            tls_secret: self.tls_secret.clone(),
            annotations: self.annotations.clone(),
        })
    }
}

/// A user of the dashboard.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct User {
    /// The password: printable ASCII without a comma.
    pub(super) password: SecretSource,
    /// The permissions of the user.
    #[serde(default)]
    pub(super) role: UserRole,
}

/// The permissions of a dashboard user.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum UserRole {
    /// Everything.
    #[default]
    Admin,
    /// Read-only.
    Normal,
}

/// The proxy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Proxy {
    /// The number of proxies; 0 deploys none.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 100>")]
    #[schemars(range(max = 100))]
    pub(super) replicas: u32,
    /// CPU and memory of one.
    pub(super) resources: Resources,
    /// How it is exposed to clients.
    pub(super) service: Exposure,
}
