//! How many Nacos servers there are, and what they run as.

use super::list::{self, Plugin, Source};
use super::running::{self, Mode, Running};
use crate::products::nacos::{MODE, NACOS_SERVER_IP, NACOS_SERVERS, key};
use crate::products::text;
use crate::verify::pods::Behind;
use crate::verify::shapes::clustered;
use crate::verify::topology::majority;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-standalone-is-one-pod",
        grade: Grade::ERROR,
        promise: "a standalone Nacos server has one replica",
        why: "each pod is a separate registry: an instance registered with one is unknown to the others behind \
              the same Service",
        fix: "set `replicas: 1` and remove an autoscaler, or make it a cluster: `MODE: cluster` with `NACOS_SERVERS`",
        source: "nacos-docker docker-startup.sh: `-Dnacos.standalone=true`",
        check: standalone_is_alone,
    },
    Rule {
        code: "nacos-cluster-has-peers",
        grade: Grade::PROD,
        promise: "a Nacos server in cluster mode has other members",
        why: "since 2.4.2 a member waits for the data of another: alone it never becomes ready, and answers every \
              service request with 503 (\"[DISTRO-INIT] waiting server list init\")",
        fix: "set `MODE: standalone`, or run three replicas listed in `NACOS_SERVERS`",
        source: "nacos ServerStatusManager, DistroLoadDataTask; alibaba/nacos#12573",
        check: cluster_has_peers,
    },
    Rule {
        code: "nacos-members-are-odd",
        grade: Grade::PROD,
        promise: "a Nacos cluster has an odd number of members",
        why: "Raft needs a majority: one member more than an odd number does not tolerate another failure, and \
              two tolerate none",
        fix: "use 3 or 5 replicas",
        source: "nacos.io cluster deployment: three members or more; JRaft majority",
        check: members_are_odd,
    },
    Rule {
        code: "nacos-members-have-stable-names",
        grade: Grade::ERROR,
        promise: "members of a Nacos cluster are pods of a StatefulSet, with stable names",
        why: "a member that does not find itself in the list adds itself as one more; Raft then counts votes of \
              members that do not exist (\"self ip ... not in serverlist\")",
        fix: "make it a StatefulSet with a headless Service, without `hostNetwork`",
        source: "nacos ServerMemberManager, InetUtils; alibaba/nacos#12341",
        check: members_have_names,
    },
    Rule {
        code: "nacos-peer-finder-is-installed",
        grade: Grade::ERROR,
        promise: "a volume that is mounted for the peer-finder contains the peer-finder",
        why: "the directory alone makes the start script ignore `NACOS_SERVERS` and call a plugin that is \
              missing: every pod becomes a separate cluster",
        fix: "remove the mount, or fill it with an init container of `nacos/nacos-peer-finder-plugin`",
        source: "nacos-docker docker-startup.sh `print_servers`; nacos-k8s helm chart with `plugin.enable: false`",
        check: peer_finder_is_there,
    },
    Rule {
        code: "nacos-members-have-one-source",
        grade: Grade::WARNING,
        promise: "a Nacos server gets its members from `NACOS_SERVERS` or from the peer-finder, not from both",
        why: "if the peer-finder's directory exists, the start script does not read `NACOS_SERVERS`: changes to \
              the list have no effect",
        fix: "remove `NACOS_SERVERS`, or the peer-finder and its mount",
        source: "nacos-docker docker-startup.sh `print_servers`",
        check: members_have_one_source,
    },
    Rule {
        code: "nacos-budget-keeps-majority",
        grade: Grade::PROD,
        promise: "a PodDisruptionBudget of Nacos members keeps a majority",
        why: "during a node drain Raft loses its leader: persistent instances and metadata cannot be written, and \
              a lost majority may need manual cleanup of its data",
        fix: "write `maxUnavailable: 1` instead of `minAvailable`",
        source: "alibaba/nacos#5776; JRaft majority",
        check: budget_keeps_majority,
    },
];

fn standalone_is_alone<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let alone = running::servers(set).filter(|server| server.mode() == Mode::Standalone);
    let several = alone.filter_map(|server| {
        let count = server.replicas(set).filter(|count| *count > 1)?;
        let title = format!("{count} standalone servers do not know each other");
        Some(Finding::new(server.workload(), title).at("/spec/replicas"))
    });
    several.collect()
}

/// Is it in cluster mode although its `MODE` was meant otherwise?
fn is_misspelt(server: Running<'_, '_>) -> bool {
    server.plain(MODE).is_some_and(|mode| mode != "cluster")
}

/// Are there no members besides the pods of this workload?
fn is_all<'a>(server: Running<'_, 'a>, set: &Set<'a>) -> bool {
    match list::source(server) {
        Source::List(list) => !list.has_others(set),
        Source::PeerFinder | Source::Nobody => true,
        Source::Unknown => false,
    }
}

fn cluster_has_peers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let lone =
        running::clustered(set).filter(|server| server.replicas(set) == Some(1) && !is_misspelt(*server));
    // Members that the list has and the StatefulSet has not are told where they are listed.
    lone.filter(|server| is_all(*server, set))
        .filter(|server| list::list(*server).is_none_or(|list| list.entries.len() <= 1))
        .filter(|server| !server.mentions(&[key::WARMUP]))
        .map(|server| {
            let finding = Finding::new(server.workload(), "is a cluster of one member").at("/spec/replicas");
            if server.is_at_least(&[2, 4, 2]) { finding.refuses() } else { finding }
        })
        .collect()
}

fn members_are_odd<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let clusters = running::clustered(set).filter(|server| is_all(*server, set));
    let even = clusters.filter_map(|server| {
        let count = server.replicas(set).filter(|count| *count >= 2 && count.is_multiple_of(2))?;
        let title = format!("{count} members tolerate no more failures than {}", count - 1);
        let help = match count {
            2 => "use 3, or 1 with `MODE: standalone`".to_owned(),
            _ => format!("use {} or {}", count - 1, count.saturating_add(1)),
        };
        Some(Finding::new(server.workload(), title).at("/spec/replicas").help(help))
    });
    even.collect()
}

fn members_have_names<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let nameless = running::clustered(set)
        .filter(|server| server.lacks(NACOS_SERVER_IP))
        .filter(|server| !server.mentions(&[text!(key::IP, "="), key::INET_ADDRESS]));
    nameless.filter_map(|server| nameless_because(server, set)).collect()
}

fn nameless_because<'a>(server: Running<'_, 'a>, set: &Set<'a>) -> Option<Finding<'a>> {
    let kind = server.workload().kind();
    if server.is_on_the_node() {
        // Nodes may be the members, by their own names or addresses.
        let own = kind == "StatefulSet" && list::list(server).is_some_and(|list| list.has_own(set));
        let title = "is identified by the node's name and address, not by its pod's name in the list";
        return own.then(|| server.pod.finding("/hostNetwork", title));
    }
    let named = ["hostname", "subdomain"].iter().all(|field| server.pod.spec.contains_key(*field));
    // One of a kind may be a member among others of its kind.
    let one = kind == "DaemonSet" || server.replicas(set).is_some_and(|count| count > 1);
    let several = one || list::list(server).is_some_and(|list| list.entries.len() > 1);
    (matches!(kind, "Deployment" | "ReplicaSet" | "DaemonSet") && !named && several).then(|| {
        let title = format!("is a {kind}: its pods get a new name and address at every start");
        Finding::new(server.workload(), title).at("/kind")
    })
}

fn peer_finder_is_there<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let empty = running::clustered(set).filter_map(|server| {
        let Plugin::Empty(mount) = list::plugin(server) else { return None };
        let title = format!(
            "volume `{}` is mounted for the peer-finder, but nothing installs it there",
            mount.volume
        );
        let at = format!("/volumeMounts/{}/mountPath", mount.index);
        let finding = server.container.finding(&at, title);
        // A claim may hold what an init container left that is gone by now.
        let kept = mount.behind == Behind::Claim;
        Some(if kept { finding.warns() } else { finding })
    });
    empty.collect()
}

fn members_have_one_source<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let both = running::clustered(set).filter(|server| matches!(list::plugin(*server), Plugin::Installed));
    both.filter_map(|server| {
        let var = server.var(NACOS_SERVERS).filter(|_| !server.lacks(NACOS_SERVERS))?;
        let title = format!("`{NACOS_SERVERS}` is ignored: the peer-finder is installed");
        Some(server.container.env.finding(var, title))
    })
    .collect()
}

fn budget_keeps_majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in running::clustered(set) {
        let Some(count) = server.replicas(set).filter(|count| *count >= 3) else { continue };
        findings.extend(clustered::budgets_leave(set, server.pod, majority(count), "members"));
    }
    findings
}
