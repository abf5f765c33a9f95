//! The image of a Consul agent, and what its entrypoint does before the agent runs.

use serde_json::Value;

use super::config::{Agent, agents};
use super::start::{self, Start};
use crate::k8s::{Image, Version};
use crate::products::consul::{
    CONSUL_BIND_INTERFACE, CONSUL_CLIENT_INTERFACE, CONSUL_DISABLE_PERM_MGMT, CONSUL_LOCAL_CONFIG,
};
use crate::verify::pods::Behind;
use crate::verify::topology;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "consul-image-is-maintained",
        grade: Grade::ERROR,
        promise: "no container runs Docker's own `consul` image",
        why: "it was discontinued with 1.15: later tags and `latest` cannot be pulled, and earlier ones get no \
              fixes",
        fix: "use `hashicorp/consul` with a version; clients must not be newer than the servers",
        source: "docker-library/docs consul/deprecated.md; Consul's release notes for 1.16",
        check: image_is_maintained,
    },
    Rule {
        code: "consul-runs-as-its-user",
        grade: Grade::WARNING,
        promise: "no `command` of a Consul container bypasses the image's entrypoint and leaves the agent running \
                  as root",
        why: "the entrypoint switches to the user `consul`, reaps child processes and adds the data and config \
              directories; without it the agent and every script check run as root",
        fix: "write `args: [agent, …]` without `command`, or set `runAsUser: 100`",
        source: "hashicorp/consul docker-entrypoint.sh and Dockerfile, which has no USER",
        check: runs_as_its_user,
    },
    Rule {
        code: "consul-entrypoint-can-change-user",
        grade: Grade::ERROR,
        promise: "a Consul entrypoint that changes file owners and user runs as root with the capabilities for it",
        why: "`chown` or `su-exec` fails with `Operation not permitted`, and the pod is in CrashLoopBackOff",
        fix: "set `CONSUL_DISABLE_PERM_MGMT: \"true\"` on a pod that does not run as root; keep CHOWN, SETUID and \
              SETGID on one that does",
        source: "hashicorp/consul docker-entrypoint.sh",
        check: entrypoint_may_change_user,
    },
    Rule {
        code: "consul-config-dir-is-writable",
        grade: Grade::ERROR,
        promise: "no ConfigMap or Secret is mounted over the directory that Consul's entrypoint writes to and \
                  takes ownership of",
        why: "`chown: /consul/config: Read-only file system`, and the pod is in CrashLoopBackOff",
        fix: "mount it at another directory, such as `/etc/consul.d`, and add `-config-dir=/etc/consul.d`",
        source: "hashicorp/docker-consul#85; docker-entrypoint.sh",
        check: config_dir_is_writable,
    },
    Rule {
        code: "consul-variables-are-read",
        grade: Grade::WARNING,
        promise: "every variable that looks like a Consul setting is read",
        why: "the agent takes no settings from variables: it silently starts without them",
        fix: "set it as a flag, or in a config file",
        source: "Consul agent configuration reference; docker-entrypoint.sh",
        check: variables_are_read,
    },
    Rule {
        code: "consul-dev-mode-is-intended",
        grade: Grade::ERROR.strict(),
        promise: "a Consul agent in development mode is intended, has a single pod, and has no volume",
        why: "`-dev` is a standalone server that keeps everything in memory: a restart loses all keys and services",
        fix: "start a server with `-server -bootstrap-expect=N`, or a client with `-retry-join`",
        source: "Consul agent command reference, -dev; the image's CMD is `agent -dev -client 0.0.0.0`",
        check: dev_mode_is_alone,
    },
];

/// Is it the image that Docker built until 1.15?
pub(super) fn is_discontinued(image: &Image) -> bool {
    matches!(image.registry(), None | Some("docker.io" | "index.docker.io"))
        && matches!(image.path(), "consul" | "library/consul")
}

fn image_is_maintained<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let containers = set.pods().iter().flat_map(|pod| &pod.containers);
    for container in containers.filter(|container| is_discontinued(&container.image)) {
        let tag = container.image.tag();
        let gone = match tag {
            None | Some("latest") => container.image.digest().is_none(),
            Some(tag) => Version::parse(tag).is_some_and(|version| version.at_least(&[1, 16])),
        };
        let name = tag.map_or_else(|| "consul".to_owned(), |tag| format!("consul:{tag}"));
        findings.push(if gone {
            container.finding(
                "/image",
                format!("`{name}` does not exist on Docker Hub: the image was discontinued with 1.15"),
            )
        } else {
            container.finding("/image", format!("`{name}` is an image that gets no more fixes")).warns()
        });
    }
    findings
}

fn is_ubi(agent: &Agent<'_, '_>) -> bool {
    agent.container.image.tag().is_some_and(|tag| tag.contains("ubi"))
}

fn runs_as_its_user<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let free = topology::security(agent.pod, agent.container, "runAsNonRoot") == Some(&Value::Bool(true));
        let root = agent.user().unwrap_or(0) == 0 && !free;
        if agent.start == Start::Direct && start::is_official(agent.container) && root && !is_ubi(&agent) {
            let title = "its `command` bypasses the image's entrypoint, and the agent runs as root";
            findings.push(agent.container.finding(agent.command(), title));
        }
    }
    findings
}

/// Does the entrypoint run, and care for owners and users?
fn manages_owners(agent: &Agent<'_, '_>) -> bool {
    let env = &agent.container.env;
    matches!(agent.start, Start::Entrypoint | Start::Wrapped)
        && start::is_official(agent.container)
        && !is_ubi(agent)
        && !env.has(CONSUL_DISABLE_PERM_MGMT)
        && !env.is_open()
}

fn entrypoint_may_change_user<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(manages_owners) {
        let context = |field: &str| {
            let pointer = format!("/securityContext/{field}");
            let own = agent.container.at(&pointer).is_some();
            (own, pointer)
        };
        if let Some(user) = agent.user().filter(|user| *user > 0) {
            let (own, pointer) = context("runAsUser");
            let title = format!("runs as user {user}, but its entrypoint changes owners and user");
            findings.push(if own {
                agent.container.finding(&pointer, title)
            } else {
                agent.pod.finding(&pointer, title)
            });
            continue;
        }
        let capabilities = |list: &str| {
            let all = agent
                .container
                .at(&format!("/securityContext/capabilities/{list}"))
                .and_then(Value::as_array);
            all.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>()
        };
        let added = capabilities("add");
        let missing: Vec<&str> =
            ["SETUID", "SETGID"].into_iter().filter(|name| !added.contains(name)).collect();
        if capabilities("drop").contains(&"ALL") && !missing.is_empty() && !added.contains(&"ALL") {
            let title =
                format!("drops {}, which its entrypoint needs to switch its user", missing.join(" and "));
            findings.push(agent.container.finding("/securityContext/capabilities/drop", title));
        }
    }
    findings
}

fn config_dir_is_writable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| matches!(agent.start, Start::Entrypoint | Start::Wrapped)) {
        let folder = agent.config_dir().trim_end_matches('/');
        let mount = agent.container.mount(folder);
        let Some(mount) = mount
            .filter(|mount| mount.behind == Behind::Config && mount.path.trim_end_matches('/') == folder)
        else {
            continue;
        };
        let at = format!("/volumeMounts/{}/mountPath", mount.index);
        let local = agent.start == Start::Entrypoint
            && agent.container.env.known(CONSUL_LOCAL_CONFIG).is_some_and(|text| !text.is_empty());
        if manages_owners(&agent) && agent.user().unwrap_or(0) == 0 {
            let title =
                format!("`{folder}` is read-only, but its entrypoint changes its owner to Consul's user");
            findings.push(agent.container.finding(&at, title));
        } else if local {
            let title =
                format!("`{folder}` is read-only, but its entrypoint writes `{CONSUL_LOCAL_CONFIG}` into it");
            findings.push(agent.container.finding(&at, title));
        }
    }
    findings
}

/// Variables that the entrypoint turns into flags and files.
const ENTRYPOINT: &[&str] = &[CONSUL_BIND_INTERFACE, CONSUL_CLIENT_INTERFACE, CONSUL_LOCAL_CONFIG];

/// Variables that other people's images read, and HashiCorp's does not.
const FOREIGN: &[&str] = &[
    "CONSUL_AGENT_MODE",
    "CONSUL_BIND_ADDR",
    "CONSUL_BOOTSTRAP_EXPECT",
    "CONSUL_CLIENT_LAN_ADDRESS",
    "CONSUL_DATACENTER",
    "CONSUL_DOMAIN",
    "CONSUL_ENABLE_UI",
    "CONSUL_GOSSIP_ENCRYPTION_KEY",
    "CONSUL_NODE_NAME",
    "CONSUL_RETRY_JOIN",
    "CONSUL_RETRY_JOIN_ADDRESS",
];

fn variables_are_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set).filter(|agent| start::is_official(agent.container)) {
        let used = |name: &str| {
            let others =
                agent.container.fields.iter().filter(|(field, _)| *field != "env" && *field != "envFrom");
            let refers = |text: &str| text.contains(&format!("$({name})"));
            others.into_iter().any(|(_, value)| value.to_string().contains(name))
                || agent.container.at("/env").is_some_and(|env| refers(&env.to_string()))
        };
        for var in agent.container.env.iter() {
            let name = var.name.as_ref();
            let title = if ENTRYPOINT.contains(&name) && agent.start == Start::Direct {
                format!("`{name}` is for the image's entrypoint, which `command` replaces")
            } else if FOREIGN.contains(&name) {
                format!("`{name}` is set, but has no effect")
            } else {
                continue;
            };
            if !used(name) {
                findings.push(agent.container.env.finding(var, title));
            }
        }
    }
    findings
}

fn dev_mode_is_alone<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for agent in agents(set) {
        let Some(setting) = agent.get("dev").filter(|setting| setting.is(true)) else { continue };
        let kept =
            agent.data().flatten().filter(|mount| matches!(mount.behind, Behind::Claim | Behind::HostPath));
        let pods = agent.pod.replicas(set).unwrap_or(1);
        if let Some(mount) = kept {
            let title =
                format!("runs in development mode, which does not persist anything in `{}`", mount.path);
            findings.push(agent.finding(setting, title));
        } else if pods > 1 {
            let title = format!(
                "runs in development mode: its {pods} pods are independent servers that do not know each other"
            );
            findings.push(agent.finding(setting, title));
        } else if agent.command() == "/image" {
            let title = "starts without arguments, which makes it a development server";
            findings.push(agent.finding(setting, title).warns());
        }
    }
    findings
}
