//! What must not stand in `config`: what stackgen writes, secrets, and what opens every node to anyone.

use serde_json::Value;

use super::Consul;
use crate::components::Instance;
use crate::components::secret::in_config_map;
use crate::diagnostic::{Diagnostic, Path};
use crate::products::consul::key;

/// Config keys that are derived, and the setting to write instead, where there is one.
const DERIVED: &[(&[&str], Option<&str>)] = &[
    (&["acl", "enabled"], Some("token")),
    (&["acl", "tokens"], Some("token")),
    (&[key::ADVERTISE_ADDR], Some("interface")),
    (&[key::BIND_ADDR], Some("interface")),
    (&["bootstrap"], Some("mode")),
    (&[key::BOOTSTRAP_EXPECT], Some("mode")),
    (&[key::CLIENT_ADDR], None),
    (&[key::DATA_DIR], Some("dataPath")),
    (&["datacenter"], Some("datacenter")),
    (&["encrypt"], Some("gossipKey")),
    (&[key::LEAVE_ON_TERMINATE], Some("leaveOnTerminate")),
    (&[key::LOG_LEVEL], Some("logLevel")),
    (&[key::NODE_NAME], None),
    (&["ports", "dns"], Some("dns")),
    (&["ports", "http"], Some("httpPort")),
    (&[key::RETRY_JOIN], Some("servers")),
    (&["server"], Some("mode")),
    (&[key::START_JOIN], Some("servers")),
];

pub(super) fn complaints(me: &Instance<Consul>) -> Vec<Diagnostic> {
    let path = me.path.key("config");
    let mut complaints = derived(me, &path);
    for (key, value) in &me.config {
        if !DERIVED.iter().any(|(derived, _)| *derived == [key.as_str()]) {
            secrets(key, value, &path.key(key), &mut complaints);
        }
    }
    complaints.extend(commands(me, &path));
    complaints
}

fn derived(me: &Instance<Consul>, path: &Path) -> Vec<Diagnostic> {
    DERIVED
        .iter()
        .filter(|(keys, _)| written(me, keys).is_some())
        .map(|(keys, setting)| {
            let complaint =
                Diagnostic::error("derived-config", format!("`{}` is written by stackgen", keys.join(".")))
                    .at(path.keys(keys));
            match setting {
                Some(setting) => complaint.help(format!("set `{}.{setting}` instead", me.path)),
                None => {
                    complaint.because("it is a command line argument of the agent, which overrides its files")
                }
            }
        })
        .collect()
}

fn written<'a>(me: &'a Instance<Consul>, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(me.config.get(*first)?, |value, key| value.get(key))
}

/// Everything in `config` goes into a ConfigMap.
fn secrets(key: &str, value: &Value, path: &Path, complaints: &mut Vec<Diagnostic>) {
    match value {
        // `acl.tokens` is complained of as a whole.
        Value::Object(map) => map
            .iter()
            .filter(|(inner, _)| !(key == "acl" && *inner == "tokens"))
            .for_each(|(inner, value)| secrets(inner, value, &path.key(inner), complaints)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| secrets(key, value, &path.index(index), complaints)),
        Value::String(text) if !text.is_empty() && secret(key) => complaints.push(in_config_map(
            key,
            path,
            "`gossipKey`, `token` and `appToken` are stored in Secrets; other secrets are not supported yet",
        )),
        _ => {}
    }
}

/// Is it the name of a setting that holds a secret, as Consul names them?
fn secret(key: &str) -> bool {
    key == "token"
        || key == "private_key"
        || key.ends_with("_token")
        || key.contains("secret")
        || key.contains("password")
}

/// What would let others run commands on every node.
fn commands(me: &Instance<Consul>, path: &Path) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if me.config.get(key::DISABLE_REMOTE_EXEC) == Some(&Value::Bool(false)) {
        complaints.push(
            Diagnostic::error(
                "consul-remote-exec",
                format!(
                    "`{}: false` allows remote command execution on every node",
                    key::DISABLE_REMOTE_EXEC
                ),
            )
            .at(path.key(key::DISABLE_REMOTE_EXEC))
            .because(
                "anyone with write access to sessions and keys could use `consul exec`; it is off by default \
                 since 0.8",
            ),
        );
    }
    if me.config.get(key::ENABLE_SCRIPT_CHECKS) == Some(&Value::Bool(true)) && me.token.is_none() {
        complaints.push(
            Diagnostic::error(
                "consul-script-checks",
                format!(
                    "`{}` without ACLs lets anyone run commands on every node",
                    key::ENABLE_SCRIPT_CHECKS
                ),
            )
            .at(path.key(key::ENABLE_SCRIPT_CHECKS))
            .because(
                "every pod can register a check with the agent of its node, and a check can be a command",
            )
            .help(format!("set `{}.token`, or write `enable_local_script_checks`", me.path)),
        );
    }
    complaints
}
