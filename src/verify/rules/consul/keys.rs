//! Settings of a Consul agent that have another name now, or that are better left alone.

use super::config::agents;
use super::image;
use crate::products::consul::key;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-key-is-known",
        grade: Grade::ERROR,
        promise: "every key of a Consul agent's configuration is spelled correctly",
        why: "the agent exits: `invalid config key …`",
        fix: "correct the key",
        source: "hashicorp/consul agent/config/builder.go and config.go",
        check: key_is_known,
    },
    Rule {
        code: "consul-key-is-not-deprecated",
        grade: Grade::WARNING,
        promise: "no Consul agent is configured with a deprecated key",
        why: "the agent warns at every start, and the version that removes the key will not start: `invalid \
              config key`",
        fix: "use the key that replaces it",
        source: "hashicorp/consul agent/config/deprecated.go; Consul's upgrade notes for 1.4, 1.9, 1.11, 1.12 and 1.15",
        check: key_is_current,
    },
    Rule {
        code: "consul-remote-exec-is-off",
        grade: Grade::ERROR,
        promise: "no Consul agent allows remote command execution",
        why: "`consul exec` lets anyone with write access to sessions and keys run commands on each of these \
              nodes, as the agent's user",
        fix: "leave `disable_remote_exec` out: true has been the default since 0.8",
        source: "Consul agent configuration reference, disable_remote_exec",
        check: remote_exec_is_off,
    },
    Rule {
        code: "consul-script-checks-are-guarded",
        grade: Grade::ERROR,
        promise: "a Consul agent with script checks accepts them only from its own files, or requires ACL tokens",
        why: "without ACLs anyone who can reach the HTTP API can register a check, and the agent runs its script",
        fix: "use `enable_local_script_checks`, or turn ACLs on",
        source: "Consul agent configuration reference, enable_script_checks; builder.go warns that it is dangerous",
        check: script_checks_are_guarded,
    },
];

/// The keys of a configuration file.
const KNOWN: &str = "acl addresses advertise_addr advertise_addr_ipv4 advertise_addr_ipv6 advertise_addr_wan \
    advertise_addr_wan_ipv4 advertise_addr_wan_ipv6 advertise_reconnect_timeout ae_interval \
    alt_domain audit auto_config auto_encrypt auto_reload_config autopilot bind_addr bootstrap \
    bootstrap_expect ca_file ca_path cache cert_file check check_deregister_interval_min \
    check_output_max_size check_reap_interval check_update_interval checks client_addr cloud \
    config_entries connect consul data_dir datacenter default_intention_policy default_query_time \
    disable_anonymous_signature disable_coordinates disable_host_node_id \
    disable_http_unprintable_char_filter disable_keyring_file disable_kv_key_validation \
    disable_remote_exec disable_update_check discard_check_output discovery_max_stale dns_config \
    domain enable_acl_replication enable_agent_tls_for_checks enable_central_service_config \
    enable_debug enable_local_script_checks enable_script_checks enable_syslog encrypt \
    encrypt_verify_incoming encrypt_verify_outgoing experiments gossip_lan gossip_wan http_config \
    key_file leave_on_terminate license_path limits locality log_file log_json log_level \
    log_rotate_bytes log_rotate_duration log_rotate_max_files max_query_time node_id node_meta \
    node_name non_voting_server partition peering performance pid_file ports primary_datacenter \
    primary_gateways primary_gateways_interval protocol raft_boltdb raft_logstore raft_protocol \
    raft_snapshot_interval raft_snapshot_threshold raft_trailing_logs read_replica reconnect_timeout \
    reconnect_timeout_wan recursors rejoin_after_leave reporting retry_interval retry_interval_wan \
    retry_join retry_join_wan retry_max retry_max_wan revision rpc segment segments segment_limit \
    segment_name_limit serf_lan serf_lan_allowed_cidrs serf_wan serf_wan_allowed_cidrs server \
    server_name server_rejoin_age_max service services session_ttl_min skip_leave_on_interrupt \
    snapshot_agent start_join start_join_wan sync_coordinate_interval_min \
    sync_coordinate_rate_target syslog_facility tagged_addresses telemetry tls tls_cipher_suites \
    tls_min_version tls_prefer_server_cipher_suites translate_wan_addrs ui ui_config ui_content_path \
    ui_dir unix_sockets use_streaming_backend verify_incoming verify_incoming_https \
    verify_incoming_rpc verify_outgoing verify_server_hostname version version_metadata \
    version_prerelease watches xds";

fn key_is_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let mut told = Vec::new();
        for setting in agent.settings.iter().filter(|setting| !setting.is_flag()) {
            let key = setting.key.split('.').next().unwrap_or_default();
            let lower = key.to_lowercase();
            let known = || KNOWN.split_whitespace();
            let is_known =
                DEPRECATED.iter().any(|(known, ..)| *known == lower) || known().any(|known| known == lower);
            // A key that resembles none may be of a version that is newer than this list.
            let far = |known: &&str| strsim::damerau_levenshtein(&lower, known);
            let closest = known().filter(|known| known.len() > 4).min_by_key(far);
            let meant = closest.filter(|known| far(known) <= 2 && !is_known && !told.contains(&key));
            if let Some(meant) = meant {
                told.push(key);
                let title = format!("Consul has no key `{key}`");
                let finding = agent.finding_in(&setting.place, key, title);
                findings.push(finding.help(format!("did you mean `{meant}`?")));
            }
        }
    }
    findings
}

/// A deprecated key, the one that takes its place, and the version since which.
const DEPRECATED: &[(&str, &str, &[u32])] = &[
    ("acl_agent_master_token", "acl.tokens.agent_recovery", &[1, 4]),
    ("acl_agent_token", key::ACL_TOKENS_AGENT, &[1, 4]),
    ("acl_datacenter", key::PRIMARY_DATACENTER, &[1, 4]),
    ("acl_default_policy", key::ACL_DEFAULT_POLICY, &[1, 4]),
    ("acl_down_policy", key::ACL_DOWN_POLICY, &[1, 4]),
    ("acl_enable_key_list_policy", "acl.enable_key_list_policy", &[1, 4]),
    ("acl_enforce_version_8", "", &[1, 8]),
    ("acl_master_token", "acl.tokens.initial_management", &[1, 4]),
    ("acl_replication_token", "acl.tokens.replication", &[1, 4]),
    ("acl_token", key::ACL_TOKENS_DEFAULT, &[1, 4]),
    ("acl_ttl", "acl.token_ttl", &[1, 4]),
    ("acl.tokens.agent_master", "acl.tokens.agent_recovery", &[1, 11]),
    ("acl.tokens.master", "acl.tokens.initial_management", &[1, 11]),
    ("ca_file", "tls.defaults.ca_file", &[1, 12]),
    ("ca_path", "tls.defaults.ca_path", &[1, 12]),
    ("cert_file", "tls.defaults.cert_file", &[1, 12]),
    ("enable_acl_replication", "acl.enable_token_replication", &[1, 4]),
    ("key_file", "tls.defaults.key_file", &[1, 12]),
    (key::START_JOIN, key::RETRY_JOIN, &[1, 15]),
    ("start_join_wan", "retry_join_wan", &[1, 15]),
    ("tls_cipher_suites", "tls.defaults.tls_cipher_suites", &[1, 12]),
    ("tls_min_version", "tls.defaults.tls_min_version", &[1, 12]),
    ("tls_prefer_server_cipher_suites", "", &[1, 12]),
    ("ui", "ui_config.enabled", &[1, 9]),
    ("ui_dir", "ui_config.dir", &[1, 9]),
    ("verify_incoming", "tls.defaults.verify_incoming", &[1, 12]),
    ("verify_incoming_https", "tls.https.verify_incoming", &[1, 12]),
    ("verify_incoming_rpc", "tls.internal_rpc.verify_incoming", &[1, 12]),
    ("verify_outgoing", "tls.defaults.verify_outgoing", &[1, 12]),
    ("verify_server_hostname", "tls.internal_rpc.verify_server_hostname", &[1, 12]),
];

fn key_is_current<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        for setting in &agent.settings {
            let row = DEPRECATED.iter().find(|(key, ..)| *key == setting.key);
            let Some((key, instead, since)) = row else { continue };
            let old = agent.container.version.as_ref().filter(|version| version.before(since));
            // The flag `-ui` stays. What is right for an old version is only told where the image must be replaced anyway.
            if *key == "ui" && setting.is_flag()
                || old.is_some() && !image::is_discontinued(&agent.container.image)
            {
                continue;
            }
            let since_text = since.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            let name = if setting.is_flag() { "-join" } else { key };
            let title = format!("`{name}` is deprecated since Consul {since_text}");
            let help = match (instead.is_empty(), old) {
                (true, _) => "remove it: it has no effect any more".to_owned(),
                (false, None) if setting.is_flag() => format!("use `-{}`", instead.replace('_', "-")),
                (false, None) => format!("write `{instead}`"),
                (false, Some(old)) => {
                    format!("write `{instead}` when you upgrade: {old} does not support it yet")
                }
            };
            findings.push(agent.finding(setting, title).help(help));
        }
    }
    findings
}

fn remote_exec_is_off<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let setting = agent.get(key::DISABLE_REMOTE_EXEC).filter(|setting| setting.is(false));
        findings.extend(
            setting
                .map(|setting| agent.finding(setting, "allows remote command execution with `consul exec`")),
        );
    }
    findings
}

fn script_checks_are_guarded<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let guarded = !agent.is_off(key::ACL_ENABLED)
            || agent.get("acl_datacenter").is_some()
            || agent.get("allow_write_http_from").is_some()
            || agent.get("http_config.allow_write_http_from").is_some();
        let setting = agent.get(key::ENABLE_SCRIPT_CHECKS).filter(|setting| setting.is(true) && !guarded);
        findings.extend(setting.map(|setting| {
            agent.finding(setting, "runs script checks that anyone can register: ACLs are off")
        }));
    }
    findings
}
