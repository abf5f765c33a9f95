//! The disk of a server: a master that comes back empty empties its replicas, and nobody else writes to it.

use std::collections::BTreeMap;

use super::conf::Server;
use crate::k8s::Object;
use crate::products::redis::{REDIS_MASTER_HOST, key};
use crate::verify::pods::Behind;
use crate::verify::shapes::stores::{self, Store};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-master-keeps-its-data",
        grade: Grade::PROD,
        promise: "a Redis server that others replicate keeps its data on a volume that outlives the pod",
        why: "when it is replaced it comes back empty under the same name, and its replicas copy that: all of their data \
              is gone, too",
        fix: "mount a claim at the data directory (`/data` in the official image) and set `appendonly yes`",
        source: "Redis documentation, Replication: safety of replication when master has persistence turned off",
        check: master_keeps_its_data,
    },
    Rule {
        code: "redis-data-has-one-server",
        grade: Grade::ERROR.strict(),
        promise: "no two Redis servers share a data directory, not even during a rollout",
        why: "nothing keeps them apart: each overwrites the dump and the append-only file of the other, and the next start \
              reads what is left",
        fix: "use a StatefulSet with `volumeClaimTemplates`, which gives each pod a claim of its own",
        source: "Redis documentation, Persistence; Kubernetes documentation, StatefulSet",
        check: one_server_per_folder,
    },
];

/// Where a server keeps what it writes, when that can be known.
fn folder(server: &Server<'_, '_>) -> Option<String> {
    match server.get(key::DIR) {
        Some(setting) => setting.value.clone().filter(|dir| dir.starts_with('/')),
        None if server.container.image.path().contains("bitnami") => Some("/bitnami/redis/data".to_owned()),
        None => server.lacks(key::DIR).then(|| "/data".to_owned()),
    }
}

/// Why what it holds is not there after a restart; nothing where it may be.
fn loses(server: &Server<'_, '_>) -> Option<&'static str> {
    let folder = folder(server)?;
    match server.container.mount(&folder).map(|mount| mount.behind) {
        None => return Some("not on a volume"),
        Some(Behind::EmptyDir) => return Some("on an emptyDir"),
        Some(_) => {}
    }
    let appends = server
        .get(key::APPENDONLY)
        .map_or(!server.lacks(key::APPENDONLY), |setting| setting.value.as_deref() != Some("no"));
    let saves = server
        .get(key::SAVE)
        .is_none_or(|setting| setting.value.as_deref().is_none_or(|value| !value.is_empty()));
    (!appends && !saves && !server.open).then_some("never written to its disk")
}

/// The hosts that a server is told to copy: by its settings, its start script, or Bitnami's variable.
fn sources(server: &Server<'_, '_>) -> Vec<String> {
    let host =
        |value: &str| value.split_whitespace().next().map(|host| host.trim_matches(['"', '\'']).to_owned());
    let told = server
        .settings
        .iter()
        .filter(|setting| [key::REPLICAOF, key::SLAVEOF].contains(&setting.key.as_str()));
    let mut hosts: Vec<String> = told.filter_map(|setting| host(setting.value.as_deref()?)).collect();
    if server.scripted {
        let words = server.container.words();
        for text in &words {
            for name in [key::REPLICAOF, key::SLAVEOF] {
                hosts.extend(text.match_indices(name).filter_map(|(at, _)| host(&text[at + name.len()..])));
            }
        }
    }
    hosts.extend(server.container.env.known(REDIS_MASTER_HOST).map(str::to_owned));
    hosts.retain(|host| host.contains(|c: char| c.is_ascii_alphabetic()) && !host.contains(['$', '`', '{']));
    hosts
}

fn master_keeps_its_data<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers: Vec<Server<'_, 'a>> =
        Server::all(set).into_iter().filter(|server| !server.sentinel).collect();
    let mut followed: BTreeMap<*const Object, &'a Object> = BTreeMap::new();
    for server in servers.iter().filter(|server| !server.is_clustered()) {
        for host in sources(server) {
            // A name that leads to several says nothing about which is the master.
            if let [master] = topology::led_to(set, &host, server.pod.namespace).as_slice() {
                let own = std::ptr::eq(*master, server.pod.workload);
                if !own || server.pod.replicas(set).is_some_and(|replicas| replicas > 1) {
                    followed.entry(&raw const **master).or_insert(server.pod.workload);
                }
            }
        }
    }
    let lost = |server: &Server<'_, 'a>| {
        let by = followed.get(&(&raw const *server.pod.workload))?;
        let own = std::ptr::eq(*by, server.pod.workload);
        let who = if own { "its other pods replicate".to_owned() } else { format!("{} replicates", by.id()) };
        let title = format!("its data is {}, but {who} it", loses(server)?);
        let mount = server.container.mount(&folder(server)?);
        Some(match mount.filter(|mount| mount.behind == Behind::EmptyDir) {
            Some(mount) => server.container.finding(&format!("/volumeMounts/{}", mount.index), title),
            None => server.finding(title),
        })
    };
    servers.iter().filter_map(lost).collect()
}

fn one_server_per_folder<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers: Vec<Server<'_, 'a>> =
        Server::all(set).into_iter().filter(|server| !server.sentinel).collect();
    let stores: Vec<Store<'_, 'a>> = servers
        .iter()
        .filter_map(|server| {
            Some(Store { pod: server.pod, container: server.container, folder: folder(server)? })
        })
        .collect();
    stores::shared(set, &stores, "server")
}
