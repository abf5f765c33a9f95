//! What stands behind a path in a container.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What keeps the bytes that a container writes to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// A PersistentVolumeClaim, a claim template, or an ephemeral volume that is a claim of the pod's own.
    Claim,
    /// emptyDir: gone with the pod.
    EmptyDir,
    /// A folder of the node.
    HostPath,
    /// A ConfigMap, Secret, projected or downward API volume: read-only.
    Config,
    /// Some other kind of volume (nfs, csi …): outlives the container, for all we can see.
    Other,
}

/// The mount that a path lies in.
#[derive(Clone, Copy, Debug)]
pub struct Mount<'a> {
    /// What keeps it.
    pub behind: Behind,
    /// The volume's name.
    pub volume: &'a str,
    /// Where it is mounted.
    pub path: &'a str,
    /// The folder inside of the volume, as written.
    pub sub_path: Option<&'a str>,
    /// Its position in `volumeMounts`.
    pub index: usize,
}

/// The mount that `path` lies in: the deepest one.
pub(super) fn mount<'a>(
    container: &'a Map<String, Value>,
    spec: &'a Map<String, Value>,
    claims: &[&str],
    path: &str,
) -> Option<Mount<'a>> {
    all(container, spec, claims)
        .filter(|mount| {
            let at = mount.path.trim_end_matches('/');
            path == at || path.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|mount| mount.path.len())
}

/// All mounts of a container.
pub(super) fn all<'a>(
    container: &'a Map<String, Value>,
    spec: &'a Map<String, Value>,
    claims: &[&str],
) -> impl Iterator<Item = Mount<'a>> {
    let volumes = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    let named = volumes.filter_map(|volume| {
        let volume = volume.as_object()?;
        Some((volume.get("name")?.as_str()?, volume))
    });
    // Of two with one name the first one counts.
    let volumes: BTreeMap<&str, &Map<String, Value>> = named.rev().collect();
    let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten().enumerate();
    mounts.filter_map(move |(index, mount)| {
        let text = |key| mount.get(key).and_then(Value::as_str);
        let volume = text("name")?;
        let path = text("mountPath")?;
        let sub_path = text("subPathExpr").or_else(|| text("subPath"));
        Some(Mount { behind: behind(volume, &volumes, claims), volume, path, sub_path, index })
    })
}

fn behind(name: &str, volumes: &BTreeMap<&str, &Map<String, Value>>, claims: &[&str]) -> Behind {
    if claims.contains(&name) {
        return Behind::Claim;
    }
    let volume = volumes.get(name);
    let has =
        |kinds: &[&str]| volume.is_some_and(|volume| kinds.iter().any(|kind| volume.contains_key(*kind)));
    match () {
        () if has(&["persistentVolumeClaim", "ephemeral"]) => Behind::Claim,
        () if has(&["hostPath"]) => Behind::HostPath,
        () if has(&["configMap", "secret", "projected", "downwardAPI"]) => Behind::Config,
        () if has(&["emptyDir"]) => Behind::EmptyDir,
        () => Behind::Other,
    }
}
