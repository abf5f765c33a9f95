//! What Consul would refuse at its start, or accept and suffer from, said before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Consul, Mode};
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::site::Site;
use crate::words;

/// Config keys that are derived, and the setting to write instead.
const DERIVED: &[(&str, &str)] = &[
    ("datacenter", "datacenter"),
    ("retry_join", "servers"),
    ("start_join", "servers"),
    ("encrypt", "gossipKey"),
    ("bind_addr", "interface"),
    ("leave_on_terminate", "leaveOnTerminate"),
    ("log_level", "logLevel"),
];

pub(super) fn all(me: &Instance<Consul>, site: &Site) -> Diagnostics {
    [version(me), datacenter(me), servers(me), gossip_key(me, site), config(me)]
        .into_iter()
        .flatten()
        .collect()
}

fn version(me: &Instance<Consul>) -> Vec<Diagnostic> {
    let version = me.version();
    let path = me.path.key("version");
    if version.before(&[1, 4]) {
        return vec![
            Diagnostic::error("consul-version", format!("Consul {version} is too old"))
                .at(path)
                .because("ACL tokens are configured in the `acl` stanza, which exists since 1.4"),
        ];
    }
    // Source: Docker Official Images; the last `consul` there is 1.15.
    if me.common.image == "consul" && version.at_least(&[1, 16]) {
        return vec![
            Diagnostic::error("consul-image", format!("there is no image `consul:{version}`"))
                .at(me.path.key("image"))
                .because("the official image ended with 1.15")
                .help("write `image: hashicorp/consul`"),
        ];
    }
    Vec::new()
}

fn datacenter(me: &Instance<Consul>) -> Vec<Diagnostic> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = &me.datacenter;
    if !name.is_empty()
        && name.len() <= 63
        && name.chars().all(fine)
        && !name.starts_with('-')
        && !name.ends_with('-')
    {
        return Vec::new();
    }
    vec![
        Diagnostic::error("consul-datacenter", format!("`{name}` is not a datacenter name"))
            .at(me.path.key("datacenter"))
            .because("it becomes a label in DNS: lower-case letters, digits and `-`, 63 characters at most"),
    ]
}

fn servers(me: &Instance<Consul>) -> Vec<Diagnostic> {
    if me.mode != Mode::Agents {
        return Vec::new();
    }
    let path = me.path.key("servers");
    if me.servers.is_empty() {
        return vec![
            Diagnostic::error("consul-servers", "these agents have no servers to join")
                .at(&path)
                .help("write `servers: [10.0.0.1, 10.0.0.2, 10.0.0.3]`, or `mode: standalone` for one server in the cluster"),
        ];
    }
    let mut complaints: Vec<Diagnostic> = Vec::new();
    for (index, server) in me.servers.iter().enumerate() {
        let why = if server.contains("://") || (server.contains('/') && !server.starts_with("provider=")) {
            "an address is a host or `host:port`, not a URL"
        } else if server.ends_with(":8300") || server.ends_with(":8500") || server.ends_with(":8600") {
            "agents join by gossip, on port 8301 (8300 is the servers' RPC, 8500 their HTTP API, 8600 their DNS)"
        } else {
            continue;
        };
        complaints.push(
            Diagnostic::error("consul-servers", format!("`{server}` is not an address to join"))
                .at(path.index(index))
                .because(why),
        );
    }
    if let [only] = me.servers.as_slice() {
        complaints.push(
            Diagnostic::warning(
                "consul-servers",
                format!("`{only}` is the only server that agents can join"),
            )
            .at(&path)
            .because("while it is away, no agent that starts finds the datacenter"),
        );
    }
    complaints
}

/// Source: memberlist takes keys of 16, 24 or 32 bytes.
fn gossip_key(me: &Instance<Consul>, site: &Site) -> Vec<Diagnostic> {
    let path = me.path.key("gossipKey");
    // A value that cannot be had is complained of when it is used.
    let Some(Ok(Some(value))) = me.gossip_key.as_ref().map(|key| key.value(site, &path)) else {
        return Vec::new();
    };
    match STANDARD.decode(value.trim()).map(|bytes| bytes.len()) {
        Ok(16 | 24 | 32) => Vec::new(),
        Ok(length) => vec![
            Diagnostic::error(
                "consul-gossip-key",
                format!("the gossip key has {}", words::counted(length, "byte")),
            )
            .at(path)
            .because("Consul takes 16, 24 or 32 bytes, and refuses to start with others")
            .help("`consul keygen` makes one"),
        ],
        Err(_) => vec![
            Diagnostic::error("consul-gossip-key", "the gossip key is not base64")
                .at(path)
                .help("`consul keygen` makes one"),
        ],
    }
}

fn config(me: &Instance<Consul>) -> Vec<Diagnostic> {
    let path = me.path.key("config");
    let mut complaints: Vec<Diagnostic> = me
        .config
        .keys()
        .filter_map(|key| DERIVED.iter().find(|(derived, _)| derived == key))
        .map(|(key, setting)| {
            Diagnostic::error("derived-config", format!("`{key}` is written by stackgen"))
                .at(path.key(*key))
                .help(format!("set `{}.{setting}` instead", me.path))
        })
        .collect();
    if me.config.get("acl").is_some_and(|acl| acl.get("tokens").is_some()) {
        complaints.push(
            Diagnostic::error("derived-config", "`acl.tokens` would put a secret into a ConfigMap")
                .at(path.key("acl"))
                .help(format!("set `{}.token` instead", me.path)),
        );
    }
    if me.config.get("disable_remote_exec") == Some(&serde_json::Value::Bool(false)) {
        complaints.push(
            Diagnostic::error(
                "consul-remote-exec",
                "`disable_remote_exec: false` lets anyone run commands on every node",
            )
            .at(path.key("disable_remote_exec"))
            .because(
                "whoever may write sessions and keys could use `consul exec`; it is off by default since 0.8",
            ),
        );
    }
    complaints
}
