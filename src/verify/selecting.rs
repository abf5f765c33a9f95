//! Who selects a pod, asked from the pod's side: Services, budgets and autoscalers by what they look for, so that an answer
//! costs what it finds, not what there is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Set;
use super::set::{carries, is_given};
use crate::k8s::Object;

/// Objects with their positions among those of their kind.
type Placed<'a> = Vec<(usize, &'a Object)>;

/// Objects with a selector of labels, by one of these labels.
#[derive(Debug, Default)]
pub(super) struct Selecting<'a> {
    /// By namespace, key and value.
    by_label: BTreeMap<(&'a str, &'a str, &'a str), Placed<'a>>,
    /// Those that go by labels which no template has.
    rest: BTreeMap<&'a str, Placed<'a>>,
    pointer: &'static str,
}

impl<'a> Selecting<'a> {
    /// All objects of a kind, with their selector at `pointer`; those that select nothing, or everything, are left out.
    pub(super) fn new(set: &Set<'a>, kind: &str, pointer: &'static str) -> Self {
        let mut found = Self { pointer, ..Self::default() };
        for (position, object) in set.of_kind(kind).iter().copied().enumerate() {
            let (namespace, entry) = (set.namespace_of(object), (position, object));
            let Some(selector) = selector(object, pointer) else { continue };
            let written = selector.iter().find(|(key, value)| !is_given(key) && value.is_string());
            match written.and_then(|(key, value)| Some((namespace, key.as_str(), value.as_str()?))) {
                Some(label) => found.by_label.entry(label).or_default().push(entry),
                None => found.rest.entry(namespace).or_default().push(entry),
            }
        }
        found
    }

    /// Those that select the pods of a workload, in the order of the objects.
    pub(super) fn of(&self, workload: &'a Object, namespace: &str) -> Vec<&'a Object> {
        let labels = workload.pod_labels().into_iter().flatten();
        let labels = labels.filter_map(|(key, value)| Some((namespace, key.as_str(), value.as_str()?)));
        let likely = labels.filter_map(|label| self.by_label.get(&label)).chain(self.rest.get(namespace));
        let mut found: Vec<_> = likely
            .flatten()
            .filter(|(_, object)| {
                selector(object, self.pointer)
                    .is_some_and(|selector| selector.iter().all(|(key, value)| carries(workload, key, value)))
            })
            .collect();
        found.sort_by_key(|(position, _)| *position);
        found.into_iter().map(|(_, object)| *object).collect()
    }
}

fn selector<'a>(object: &'a Object, pointer: &str) -> Option<&'a Map<String, Value>> {
    object.at(pointer).and_then(Value::as_object).filter(|selector| !selector.is_empty())
}

/// Does a label selector, with `matchLabels` and `matchExpressions`, select these labels? An empty one selects all.
pub(super) fn selects(selector: &Value, labels: &Map<String, Value>) -> bool {
    let wanted = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    wanted.into_iter().all(|(key, value)| labels.get(key) == Some(value))
        && expressions.into_iter().all(|expression| {
            let key = expression.get("key").and_then(Value::as_str).unwrap_or_default();
            let value = labels.get(key);
            let listed = || {
                let values = expression.get("values").and_then(Value::as_array);
                values.zip(value).is_some_and(|(values, value)| values.contains(value))
            };
            match expression.get("operator").and_then(Value::as_str) {
                Some("In") => listed(),
                Some("NotIn") => !listed(),
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                _ => false,
            }
        })
}

/// The workloads of a namespace whose pods a label selector selects; all of them with an empty one.
pub(super) fn selected<'a>(set: &Set<'a>, namespace: &str, selector: &Value) -> Vec<&'a Object> {
    let labels = selector.get("matchLabels").and_then(Value::as_object).filter(|labels| !labels.is_empty());
    let mut found = match labels {
        Some(labels) => set.selected(namespace, labels),
        None => {
            let pods = set.pods().iter().filter(|pod| pod.namespace == namespace);
            pods.map(|pod| pod.workload).collect()
        }
    };
    let none = Map::new();
    found.retain(|workload| selects(selector, workload.pod_labels().unwrap_or(&none)));
    found
}

/// Autoscalers by their target: namespace, kind, name. Of several the first.
pub(super) fn scalers<'a>(set: &Set<'a>) -> BTreeMap<(&'a str, &'a str, &'a str), &'a Object> {
    let mut found = BTreeMap::new();
    for scaler in set.of_kind("HorizontalPodAutoscaler").iter().copied() {
        let text = |field| scaler.text(field).unwrap_or_default();
        let target = (text("/spec/scaleTargetRef/kind"), text("/spec/scaleTargetRef/name"));
        found.entry((set.namespace_of(scaler), target.0, target.1)).or_insert(scaler);
    }
    found
}

/// What a label selector or a Service's selector says, as far as it says it by labels.
pub(in crate::verify) fn labels_of<'a>(object: &'a Object, pointer: &str) -> Option<&'a Map<String, Value>> {
    object.at(pointer)?.as_object()
}
