//! What ZooKeeper needs: disks, memory and a user.

use crate::products::kafka::KAFKA_HEAP_OPTS;
use crate::products::zookeeper::{SERVER_JVMFLAGS, ZK_SERVER_HEAP};
use crate::verify::shapes::clustered::{self, User};
use crate::verify::shapes::stores::{self, Store};
use crate::verify::told::zookeeper::{Maker, Node, nodes};
use crate::verify::{Finding, Grade, Rule, Set, texts};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "zookeeper-data-outlives-pods",
        grade: Grade::ERROR.strict(),
        promise: "snapshots and transaction log of ZooKeeper are on volumes that outlive the container, and with several \
                  servers the pod",
        why: "acknowledged writes are only in the transaction log: a server restarted without it, or without its \
              snapshots, has lost them, and so has the ensemble after a majority of such restarts",
        fix: "mount a claim at both, such as one claim with two `subPath`s: `/data` and `/datalog` in the official image",
        source: "docker-library zookeeper, Dockerfile; ZooKeeper Administrator's Guide, dataLogDir",
        check: data_outlives_pods,
    },
    Rule {
        code: "zookeeper-data-has-one-server",
        grade: Grade::ERROR.strict(),
        promise: "no two ZooKeeper servers share a data directory, not even during a rollout",
        why: "all of them write the same `myid`, snapshots and transaction log: each reads what the others wrote as its \
              own, and the data is lost",
        fix: "use a StatefulSet with `volumeClaimTemplates`, which gives each pod a claim of its own",
        source: "ZooKeeper Administrator's Guide, dataDir; Kubernetes documentation, StatefulSet",
        check: one_server_per_folder,
    },
    Rule {
        code: "zookeeper-heap-fits",
        grade: Grade::PROD,
        promise: "ZooKeeper's heap leaves memory for everything else in its container",
        why: "the JVM needs memory besides its heap: the kernel kills the container (OOMKilled) when the heap fills up",
        fix: "raise the memory limit, or set the heap to three quarters of it; the default without `JVMFLAGS` and \
              `ZK_SERVER_HEAP` is 1000 MiB",
        source: "ZooKeeper bin/zkEnv.sh; Administrator's Guide, Java Heap Size",
        check: heap_fits,
    },
    Rule {
        code: "zookeeper-user-fits-its-image",
        grade: Grade::ERROR,
        promise: "ZooKeeper's pod runs as a user that the kubelet accepts and that can write to its claim",
        why: "the official image starts as root, which `runAsNonRoot` forbids (CreateContainerConfigError); \
              another user without `fsGroup` cannot write to a new disk, which is owned by root",
        fix: "set `runAsUser: 1000` and `fsGroup: 1000`",
        source: "kubelet verifyRunAsNonRoot; docker-library zookeeper, docker-entrypoint.sh",
        check: user_fits_its_image,
    },
];

fn data_outlives_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let lost = |node: &Node<'_, 'a>| {
        let folders = node.folders();
        folders.iter().find_map(|path| clustered::outlives(set, node.pod, node.container, "its data", path))
    };
    nodes(set).iter().filter_map(lost).collect()
}

fn one_server_per_folder<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let nodes = nodes(set);
    let stores: Vec<Store<'_, 'a>> = nodes
        .iter()
        .filter_map(|node| {
            let folder = node.folders().into_iter().next()?;
            Some(Store { pod: node.pod, container: node.container, folder })
        })
        .collect();
    stores::shared(set, &stores, "server")
}

/// What the heap may take; none where that cannot be seen.
fn heap_of(node: &Node<'_, '_>) -> Option<u64> {
    let env = &node.container.env;
    let option = |name: &str| match env.get(name) {
        _ if node.startup.says(name) => None,
        None => env.lacks(name).then(String::new),
        Some(var) => var.value.plain().map(str::to_owned),
    };
    let mib = |text: String| text.trim().parse::<u64>().ok().and_then(|mib| mib.checked_mul(1 << 20));
    match node.maker {
        Maker::Official => {
            let flags = [option(SERVER_JVMFLAGS)?, option("JVMFLAGS")?].join(" ");
            let plain = option(ZK_SERVER_HEAP)?;
            let default = if plain.is_empty() { Some(1000 << 20) } else { mib(plain) };
            // A share of the memory is not a number of bytes.
            let share = texts::flag(&flags, "-XX:MaxRAMPercentage=").is_some();
            clustered::heap(&flags).or(default.filter(|_| !share))
        }
        Maker::Confluent => clustered::heap(&option(KAFKA_HEAP_OPTS)?),
        Maker::Bitnami => {
            let plain = option("ZOO_HEAP_SIZE")?;
            let default = if plain.is_empty() { Some(1 << 30) } else { mib(plain) };
            clustered::heap(&option("JVMFLAGS")?).or(default)
        }
        Maker::Other => None,
    }
}

fn heap_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let fits = |node: &Node<'_, 'a>| {
        let outside = node.container.memory_limit()? / 5;
        clustered::heap_fits(node.container, heap_of(node)?, outside)
    };
    nodes(set).iter().filter_map(fits).collect()
}

fn user_fits_its_image<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let (user, group) = match node.maker {
            Maker::Official => (User::Root, 1000),
            Maker::Bitnami => (User::Number, 1001),
            // Confluent's earlier images are root's.
            Maker::Confluent
                if node.container.version.as_ref().is_some_and(|version| version.before(&[6])) =>
            {
                (User::Root, 1000)
            }
            Maker::Confluent => (User::Name("appuser"), 1000),
            Maker::Other => continue,
        };
        let runs_as = if user == User::Root { 0 } else { group };
        let folder = node.folders().into_iter().find_map(|path| {
            stores::folder_of_root(node.pod, node.container, &path, Some(runs_as)).map(Finding::warns)
        });
        findings.extend(clustered::user_fits(node.pod, node.container, user, group).or(folder));
    }
    findings
}
