//! Volumes, security and rollout of an app's pods, as the API has them.

use serde_json::{Map, Value, json};

use super::lifecycle::Lifecycle;
use super::ports;
use super::settings::{App, Logs, Strategy, Volume};
use crate::components::Instance;
use crate::components::common::Spread;
use crate::plan::role::Role;
use crate::plan::site::Site;
use crate::tree::de::Scalar;

/// What the API waits for a rollout before it calls it stuck.
const PATIENCE: u32 = 600;
/// Where programs keep what belongs to their user.
const HOME: &str = "HOME";
/// The folder that everybody may write to.
pub(super) const HOME_FOLDER: &str = "/tmp";
/// Ports below are for root, unless the pod's network says otherwise.
const FIRST_FREE_PORT: u16 = 1024;

/// Volumes of the pod and mounts of the container, besides files.
pub(super) fn volumes(me: &Instance<App>, site: &Site) -> (Vec<Value>, Vec<Value>) {
    let (mut volumes, mut mounts) = (Vec::new(), Vec::new());
    // Every JVM and most frameworks write there.
    if me.read_only_root_filesystem && me.volumes.values().all(|volume| volume.path != "/tmp") {
        volumes.push(json!({ "name": "tmp", "emptyDir": {} }));
        mounts.push(json!({ "name": "tmp", "mountPath": "/tmp" }));
    }
    if let Some(logs) = &me.logs {
        volumes.push(log_volume(me, site, logs));
        // Pods on one node would write into each other's files.
        let own = logs.host_path.as_ref().map(|_| "$(POD_NAME)");
        mounts.push(without_null(json!({ "name": "logs", "mountPath": logs.path, "subPathExpr": own })));
    }
    for (name, volume) in &me.volumes {
        volumes.push(named(name, volume));
        let read_only = volume.read_only.then_some(true);
        mounts.push(without_null(json!({ "name": name, "mountPath": volume.path, "readOnly": read_only })));
    }
    (volumes, mounts)
}

fn log_volume(me: &Instance<App>, site: &Site, logs: &Logs) -> Value {
    match &logs.host_path {
        Some(base) => {
            let path = format!("{}/{}/{}", base.trim_end_matches('/'), site.stack, me.name(site));
            json!({ "name": "logs", "hostPath": { "path": path, "type": "DirectoryOrCreate" } })
        }
        None => {
            let limit = logs.size_limit.as_ref().map(ToString::to_string);
            json!({ "name": "logs", "emptyDir": without_null(json!({ "sizeLimit": limit })) })
        }
    }
}

/// A volume with its one source: `check` refuses none and several.
fn named(name: &str, volume: &Volume) -> Value {
    let sources = [
        ("persistentVolumeClaim", volume.claim.as_ref().map(|name| json!({ "claimName": name }))),
        ("secret", volume.secret.as_ref().map(|secret| json!({ "secretName": secret.name }))),
        ("configMap", volume.config_map.as_ref().map(|map| json!({ "name": map.name }))),
        ("emptyDir", volume.empty_dir.as_ref().map(|size| json!({ "sizeLimit": size.to_string() }))),
        (
            "hostPath",
            volume.host_path.as_ref().map(|path| json!({ "path": path, "type": "DirectoryOrCreate" })),
        ),
    ];
    let source = sources.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    [("name".to_owned(), name.into())].into_iter().chain(source).collect::<Map<_, _>>().into()
}

/// Who must own the log folder: the kubelet makes it for root, and `fsGroup` does not reach the node's disk.
pub(super) fn log_owner(me: &App) -> Option<String> {
    me.logs.as_ref()?.host_path.as_ref()?;
    me.run_as_user.filter(|user| *user > 0).map(|user| format!("{user}:{user}"))
}

/// A user without an entry in the image's `/etc/passwd` has no home: libraries that keep logs and snapshots there, such as
/// the Nacos client, lose them without a word.
pub(super) fn home(me: &Instance<App>) -> Option<(String, String)> {
    let set = me.common.env.contains_key(HOME) || me.config.contains_key(HOME);
    (!set && is_foreign(me)).then(|| (HOME.to_owned(), HOME_FOLDER.to_owned()))
}

/// Does it run as a user that the image need not know?
pub(super) fn is_foreign(me: &App) -> bool {
    me.run_as_user.is_some_and(|user| user > 0)
}

/// The pod's security context.
pub(super) fn pod_security(me: &App) -> Value {
    let seccomp = json!({ "type": "RuntimeDefault" });
    match me.run_as_user {
        None => json!({ "seccompProfile": seccomp }),
        Some(0) => json!({ "runAsUser": 0, "seccompProfile": seccomp }),
        Some(user) => {
            let low = ports::all(me).iter().any(|port| port.number < FIRST_FREE_PORT);
            let sysctls =
                low.then(|| json!([{ "name": "net.ipv4.ip_unprivileged_port_start", "value": "0" }]));
            json!({
                "runAsNonRoot": true,
                "runAsUser": user,
                "runAsGroup": user,
                "fsGroup": user,
                "sysctls": sysctls,
                "seccompProfile": seccomp,
            })
        }
    }
}

/// The container's. Root, and an image's own user that may be root, keep their capabilities: images that start as
/// root need them to become somebody else.
pub(super) fn security(me: &App) -> Value {
    let confined = me.run_as_user.is_some_and(|user| user > 0);
    json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": me.read_only_root_filesystem.then_some(true),
        "capabilities": confined.then(|| json!({ "drop": ["ALL"] })),
    })
}

/// Pods may be kept apart within one revision from here on: a new pod may start beside one that it replaces.
/// Source: KEP-3633, beta in 1.31.
const APART_BY_REVISION: &[u32] = &[1, 31];

/// Are like pods kept off each other's nodes, old and new ones alike?
pub(super) fn keeps_off_all(me: &Instance<App>, site: &Site) -> bool {
    keeps_off(me) && site.kubernetes.before(APART_BY_REVISION)
}

fn keeps_off(me: &Instance<App>) -> bool {
    me.common.spread == Spread::Hard && me.common.affinity.is_none()
}

/// Keeps pods of one revision apart, where the cluster can: on as many nodes as there are pods, a rollout could not begin.
pub(super) fn apart_by_revision(role: &mut Role, me: &Instance<App>, site: &Site) {
    if !keeps_off(me) || site.kubernetes.before(APART_BY_REVISION) {
        return;
    }
    let rules = role.pod_spec.get_mut("affinity").and_then(|affinity| affinity.get_mut("podAntiAffinity"));
    let terms = rules.and_then(|rules| rules.get_mut("requiredDuringSchedulingIgnoredDuringExecution"));
    for term in terms.and_then(Value::as_array_mut).into_iter().flatten() {
        term["matchLabelKeys"] = json!(["pod-template-hash"]);
    }
}

/// How many pods a rollout stops before new ones are ready, and how many it starts besides: one besides, unless no node
/// may take it.
pub(super) fn rollout(me: &Instance<App>, site: &Site) -> (Scalar, Scalar) {
    let (stops, starts) = if keeps_off_all(me, site) { ("1", "0") } else { ("0", "1") };
    let or =
        |amount: &Option<Scalar>, usual: &str| amount.clone().unwrap_or_else(|| Scalar(usual.to_owned()));
    (or(&me.max_unavailable, stops), or(&me.max_surge, starts))
}

/// The Deployment's `strategy`.
pub(super) fn strategy(me: &Instance<App>, site: &Site) -> Value {
    let (stops, starts) = rollout(me, site);
    match me.strategy {
        Strategy::Recreate => json!({ "type": "Recreate" }),
        Strategy::RollingUpdate => json!({
            "type": "RollingUpdate",
            "rollingUpdate": { "maxUnavailable": amount(&stops), "maxSurge": amount(&starts) },
        }),
    }
}

/// A number, or a percentage.
pub(super) fn amount(text: &Scalar) -> Value {
    // Not `0123`, which some readers take for another number.
    let number = text.parse::<u32>().ok().filter(|number| number.to_string() == **text);
    number.map_or_else(|| Value::from(text.to_string()), Value::from)
}

/// `progressDeadlineSeconds`, where a rollout may take longer than the API waits by itself.
pub(super) fn deadline(me: &Instance<App>, lifecycle: &Lifecycle, waits: bool) -> Option<u32> {
    let start = ports::starts_within(me);
    let wait = if waits { me.wait_seconds } else { 0 };
    let needed = start + wait + lifecycle.min_ready + 120;
    (needed > PATIENCE).then_some(needed)
}

fn without_null(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            map.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
