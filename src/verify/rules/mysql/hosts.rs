//! Hosts that a server remembers: who connects and does not log in is blocked in the end.

use super::config::of_servers;
use super::options;
use super::options::Setting;
use super::servers::{Flavour, Server};
use crate::products::mysql::{CONFIG_FILE, CONFIG_FOLDER, PORT, key};
use crate::verify::{Finding, Grade, Rule};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "mysql-probes-block-no-host",
    grade: Grade::WARNING,
    promise: "no probe opens the port of a MySQL server that counts connections without a login",
    why: "each one counts as a failed connection of its node; after `max_connect_errors` of them, 100 by default, the \
          node is blocked: whoever connects from there, or through it, gets ERROR 1129 (`Host is blocked because of \
          many connection errors`)",
    fix: "ask with `exec: {command: [mysqladmin, -h127.0.0.1, ping]}`, or set `skip_name_resolve=ON` and \
          `host_cache_size=0`, as the image's own file does",
    source: "MySQL reference manual, DNS Lookups and the Host Cache; observed with MySQL 9.7.4: 105 connections, then \
             ERROR 1129",
    check: |set| of_servers(set, blocked),
}];

/// Nobody makes as many probes between two restarts.
const ENOUGH: u64 = 1_000_000;

fn blocked<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    if !counts(server) {
        return Vec::new();
    }
    let port = server.setting("port").and_then(|setting| setting.value.as_deref()?.parse().ok());
    let port: u64 = port.unwrap_or(u64::from(PORT));
    let opens = |socket: &serde_json::Value| server.container.port_number(socket.get("port")?);
    let mut probes =
        server.container.probes().filter(|probe| probe.fields.get("tcpSocket").and_then(opens) == Some(port));
    let Some(probe) = probes.next() else { return Vec::new() };
    let title = format!(
        "opens port {port} without a login, which the server counts in its host cache (`{}`): after {} the \
         node is blocked",
        key::HOST_CACHE_SIZE,
        most(server).unwrap_or(100)
    );
    vec![server.container.finding(&format!("/{}/tcpSocket", probe.kind), title)]
}

fn most(server: &Server<'_, '_>) -> Option<u64> {
    server.setting(key::MAX_CONNECT_ERRORS)?.value.as_deref()?.parse().ok()
}

/// Does it remember hosts, and count what they do wrong? True only where all that says so is seen.
fn counts(server: &Server<'_, '_>) -> bool {
    let container = server.container;
    let of = |name: &str| server.setting(name);
    let unknown = |setting: Option<&Setting<'_, '_>>| setting.is_some_and(|setting| setting.value.is_none());
    let (names, cache) = (of(key::SKIP_NAME_RESOLVE), of(key::HOST_CACHE_SIZE));
    let off = names.is_some_and(Setting::is_on)
        || of(key::SKIP_HOST_CACHE).is_some_and(Setting::is_on)
        || cache.is_some_and(|size| size.value.as_deref() == Some("0"))
        || most(server).is_some_and(|most| most >= ENOUGH);
    if off || unknown(names) || unknown(cache) || server.flavour != Flavour::Official {
        return false;
    }
    let only =
        container.words().iter().find_map(|word| word.strip_prefix("--defaults-file=").map(str::to_owned));
    match only {
        Some(path) => container.file(&path).is_some_and(|file| file.plain().is_some()),
        // The image's file says both, where nothing hides it.
        None => options::are_seen(container) && (is_hidden(server) || (names.is_some() && cache.is_some())),
    }
}

/// Is the image's own file, which turns the cache off, hidden by what is mounted?
fn is_hidden(server: &Server<'_, '_>) -> bool {
    const FILE: &str = "/etc/mysql/my.cnf";
    let container = server.container;
    if !is_debian(server) {
        return container.file(CONFIG_FILE).is_some();
    }
    let over = |path: &str| {
        container
            .mounts()
            .iter()
            .any(|mount| mount.path.trim_end_matches('/') == path && mount.sub_path.is_none())
    };
    let kept = container.files.iter().any(|file| file.name() == "docker.cnf");
    let unlinked =
        container.file(FILE).and_then(|file| file.plain()).is_some_and(|text| !text.contains("!includedir"));
    !kept && (over(CONFIG_FOLDER) || over("/etc/mysql") || unlinked)
}

/// Is it built on Debian? The usual variant was, until June 2022.
fn is_debian(server: &Server<'_, '_>) -> bool {
    let tag = server.container.image.tag().unwrap_or_default();
    let named = ["debian", "buster", "bullseye", "bookworm"].iter().any(|name| tag.contains(name));
    let old = server.before(&[5, 7, 38]) || (server.at_least(&[8, 0]) && server.before(&[8, 0, 29]));
    named || (old && !tag.contains("oracle"))
}
