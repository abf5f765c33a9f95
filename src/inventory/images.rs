//! The images that the pods of a manifest run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::verify::Manifest;

/// An image, and who runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// As the pods pull it, mirrors and tags included.
    pub image: String,
    /// `KIND/NAME` of the workloads.
    pub workloads: Vec<String>,
}

/// All of them, by name, each once.
pub fn images(manifest: &Manifest) -> Vec<Image> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for object in manifest.objects().iter().map(|proven| &proven.object) {
        let spec = object.pod_spec().into_iter();
        for container in spec.flat_map(containers) {
            if let Some(image) = container.get("image").and_then(Value::as_str) {
                found.entry(image.to_owned()).or_default().insert(object.id());
            }
        }
        // An operator's resource names the image for the pods that it makes.
        if object.pod_spec().is_none()
            && let Some(image) = object.text("/spec/image")
        {
            found.entry(image.to_owned()).or_default().insert(object.id());
        }
    }
    let image = |(image, workloads): (String, BTreeSet<String>)| Image {
        image,
        workloads: workloads.into_iter().collect(),
    };
    found.into_iter().map(image).collect()
}

fn containers(spec: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let lists = ["initContainers", "containers"].into_iter();
    lists.filter_map(|key| spec.get(key)?.as_array()).flatten().filter_map(Value::as_object)
}
