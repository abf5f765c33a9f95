//! What others make in a cluster: pods of operators, objects that are there already.

use serde_json::{Map, Value};

use crate::verify::Set;

/// Does a custom resource of the namespace have such pods, or an operator that makes them by its name?
pub(in crate::verify) fn has_pods_of_others(
    set: &Set<'_>,
    namespace: &str,
    selector: &Map<String, Value>,
) -> bool {
    let custom = set.custom_resources().iter().filter(|object| set.namespace_of(object) == namespace);
    custom.into_iter().any(|object| {
        let labels = ["/spec/template/metadata/labels", "/spec/podMetadata/labels"];
        let mut labels = labels.iter().filter_map(|labels| object.at(labels)?.as_object());
        labels.any(|labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
            || selector.values().any(|value| value.as_str() == Some(object.name()))
    })
}

/// How an object is declared that is in the cluster already.
pub(in crate::verify) fn declare(kind: &str, name: &str) -> String {
    format!(
        "if it already exists in the cluster, declare it: `external: [{kind}/{name}]` in a stack, `--assume \
         {kind}/{name}` with lint"
    )
}
