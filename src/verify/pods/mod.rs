//! What pods see: their containers with the variables, files, command lines and products in them, resolved through the
//! ConfigMaps and Secrets of the set. Rules ask here, so that `env`, `envFrom` and a mounted file are one thing to them.
//!
//! Workloads in, `Pod`s out. Never complains, and never guesses: what cannot be known is `Text::Unknown`.

mod container;
mod env;
mod files;
pub(in crate::verify) mod options;
mod product;
pub(in crate::verify) mod spring;
mod storage;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Finding, Set};
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::parallel;
pub use container::{Container, Port, Probe};
pub use env::{Env, Var};
pub use files::File;
pub(in crate::verify) use files::entries;
pub use product::Product;
pub use storage::{Behind, Mount};

/// A text that a container gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// It stands in the manifests for everybody to read.
    Plain(Cow<'a, str>),
    /// It comes from a Secret of the set: judge it, never print it.
    Secret(Cow<'a, str>),
    /// Only the cluster knows: a field of the pod, an object that exists elsewhere.
    Unknown,
}

impl Text<'_> {
    /// The text, wherever it comes from, when it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Plain(text) | Self::Secret(text) => Some(text),
            Self::Unknown => None,
        }
    }

    /// The text, when anybody may see it.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Secret(_) | Self::Unknown => None,
        }
    }
}

/// The pods of one workload.
#[derive(Debug)]
pub struct Pod<'a> {
    /// Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, or a bare Pod.
    pub workload: &'a Object,
    /// Where it lives.
    pub namespace: &'a str,
    /// The pod's spec.
    pub spec: &'a Map<String, Value>,
    /// Init containers first, in their order.
    pub containers: Vec<Container<'a>>,
}

impl<'a> Pod<'a> {
    fn new(workload: &'a Object, set: &Set<'a>) -> Option<Self> {
        let spec = workload.pod_spec()?;
        let namespace = set.namespace_of(workload);
        Some(Self { workload, namespace, spec, containers: container::all(workload, spec, set) })
    }

    /// The containers that run as long as the pod does.
    pub fn mains(&self) -> impl Iterator<Item = &Container<'a>> {
        self.containers.iter().filter(|container| !container.init)
    }

    /// The first container of that product.
    pub fn running(&self, product: Product) -> Option<&Container<'a>> {
        self.mains().find(|container| container.product == product)
    }

    /// The volume of that name in the pod's spec, and its position.
    pub fn volume(&self, name: &str) -> Option<(usize, &'a Value)> {
        let volumes = self.spec.get("volumes")?.as_array()?.iter().enumerate();
        volumes.into_iter().find(|(_, volume)| volume.get("name").and_then(Value::as_str) == Some(name))
    }

    /// Does something run before the others that mounts the volume, and may do anything with it?
    pub fn is_prepared(&self, volume: &str) -> bool {
        let before = self.containers.iter().filter(|container| container.init);
        before.flat_map(Container::mounts).any(|mount| mount.volume == volume)
    }

    /// Do they live in the network of their node?
    pub fn is_on_host(&self) -> bool {
        self.spec.get("hostNetwork") == Some(&Value::Bool(true))
    }

    /// How many of them there are: `spec.replicas`, 1 when left out, the autoscaler's minimum where there is one.
    /// `None` for a DaemonSet and for what runs to its end.
    pub fn replicas(&self, set: &Set<'a>) -> Option<u64> {
        if !matches!(self.workload.kind(), "Deployment" | "ReplicaSet" | "StatefulSet") {
            return (self.workload.kind() == "Pod").then_some(1);
        }
        let scaled = set.scaler_of(self.workload);
        let pointer = if scaled.is_some() { "/spec/minReplicas" } else { "/spec/replicas" };
        Some(scaled.unwrap_or(self.workload).at(pointer).and_then(Value::as_u64).unwrap_or(1))
    }

    /// The Services that select these pods.
    pub fn services(&self, set: &Set<'a>) -> Vec<&'a Object> {
        set.services_of(self.workload)
    }

    /// The PodDisruptionBudgets that select these pods.
    pub fn budgets(&self, set: &Set<'a>) -> Vec<&'a Object> {
        set.budgets_of(self.workload)
    }

    /// A StatefulSet's governing Service, when it is in the set.
    pub fn governing(&self, set: &Set<'a>) -> Option<&'a Object> {
        set.beside(self.workload, "Service", self.workload.text("/spec/serviceName")?)
    }

    /// The path of a field of the pod's spec: `field("/hostNetwork")`.
    pub fn field(&self, pointer: &str) -> Path {
        Path::from(format!("{}{pointer}", self.workload.pod_spec_pointer()).as_str())
    }

    /// Something is wrong with a field of the pod's spec.
    pub fn finding(&self, pointer: &str, title: impl Into<String>) -> Finding<'a> {
        Finding::new(self.workload, title).at(self.field(pointer))
    }
}

/// Fewer workloads than this are looked at sooner than a thread is up.
const WORTHWHILE: usize = 128;

/// The pods of all workloads of the set, in its order.
pub(super) fn all<'a>(set: &Set<'a>) -> Vec<Pod<'a>> {
    parallel::map(&set.objects, WORTHWHILE, |object| Pod::new(object, set)).into_iter().flatten().collect()
}
