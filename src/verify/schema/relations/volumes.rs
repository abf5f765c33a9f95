//! Volumes of pods, and what is claimed for them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::pods::containers;
use super::{Here, Table, child, has, maps, text, texts};

pub(super) const OF: Table = &[
    ("core.v1.PersistentVolumeClaimSpec", modes_go_together),
    ("core.v1.PersistentVolumeClaimSpec", sources_are_one),
    ("core.v1.PersistentVolumeSpec", modes_go_together),
    ("core.v1.PersistentVolumeSpec", volume_has_one_source),
    ("core.v1.PodSpec", devices_are_claims),
    ("core.v1.PodSpec", variables_read_own_files),
    ("core.v1.ProjectedVolumeSource", paths_are_distinct),
];

fn modes_go_together(here: &mut Here<'_>) {
    let modes: Vec<&str> = texts(here.map, "accessModes").map(|(_, mode)| mode).collect();
    let alone = modes.contains(&"ReadWriteOncePod");
    let others = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"];
    if alone && modes.iter().any(|mode| others.contains(mode)) {
        let help = "one pod on one node has it alone: keep `ReadWriteOncePod`, or the others";
        here.wrong_but("/accessModes", "must not have `ReadWriteOncePod` beside other modes", help);
    }
}

fn sources_are_one(here: &mut Here<'_>) {
    let (other, one) = (child(here.map, "dataSourceRef"), child(here.map, "dataSource"));
    let kind = other.map(|other| text(other, "kind")).unwrap_or_default();
    let grouped = other.is_none_or(|other| !text(other, "apiGroup").is_empty());
    if !grouped && !matches!(kind, "" | "PersistentVolumeClaim") {
        let wrong = format!("is missing with `kind: {kind}`: without a group it is a PersistentVolumeClaim");
        here.wrong("/dataSourceRef/apiGroup", wrong);
    }
    let (Some(one), Some(other)) = (one, other) else { return };
    if !text(other, "namespace").is_empty() && here.minor.at_least(26) {
        here.wrong("/dataSource", "must not be set with a `dataSourceRef` to another namespace");
    } else if ["apiGroup", "kind", "name"].iter().any(|field| text(one, field) != text(other, field)) {
        here.wrong_but("/dataSource", "must be the same as `dataSourceRef`", "keep `dataSourceRef` alone");
    }
}

/// Everything that a volume may be of.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

fn volume_has_one_source(here: &mut Here<'_>) {
    let sources: Vec<&str> = SOURCES.iter().copied().filter(|source| has(here.map, source)).collect();
    match sources.as_slice() {
        [] => here.wrong("", "must have a source, such as `csi`, `nfs` or `hostPath`"),
        [_] => {}
        [first, second, ..] => {
            here.wrong(&format!("/{second}"), format!("is a second source beside `{first}`"));
        }
    }
    if has(here.map, "local") && !has(here.map, "nodeAffinity") {
        here.wrong("/nodeAffinity", "is missing: a `local` volume is on some node");
    }
    if child(here.map, "nodeAffinity").is_some_and(|affinity| !has(affinity, "required")) {
        here.wrong("/nodeAffinity/required", "is missing");
    }
    let root =
        child(here.map, "hostPath").is_some_and(|path| text(path, "path").trim_matches('/').is_empty());
    if root && text(here.map, "persistentVolumeReclaimPolicy") == "Recycle" {
        here.wrong("/persistentVolumeReclaimPolicy", "must not be `Recycle` for the root of a node");
    }
}

fn devices_are_claims(here: &mut Here<'_>) {
    let volumes: BTreeMap<&str, &Map<String, Value>> =
        maps(here.map, "volumes").map(|(_, volume)| (text(volume, "name"), volume)).collect();
    for (at, _, container) in containers(here.map) {
        for (index, device) in maps(container, "volumeDevices") {
            let name = text(device, "name");
            let claim = |volume: &&Map<String, Value>| {
                has(volume, "persistentVolumeClaim") || has(volume, "ephemeral")
            };
            if volumes.get(name).is_some_and(|volume| !claim(volume)) {
                let at = format!("{at}/volumeDevices/{index}/name");
                let help = "use a claim with `volumeMode: Block`, or mount the volume";
                here.wrong_but(&at, format!("names `{name}`, which is no claim, so it is no device"), help);
            }
        }
    }
}

/// Since 1.35.
fn variables_read_own_files(here: &mut Here<'_>) {
    if !here.minor.at_least(35) {
        return;
    }
    let empty: BTreeMap<&str, bool> = maps(here.map, "volumes")
        .map(|(_, volume)| (text(volume, "name"), has(volume, "emptyDir")))
        .collect();
    for (at, _, container) in containers(here.map) {
        for (index, variable) in maps(container, "env") {
            let file = child(variable, "valueFrom").and_then(|from| child(from, "fileKeyRef"));
            let Some(name) = file.map(|file| text(file, "volumeName")).filter(|name| !name.is_empty()) else {
                continue;
            };
            let at = format!("{at}/env/{index}/valueFrom/fileKeyRef/volumeName");
            match empty.get(name) {
                Some(true) => {}
                Some(false) => here.wrong(&at, format!("names `{name}`, which is no `emptyDir`")),
                None => here.wrong(&at, format!("names `{name}`, which is no volume of the pod")),
            }
        }
    }
}

/// The files that a source says it makes, with their pointers.
fn paths(source: &Map<String, Value>) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for kind in ["secret", "configMap", "downwardAPI"] {
        let items = child(source, kind).into_iter().flat_map(|part| maps(part, "items"));
        found.extend(items.map(|(index, item)| (format!("/{kind}/items/{index}/path"), text(item, "path"))));
    }
    let own = [
        ("clusterTrustBundle", "path"),
        ("podCertificate", "credentialBundlePath"),
        ("podCertificate", "keyPath"),
        ("podCertificate", "certificateChainPath"),
    ];
    found.extend(
        own.iter().filter_map(|(kind, field)| {
            Some((format!("/{kind}/{field}"), text(child(source, kind)?, field)))
        }),
    );
    found.retain(|(_, path)| !path.is_empty());
    found
}

fn paths_are_distinct(here: &mut Here<'_>) {
    let mut seen = BTreeSet::new();
    for (index, source) in maps(here.map, "sources") {
        for (at, path) in paths(source) {
            if !seen.insert(path) {
                let at = format!("/sources/{index}{at}");
                here.wrong(&at, format!("is `{path}`, where another source puts a file"));
            }
        }
        let kinds: Vec<&String> =
            source.iter().filter(|(_, value)| !value.is_null()).map(|(kind, _)| kind).collect();
        if let [first, second, ..] = kinds.as_slice() {
            here.wrong(&format!("/sources/{index}"), format!("has both `{first}` and `{second}`"));
        }
    }
}
