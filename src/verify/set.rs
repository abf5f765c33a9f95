//! What rules may look at: all objects, by kind, namespace and name, the pods they make, and what exists elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::Assumed;
use super::dns::Dns;
use super::pods::{Container, Pod, Product};
use super::rules::DeadAddresses;
use super::schema::{self, Custom, Minor};
use super::selecting::{self, Selecting};
use super::topology::Makers;
use crate::k8s::{CLUSTER_SCOPED, Object};

/// What exists besides the objects, and what the cluster is like.
#[derive(Clone, Debug)]
pub struct Around {
    /// `kind/name` of what exists already, in whatever namespace; `Host/name` for a name that something answers to.
    pub external: BTreeSet<String>,
    /// The same as patterns, with a note of those that were needed.
    pub assumed: Assumed,
    /// The cluster's DNS domain.
    pub domain: String,
    /// Where objects live that name no namespace.
    pub namespace: String,
    /// The cluster's minor.
    pub minor: Minor,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            external: BTreeSet::new(),
            assumed: Assumed::default(),
            domain: "cluster.local".to_owned(),
            namespace: "default".to_owned(),
            minor: Minor::LAST,
        }
    }
}

/// All objects of a run. `'a` is their lifetime.
pub struct Set<'a> {
    /// The objects, in the order they were given.
    pub objects: Vec<&'a Object>,
    /// What exists besides them.
    pub around: &'a Around,
    /// Where those lie that are not judged.
    others: BTreeSet<usize>,
    /// Schemas of custom resources: from the CustomResourceDefinitions among the objects, and those that `knowing` adds.
    pub custom: Custom,
    by_kind: BTreeMap<&'a str, Vec<&'a Object>>,
    by_id: BTreeMap<(&'a str, &'a str, &'a str), &'a Object>,
    /// Workloads by each label of their pods, so that a selector costs what it finds, not what there is.
    by_label: BTreeMap<(&'a str, &'a str), Vec<&'a Object>>,
    pods: OnceLock<Vec<Pod<'a>>>,
    by_product: OnceLock<BTreeMap<Product, Vec<usize>>>,
    dns: OnceLock<Dns<'a>>,
    dead_addresses: OnceLock<DeadAddresses<'a>>,
    services: OnceLock<Selecting<'a>>,
    budgets: OnceLock<Selecting<'a>>,
    custom_resources: OnceLock<Vec<&'a Object>>,
    scalers: OnceLock<BTreeMap<(&'a str, &'a str, &'a str), &'a Object>>,
    makers: OnceLock<Makers<'a>>,
    /// Positions among the pods by the address of their workload.
    by_workload: OnceLock<BTreeMap<usize, usize>>,
}

impl<'a> Set<'a> {
    /// The set of these objects.
    pub fn new(objects: Vec<&'a Object>, around: &'a Around) -> Self {
        let mut by_kind: BTreeMap<_, Vec<&'a Object>> = BTreeMap::new();
        let mut by_label: BTreeMap<_, Vec<&'a Object>> = BTreeMap::new();
        let mut by_id = BTreeMap::new();
        for object in &objects {
            by_kind.entry(object.kind()).or_default().push(object);
            by_id.insert((object.kind(), around.namespace_of(object), object.name()), *object);
            for (key, value) in object.pod_labels().into_iter().flatten() {
                by_label.entry((key.as_str(), value.as_str().unwrap_or_default())).or_default().push(object);
            }
        }
        let custom = Custom::new(objects.iter().copied());
        Self {
            objects,
            around,
            others: BTreeSet::new(),
            custom,
            by_kind,
            by_id,
            by_label,
            pods: OnceLock::new(),
            by_product: OnceLock::new(),
            dns: OnceLock::new(),
            dead_addresses: OnceLock::new(),
            services: OnceLock::new(),
            budgets: OnceLock::new(),
            custom_resources: OnceLock::new(),
            scalers: OnceLock::new(),
            makers: OnceLock::new(),
            by_workload: OnceLock::new(),
        }
    }

    /// Only the first ones are judged: the others are somebody else's, and stand beside them.
    #[must_use]
    pub(crate) fn judging(mut self, count: usize) -> Self {
        self.others = self.objects.iter().skip(count).map(|object| object.address()).collect();
        self
    }

    /// Is a complaint about that object for who asked?
    pub(in crate::verify) fn judges(&self, object: &Object) -> bool {
        self.others.is_empty() || !self.others.contains(&object.address())
    }

    /// With the schemas of these custom resources as well; a definition among the objects is the newer one.
    #[must_use]
    pub fn knowing(mut self, custom: Custom) -> Self {
        let own = std::mem::replace(&mut self.custom, custom);
        self.custom.extend(own);
        self
    }

    /// Where an object lives; nothing for cluster-scoped kinds.
    pub fn namespace_of(&self, object: &'a Object) -> &'a str {
        self.around.namespace_of(object)
    }

    /// All objects of a kind.
    pub fn of_kind(&self, kind: &str) -> &[&'a Object] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Workloads in the namespace whose pods carry all labels of `selector`; none for an empty selector.
    pub fn selected(&self, namespace: &str, selector: &Map<String, Value>) -> Vec<&'a Object> {
        // The rarest label first.
        let written = selector.iter().filter(|(key, _)| !GIVEN.contains(&key.as_str()));
        let carriers = written.map(|(key, value)| self.carriers(key, value));
        let fewest = carriers.min_by_key(|found| found.len());
        let fewest = fewest.unwrap_or(if selector.is_empty() { &[] } else { self.of_kind("StatefulSet") });
        let carries = |object: &&&'a Object| {
            self.namespace_of(object) == namespace
                && selector.iter().all(|(key, value)| carries(object, key, value))
        };
        fewest.iter().filter(carries).copied().collect()
    }

    /// Workloads whose pods carry one label, in any namespace.
    pub(in crate::verify) fn carriers<'b>(&'b self, key: &'b str, value: &'b Value) -> &'b [&'a Object] {
        self.by_label.get(&(key, value.as_str().unwrap_or_default())).map_or(&[], Vec::as_slice)
    }

    /// The object of that kind and name, in that namespace.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&'a Object> {
        let namespace = if CLUSTER_SCOPED.contains(&kind) { "" } else { namespace };
        self.by_id.get(&(kind, namespace, name)).copied()
    }

    /// What `from` names: an object of its own namespace.
    pub fn beside(&self, from: &'a Object, kind: &str, name: &str) -> Option<&'a Object> {
        self.find(kind, self.namespace_of(from), name)
    }

    /// Is it declared as existing already?
    pub fn is_external(&self, kind: &str, name: &str) -> bool {
        self.around.assumed.has(kind, name) || self.is_declared(kind, name)
    }

    /// Is it declared by its very name?
    pub(in crate::verify) fn is_declared(&self, kind: &str, name: &str) -> bool {
        !self.around.external.is_empty() && self.around.external.contains(&format!("{kind}/{name}"))
    }

    /// Is what `from` names among the objects, or declared as existing?
    pub fn knows(&self, from: &'a Object, kind: &str, name: &str) -> bool {
        self.beside(from, kind, name).is_some() || self.is_external(kind, name)
    }

    /// The pods that all workloads make, in the order of the objects. Looked at once, by whoever asks first.
    pub fn pods(&self) -> &[Pod<'a>] {
        self.pods.get_or_init(|| super::pods::all(self))
    }

    /// The pods of one workload.
    pub fn pod_of(&self, workload: &Object) -> Option<&Pod<'a>> {
        let by_workload = self.by_workload.get_or_init(|| {
            let pods = self.pods().iter().enumerate();
            pods.map(|(index, pod)| (pod.workload.address(), index)).collect()
        });
        by_workload.get(&workload.address()).and_then(|index| self.pods().get(*index))
    }

    /// The Services that select the pods of a workload.
    pub(super) fn services_of(&self, workload: &'a Object) -> Vec<&'a Object> {
        let services = self.services.get_or_init(|| Selecting::new(self, "Service", "/spec/selector"));
        services.of(workload, self.namespace_of(workload))
    }

    /// The PodDisruptionBudgets that select the pods of a workload.
    pub(super) fn budgets_of(&self, workload: &'a Object) -> Vec<&'a Object> {
        let pointer = "/spec/selector/matchLabels";
        let budgets = self.budgets.get_or_init(|| Selecting::new(self, "PodDisruptionBudget", pointer));
        budgets.of(workload, self.namespace_of(workload))
    }

    /// The autoscaler that scales a workload.
    pub(super) fn scaler_of(&self, workload: &'a Object) -> Option<&'a Object> {
        let scalers = self.scalers.get_or_init(|| selecting::scalers(self));
        scalers.get(&(self.namespace_of(workload), workload.kind(), workload.name())).copied()
    }

    /// The pods in which a container of this product runs (not as an init container).
    pub fn pods_with(&self, product: Product) -> impl Iterator<Item = &Pod<'a>> {
        let by_product = self.by_product.get_or_init(|| {
            let mut found: BTreeMap<Product, Vec<usize>> = BTreeMap::new();
            for (index, pod) in self.pods().iter().enumerate() {
                for container in pod.containers.iter().filter(|container| !container.init) {
                    let known = found.entry(container.product).or_default();
                    if known.last() != Some(&index) {
                        known.push(index);
                    }
                }
            }
            found
        });
        by_product.get(&product).into_iter().flatten().map(|index| &self.pods()[*index])
    }

    /// The containers in which a product runs (no init containers), each with its pod.
    pub fn running(&self, product: Product) -> impl Iterator<Item = (&Pod<'a>, &Container<'a>)> {
        self.pods_with(product).flat_map(move |pod| {
            let own = pod.mains().filter(move |container| container.product == product);
            own.map(move |container| (pod, container))
        })
    }

    /// The objects of kinds that Kubernetes itself does not have: their operators make others.
    pub(super) fn custom_resources(&self) -> &[&'a Object] {
        self.custom_resources.get_or_init(|| {
            self.objects.iter().filter(|object| !schema::is_builtin_kind(object)).copied().collect()
        })
    }

    /// What makes other objects once it is applied.
    pub(super) fn makers(&self) -> &Makers<'a> {
        self.makers.get_or_init(|| Makers::of(self))
    }

    /// Addresses inside of strings behind which nobody is. All texts are read once, for both rules that ask.
    pub(super) fn dead_addresses(&self) -> &DeadAddresses<'a> {
        self.dead_addresses.get_or_init(|| DeadAddresses::of(self))
    }

    /// Names as the cluster's DNS would answer them.
    pub fn dns(&self) -> &Dns<'a> {
        self.dns.get_or_init(|| Dns::new(self))
    }
}

/// Labels that Kubernetes gives to pods, so that no template has them.
const GIVEN: &[&str] = &["apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name"];

/// Is it such a label?
pub(super) fn is_given(key: &str) -> bool {
    GIVEN.contains(&key)
}

/// Do the pods of a workload carry the label, by their template or by what Kubernetes adds?
pub(super) fn carries(workload: &Object, key: &str, value: &Value) -> bool {
    if !GIVEN.contains(&key) {
        return workload.pod_labels().is_some_and(|labels| labels.get(key) == Some(value));
    }
    let text = value.as_str().unwrap_or_default();
    let ordinal = match key {
        "statefulset.kubernetes.io/pod-name" => {
            text.strip_prefix(workload.name()).and_then(|rest| rest.strip_prefix('-'))
        }
        _ => Some(text),
    };
    let ordinal = ordinal.and_then(|ordinal| ordinal.parse::<u64>().ok());
    let replicas = workload.at("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    let first = workload.at("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0);
    workload.kind() == "StatefulSet"
        && ordinal.is_some_and(|ordinal| ordinal >= first && ordinal - first < replicas)
}

impl Around {
    /// Where an object lives; nothing for cluster-scoped kinds.
    pub fn namespace_of<'a>(&'a self, object: &'a Object) -> &'a str {
        match object.namespace() {
            _ if CLUSTER_SCOPED.contains(&object.kind()) => "",
            "" => &self.namespace,
            named => named,
        }
    }
}
