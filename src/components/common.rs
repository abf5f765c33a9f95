//! Settings that every component has, and the small settings that several of them share.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::secret::SecretName;
use crate::k8s::{Cpu, Disk, Memory};
use crate::tree::de::{Scalar, ScalarOr};

/// Settings that all components have.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Common {
    /// The image's repository; with a tag or digest of its own, that is used instead of `version`.
    pub image: String,
    /// The product's version. Determines ports, probes and syntax, and is the image's tag.
    pub version: String,
    /// When to pull the image; Kubernetes' default when left out.
    #[serde(default)]
    pub image_pull_policy: Option<PullPolicy>,
    /// CPU and memory.
    pub resources: Resources,
    /// Environment variables for the main container; they override those that stackgen sets.
    #[serde(default)]
    pub env: IndexMap<String, EnvValue>,
    /// Labels for the objects and pods.
    #[serde(default)]
    pub labels: IndexMap<String, Scalar>,
    /// Annotations for the objects.
    #[serde(default)]
    pub annotations: IndexMap<String, Scalar>,
    /// Annotations for the pods.
    #[serde(default)]
    pub pod_annotations: IndexMap<String, Scalar>,
    /// The namespace of all its objects, if it is not the stack's. Others reach it by names that say so, and passwords that
    /// are rendered for it are rendered there as well where they are needed.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Node labels that the pods require.
    #[serde(default)]
    pub node_selector: IndexMap<String, Scalar>,
    /// Taints that the pods tolerate, as in a pod spec.
    #[serde(default)]
    pub tolerations: Vec<Value>,
    /// Affinity as in a pod spec; replaces what `spread` generates.
    #[serde(default)]
    pub affinity: Option<Value>,
    /// How strictly to keep pods of the same kind on different nodes.
    pub spread: Spread,
    /// Creates a PodDisruptionBudget if there is more than one pod.
    pub pdb: bool,
    /// The PriorityClass of the pods.
    #[serde(default)]
    pub priority_class: Option<String>,
    /// The pods' security context as in a pod spec; replaces the default one.
    #[serde(default)]
    pub security_context: Option<Value>,
}

/// The keys of `Common`: a component's other keys are its own. A unit test keeps the list true.
pub const COMMON_KEYS: &[&str] = &[
    "affinity",
    "annotations",
    "env",
    "image",
    "imagePullPolicy",
    "labels",
    "namespace",
    "nodeSelector",
    "pdb",
    "podAnnotations",
    "priorityClass",
    "resources",
    "securityContext",
    "spread",
    "tolerations",
    "version",
];

/// When the kubelet pulls an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PullPolicy {
    /// At every start.
    Always,
    /// If the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

/// CPU and memory of one container. Memory is both request and limit: a JVM or a database does not return it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resources {
    /// CPU request.
    pub cpu: Cpu,
    /// Memory request and limit; heaps and buffers are derived from it.
    pub memory: Memory,
    /// CPU limit; none when left out, because throttling does more harm than good.
    #[serde(default)]
    pub cpu_limit: Option<Cpu>,
}

impl Resources {
    /// As a container spec has it.
    pub fn to_value(&self) -> Value {
        let mut limits = serde_json::Map::new();
        if let Some(cpu) = &self.cpu_limit {
            limits.insert("cpu".to_owned(), cpu.to_string().into());
        }
        limits.insert("memory".to_owned(), self.memory.to_string().into());
        serde_json::json!({
            "requests": { "cpu": self.cpu.to_string(), "memory": self.memory.to_string() },
            "limits": limits,
        })
    }
}

/// A volume claim of every pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Storage {
    /// The size.
    pub size: Disk,
    /// The StorageClass; `cluster.storageClass` when left out.
    #[serde(default)]
    pub class: Option<String>,
}

/// How strictly to keep pods of the same kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Spread {
    /// Not at all.
    Off,
    /// Preferred, if possible.
    Soft,
    /// Two pods never share a node; with fewer nodes than pods some stay Pending.
    Hard,
}

/// The value of an environment variable: text, in which `${{ … }}` is replaced, or where it comes from.
pub type EnvValue = ScalarOr<EnvSource>;

/// Where the value of an environment variable comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EnvSource {
    /// A key of an existing Secret: `{secret: {name: tls, key: password}}`.
    Secret(SecretName),
    /// An environment variable of the run; stored in a Secret: `{env: NAME}`.
    Env(String),
    /// A file read at render time; stored in a Secret: `{file: path}`.
    File(String),
    /// A key of an existing ConfigMap: `{configMap: {name: settings, key: region}}`.
    ConfigMap(ConfigMapKey),
    /// A field of the pod: `{field: status.hostIP}`.
    Field(String),
}

/// A key of an existing ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMapKey {
    /// Its name.
    #[schemars(extend("x-exists" = "ConfigMap"))]
    pub name: String,
    /// The key in it.
    pub key: String,
}

/// How a Service is exposed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exposure {
    /// ClusterIP, NodePort or LoadBalancer.
    #[serde(default, rename = "type")]
    pub kind: ServiceType,
    /// Node ports by port name.
    #[serde(default)]
    pub node_ports: IndexMap<String, u16>,
    /// Annotations, such as those that configure a load balancer.
    #[serde(default)]
    pub annotations: IndexMap<String, Scalar>,
    /// CIDRs that can connect to a load balancer.
    #[serde(default)]
    pub source_ranges: Vec<String>,
    /// `Cluster` or `Local`, for node ports and load balancers.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
}

/// A Service's type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ServiceType {
    /// Inside the cluster.
    #[default]
    ClusterIP,
    /// A port of every node.
    NodePort,
    /// A load balancer of the cloud.
    LoadBalancer,
}

/// `externalTrafficPolicy` of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TrafficPolicy {
    /// Any node forwards to any pod.
    Cluster,
    /// Only nodes with a pod answer; the client's address is preserved.
    Local,
}

/// A web page: an Ingress, or an HTTPRoute where a Gateway is set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ingress {
    /// The host name.
    #[schemars(extend("x-exists" = "Host"))]
    pub host: String,
    /// The path, a prefix.
    #[serde(default = "root_path")]
    pub path: String,
    /// The IngressClass; `cluster.ingressClass` when left out.
    #[serde(default)]
    pub class: Option<String>,
    /// The Gateway; `cluster.gateway` when left out.
    #[serde(default)]
    pub gateway: Option<crate::plan::site::Gateway>,
    /// The Secret with the certificate; plain HTTP when left out. A Gateway terminates TLS itself.
    #[serde(default, deserialize_with = "crate::components::names::not_empty")]
    #[schemars(extend("x-exists" = "Secret"))]
    pub tls_secret: Option<String>,
    /// Annotations for the Ingress or the HTTPRoute.
    #[serde(default)]
    pub annotations: IndexMap<String, Scalar>,
}

fn root_path() -> String {
    "/".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_keys_are_those_of_the_type() {
        let schema = schemars::schema_for!(Common).to_value();
        let mut keys: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, COMMON_KEYS);
    }
}
