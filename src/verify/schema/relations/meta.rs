//! Metadata of objects and of the pods that they make.

use super::{Here, Table, child, is_true, maps, part, text, texts};
use crate::k8s::labels::{self, MOST_ANNOTATIONS};

pub(super) const OF: Table = &[
    ("meta.v1.ObjectMeta", annotations_fit),
    ("meta.v1.ObjectMeta", one_controller),
    ("meta.v1.ObjectMeta", one_way_of_deletion),
    ("apps/v1/DaemonSet", finalizers_are_qualified),
    ("apps/v1/Deployment", finalizers_are_qualified),
    ("apps/v1/ReplicaSet", finalizers_are_qualified),
    ("apps/v1/StatefulSet", finalizers_are_qualified),
    ("autoscaling/v2/HorizontalPodAutoscaler", finalizers_are_qualified),
    ("batch/v1/CronJob", finalizers_are_qualified),
    ("batch/v1/Job", finalizers_are_qualified),
    ("networking.k8s.io/v1/Ingress", finalizers_are_qualified),
    ("networking.k8s.io/v1/NetworkPolicy", finalizers_are_qualified),
    ("rbac.authorization.k8s.io/v1/Role", finalizers_are_qualified),
    ("rbac.authorization.k8s.io/v1/RoleBinding", finalizers_are_qualified),
    ("v1/ConfigMap", finalizers_are_qualified),
    ("v1/Namespace", finalizers_are_qualified),
    ("v1/PersistentVolume", finalizers_are_qualified),
    ("v1/PersistentVolumeClaim", finalizers_are_qualified),
    ("v1/Pod", finalizers_are_qualified),
    ("v1/Secret", finalizers_are_qualified),
    ("v1/Service", finalizers_are_qualified),
    ("v1/ServiceAccount", finalizers_are_qualified),
];

fn annotations_fit(here: &mut Here<'_>) {
    let all = child(here.map, "annotations").into_iter().flatten();
    let size: usize = all.map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > MOST_ANNOTATIONS {
        let wrong = format!("have {size} bytes, at most {MOST_ANNOTATIONS} are allowed");
        here.wrong_but("/annotations", wrong, "keep large texts in a ConfigMap");
    }
}

fn one_controller(here: &mut Here<'_>) {
    let mut controllers = maps(here.map, "ownerReferences").filter(|(_, owner)| is_true(owner, "controller"));
    let (first, second) = (controllers.next(), controllers.next());
    if let (Some((_, first)), Some((index, _))) = (first, second) {
        let wrong =
            format!("names a second controller beside {}/{}", text(first, "kind"), text(first, "name"));
        here.wrong(&format!("/ownerReferences/{index}"), wrong);
    }
    for (index, owner) in maps(here.map, "ownerReferences") {
        if (text(owner, "apiVersion"), text(owner, "kind")) == ("v1", "Event") {
            here.wrong(&format!("/ownerReferences/{index}"), "is an Event, which cannot own anything");
        }
    }
}

fn one_way_of_deletion(here: &mut Here<'_>) {
    let has = |name: &str| texts(here.map, "finalizers").any(|(_, known)| known == name);
    if has("orphan") && has("foregroundDeletion") {
        here.wrong("/finalizers", "have both `orphan` and `foregroundDeletion`");
    }
}

/// Without a domain only Kubernetes' own are known.
fn finalizers_are_qualified(here: &mut Here<'_>) {
    let Some(metadata) = child(here.map, "metadata") else { return };
    for (index, name) in texts(metadata, "finalizers") {
        let own = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
        // What is no name at all is the form's.
        if !own && !name.contains('/') && labels::is_key(name) {
            let wrong = format!("must have a domain in front, as in `example.com/{}`", part(name));
            here.wrong(&format!("/metadata/finalizers/{index}"), wrong);
        }
    }
}
