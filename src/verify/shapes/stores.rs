//! Where a server keeps its data: on a disk with a folder of its own, in a folder that it may write to, with nobody beside it.
//! Each takes what the product knows and gives a finding; code, severity and reason are for the product's own rule to say.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::pods::{Behind, Container, Mount, Pod};
use crate::verify::{Finding, Set, topology};

/// A volume of the pod's, with its position. A claim template of the same name takes its place.
fn volume<'a>(pod: &Pod<'a>, name: &str) -> Option<(usize, &'a Value)> {
    if template(pod, name).is_some() {
        return None;
    }
    pod.volume(name)
}

fn template<'a>(pod: &Pod<'a>, name: &str) -> Option<&'a Value> {
    let templates = pod.workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array);
    let named = |claim: &&Value| claim.pointer("/metadata/name").and_then(Value::as_str) == Some(name);
    templates.into_iter().flatten().find(named)
}

fn claim_name(volume: &Value) -> Option<&str> {
    volume.pointer("/persistentVolumeClaim/claimName")?.as_str()
}

/// Is it the root of its volume?
fn is_root(mount: &Mount<'_>) -> bool {
    mount.sub_path.is_none_or(|path| matches!(path, "" | "." | "/" | "./"))
}

/// Is the folder the root of a claim that is most likely a file system of its own, on which nothing was done before? Then it
/// has a folder `lost+found`.
pub(in crate::verify) fn disk_at<'a>(
    set: &Set<'a>,
    pod: &Pod<'a>,
    container: &Container<'a>,
    folder: &str,
) -> Option<Mount<'a>> {
    let folder = folder.trim_end_matches('/');
    let mount = container.mount(folder)?;
    let root = mount.path.trim_end_matches('/') == folder && is_root(&mount);
    (root && is_disk(set, pod, mount)).then_some(mount)
}

fn is_disk(set: &Set<'_>, pod: &Pod<'_>, mount: Mount<'_>) -> bool {
    if mount.behind != Behind::Claim || pod.is_prepared(mount.volume) {
        return false;
    }
    let claim = volume(pod, mount.volume).and_then(|(_, volume)| claim_name(volume));
    let claim = claim.and_then(|name| set.find("PersistentVolumeClaim", pod.namespace, name));
    let template = template(pod, mount.volume).and_then(|claim| claim.get("spec"));
    // A claim of somebody else's is not known at all.
    let Some(spec) = template.or_else(|| claim?.at("/spec")) else { return false };
    let class = spec.get("storageClassName").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let shared = ["nfs", "efs", "cephfs", "gluster", "azurefile", "local", "hostpath", "xfs", "manual"];
    let modes = spec.get("accessModes").and_then(Value::as_array);
    !shared.iter().any(|word| class.contains(word))
        && !modes.into_iter().flatten().any(|mode| mode == "ReadWriteMany")
}

/// A folder of the node that the kubelet makes for root alone: `fsGroup` does not change it, and nothing of the pod's does.
/// `user` is whom the image runs as, where the pod says nothing.
pub(in crate::verify) fn folder_of_root<'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
    path: &str,
    image: Option<u64>,
) -> Option<Finding<'a>> {
    let user = topology::security(pod, container, "runAsUser").and_then(Value::as_u64).or(image)?;
    let mount = container.mount(path).filter(|mount| user != 0 && mount.behind == Behind::HostPath)?;
    let (_, volume) = volume(pod, mount.volume)?;
    let source = volume.get("hostPath")?;
    let folder = source.get("path").and_then(Value::as_str)?;
    // One that must be there already has an owner that somebody chose.
    let made = matches!(source.get("type").and_then(Value::as_str), None | Some("" | "DirectoryOrCreate"));
    if !made || pod.is_prepared(mount.volume) {
        return None;
    }
    let title = format!(
        "runs as user {user}, but the node's folder `{folder}` (hostPath) is made for root, whatever `fsGroup` says"
    );
    let help = format!(
        "change its owner in an init container that runs as root (`runAsUser: 0`, `runAsNonRoot: false`): \
         `chown -R {user} {}`",
        mount.path
    );
    Some(container.finding(&format!("/volumeMounts/{}/name", mount.index), title).help(help))
}

/// A server of a product, and the folder that nobody else may write to.
pub(in crate::verify) struct Store<'s, 'a> {
    pub pod: &'s Pod<'a>,
    pub container: &'s Container<'a>,
    pub folder: String,
}

/// What several pods would find under one name: namespace, kind and name, and the folder in it.
type Place = (String, String);

impl<'a> Store<'_, 'a> {
    /// The volume that outlives the pod, as its pods share it; nothing where each has its own.
    fn place(&self) -> Option<(Place, String)> {
        let mount = self.container.mount(&self.folder)?;
        let sub_path = mount.sub_path.unwrap_or_default();
        // `subPathExpr: $(POD_NAME)`
        if sub_path.contains('$') {
            return None;
        }
        let (index, volume) = volume(self.pod, mount.volume)?;
        let text = |pointer: &str| volume.pointer(pointer).and_then(Value::as_str);
        let (name, at) = match (claim_name(volume), text("/nfs/server").zip(text("/nfs/path"))) {
            (Some(claim), _) => (format!("claim `{claim}`"), "persistentVolumeClaim/claimName"),
            (None, Some((server, path))) => (format!("NFS share `{server}:{path}`"), "nfs/path"),
            (None, None) => return None,
        };
        let rest = self.folder.strip_prefix(mount.path.trim_end_matches('/')).unwrap_or_default();
        let folder = format!("{}/{}", sub_path.trim_matches('/'), rest.trim_matches('/'));
        let place = (format!("{}/{name}", self.pod.namespace), folder);
        Some((place, format!("/volumes/{index}/{at}")))
    }
}

/// Servers that write to one store: the pods of a workload, of two workloads, or the old and the new pod of a rollout, which
/// only warns. `server` is what a pod is called: `broker`.
pub(in crate::verify) fn shared<'a>(
    set: &Set<'a>,
    stores: &[Store<'_, 'a>],
    server: &str,
) -> Vec<Finding<'a>> {
    let mut seen: BTreeMap<Place, &'a Object> = BTreeMap::new();
    let mut findings = Vec::new();
    for store in stores {
        let Some((place, at)) = store.place() else { continue };
        let name = place.0.split_once('/').map_or("", |(_, name)| name).to_owned();
        let (pods, workload) = (store.pod.replicas(set).unwrap_or(1), store.pod.workload);
        let other = seen.get(&place).copied().filter(|other| !std::ptr::eq(*other, workload));
        seen.entry(place).or_insert(workload);
        let finding = |title: String| store.pod.finding(&at, title);
        if pods > 1 {
            findings.push(finding(format!("{pods} {server}s share the same store, {name}")));
        } else if let Some(other) = other.filter(|_| pods == 1) {
            findings.push(finding(format!("shares the same store, {name}, with {}", other.id())));
        } else if pods == 1 && starts_beside(workload) {
            let title =
                format!("a rollout starts a new {server} while the old one still has the store, {name}");
            let help = "set `strategy: {type: Recreate}`, or use a StatefulSet";
            findings.push(finding(title).help(help).warns());
        }
    }
    findings
}

/// Does a rollout start a new pod before it stops the old one?
fn starts_beside(workload: &Object) -> bool {
    let surge = workload.at("/spec/strategy/rollingUpdate/maxSurge");
    let none = surge.is_some_and(|surge| matches!(surge.as_u64(), Some(0)) || surge.as_str() == Some("0%"));
    workload.kind() == "Deployment" && workload.text("/spec/strategy/type") != Some("Recreate") && !none
}
