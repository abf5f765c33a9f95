//! Is what the user adds to broker.conf what a broker reads?
//!
//! A broker says nothing of a key that it does not know, nor of a value that it cannot read: it goes on with its
//! default. Source: MixAll.properties2Object.

use super::super::Instance;
use super::keys;
use super::settings::RocketMq;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::products::rocketmq::{ACCOUNTS, key};
use crate::products::value;

/// Keys that are ours, and where they come from.
const OURS: &[(&str, &str)] = &[
    (key::AUTO_CREATE_TOPIC_ENABLE, "set `autoCreateTopicEnable` next to `config`"),
    (key::BROKER_CLUSTER_NAME, "set `brokerClusterName` next to `config`"),
    (key::BROKER_IP1, "every broker registers the name of its pod"),
    (key::BROKER_IP2, "slaves find their master by its pod's name"),
    (key::BROKER_ID, "it follows from `replicas`"),
    (key::BROKER_NAME, "it follows from `groups`"),
    (key::BROKER_ROLE, "it follows from `replication`"),
    (
        key::ENABLE_SLAVE_ACTING_MASTER,
        "set `slaveActingMaster` next to `config`: NameServers must know of it too",
    ),
    (key::FLUSH_DISK_TYPE, "set `flushDiskType` next to `config`"),
    (key::HA_LISTEN_PORT, "Service and probes use the default ports"),
    ("haMasterAddress", "slaves learn it from the NameServers, and follow a master that moves"),
    (key::IN_SYNC_REPLICAS, "set `inSyncReplicas` next to `config`"),
    (key::LISTEN_PORT, "Service and probes use the default ports"),
    (key::NAMESRV_ADDR, "it follows from `nameServers`"),
    ("storePathCommitLog", "the claim is mounted there"),
    (key::STORE_PATH_ROOT_DIR, "the claim is mounted there"),
    ("totalReplicas", "it follows from `replicas`"),
];

/// Switches to another kind of cluster, which this stack does not draw.
const OTHER_CLUSTERS: &[(&str, &str)] = &[
    (key::ENABLE_CONTROLLER_MODE, "brokers would wait for controllers, and not start without them"),
    (key::ENABLE_DLEGER_COMMIT_LOG, "a DLedger group has three members that elect their master"),
];

/// All complaints about `config`.
pub(super) fn check(me: &Instance<RocketMq>) -> Diagnostics {
    let path = me.path.key("config");
    me.config
        .iter()
        .filter_map(|(key, value)| {
            let here = path.key(key);
            shape(key, value, &here)
                .or_else(|| owned(key, &here))
                .or_else(|| accounts(key, &here))
                .or_else(|| switches(key, value, &here))
                .or_else(|| unknown(key, value, &here))
        })
        .collect()
}

/// A key and a value that stay on their line and mean there what they mean here.
fn shape(key: &str, value: &str, path: &Path) -> Option<Diagnostic> {
    if !key.chars().all(|c| c.is_ascii_alphanumeric()) || key.is_empty() {
        return Some(
            Diagnostic::error("broker-key", format!("`{key}` is not a broker.conf key"))
                .at(path)
                .because("keys consist of letters and digits"),
        );
    }
    (value.trim() != value).then(|| {
        Diagnostic::error("broker-value", format!("the value of `{key}` has leading or trailing spaces"))
            .at(path)
            .because(
                "the broker keeps them, cannot parse the value, and silently uses its default: a slave can become \
                 a second master",
            )
    })
}

fn owned(key: &str, path: &Path) -> Option<Diagnostic> {
    let (_, why) = OURS.iter().find(|(ours, _)| *ours == key)?;
    Some(
        Diagnostic::error("derived-key", format!("`{key}` cannot be set in `config`"))
            .at(path)
            .because(*why)
            .help("remove it from `config`"),
    )
}

/// Who may come in is said by `accessControl`: a file of ours holds no password, and `aclEnable` alone would let in the accounts
/// of the image, which everybody knows, or from 5.3.3 on anybody.
fn accounts(key: &str, path: &Path) -> Option<Diagnostic> {
    ACCOUNTS.contains(&key).then(|| {
        Diagnostic::error("derived-key", format!("`{key}` cannot be set in `config`"))
            .at(path)
            .because("who may connect follows from `accessControl`, in the way of the version, with passwords in a Secret")
            .help("set `accessControl: {admin: {user: …, password: {env: NAME}}}` instead")
    })
}

fn switches(key: &str, value: &str, path: &Path) -> Option<Diagnostic> {
    if !value.eq_ignore_ascii_case("true") {
        return None;
    }
    if let Some((_, why)) = OTHER_CLUSTERS.iter().find(|(other, _)| *other == key) {
        return Some(
            Diagnostic::error(
                "other-cluster",
                format!(
                    "`{key}` is not supported with the cluster that stackgen \
                                                        renders"
                ),
            )
            .at(path)
            .because(*why),
        );
    }
    None
}

fn unknown(key: &str, value: &str, path: &Path) -> Option<Diagnostic> {
    if let Some(kind) = keys::kind(key) {
        return unreadable(key, value, kind, path);
    }
    let title = format!("brokers of 4.9.8 to 5.3.3 do not support `{key}`");
    let silent = "a broker silently ignores an unknown key";
    // Of a key that resembles none, a rule tells.
    keys::meant(key).map(|near| {
        Diagnostic::error("broker-key", title)
            .at(path)
            .because(silent)
            .help(format!("did you mean `{near}`?"))
    })
}

fn unreadable(key: &str, text: &str, kind: &str, path: &Path) -> Option<Diagnostic> {
    let wanted = value::read(kind, text).err()?;
    Some(
        Diagnostic::error("broker-value", format!("`{key}` must be {wanted}"))
            .at(path)
            .because("the broker would silently use its default, or `false`"),
    )
}
