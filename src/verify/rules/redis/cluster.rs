//! What a Redis cluster needs to stay one: enough masters, its state on a disk, addresses that are found again.

use super::conf::{Server, by_namespace};
use crate::products::redis::key;
use crate::verify::pods::{Behind, Container};
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words::counted;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-cluster-has-three-servers",
        grade: Grade::ERROR,
        promise: "a Redis cluster has at least three servers",
        why: "`redis-cli --cluster create` refuses fewer than three masters, and two masters have no majority for \
              a failover",
        fix: "set `replicas: 6` for three masters with a replica each, and `serviceName` to a headless Service, or remove `cluster-enabled`",
        source: "Redis documentation, Scale with Redis Cluster; observed with Redis 7.0.15",
        check: three_servers,
    },
    Rule {
        code: "redis-cluster-state-is-kept",
        grade: Grade::ERROR,
        promise: "a server of a Redis cluster keeps its cluster-config-file on a volume that outlives the pod",
        why: "nodes.conf holds the server's identity and its slots: without it the pod comes back as a new node, \
              and its share of the keys is lost (`cluster_state:fail`)",
        fix: "mount a claim at the directory of `dir`, and keep `cluster-config-file` there",
        source: "Redis documentation, Scale with Redis Cluster: cluster-config-file",
        check: state_is_kept,
    },
    Rule {
        code: "redis-cluster-survives-new-addresses",
        grade: Grade::PROD,
        promise: "a Redis cluster recovers after all pods got new addresses",
        why: "nodes.conf holds addresses: when all pods restart at once (power failure, node pool upgrade, \
              scaling to 0) no server finds another, and `cluster_state:fail` stays",
        fix: "announce a name (`cluster-announce-hostname`), and before startup write the addresses behind all \
              names into nodes.conf, also in the lines of the other servers; or send CLUSTER MEET to all others \
              after startup",
        source: "observed with Redis 7.0.15, 8.0.2 and Valkey 8.1.1",
        check: survives_moves,
    },
    Rule {
        code: "redis-announced-ip-fits",
        grade: Grade::ERROR,
        promise: "a name in `cluster-announce-ip` has at most 45 characters, and the Redis version accepts names \
                  there",
        why: "the field is meant for addresses: a longer name is silently truncated and `--cluster create` waits \
              forever; 7.4.9, 8.2.6, 8.4.3 and 8.6.3 refuse names at startup",
        fix: "announce `$(POD_IP)` there, and the name with `cluster-announce-hostname`",
        source: "redis/redis#15183, #15188; observed with Redis 7.0.15 and 8.0.6",
        check: announced_ip_fits,
    },
];

fn three_servers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = Server::clustered(set);
    let mut findings = Vec::new();
    for (_, members) in by_namespace(&servers) {
        let counts: Option<Vec<u64>> = members.iter().map(|server| server.pod.replicas(set)).collect();
        let Some(count) =
            counts.map(|counts| counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count)))
        else {
            continue;
        };
        // Nobody runs what is scaled to 0.
        let Some(last) = members.last().filter(|_| count > 0 && count < 3) else { continue };
        let title =
            format!("is a cluster of only {}", counted(usize::try_from(count).unwrap_or(0), "server"));
        let finding = Finding::new(last.pod.workload, title).at("/spec/replicas");
        // One server alone may be given all slots by hand, to try something out.
        findings.push(if count == 1 { finding.warns() } else { finding });
    }
    findings
}

fn state_is_kept<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::clustered(set) {
        let mounts = server.container.mounts();
        let lasting = |behind: Behind| !matches!(behind, Behind::EmptyDir | Behind::Config);
        let Some(enabled) = server.get(key::CLUSTER_ENABLED) else { continue };
        if !mounts.iter().any(|mount| lasting(mount.behind)) {
            let title = format!("its {} is not on a volume that outlives the pod", key::CLUSTER_CONFIG_FILE);
            findings.push(enabled.finding(title));
            continue;
        }
        let Some(path) = state_path(&server) else { continue };
        let behind = server.container.mount(&path).map(|mount| mount.behind);
        if !behind.is_some_and(lasting) {
            let told = server.get(key::CLUSTER_CONFIG_FILE).or_else(|| server.get("dir")).unwrap_or(enabled);
            let path = told.shown(&path);
            let title =
                format!("its {} `{path}` is not on a volume that outlives the pod", key::CLUSTER_CONFIG_FILE);
            findings.push(told.finding(title));
        }
    }
    findings
}

/// Where nodes.conf is, when that can be known.
fn state_path(server: &Server<'_, '_>) -> Option<String> {
    let image = &server.container.image;
    let official = image.is("redis") || image.is("valkey/valkey");
    let name = match server.get(key::CLUSTER_CONFIG_FILE) {
        Some(setting) => setting.value.as_deref()?,
        None if server.open => return None,
        None => "nodes.conf",
    };
    if name.starts_with('/') {
        return Some(name.to_owned());
    }
    let folder = match server.get("dir") {
        Some(setting) => setting.value.as_deref()?,
        None if server.open => return None,
        None => "./",
    };
    // The images' WORKDIR.
    let folder = match folder.strip_prefix("./").unwrap_or(folder) {
        "" | "." if official && server.container.at("/workingDir").is_none() => "/data",
        absolute if absolute.starts_with('/') => absolute,
        _ => return None,
    };
    Some(format!("{}/{name}", folder.trim_end_matches('/')))
}

fn survives_moves<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::clustered(set) {
        if server.pod.replicas(set).is_none_or(|count| count < 2) || announces_a_name(&server, set) {
            continue;
        }
        if let Some(finding) = only_myself(&server) {
            findings.push(finding);
            continue;
        }
        // A script, a sidecar, a hook: any of them may repair what is in nodes.conf.
        let watched = |container: &&Container<'a>| container.image.path().contains("exporter");
        let alone = server.pod.mains().filter(|container| !watched(container)).count() == 1
            && server.container.at("/lifecycle/postStart").is_none();
        let prepared = server.pod.containers.iter().any(|container| container.init);
        if !server.open
            && alone
            && !prepared
            && let Some(enabled) = server.get(key::CLUSTER_ENABLED)
        {
            findings.push(
                enabled
                    .finding("nothing updates the addresses in nodes.conf after all pods were rescheduled"),
            );
        }
    }
    findings
}

fn announces_a_name<'a>(server: &Server<'_, 'a>, set: &Set<'a>) -> bool {
    let announced = server.get(key::CLUSTER_ANNOUNCE_IP);
    announced.and_then(|setting| server.filled(&setting.written, set)).is_some_and(|text| is_name(&text))
}

fn is_name(text: &str) -> bool {
    !text.contains(':') && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// The script that goes round: it rewrites the server's own line of nodes.conf, and none of the others'.
fn only_myself<'a>(server: &Server<'_, 'a>) -> Option<Finding<'a>> {
    server.container.files.iter().find_map(|file| {
        let text = file.plain()?;
        let line = text.lines().find(|line| {
            let line = line.trim_start();
            line.starts_with("sed") && line.contains("/myself/") && !line.starts_with('#')
        })?;
        let whole = !text.contains("meet") && !text.contains("MEET") && text.matches("sed ").count() == 1;
        let title = "writes the pod's new address only into its own line of nodes.conf";
        whole.then(|| file.finding(title).word(line.trim()))
    })
}

fn announced_ip_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set) {
        let Some(setting) = server.get(key::CLUSTER_ANNOUNCE_IP) else { continue };
        let Some(name) = server.filled(&setting.written, set).filter(|text| is_name(text)) else { continue };
        let version = server.container.version.as_ref().filter(|_| !server.is_valkey());
        let refuses = |version: &&crate::k8s::Version| {
            let between = |from: &[u32], to: &[u32]| version.at_least(from) && version.before(to);
            between(&[7, 4, 9], &[8])
                || between(&[8, 2, 6], &[8, 2, 7])
                || between(&[8, 4, 3], &[8, 4, 4])
                || between(&[8, 6, 3], &[8, 6, 4])
        };
        if name.len() > 45 {
            let shown = setting.shown(&name);
            let title = format!(
                "announces `{shown}` as its address: {} characters, at most 45 are allowed",
                name.len()
            );
            findings.push(setting.finding(title));
        } else if let Some(version) = version.filter(refuses) {
            findings
                .push(setting.finding(format!("announces a name as its address, which {version} refuses")));
        }
    }
    findings
}
