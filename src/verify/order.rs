//! The order of objects and of keys, in one place.
//!
//! Objects: the Namespace, then component by component in the order of the vocabulary (who is used before who uses,
//! apps last), and within a component by kind, as listed here, then by name. What the user wrote himself comes first where
//! others need it, as a ConfigMap, and else last.

use serde_json::{Map, Value};

use crate::components::{Key, WORDS};
use crate::draft::Draft;

/// Kinds in the order in which they must exist.
const KINDS: &[&str] = &[
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
    "StatefulSet",
    "DaemonSet",
    "Deployment",
    "Nacos",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "Ingress",
    "HTTPRoute",
];

/// When an object must exist, in a folder of files: a number that no other object changes.
pub(crate) fn phase(kind: &str) -> u8 {
    match kind {
        "Namespace" => 0,
        "CustomResourceDefinition" => 5,
        "PriorityClass" | "StorageClass" | "ServiceAccount" => 10,
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => 10,
        "Secret" | "ConfigMap" => 20,
        "PersistentVolumeClaim" => 30,
        "Service" => 40,
        "StatefulSet" | "DaemonSet" | "Deployment" | "Nacos" => 50,
        "Job" | "CronJob" => 60,
        "Ingress" | "HTTPRoute" => 80,
        _ => 70,
    }
}

/// The last phase of what others need: of the user's own objects these come before all components, the rest behind them.
const NEEDED: u8 = 30;

/// The Namespace, then what others need of the user's own objects, then the components.
fn of_component(key: &Key) -> usize {
    WORDS.iter().position(|word| word.name == key.word).map_or(0, |at| at + 2)
}

fn own(kind: &str) -> usize {
    if phase(kind) <= NEEDED { 1 } else { WORDS.len() + 2 }
}

/// Sorts drafts into the documented order.
pub(super) fn objects(drafts: &mut [Draft]) {
    drafts.sort_by_cached_key(|draft| {
        let word = draft.owner().map_or_else(|| own(draft.object.kind()), of_component);
        let kind = KINDS.iter().position(|kind| *kind == draft.object.kind()).unwrap_or(KINDS.len());
        (word, draft.owner().cloned(), kind, draft.object.id())
    });
}

const TOP: &[&str] = &["apiVersion", "kind", "metadata", "type", "spec", "data", "stringData"];
const METADATA: &[&str] = &["name", "namespace", "labels", "annotations"];
const POD: &[&str] = &[
    "serviceAccountName",
    "automountServiceAccountToken",
    "enableServiceLinks",
    "imagePullSecrets",
    "priorityClassName",
    "terminationGracePeriodSeconds",
    "hostNetwork",
    "dnsPolicy",
    "dnsConfig",
    "hostAliases",
    "nodeSelector",
    "tolerations",
    "affinity",
    "topologySpreadConstraints",
    "restartPolicy",
    "securityContext",
    "initContainers",
    "containers",
    "volumes",
];

/// Puts the keys of a draft where people look for them; other keys stay in the order of the template.
pub(super) fn keys(draft: &mut Draft) {
    let fields = draft.object.fields_mut();
    arrange(fields, TOP);
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        arrange(metadata, METADATA);
    }
    if let Some(template) = draft.object.pod_template_mut() {
        arrange(template, &["metadata", "spec"]);
        if let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) {
            arrange(spec, POD);
        }
    }
}

/// Known keys first, in the given order.
fn arrange(map: &mut Map<String, Value>, known: &[&str]) {
    let mut rest = std::mem::take(map);
    for key in known {
        if let Some(value) = rest.shift_remove(*key) {
            map.insert((*key).to_owned(), value);
        }
    }
    map.extend(rest);
}
