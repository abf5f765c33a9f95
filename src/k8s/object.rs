//! One Kubernetes document, with cheap access to what everybody asks for.

use serde_json::{Map, Value};

/// A document that has a kind and a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Map<String, Value>);

/// Kinds whose pods hang at `spec.template`.
const WORKLOADS: &[&str] = &["DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"];

impl Object {
    /// `None` when the document has no kind or no name.
    pub fn new(document: Value) -> Option<Self> {
        let Value::Object(map) = document else { return None };
        let object = Self(map);
        (!object.kind().is_empty() && !object.name().is_empty()).then_some(object)
    }

    /// `StatefulSet`.
    pub fn kind(&self) -> &str {
        self.0.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.at("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// `metadata.namespace`, empty for cluster-scoped objects.
    pub fn namespace(&self) -> &str {
        self.at("/metadata/namespace").and_then(Value::as_str).unwrap_or_default()
    }

    /// `StatefulSet/redis`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        let mut steps = pointer.split('/').skip(1);
        let first = self.0.get(steps.next()?)?;
        steps.try_fold(first, |value, step| match value {
            Value::Object(map) => map.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).and_then(Value::as_str)
    }

    /// The whole document.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The whole document, to change it. Callers keep kind and name.
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// Does it run pods?
    pub fn is_workload(&self) -> bool {
        WORKLOADS.contains(&self.kind())
    }

    /// The pod template of a workload: its metadata and spec.
    pub fn pod_template(&self) -> Option<&Map<String, Value>> {
        let template =
            if self.kind() == "CronJob" { "/spec/jobTemplate/spec/template" } else { "/spec/template" };
        self.at(template).filter(|_| self.is_workload() || self.kind() == "CronJob")?.as_object()
    }

    /// The pod template of a workload, to change it.
    pub fn pod_template_mut(&mut self) -> Option<&mut Map<String, Value>> {
        if !self.is_workload() {
            return None;
        }
        self.0.get_mut("spec")?.get_mut("template")?.as_object_mut()
    }

    /// The labels of a workload's pods.
    pub fn pod_labels(&self) -> Option<&Map<String, Value>> {
        self.pod_template()?.get("metadata")?.get("labels")?.as_object()
    }

    /// All containers of a workload's pods, init containers first.
    pub fn containers(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let spec = self.pod_template().and_then(|template| template.get("spec"));
        ["initContainers", "containers"]
            .into_iter()
            .filter_map(move |key| spec?.get(key)?.as_array())
            .flatten()
            .filter_map(Value::as_object)
    }
}
