//! Keys, tokens and certificates of a Consul agent. Judged, never printed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::config::{Agent, Role, Setting, agents};
use crate::products::consul::key;
use crate::verify::pods::Behind;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-gossip-key-length",
        grade: Grade::ERROR,
        promise: "a Consul gossip key is the Base64 of 16, 24 or 32 bytes",
        why: "the agent exits: `encrypt has invalid key`, or `key size must be 16, 24 or 32 bytes`",
        fix: "generate one with `consul keygen`; it must be the key of the whole datacenter",
        source: "hashicorp/consul agent/config/builder.go; hashicorp/memberlist keyring.go",
        check: gossip_key_length,
    },
    Rule {
        code: "consul-gossip-key-is-not-cached",
        grade: Grade::WARNING,
        promise: "a Consul client with persistent data takes its gossip key from its configuration at every start",
        why: "the first start copies the key to `serf/local.keyring`; a different one in the configuration is \
              ignored from then on, and after a rotation the agent cannot join",
        fix: "set `\"disable_keyring_file\": true` on clients",
        source: "Consul agent command reference, -encrypt and -disable-keyring-file",
        check: gossip_key_is_read_again,
    },
    Rule {
        code: "consul-no-default-token",
        grade: Grade::PROD,
        promise: "no Consul agent has a default token for requests without one",
        why: "`acl.tokens.default` grants its permissions to every pod on the node that can reach the agent",
        fix: "use `acl.tokens.agent` for the agent, `acl.tokens.dns` for DNS, and let apps send their own",
        source: "Consul agent configuration reference, acl.tokens",
        check: no_default_token,
    },
    Rule {
        code: "consul-agent-has-its-token",
        grade: Grade::ERROR,
        promise: "a Consul client whose default policy is deny has a token of its own",
        why: "the agent cannot write its node and services to the catalog: `Coordinate update blocked by ACLs`, `Permission denied`",
        fix: "set `acl.tokens.agent`, from a Secret: a node identity, or node_prefix write and service_prefix read",
        source: "Consul documentation, agent tokens",
        check: agent_has_its_token,
    },
    Rule {
        code: "consul-tls-is-used",
        grade: Grade::WARNING,
        promise: "a Consul agent with certificates uses them",
        why: "the certificate files alone do not enable TLS: RPC stays in plain text until verification is on, \
              and HTTPS has no port",
        fix: "set `verify_outgoing` (and `verify_incoming`) below `tls.defaults`, or `ports.https`",
        source: "Consul agent configuration reference, tls",
        check: tls_is_used,
    },
];

fn gossip_key_length<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let Some(setting) = agent.get("encrypt") else { continue };
        let Some(key) = setting.text().filter(|key| !key.is_empty()) else { continue };
        let title = match STANDARD.decode(key.replace(['\r', '\n'], "")) {
            Ok(bytes) if matches!(bytes.len(), 16 | 24 | 32) => continue,
            Ok(bytes) => format!("its gossip key has {} bytes", bytes.len()),
            Err(_) => "its gossip key is not valid base64".to_owned(),
        };
        findings.push(agent.finding(setting, title));
    }
    findings
}

fn gossip_key_is_read_again<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.role() == Role::Client) {
        let kept = agent
            .data()
            .flatten()
            .is_some_and(|mount| matches!(mount.behind, Behind::Claim | Behind::HostPath));
        let setting = agent.get("encrypt").filter(|_| kept && agent.is_off("disable_keyring_file"));
        findings.extend(setting.map(|setting| {
            agent.finding(
                setting,
                "its gossip key is copied to a persistent data directory, and read only from there afterwards",
            )
        }));
    }
    findings
}

fn no_default_token<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        for key in [key::ACL_TOKENS_DEFAULT, "acl_token"] {
            // `anonymous` is what a request without a token is anyway.
            let given = |text: &str| !text.is_empty() && text != "anonymous";
            let setting = agent.get(key).filter(|setting| setting.text().is_none_or(given));
            findings.extend(setting.map(|setting| {
                agent.finding(
                    setting,
                    format!("`{key}` grants every request without a token the permissions of this one"),
                )
            }));
        }
    }
    findings
}

fn agent_has_its_token<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.role() == Role::Client) {
        let denies = agent.is_on(key::ACL_ENABLED) && agent.text(key::ACL_DEFAULT_POLICY) == Some("deny");
        let tokens = [key::ACL_TOKENS_AGENT, key::ACL_TOKENS_DEFAULT, "acl_agent_token", "acl_token"];
        let has = |key: &&str| match agent.get(key) {
            Some(setting) => setting.text() != Some(""),
            None => agent.open,
        };
        // A token that was given through the API may come back from the data folder.
        let elsewhere = !agent.is_off("acl.enable_token_persistence") || auto_configured(&agent);
        if !denies || elsewhere || tokens.iter().any(has) {
            continue;
        }
        if let Some(setting) = agent.get(key::ACL_DEFAULT_POLICY) {
            findings.push(agent.finding(setting, "denies by default, but its agent has no token"));
        }
    }
    findings
}

fn auto_configured(agent: &Agent<'_, '_>) -> bool {
    agent.settings.iter().any(|setting| {
        setting.key.starts_with("auto_config.") || setting.key == key::AUTO_ENCRYPT_TLS && !setting.is(false)
    })
}

fn tls_is_used<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| !agent.open) {
        let named = |setting: &&Setting<'_, '_>, ends: &[&str]| {
            let last = setting.key.rsplit('.').next().unwrap_or_default();
            let top = setting.key == last || setting.key.starts_with("tls.");
            top && ends.contains(&last)
        };
        let file = agent.settings.iter().find(|setting| named(setting, &["ca_file", "ca_path", "cert_file"]));
        let verifies = [
            "verify_incoming",
            "verify_incoming_https",
            "verify_incoming_rpc",
            "verify_outgoing",
            "verify_server_hostname",
        ];
        let used = agent.settings.iter().any(|setting| named(&setting, &verifies) && !setting.is(false));
        let served = [key::PORTS_HTTPS, key::PORTS_GRPC_TLS]
            .iter()
            .any(|key| agent.get(key).is_some_and(|setting| setting.number().is_none_or(|port| port > 0)));
        if used || served || auto_configured(&agent) || agent.is_on(key::AUTO_ENCRYPT_ALLOW_TLS) {
            continue;
        }
        // A server of 1.14 and later has gRPC with TLS on by itself.
        let grpc = agent.role() == Role::Server
            && agent.container.version.as_ref().is_none_or(|version| version.at_least(&[1, 14]));
        findings.extend(
            file.filter(|_| !grpc)
                .map(|setting| agent.finding(setting, format!("`{}` is set, but not used", setting.key))),
        );
    }
    findings
}
