//! What you may write.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::common::{Exposure, Ingress, Resources, Storage};
use super::super::secret::SecretSource;
use crate::k8s::Heap;
use crate::plan::site::Gateway;
use crate::tree::de::Scalar;

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct RocketMq {
    /// Broker groups, 26 at most, for they are called by letters: each has one master, takes writes of its own, and holds a part of every topic.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 26>")]
    #[schemars(range(min = 1, max = 26))]
    pub(super) groups: u32,
    /// Slaves of every group, 8 at most, for a master sends every message to each: copies that can be read, but never take over writes.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 8>")]
    #[schemars(range(max = 8))]
    pub(super) replicas: u32,
    /// Does a sender wait until slaves have its message?
    pub(super) replication: Replication,
    /// For `sync` on 5.x: members of a group, the master among them, that must have a message; a majority when left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 9>")]
    #[schemars(range(max = 9))]
    pub(super) in_sync_replicas: Option<u32>,
    /// Does a sender wait until the message is on the disk?
    pub(super) flush_disk_type: FlushDisk,
    /// A topic comes into being when somebody sends to it.
    pub(super) auto_create_topic_enable: bool,
    /// The name that brokers, proxy and admin tools call the cluster by.
    pub(super) broker_cluster_name: String,
    /// The heap of a broker; half of `resources.memory` when left out.
    #[serde(default)]
    pub(super) heap: Option<Heap>,
    /// Further JVM options of the brokers.
    #[serde(default)]
    pub(super) java_opt_ext: Vec<Scalar>,
    /// A claim for every broker; without it, a restart loses the messages.
    #[serde(default)]
    pub(super) storage: Option<Storage>,
    /// Further keys of broker.conf, for all brokers.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
    /// How many NameServers.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 9>")]
    #[schemars(range(min = 1, max = 9))]
    pub(super) name_servers: u32,
    /// CPU and memory of a NameServer.
    pub(super) name_server_resources: Resources,
    /// The web page for people.
    pub(super) dashboard: Dashboard,
    /// The gRPC entrance of 5.x: for SDKs of that generation, and for clients outside of the cluster.
    pub(super) proxy: Proxy,
}

/// Whom a sender waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Replication {
    /// The master alone: a message that only the master has is lost with it.
    Async,
    /// Slaves too: with too few of them a send ends after three seconds with FLUSH_SLAVE_TIMEOUT instead of SEND_OK.
    Sync,
}

/// `flushDiskType` of a broker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum FlushDisk {
    /// The page cache is enough.
    AsyncFlush,
    /// On disk before the sender hears of it.
    SyncFlush,
}

/// The dashboard.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Dashboard {
    /// Draw it; when left out, it is drawn when it has a `host`.
    #[serde(default)]
    enabled: Option<bool>,
    /// The host name that people open: makes an Ingress, or an HTTPRoute where a Gateway is named.
    #[serde(default)]
    pub(super) host: Option<String>,
    /// The IngressClass; `cluster.ingressClass` when left out.
    #[serde(default)]
    pub(super) class: Option<String>,
    /// The Gateway; `cluster.gateway` when left out.
    #[serde(default)]
    pub(super) gateway: Option<Gateway>,
    /// The Secret with the certificate; plain HTTP when left out.
    #[serde(default)]
    pub(super) tls_secret: Option<String>,
    /// Annotations for the Ingress or the HTTPRoute.
    #[serde(default)]
    pub(super) annotations: IndexMap<String, Scalar>,
    /// Who may come in, by user name; everybody may when there is nobody.
    #[serde(default)]
    pub(super) login: IndexMap<String, User>,
    /// Its image's repository.
    pub(super) image: String,
    /// Its version.
    pub(super) version: String,
    /// Its CPU and memory.
    pub(super) resources: Resources,
    /// How its port is reached.
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
    /// What the user may do.
    #[serde(default)]
    pub(super) role: UserRole,
}

/// What a user of the dashboard may do.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum UserRole {
    /// Everything.
    #[default]
    Admin,
    /// Look.
    Normal,
}

/// The proxy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Proxy {
    /// How many; none is drawn with 0.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 100>")]
    #[schemars(range(max = 100))]
    pub(super) replicas: u32,
    /// CPU and memory of one.
    pub(super) resources: Resources,
    /// How clients reach it.
    pub(super) service: Exposure,
}
