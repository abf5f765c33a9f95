//! What a Consul agent is told: settings that it refuses, ignores, or that are better left alone.

use serde_json::Value;

use super::config::{Agent, Role, agents};
use crate::products::consul::key;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-config-is-json",
        grade: Grade::ERROR,
        promise: "every `.json` file in a Consul agent's config directory is a JSON object",
        why: "the agent exits: `failed to parse …/agent.json`",
        fix: "correct the JSON: no comments, no trailing comma; HCL belongs in a file that ends with `.hcl`",
        source: "hashicorp/consul agent/config/builder.go",
        check: config_is_json,
    },
    Rule {
        code: "consul-data-dir-is-set",
        grade: Grade::ERROR,
        promise: "a Consul agent that bypasses the image's entrypoint sets its data directory",
        why: "only the entrypoint adds `-data-dir=/consul/data`; without it the agent exits: `data_dir cannot be \
              empty`",
        fix: "start it through the entrypoint (`args: [agent, …]`, no `command`), or set `-data-dir`",
        source: "hashicorp/consul agent/config/builder.go and docker-entrypoint.sh",
        check: data_dir_given,
    },
    Rule {
        code: "consul-datacenter-name-is-valid",
        grade: Grade::ERROR,
        promise: "a Consul datacenter's name has only letters, digits, `-` and `_`, and is a DNS label",
        why: "the agent does not start with other characters, and names and certificates below `<name>.consul` \
              need a DNS label",
        fix: "use lower-case letters, digits and inner `-`, at most 63 characters; it must match the servers' \
              datacenter",
        source: "hashicorp/consul agent/config/builder.go; agent configuration reference, datacenter",
        check: datacenter_name,
    },
    Rule {
        code: "consul-values-are-known",
        grade: Grade::ERROR,
        promise: "Consul's log level and ACL policies have supported values",
        why: "the agent exits when it reads its configuration",
        fix: "use one of the supported values",
        source: "Consul agent configuration reference, log_level and acl",
        check: values_are_known,
    },
    Rule {
        code: "consul-keys-fit-the-role",
        grade: Grade::ERROR,
        promise: "no Consul client has a server-only setting, and no server a client-only one",
        why: "the agent exits: `'bootstrap_expect > 0' requires 'server = true'`, `auto_encrypt.tls can only be \
              used on a client`",
        fix: "remove it, or make the agent a server: `\"server\": true`",
        source: "hashicorp/consul agent/config/builder.go",
        check: keys_fit_the_role,
    },
    Rule {
        code: "consul-node-name-is-unique",
        grade: Grade::ERROR,
        promise: "Consul agents of one workload do not all have the same node name",
        why: "a name belongs to one node of a datacenter: the second agent is refused with `Node name … is \
              reserved by node …`, or replaces the first",
        fix: "use the Kubernetes node's name: `-node=$(NODE_NAME)` from `spec.nodeName`; or omit it to use the \
              host name",
        source: "Consul agent configuration reference, node_name; hashicorp/consul-helm#107",
        check: node_name_is_its_own,
    },
];

fn config_is_json<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        for (place, line) in &agent.garbled {
            let title = format!("{} is not a JSON object: line {line} cannot be read", place.name());
            let finding = agent.finding_in(place, "", title);
            findings.push(match place.line(*line) {
                Some(text) => finding.word(text),
                None => finding,
            });
        }
    }
    findings
}

fn data_dir_given<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let missing = |agent: &Agent<'a, '_>| agent.lacks(key::DATA_DIR) && agent.get("dev").is_none();
    let lacking = agents(set).filter(missing);
    lacking
        .map(|agent| agent.container.finding(agent.command(), "starts an agent without a data directory"))
        .collect()
}

fn datacenter_name<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        for key in ["datacenter", key::PRIMARY_DATACENTER] {
            let Some(setting) = agent.get(key) else { continue };
            let Some(name) = setting.text().filter(|name| !name.is_empty()) else { continue };
            let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if !name.chars().all(known) {
                let title = format!(
                    "`{key}` is `{name}`, which has characters other than letters, digits, `-` and `_`"
                );
                findings.push(agent.finding(setting, title));
            } else if name.contains('_') || name.starts_with('-') || name.ends_with('-') || name.len() > 63 {
                let title = format!("`{key}` is `{name}`, which is not a DNS label");
                findings.push(agent.finding(setting, title).warns());
            }
        }
    }
    findings
}

/// Settings and what they may be, in lower case.
const VALUES: &[(&str, &[&str])] = &[
    (key::ACL_DEFAULT_POLICY, &["allow", "deny"]),
    (key::ACL_DOWN_POLICY, &["allow", "deny", "extend-cache", "async-cache"]),
    (key::LOG_LEVEL, &["trace", "debug", "info", "warn", "err", "error"]),
];

fn values_are_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        for (key, known) in VALUES {
            let Some(setting) = agent.get(key) else { continue };
            let Some(value) = setting.text().filter(|value| !value.is_empty()) else { continue };
            if !known.contains(&value.to_lowercase().as_str()) {
                let title = format!("`{key}` is `{value}`");
                let known = format!("Consul supports {}", words::listed(*known));
                findings.push(agent.finding(setting, title).help(known));
            }
        }
    }
    findings
}

/// Settings of servers, and of clients.
const ROLES: &[(&str, Role)] = &[
    ("bootstrap", Role::Server),
    (key::BOOTSTRAP_EXPECT, Role::Server),
    (key::AUTO_ENCRYPT_ALLOW_TLS, Role::Server),
    ("primary_gateways", Role::Server),
    ("connect.enable_mesh_gateway_wan_federation", Role::Server),
    (key::AUTO_ENCRYPT_TLS, Role::Client),
    ("advertise_reconnect_timeout", Role::Client),
];

fn keys_fit_the_role<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let role = agent.role();
        for (key, wanted) in ROLES.iter().filter(|(_, wanted)| role != Role::Unknown && role != *wanted) {
            let Some(setting) = agent.get(key) else { continue };
            let set = setting.is(true)
                || setting.number().is_some_and(|number| number > 0)
                || match &setting.value {
                    Some(Value::Array(items)) => !items.is_empty(),
                    Some(Value::String(text)) => *key == "advertise_reconnect_timeout" && !text.is_empty(),
                    _ => false,
                };
            if set {
                let (is, of) =
                    if *wanted == Role::Server { ("a client", "servers") } else { ("a server", "clients") };
                findings.push(agent.finding(setting, format!("sets `{key}` on {is}, but it is for {of}")));
            }
        }
    }
    findings
}

fn node_name_is_its_own<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let Some(setting) = agent.get(key::NODE_NAME) else { continue };
        let Some(name) = setting.text().filter(|name| !name.is_empty()) else { continue };
        let many = match agent.pod.replicas(set) {
            Some(count) => count > 1,
            None => agent.pod.workload.kind() == "DaemonSet",
        };
        let addressable = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if many && !name.contains("{{") {
            findings.push(agent.finding(setting, format!("all of its agents are called `{name}`")));
        } else if !name.contains("{{") && (name.len() > 63 || !name.chars().all(addressable)) {
            let title =
                format!("the node name `{name}` is not a DNS label: `<node>.node.consul` will not resolve");
            findings.push(agent.finding(setting, title).warns());
        }
    }
    findings
}
