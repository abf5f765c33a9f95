//! What an app has: ports, a database, files, folders.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::k8s::Folder;
use crate::tree::de::Scalar;

/// An additional port.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Port {
    /// Its number.
    pub(in crate::components::apps) port: u16,
    /// TCP or UDP.
    #[serde(default)]
    pub(in crate::components::apps) protocol: Protocol,
    /// Its number in the Service, where that is another one.
    #[serde(default)]
    pub(in crate::components::apps) service_port: Option<u16>,
    /// What is spoken on it, for meshes, gateways and load balancers: `grpc`, `http`, `kubernetes.io/h2c`.
    #[serde(default)]
    pub(in crate::components::apps) app_protocol: Option<String>,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::components::apps) enum Protocol {
    /// TCP.
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
}

/// A database on a mysql of this stack.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Database {
    /// Which one: `mysql`, `mysql/orders`.
    pub(in crate::components::apps) mysql: String,
    /// The database.
    pub(in crate::components::apps) name: String,
    /// Parameters of the JDBC URL.
    #[serde(default)]
    pub(in crate::components::apps) parameters: IndexMap<String, Scalar>,
}

/// A file's content.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct FileSource {
    /// A file read at render time, relative to the stack file.
    #[serde(default)]
    pub(in crate::components::apps) file: Option<String>,
    /// The text itself.
    #[serde(default)]
    pub(in crate::components::apps) text: Option<String>,
    /// Adds only this file to the image's directory (subPath); otherwise the volume hides the rest of the directory.
    #[serde(default)]
    pub(in crate::components::apps) sub_path: bool,
}

/// An additional volume: its mount path and one source.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Volume {
    /// The mount path.
    pub(in crate::components::apps) path: String,
    /// Mount it read-only.
    #[serde(default)]
    pub(in crate::components::apps) read_only: bool,
    /// An existing PersistentVolumeClaim.
    #[serde(default)]
    #[schemars(extend("x-exists" = "PersistentVolumeClaim"))]
    pub(in crate::components::apps) claim: Option<String>,
    /// An existing Secret: `{name: …}`.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Secret"))]
    pub(in crate::components::apps) secret: Option<Named>,
    /// An existing ConfigMap: `{name: …}`.
    #[serde(default)]
    #[schemars(extend("x-exists" = "ConfigMap"))]
    pub(in crate::components::apps) config_map: Option<Named>,
    /// A directory that exists as long as the pod, up to this size.
    #[serde(default)]
    pub(in crate::components::apps) empty_dir: Option<Folder>,
    /// A directory of the node.
    #[serde(default)]
    pub(in crate::components::apps) host_path: Option<String>,
}

/// An object by name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::components::apps) struct Named {
    /// Its name.
    pub(in crate::components::apps) name: String,
}

/// A directory for log files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Logs {
    /// Where the app writes them.
    pub(in crate::components::apps) path: String,
    /// A directory of the node for log collectors; every stack, app and pod gets a subdirectory. It is never cleaned
    /// up.
    #[serde(default)]
    pub(in crate::components::apps) host_path: Option<String>,
    /// The size limit per pod, without `hostPath`.
    #[serde(default)]
    pub(in crate::components::apps) size_limit: Option<Folder>,
}
