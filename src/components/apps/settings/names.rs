//! How a pod looks up names, and whole Secrets and ConfigMaps that become its variables.

use schemars::JsonSchema;
use serde::Deserialize;

use super::belongings::Named;

/// How the pod looks up names.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Dns {
    /// Who is asked: the cluster's DNS server when left out.
    #[serde(default)]
    pub(in crate::components::apps) policy: Option<DnsPolicy>,
    /// IP addresses of servers that are asked as well, at most 3; with `policy: None` only these are.
    #[serde(default)]
    pub(in crate::components::apps) nameservers: Vec<String>,
    /// Domains that short names are looked up in, beside those of the cluster.
    #[serde(default)]
    pub(in crate::components::apps) searches: Vec<String>,
    /// Options as in resolv.conf, one per entry: `ndots:2`, `single-request-reopen`.
    #[serde(default)]
    pub(in crate::components::apps) options: Vec<String>,
}

/// Who is asked for names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::components::apps) enum DnsPolicy {
    /// The cluster's DNS server.
    ClusterFirst,
    /// The servers of the node, which do not know the names of Services.
    Default,
    /// Only what `nameservers` and `searches` say.
    None,
}

impl DnsPolicy {
    /// As the API calls it.
    pub(in crate::components::apps) fn word(self) -> &'static str {
        match self {
            Self::ClusterFirst => "ClusterFirst",
            Self::Default => "Default",
            Self::None => "None",
        }
    }
}

/// A Secret or a ConfigMap, all keys of which become variables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct EnvFrom {
    /// An existing Secret: `{name: …}`.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Secret"))]
    pub(in crate::components::apps) secret: Option<Named>,
    /// An existing ConfigMap: `{name: …}`.
    #[serde(default)]
    #[schemars(extend("x-exists" = "ConfigMap"))]
    pub(in crate::components::apps) config_map: Option<Named>,
    /// What is put before each key, such as `PAY_`.
    #[serde(default)]
    pub(in crate::components::apps) prefix: Option<String>,
}
