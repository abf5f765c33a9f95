//! One Kubernetes document, with cheap access to what everybody asks for.

use serde_json::{Map, Value};

/// A document that has a kind and a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Map<String, Value>);

/// Kinds whose pods hang at `spec.template`.
const WORKLOADS: &[&str] =
    &["DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"];

impl Object {
    /// Which one of all objects it is: where it lies while nobody moves it. For maps that are asked, never listed.
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The document back when it has no kind or no name.
    pub fn new(document: Value) -> Result<Self, Value> {
        let Value::Object(map) = document else { return Err(document) };
        let object = Self(map);
        if object.kind().is_empty() || object.name().is_empty() { Err(object.0.into()) } else { Ok(object) }
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

    /// The pod template of a workload: its metadata and spec. A bare Pod is its own.
    pub fn pod_template(&self) -> Option<&Map<String, Value>> {
        match self.kind() {
            "Pod" => Some(&self.0),
            "CronJob" => self.at("/spec/jobTemplate/spec/template")?.as_object(),
            kind if WORKLOADS.contains(&kind) => self.at("/spec/template")?.as_object(),
            _ => None,
        }
    }

    /// The spec of a workload's pods.
    pub fn pod_spec(&self) -> Option<&Map<String, Value>> {
        self.pod_template()?.get("spec")?.as_object()
    }

    /// Where the spec of a workload's pods is: a JSON pointer.
    pub fn pod_spec_pointer(&self) -> &'static str {
        match self.kind() {
            "Pod" => "/spec",
            "CronJob" => "/spec/jobTemplate/spec/template/spec",
            _ => "/spec/template/spec",
        }
    }

    /// The annotation of that name.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.0.get("metadata")?.get("annotations")?.get(name)?.as_str()
    }

    /// The pod template of a workload, to change it.
    pub fn pod_template_mut(&mut self) -> Option<&mut Map<String, Value>> {
        let spec = match self.kind() {
            "CronJob" => self.0.get_mut("spec")?.get_mut("jobTemplate")?.get_mut("spec")?,
            kind if WORKLOADS.contains(&kind) => self.0.get_mut("spec")?,
            _ => return None,
        };
        spec.get_mut("template")?.as_object_mut()
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
