//! What an app has: ports, a database, files, folders.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::k8s::Folder;
use crate::tree::de::Scalar;

/// A further port.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Port {
    /// Its number.
    pub(in crate::components::apps) port: u16,
    /// TCP or UDP.
    #[serde(default)]
    pub(in crate::components::apps) protocol: Protocol,
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
    /// Only this file is laid into the image's folder; otherwise the folder holds nothing else.
    #[serde(default)]
    pub(in crate::components::apps) sub_path: bool,
}

/// A further volume: where it is mounted, and one source.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Volume {
    /// Where it is mounted.
    pub(in crate::components::apps) path: String,
    /// The app only reads it.
    #[serde(default)]
    pub(in crate::components::apps) read_only: bool,
    /// An existing PersistentVolumeClaim.
    #[serde(default)]
    pub(in crate::components::apps) claim: Option<String>,
    /// An existing Secret: `{name: …}`.
    #[serde(default)]
    pub(in crate::components::apps) secret: Option<Named>,
    /// An existing ConfigMap: `{name: …}`.
    #[serde(default)]
    pub(in crate::components::apps) config_map: Option<Named>,
    /// A folder that lives as long as the pod, up to this size.
    #[serde(default)]
    pub(in crate::components::apps) empty_dir: Option<Folder>,
    /// A folder of the node.
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

/// A folder for log files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Logs {
    /// Where the app writes them.
    pub(in crate::components::apps) path: String,
    /// A folder of the node for node agents to collect; below it every stack, app and pod has its own. Nobody cleans up.
    #[serde(default)]
    pub(in crate::components::apps) host_path: Option<String>,
    /// How much the pod may keep, without `hostPath`.
    #[serde(default)]
    pub(in crate::components::apps) size_limit: Option<Folder>,
}
