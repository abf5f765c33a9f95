//! The pods of Consul agents: their data, their hooks, their probes.

use serde_json::Value;

use super::config::{Agent, Role, Setting, agents};
use super::registration;
use crate::products::consul::{self, key};
use crate::products::text;
use crate::verify::pods::Behind;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-registrations-are-kept",
        grade: Grade::ERROR.strict(),
        promise: "a Consul client on every node keeps the registrations of its apps across restarts",
        why: "registrations exist only in the agent's data directory; an agent that comes back without them \
              deregisters every app on its node, and the apps do not register again by themselves",
        fix: "keep the data directory on the node: a hostPath such as `/data/consul/data`",
        source: "hashicorp/consul#4955; hashicorp/consul-helm#72 and #107",
        check: registrations_are_kept,
    },
    Rule {
        code: "consul-server-data-is-kept",
        grade: Grade::PROD,
        promise: "a Consul server that is one of several keeps its data across restarts",
        why: "a server that comes back empty is a new node: the catalog and the keys are lost when more than half \
              of the servers are replaced, and the old names block the new ones",
        fix: "give `/consul/data` a volume claim template",
        source: "hashicorp/consul-k8s charts/consul/templates/server-statefulset.yaml",
        check: server_data_is_kept,
    },
    Rule {
        code: "consul-user-owns-its-data",
        grade: Grade::WARNING,
        promise: "a Consul agent that does not run as root can write to its directory on the node",
        why: "the kubelet creates the directory owned by root, and `fsGroup` does not change a hostPath: the \
              agent exits with `permission denied`",
        fix: "change the owner in an init container that runs as root: `chown -R 100:1000 /consul/data`",
        source: "Kubernetes documentation, hostPath; hashicorp/consul Dockerfile",
        check: user_owns_its_data,
    },
    Rule {
        code: "consul-starts-without-reload",
        grade: Grade::WARNING,
        promise: "no Consul agent is reloaded right after its start",
        why: "it has just read its files; the reload needs a token with `agent:write`, and a failing hook kills \
              the container",
        fix: "remove the hook; roll out the pods when the configuration changes, with a checksum annotation",
        source: "Consul HTTP API reference, /v1/agent/reload; Kubernetes documentation, container lifecycle hooks",
        check: starts_without_reload,
    },
    Rule {
        code: "consul-stops-without-leave",
        grade: Grade::WARNING,
        promise: "no Consul client runs `consul leave` before it stops",
        why: "a client leaves by itself on SIGTERM; the hook needs a token with `agent:write`, and fails without \
              one",
        fix: "remove the hook; `leave_on_terminate` decides, and is true on clients by default",
        source: "Consul agent configuration reference, leave_on_terminate; HTTP API reference, /v1/agent/leave",
        check: stops_without_leave,
    },
    Rule {
        code: "consul-liveness-is-local",
        grade: Grade::ERROR,
        promise: "no Consul agent is restarted because the servers have no leader",
        why: "a failure of the servers restarts every agent on every node, which does not help",
        fix: "check only that the agent listens: `tcpSocket` on port 8500",
        source: "hashicorp/consul agent/status_endpoint.go; hashicorp/consul-helm#563",
        check: liveness_is_local,
    },
    Rule {
        code: "consul-readiness-sees-a-leader",
        grade: Grade::WARNING,
        promise: "a Consul agent whose readiness depends on a leader checks the response body",
        why: "without a leader `/v1/status/leader` answers 200 with an empty string, which `httpGet` accepts as \
              ready",
        fix: "check the text: `curl -fsS http://127.0.0.1:8500/v1/status/leader | grep -q '\".\\+\"'` as `exec`; \
              or check only the port, with `tcpSocket`",
        source: "hashicorp/consul agent/status_endpoint.go; hashicorp/consul#1025",
        check: readiness_sees_a_leader,
    },
];

/// What its data lies in that is gone with the pod; nothing when it is kept, or not known.
fn lost(agent: &Agent<'_, '_>) -> Option<(String, &'static str)> {
    match agent.data()? {
        None => Some(("/volumeMounts".to_owned(), "the container's own filesystem")),
        Some(mount) if mount.behind == Behind::EmptyDir => {
            Some((format!("/volumeMounts/{}", mount.index), "an emptyDir"))
        }
        Some(_) => None,
    }
}

fn registrations_are_kept<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let registering = agents(set)
        .next()
        .and_then(|_| registration::apps(set).next().map(|app| app.container.workload.id()));
    for agent in agents(set).filter(|agent| agent.pod.workload.kind() == "DaemonSet") {
        let (role, dev) = (agent.role(), agent.get("dev").is_some());
        if role == Role::Server || dev {
            continue;
        }
        let Some((at, what)) = lost(&agent) else { continue };
        let at = if agent.container.at(&at).is_some() { at } else { "/name".to_owned() };
        match &registering {
            Some(app) => {
                let title =
                    format!("keeps its data in {what}, but {app} registers with the agent of its node");
                findings.push(agent.container.finding(&at, title));
            }
            None if role == Role::Client => {
                let title = format!("keeps its data in {what}");
                findings.push(agent.container.finding(&at, title).warns());
            }
            None => {}
        }
    }
    findings
}

fn server_data_is_kept<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| agent.role() == Role::Server && agent.get("dev").is_none()) {
        let expected = agent.get(key::BOOTSTRAP_EXPECT).and_then(Setting::number).unwrap_or(0);
        let several = expected > 1 || agent.pod.replicas(set).unwrap_or(1) > 1;
        let Some((at, what)) = lost(&agent).filter(|_| several) else { continue };
        let at = if agent.container.at(&at).is_some() { at } else { "/name".to_owned() };
        findings.push(agent.container.finding(&at, format!("keeps a server's data in {what}")));
    }
    findings
}

fn user_owns_its_data<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let Some(Some(mount)) = agent.data() else { continue };
        let Some(user) = agent.user().filter(|user| *user > 0 && mount.behind == Behind::HostPath) else {
            continue;
        };
        let created = agent.pod.volume(mount.volume).is_some_and(|(_, volume)| {
            volume.pointer("/hostPath/type").and_then(Value::as_str) == Some("DirectoryOrCreate")
        });
        if created && !agent.pod.is_prepared(mount.volume) {
            let title = format!(
                "runs as user {user}, but nothing changes the owner of the node's directory at `{}`",
                mount.path
            );
            findings.push(agent.container.finding(&format!("/volumeMounts/{}", mount.index), title));
        }
    }
    findings
}

/// The first of these words that a hook or a probe says, with the field in which it does.
fn said(agent: &Agent<'_, '_>, at: &str, words: &[&'static str]) -> Option<(String, &'static str)> {
    let action = agent.container.at(at)?;
    if let Some(path) = action.pointer("/httpGet/path").and_then(Value::as_str) {
        let word = words.iter().find(|word| path.contains(**word))?;
        return Some((format!("{at}/httpGet/path"), word));
    }
    let command = action.pointer("/exec/command").and_then(Value::as_array)?;
    let found = command.iter().enumerate().find_map(|(index, text)| {
        let text = text.as_str()?;
        Some((index, *words.iter().find(|word| text.contains(**word))?))
    });
    if let Some((index, word)) = found {
        return Some((format!("{at}/exec/command/{index}"), word));
    }
    // `[consul, leave]`
    let line = command.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    let word = words.iter().find(|word| line.contains(**word))?;
    Some((format!("{at}/exec/command"), word))
}

/// Is a request of the hook's turned away?
fn denied(agent: &Agent<'_, '_>) -> bool {
    let env = &agent.container.env;
    let tokens = ["CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE"];
    agent.is_on(key::ACL_ENABLED)
        && agent.text(key::ACL_DEFAULT_POLICY) == Some("deny")
        && tokens.iter().all(|name| env.lacks(name))
        && agent.get(key::ACL_TOKENS_DEFAULT).is_none()
}

fn starts_without_reload<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let words = &["consul reload", "/v1/agent/reload"];
    agents(set).filter_map(|agent| needless(&agent, "postStart", words, "")).collect()
}

fn stops_without_leave<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let words = &["consul leave", "/v1/agent/leave"];
    // Told to stay at SIGTERM, only the hook makes it leave.
    let stays =
        |agent: &Agent<'_, '_>| agent.get(key::LEAVE_ON_TERMINATE).is_some_and(|setting| !setting.is(true));
    agents(set)
        .filter(|agent| agent.role() == Role::Client && !stays(agent))
        .filter_map(|agent| needless(&agent, "preStop", words, ", which a client does by itself"))
        .collect()
}

/// A hook that does what need not be done, or what ACLs do not let it do.
fn needless<'a>(
    agent: &Agent<'a, '_>,
    hook: &str,
    words: &[&'static str],
    otherwise: &str,
) -> Option<Finding<'a>> {
    let (at, word) = said(agent, &format!("/lifecycle/{hook}"), words)?;
    let why = if denied(agent) { " without a token, and ACLs deny it" } else { otherwise };
    let title = format!("its {hook} hook runs `{word}`{why}");
    Some(agent.container.finding(&at, title).word(word))
}

/// Endpoints that only the servers' leader makes answer.
const LEADER: &[&str] = &[consul::LEADER, "/v1/status/peers"];

fn liveness_is_local<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let Some((at, path)) = said(&agent, "/livenessProbe", LEADER) else { continue };
        // A server answers 200 by itself, with nothing in it while there is no leader.
        let by_http = agent.container.probe("livenessProbe").is_some_and(|probe| probe.http_path().is_some());
        if by_http && agent.role() == Role::Server {
            continue;
        }
        let title = format!("its livenessProbe uses `{path}`, which needs the servers");
        findings.push(agent.container.finding(&at, title).word(path));
    }
    findings
}

fn readiness_sees_a_leader<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let asks = |agent: &Agent<'a, '_>| {
        let path = agent.container.probe("readinessProbe").and_then(|probe| probe.http_path());
        path.is_some_and(|path| path.starts_with(consul::LEADER))
    };
    let title = text!("its readinessProbe accepts an empty answer of `", consul::LEADER, "` as a leader");
    agents(set)
        .filter(asks)
        .map(|agent| agent.container.finding("/readinessProbe/httpGet/path", title))
        .collect()
}
