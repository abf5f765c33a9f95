//! Where agents are told to join.

use std::net::IpAddr;

use super::{Consul, Mode};
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Path};
use crate::products::consul::{DNS_PORT, HTTP_PORT, RPC_PORT, SERF_PORT};

pub(super) fn complaints(me: &Instance<Consul>) -> Vec<Diagnostic> {
    if me.mode != Mode::Agents {
        return Vec::new();
    }
    let path = me.path.key("servers");
    if me.servers.is_empty() {
        return vec![
            Diagnostic::error("consul-servers", "the agents have no servers to join").at(&path).help(
                "set `servers: [10.0.0.1, 10.0.0.2, 10.0.0.3]`, or `mode: standalone` for one server in the \
                       cluster",
            ),
        ];
    }
    let entries = me.servers.iter().enumerate().filter_map(|(index, server)| {
        let (title, why) = wrong(server)?;
        Some(Diagnostic::error("consul-servers", title).at(path.index(index)).because(why))
    });
    entries.chain(alone(&me.servers, &path)).collect()
}

/// A single address; a single name may stand for many.
fn alone(servers: &[String], path: &Path) -> Option<Diagnostic> {
    let [only] = servers else { return None };
    only.parse::<IpAddr>().is_ok().then(|| {
        Diagnostic::warning("consul-servers", format!("`{only}` is the only server that agents can join"))
            .at(path)
            .because("while it is down, an agent that starts cannot join the datacenter")
    })
}

/// What is wrong with an entry, and why.
fn wrong(server: &str) -> Option<(String, String)> {
    if server.starts_with("provider=") {
        return discovery(server);
    }
    let why = if server.contains('/') {
        "an address is a host or `host:port`, not a URL".to_owned()
    } else if server.trim().is_empty() || server.trim() != server {
        "an address is a host or `host:port`, without surrounding spaces".to_owned()
    } else if [RPC_PORT, HTTP_PORT, DNS_PORT].iter().any(|port| server.ends_with(&format!(":{port}"))) {
        format!(
            "agents join the gossip port {SERF_PORT} ({RPC_PORT} is the servers' RPC, {HTTP_PORT} their HTTP API, \
             {DNS_PORT} their DNS)"
        )
    } else {
        return None;
    };
    Some((format!("`{server}` is not a valid address to join"), why))
}

/// Cloud auto-join: `provider=aws tag_key=…`.
///
/// Source: go-discover, which reads secrets from these strings and, for some clouds, from the environment.
fn discovery(text: &str) -> Option<(String, String)> {
    let entries = || text.split_whitespace().filter_map(|entry| entry.split_once('='));
    if entries().any(|(key, value)| key == "provider" && value == "k8s") {
        return Some((
            "agents cannot find their servers with `provider=k8s`".to_owned(),
            "it lists pods through the API server, but these pods have no service account token".to_owned(),
        ));
    }
    let secret = |key: &str| ["secret", "token", "password", "api_key"].iter().any(|word| key.contains(word));
    let (key, _) = entries().find(|(key, _)| secret(key))?;
    Some((
        format!("`{key}` would put a secret into a ConfigMap"),
        "use the machine's IAM role, set it in `env` if the provider reads a variable, or list addresses"
            .to_owned(),
    ))
}
