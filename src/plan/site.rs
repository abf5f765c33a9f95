//! Where the stack will live, and the only maker of names, addresses and labels.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::components::Key;
use crate::diagnostic::Path;
use crate::k8s::{Endpoint, Image, Labels, Mirrors, Peers, Version};
use crate::source::SourceId;
use crate::tree::node::Node;
use crate::world::World;

/// The target cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// The Kubernetes minor the output is for: "1.25" to "1.37".
    pub kubernetes: String,
    /// The cluster's DNS domain.
    pub domain: String,
    /// The StorageClass of every claim without one; the cluster's default when left out.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// The IngressClass of every Ingress without one.
    #[serde(default)]
    pub ingress_class: Option<String>,
    /// The Gateway of every HTTPRoute without one; with it, web pages get an HTTPRoute instead of an Ingress.
    #[serde(default)]
    pub gateway: Option<Gateway>,
    /// The mirror that images are pulled through: `harbor.cloud.io` or `harbor.cloud.io/proxy`. Images that come from
    /// its host already stay as they are.
    #[serde(default)]
    pub registry: Option<String>,
    /// Mirrors of single registries, or of folders in them: `{quay.io: harbor.cloud.io/quay}`. One that is its own
    /// mirror, `{ghcr.io/shop: ghcr.io/shop}`, is pulled directly. `registry` serves all others.
    #[serde(default)]
    pub registries: BTreeMap<String, String>,
    /// Who applies the output. A Job that has done its work is removed after a day; Argo CD and Flux would make it
    /// again, so there it stays until another one replaces it.
    pub applied_by: AppliedBy,
    /// Image pull secrets (kubernetes.io/dockerconfigjson) of every pod.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Secret"))]
    pub pull_secrets: Vec<String>,
    /// Render the Namespace object as well; false if CI must not create namespaces.
    pub create_namespace: bool,
}

/// Who brings the output into the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AppliedBy {
    /// Somebody, or a pipeline, with `kubectl apply`.
    Kubectl,
    /// Argo CD, which keeps what is in a repository and prunes what is not.
    ArgoCd,
    /// Flux, likewise.
    Flux,
}

impl Cluster {
    /// An image as the cluster pulls it.
    pub fn pulled(&self, image: Image) -> Image {
        let named = self.registries.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        Mirrors { all: self.registry.as_deref(), named }.of(image)
    }
}

/// A Gateway API Gateway.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// Its name.
    pub name: String,
    /// Its namespace, if it is not the stack's.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The listener, if it has several.
    #[serde(default)]
    pub section_name: Option<String>,
}

/// The policy of a profile.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Whether secrets may be in the stack file as plain text.
    pub plain_secrets: bool,
    /// Whether warnings about what loses data, stops everything or lets strangers in are errors; `stackgen rules` marks
    /// these rules.
    #[serde(default)]
    pub strict: bool,
    /// Codes whose warnings are errors here besides; `stackgen rules` lists them all.
    #[serde(default)]
    pub raise: Vec<String>,
}

/// The stack's own name and place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The stack's name: part of every `app.kubernetes.io/instance` label.
    pub name: String,
    /// The namespace of all objects.
    #[serde(default)]
    pub namespace: Option<String>,
    /// A prefix for every object name, for two stacks in one namespace.
    #[serde(default)]
    pub name_prefix: Option<String>,
    /// Labels for every object.
    #[serde(default)]
    pub labels: indexmap::IndexMap<String, crate::tree::de::Scalar>,
    /// Annotations for every object.
    #[serde(default)]
    pub annotations: indexmap::IndexMap<String, crate::tree::de::Scalar>,
}

/// Where everything will live.
#[derive(Clone)]
pub struct Site {
    /// The stack's name.
    pub stack: String,
    /// The namespace.
    pub namespace: String,
    /// Before every object name.
    pub prefix: String,
    /// Labels and annotations for every object.
    pub metadata: Metadata,
    /// The target cluster.
    pub cluster: Cluster,
    /// The target's minor, as numbers.
    pub kubernetes: Version,
    /// What the profile allows.
    pub policy: Policy,
    /// Variables and files that the stack names.
    pub world: Arc<dyn World>,
    /// The merged stack, which knows who names them.
    pub tree: Arc<Node>,
    /// Those of imported stacks, by the name of the import.
    pub imported: Arc<BTreeMap<String, Arc<Node>>>,
    /// Its files.
    pub files: Arc<BTreeMap<SourceId, String>>,
}

impl Site {
    /// The text of a file that is named at a path; the error is a phrase for people.
    pub fn file(&self, file: &str, path: &Path) -> Result<String, String> {
        let beside = self.files.get(&self.tree.place_of(path).source).map(String::as_str);
        self.world.file(file, beside).map(|named| named.text)
    }

    /// The same for a component that lives in a namespace of its own.
    pub fn of(&self, namespace: Option<&str>) -> Cow<'_, Self> {
        match namespace {
            Some(namespace) if namespace != self.namespace => {
                Cow::Owned(Self { namespace: namespace.to_owned(), ..self.clone() })
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// What a component is set to, of this stack or an imported one; defaults are in it.
    pub fn settings_of(&self, key: &Key) -> Option<&Node> {
        let tree = match &key.import {
            None => &self.tree,
            Some(import) => self.imported.get(import)?,
        };
        let own = Key { import: None, ..key.clone() };
        tree.as_map()?.get(&own.to_string()).map(|entry| &entry.value)
    }

    /// An object's name: `redis`, `redis-session`, `im-redis` with a prefix.
    pub fn name(&self, base: &str) -> String {
        format!("{}{base}", self.prefix)
    }

    /// `redis.production.svc.cluster.local`: a Service as every pod of the cluster can call it.
    pub fn host(&self, service: &str) -> String {
        format!("{service}.{}.svc.{}", self.namespace, self.cluster.domain)
    }

    /// A Service's endpoint.
    pub fn service(&self, service: &str, port: u16) -> Endpoint {
        Endpoint::new(self.host(service), port)
    }

    /// The pods of a StatefulSet behind its headless Service, in the order of their ordinals.
    pub fn pods(&self, set: &str, headless: &str, replicas: u32, port: u16) -> Peers {
        Peers((0..replicas).map(|ordinal| self.pod(set, headless, ordinal, port)).collect())
    }

    /// One pod of a StatefulSet.
    pub fn pod(&self, set: &str, headless: &str, ordinal: u32, port: u16) -> Endpoint {
        Endpoint::new(format!("{set}-{ordinal}.{}", self.host(headless)), port)
    }

    /// What tells this stack's `object` from others of the same product: `im-redis-session`.
    pub fn instance(&self, object: &str) -> String {
        format!("{}-{object}", self.stack)
    }

    /// The selector of the pods called `object`.
    pub fn selector(&self, product: &str, object: &str) -> Labels {
        Labels::selector(product, &self.instance(object))
    }
}
