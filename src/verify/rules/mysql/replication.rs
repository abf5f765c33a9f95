//! What servers that follow each other need of each other.

use std::collections::{BTreeMap, BTreeSet};

use super::servers::{self, Flavour, Server};
use crate::products::mysql::{INIT_FOLDER, MYSQL_DATABASE, MYSQL_USER, key};
use crate::verify::shapes::startup;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-primary-is-one-pod",
        grade: Grade::ERROR,
        promise: "a MySQL server without replication is one pod",
        why: "the image does not replicate by itself: every pod has its own databases, and clients see a \
              different one with each connection",
        fix: "set `replicas: 1`; read replicas are a workload of their own, which replicates from this one",
        source: "docker-library/mysql docker-entrypoint.sh; Kubernetes documentation, Run a Replicated Stateful Application",
        check: many_primaries,
    },
    Rule {
        code: "mysql-server-ids-differ",
        grade: Grade::ERROR,
        promise: "MySQL servers that replicate have different `server_id`s, none of them 0",
        why: "replication stops: `source and replica have equal MySQL server ids`; replicas with the same id \
              disconnect each other",
        fix: "give every server its own id; pods of one StatefulSet derive it from their ordinal",
        source: "MySQL reference manual, server_id; observed with MySQL 9.7.4",
        check: equal_ids,
    },
    Rule {
        code: "mysql-server-id-is-a-number",
        grade: Grade::ERROR,
        promise: "the `server_id` of a MySQL server is a number",
        why: "the server exits at every start: `Unknown suffix … used for variable 'server_id'`",
        fix: "derive it from the pod's ordinal: in the start script `--server-id=$((100 + ${HOSTNAME##*-}))`, or from the \
              label `apps.kubernetes.io/pod-index` (Kubernetes 1.28): `--server-id=1$(POD_INDEX)`",
        source: "MySQL reference manual, server_id; my_getopt.cc, eval_num_suffix",
        check: |set| super::config::of_servers(set, no_number),
    },
    Rule {
        code: "mysql-first-start-can-write",
        grade: Grade::ERROR,
        promise: "no MySQL server has `super_read_only` on while its image creates the accounts",
        why: "the first start fails with ERROR 1290, the second finds a non-empty volume and comes up with a root \
              account without a password",
        fix: "set `read_only=ON`, and enable `super_read_only` after the replica has joined: `SET PERSIST \
              super_read_only=ON`",
        source: "observed with MySQL 9.7.4 and docker-library/mysql docker-entrypoint.sh",
        check: |set| super::config::of_servers(set, no_writes),
    },
    Rule {
        code: "mysql-replica-starts-empty",
        grade: Grade::ERROR,
        promise: "a MySQL replica creates no databases and accounts of its own",
        why: "it has transactions that its primary does not have, and stops at objects that already exist: error \
              1396 (CREATE USER) or 1050 (CREATE TABLE)",
        fix: "set `MYSQL_DATABASE`, `MYSQL_USER` and the primary's SQL only on the primary: the results are \
              replicated",
        source: "docker-library/mysql docker-entrypoint.sh: docker_setup_db; observed with MySQL 9.7.4",
        check: own_content,
    },
    Rule {
        code: "mysql-table-name-case-matches",
        grade: Grade::ERROR,
        promise: "a MySQL replica has the `lower_case_table_names` of its primary",
        why: "replication stops at a table whose name differs in case between the two; the setting cannot be \
              changed later (MY-011087)",
        fix: "set the same value on both, before their first start",
        source: "MySQL reference manual, lower_case_table_names; observed with MySQL 9.7.4",
        check: other_case,
    },
];

/// Words of options, variables and scripts that say that pods of one workload know of each other.
const CLUSTERED: &[&str] =
    &["group_replication", "wsrep", "ndbcluster", "CHANGE MASTER", "CHANGE REPLICATION"];

fn is_clustered(server: &Server<'_, '_>) -> bool {
    let by_option =
        server.settings.iter().any(|setting| CLUSTERED.iter().any(|word| setting.name.contains(word)));
    let files = server.pod.containers.iter().flat_map(|container| &container.files);
    by_option
        || files.filter_map(|file| file.text.known()).any(|text| {
            let text = text.to_ascii_uppercase();
            CLUSTERED.iter().any(|word| text.contains(&word.to_ascii_uppercase()))
        })
}

fn many_primaries<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let broken = |server: &Server<'_, 'a>| {
        let pods = server.pod.replicas(set).filter(|pods| *pods > 1)?;
        let unseen = server.container.mounts().iter().any(|mount| {
            mount.path.contains("initdb")
                && !server.container.files.iter().any(|file| file.path.starts_with(mount.path))
        });
        let alone = server.complete && !unseen && !server.is_read_only() && !server.has_helpers();
        if !alone || is_clustered(server) || server.is_filled_before() {
            return None;
        }
        let title = format!("{pods} pods run MySQL, but none of them replicates from another");
        Some(Finding::new(server.pod.workload, title).at("/spec/replicas"))
    };
    servers::all(set).iter().filter_map(broken).collect()
}

/// The number that a server has, as far as it can be seen: 1 when nothing is said, before 8.0 none.
fn id(server: &Server<'_, '_>) -> Option<u64> {
    match server.setting(key::SERVER_ID) {
        Some(setting) => setting.value.as_deref()?.parse().ok(),
        None if server.complete && server.at_least(&[8, 0]) => Some(1),
        None if server.complete && server.before(&[8, 0]) => Some(0),
        None => None,
    }
}

fn no_number<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let Some(setting) = server.setting(key::SERVER_ID) else { return Vec::new() };
    let what = setting.rough().and_then(|text| startup::no_number(server.container, text));
    let title = |what: String| format!("`{}` is {what}, which is not a number", setting.written);
    what.map(|what| setting.finding(title(what))).into_iter().collect()
}

fn at_id<'a>(server: &Server<'_, 'a>, title: String) -> Finding<'a> {
    match server.setting(key::SERVER_ID) {
        Some(setting) => setting.finding(title),
        None => server.container.finding("", title),
    }
}

/// Who follows whom: what scripts say; and else, of servers with a number, the only one of the namespace that takes writes.
fn pairs<'a>(set: &Set<'a>, servers: &[Server<'_, 'a>]) -> Vec<(usize, usize)> {
    let mut pairs = servers::links(set, servers);
    let followers: BTreeSet<usize> = pairs.iter().map(|(_, replica)| *replica).collect();
    let mut writers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, server) in servers.iter().enumerate().filter(|(_, server)| !server.is_read_only()) {
        writers.entry(server.pod.namespace).or_default().push(position);
    }
    let numbered = |server: &Server<'_, 'a>| server.setting(key::SERVER_ID).is_some();
    for (replica, server) in servers.iter().enumerate() {
        let waits = server.is_read_only() && numbered(server) && !followers.contains(&replica);
        let only = writers.get(server.pod.namespace).map(Vec::as_slice);
        if let (true, Some([source])) = (waits, only)
            && numbered(&servers[*source])
        {
            pairs.push((*source, replica));
        }
    }
    pairs
}

fn equal_ids<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = servers::all(set);
    // By primary and number, the replica that was looked at first.
    let mut known: BTreeMap<(usize, u64), usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for (source, replica) in pairs(set, &servers) {
        let (primary, server) = (&servers[source], &servers[replica]);
        let Some(own) = id(server) else { continue };
        let many =
            server.pod.replicas(set).filter(|pods| *pods > 1 && server.setting(key::SERVER_ID).is_some());
        let twin = *known.entry((source, own)).or_insert(replica);
        let name = key::SERVER_ID;
        let title = if own == 0 {
            format!("has no `{name}`, and cannot replicate without one")
        } else if id(primary) == Some(own) {
            format!("`{name}` {own} is also that of {}, from which it replicates", primary.pod.workload.id())
        } else if twin != replica {
            format!("`{name}` {own} is that of {} as well", servers[twin].pod.workload.id())
        } else if let Some(pods) = many {
            format!("{pods} pods share the `{name}` {own}")
        } else {
            continue;
        };
        findings.push(at_id(server, title));
    }
    findings
}

fn no_writes<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let on = server.setting(key::SUPER_READ_ONLY).filter(|setting| setting.is_on());
    let prepared = server.flavour == Flavour::Bitnami || server.is_filled_before();
    let title = format!(
        "`{}` is on from the start, while the image still has to create the root account",
        key::SUPER_READ_ONLY
    );
    on.filter(|_| !prepared).map(|setting| setting.finding(title)).into_iter().collect()
}

fn own_content<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = servers::all(set);
    let mut findings = Vec::new();
    for (source, replica) in servers::links(set, &servers) {
        let (primary, server) = (&servers[source], &servers[replica]);
        if server.flavour != Flavour::Official || !reads_all(server) {
            continue;
        }
        let env = &server.container.env;
        let value = |server: &Server<'_, 'a>, name: &str| server.container.env.known(name).map(str::to_owned);
        for name in [MYSQL_USER, MYSQL_DATABASE] {
            let own = value(server, name).filter(|text| !text.is_empty());
            if let Some(var) = env.get(name).filter(|_| own.is_some() && own == value(primary, name)) {
                let title =
                    format!("`{name}` creates what is replicated from {} as well", primary.pod.workload.id());
                let finding = env.finding(var, title);
                // A database is made unless it exists: nothing stops, but the transaction is the replica's own.
                findings.push(if name == MYSQL_DATABASE { finding.warns() } else { finding });
                break;
            }
        }
        let init = |file: &&crate::verify::pods::File<'a>| {
            file.path.starts_with(INIT_FOLDER) && file.path.ends_with(".sql")
        };
        for file in server.container.files.iter().filter(init) {
            let shared = primary
                .container
                .files
                .iter()
                .filter(init)
                .any(|other| std::ptr::eq(other.object, file.object) && other.key == file.key);
            if shared
                && file.text.known().is_some_and(|text| text.to_ascii_uppercase().contains("CREATE TABLE"))
            {
                let title = format!(
                    "{} runs on it and on {}, from which it is replicated",
                    server.pod.workload.id(),
                    primary.pod.workload.id()
                );
                findings.push(file.finding(title));
            }
        }
    }
    findings
}

/// Does the replica read its primary's log from the beginning?
fn reads_all(server: &Server<'_, '_>) -> bool {
    let files = server.pod.containers.iter().flat_map(|container| &container.files);
    files
        .filter_map(|file| file.text.known())
        .any(|text| text.to_ascii_uppercase().contains("_AUTO_POSITION"))
}

fn other_case<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = servers::all(set);
    let value = |server: &Server<'_, 'a>| match server.setting("lower_case_table_names") {
        Some(setting) => setting.value.clone(),
        None => server.complete.then(|| "0".to_owned()),
    };
    let broken = |(source, replica): (usize, usize)| {
        let (primary, server) = (&servers[source], &servers[replica]);
        let (theirs, own) = (value(primary)?, value(server)?);
        if theirs == own {
            return None;
        }
        let title = format!(
            "`lower_case_table_names` is {own}, but {theirs} on {}, from which it replicates",
            primary.pod.workload.id()
        );
        Some(match server.setting("lower_case_table_names") {
            Some(setting) => setting.finding(title),
            None => server.container.finding("", title),
        })
    };
    pairs(set, &servers).into_iter().filter_map(broken).collect()
}
