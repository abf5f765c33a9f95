//! Is what the user adds to broker.conf what a broker reads?
//!
//! A broker says nothing of a key that it does not know, nor of a value that it cannot read: it goes on with its
//! default. Source: MixAll.properties2Object.

use super::super::Instance;
use super::keys;
use super::settings::RocketMq;
use super::topology;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};

/// Keys that are ours, and where they come from.
const OURS: &[(&str, &str)] = &[
    ("autoCreateTopicEnable", "`autoCreateTopicEnable` beside `config` sets it"),
    ("brokerClusterName", "`brokerClusterName` beside `config` sets it"),
    ("brokerIP1", "every broker registers the name of its pod"),
    ("brokerIP2", "slaves find their master by the name of its pod"),
    ("brokerId", "it follows from `replicas`"),
    ("brokerName", "it follows from `groups`"),
    ("brokerRole", "it follows from `replication`"),
    ("flushDiskType", "`flushDiskType` beside `config` sets it"),
    ("haListenPort", "Service and probes know the ports"),
    ("haMasterAddress", "slaves learn it from the NameServers, and follow a master that moves"),
    ("inSyncReplicas", "`inSyncReplicas` beside `config` sets it"),
    ("listenPort", "Service and probes know the ports"),
    ("namesrvAddr", "it follows from `nameServers`"),
    ("storePathCommitLog", "the claim is mounted there"),
    ("storePathRootDir", "the claim is mounted there"),
    ("totalReplicas", "it follows from `replicas`"),
];

/// Switches to another kind of cluster, which this stack does not draw.
const OTHER_CLUSTERS: &[(&str, &str)] = &[
    ("enableControllerMode", "brokers would wait for controllers, and not come up without them"),
    ("enableDLegerCommitLog", "a group of DLedger has three members that elect their master"),
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
                .or_else(|| switches(me, key, value, &here))
                .or_else(|| unknown(key, value, &here))
        })
        .collect()
}

/// A key and a value that stay on their line and mean there what they mean here.
fn shape(key: &str, value: &str, path: &Path) -> Option<Diagnostic> {
    if !key.chars().all(|c| c.is_ascii_alphanumeric()) || key.is_empty() {
        return Some(
            Diagnostic::error("broker-key", format!("`{key}` is not a key of broker.conf"))
                .at(path)
                .because("its keys are words of letters and digits"),
        );
    }
    (value.trim() != value).then(|| {
        Diagnostic::error("broker-value", format!("the value of `{key}` has blanks at its ends"))
            .at(path)
            .because(
                "the broker keeps them, cannot read the value, and silently takes its default: a slave becomes a \
                 second master that way",
            )
    })
}

fn owned(key: &str, path: &Path) -> Option<Diagnostic> {
    let (_, why) = OURS.iter().find(|(ours, _)| *ours == key)?;
    Some(
        Diagnostic::error("derived-key", format!("`{key}` is not for `config`"))
            .at(path)
            .because(*why)
            .help("take it out of `config`"),
    )
}

fn switches(me: &Instance<RocketMq>, key: &str, value: &str, path: &Path) -> Option<Diagnostic> {
    if !value.eq_ignore_ascii_case("true") {
        return None;
    }
    if let Some((_, why)) = OTHER_CLUSTERS.iter().find(|(other, _)| *other == key) {
        return Some(
            Diagnostic::error("other-cluster", format!("`{key}` needs another cluster than this one"))
                .at(path)
                .because(*why),
        );
    }
    let version = topology::version(me)?;
    // Source: nobody calls BrokerConfig.isAclEnable() from 5.3.3 on; the module `acl` is gone.
    let nobody_asks = key == "aclEnable" && version.at_least(&[5, 3, 3]);
    nobody_asks.then(|| {
        Diagnostic::error(
            "acl-ignored",
            format!("`aclEnable` does nothing in {version}: anybody may come in"),
        )
        .at(path)
        .because("5.3.3 threw out what read it, and left the key")
        .help("use `authenticationEnabled` and what belongs to it")
    })
}

fn unknown(key: &str, value: &str, path: &Path) -> Option<Diagnostic> {
    if let Some(kind) = keys::kind(key) {
        return unreadable(key, value, kind, path);
    }
    let title = format!("brokers of 4.9.8 to 5.3.3 do not know `{key}`");
    let silent = "a broker says nothing of a key that it does not know";
    Some(match keys::meant(key) {
        Some(near) => Diagnostic::error("broker-key", title)
            .at(path)
            .because(silent)
            .help(format!("did you mean `{near}`?")),
        None => Diagnostic::warning("broker-key", title).at(path).because(silent),
    })
}

fn unreadable(key: &str, value: &str, kind: &str, path: &Path) -> Option<Diagnostic> {
    let wanted = keys::read(kind, value).err()?;
    Some(
        Diagnostic::error("broker-value", format!("`{key}` is {wanted}"))
            .at(path)
            .because("the broker would silently take its default, or `false`"),
    )
}
