//! What Kafka needs: disks, memory and a user.

use serde_json::Value;

use super::image::Maker;
use super::settings::{Node, Start, nodes};
use crate::products::kafka::{
    CONFIG_FOLDER, KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_OPTS, NATIVE, key,
};
use crate::verify::pods::{Behind, Mount};
use crate::verify::shapes::clustered::{self, User};
use crate::verify::shapes::stores::{self, Store};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-data-outlives-pods",
        grade: Grade::ERROR.strict(),
        promise: "Kafka's log directories are on a volume that outlives the container, and with several nodes the pod",
        why: "a restarted container starts with an empty disk: messages, and a controller's votes, are lost",
        fix: "mount a claim and set `log.dirs` to a directory in it; without `log.dirs` Apache's image writes to \
              `/tmp/kafka-logs`",
        source: "Kafka broker configuration, log.dirs; apache/kafka docker/",
        check: data_outlives_pods,
    },
    Rule {
        code: "kafka-log-dir-is-below-its-mount",
        grade: Grade::PROD,
        promise: "a Kafka log directory is a subdirectory of its claim, not the claim's root",
        why: "the root of an ext4 disk has a directory `lost+found`, and Kafka exits when it finds one that is \
              not named like a partition",
        fix: "set `log.dirs` to a directory below the mount, or mount a `subPath` of the claim",
        source: "Kafka LogManager and LocalLog.parseTopicPartitionName",
        check: log_dir_is_below_its_mount,
    },
    Rule {
        code: "kafka-log-has-one-node",
        grade: Grade::ERROR.strict(),
        promise: "no two Kafka nodes share a log directory, not even during a rollout",
        why: "the node that has it keeps it locked: every other one exits with `Failed to acquire lock on file \
              .lock`",
        fix: "use a StatefulSet with `volumeClaimTemplates`, which gives each pod a claim of its own",
        source: "Kafka LogManager.lockLogDirs; Kubernetes documentation, StatefulSet",
        check: one_node_per_log,
    },
    Rule {
        code: "kafka-config-stays-writable",
        grade: Grade::ERROR,
        promise: "the start script of `apache/kafka` can write its settings to `/opt/kafka/config`",
        why: "it rewrites server.properties at every start, and exits when it cannot",
        fix: "mount your own server.properties below `/mnt/shared/config`, from where the script copies it",
        source: "apache/kafka docker/resources/common-scripts/configure",
        check: config_stays_writable,
    },
    Rule {
        code: "kafka-heap-fits",
        grade: Grade::PROD,
        promise: "Kafka's heap leaves memory for everything else in its container",
        why: "the JVM needs some hundred MiB besides its heap, and brokers read and write through the page cache, which \
              counts too: the kernel kills the container (OOMKilled) when the heap fills up",
        fix: "raise the memory limit, or set `KAFKA_HEAP_OPTS` to about half of it; without it the heap takes 1 GiB",
        source: "Kafka bin/kafka-server-start.sh; Kafka documentation, Java",
        check: heap_fits,
    },
    Rule {
        code: "kafka-user-fits-its-image",
        grade: Grade::ERROR,
        promise: "Kafka's pod runs as a user that the kubelet accepts and that can write to its claim",
        why: "with `runAsNonRoot` the kubelet needs a numeric user, but the image has a name \
              (CreateContainerConfigError); without `fsGroup` a new disk is owned by root, and Kafka cannot write \
              to it",
        fix: "set `runAsUser` and `fsGroup` to the image's numeric user: 1000 in Apache's and Confluent's",
        source: "kubelet verifyRunAsNonRoot; Dockerfiles of apache/kafka and confluentinc/kafka-images",
        check: user_fits_its_image,
    },
];

/// The log directories, and whether they are written exactly so.
pub(super) fn log_dirs(node: &Node<'_, '_>) -> Vec<(String, bool)> {
    let key = [key::LOG_DIRS, key::LOG_DIR].into_iter().find(|key| node.has(key));
    let text = match key {
        Some(key) => node.rough(key),
        None if !node.lacks(key::LOG_DIRS) && node.maker != Maker::Wurstmeister => None,
        None => Some(match (node.maker, node.start) {
            (_, Start::File) => "/tmp/kafka-logs",
            (Maker::Apache, _) if node.is_bare() => "/tmp/kraft-combined-logs",
            (Maker::Confluent, _) => "/var/lib/kafka/data",
            (Maker::Bitnami, _) => "/bitnami/kafka/data",
            (Maker::Wurstmeister, _) => "/kafka/kafka-logs-$HOSTNAME",
            _ => "/tmp/kafka-logs",
        }),
    };
    let dirs = text.into_iter().flat_map(|text| text.split(','));
    let known = dirs.map(|dir| match dir.trim().split_once(['$', '`']) {
        None => (dir.trim().to_owned(), true),
        Some((before, _)) => (before.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(), false),
    });
    known.filter(|(dir, _)| dir.starts_with('/')).collect()
}

fn data_outlives_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let lost = |node: &Node<'_, 'a>| {
        let dirs = log_dirs(node);
        dirs.iter().find_map(|(dir, _)| clustered::outlives(set, node.pod, node.container, "its log", dir))
    };
    nodes(set).iter().filter_map(lost).collect()
}

fn log_dir_is_below_its_mount<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        for (dir, _) in log_dirs(&node).iter().filter(|(_, exact)| *exact) {
            let Some(mount) = stores::disk_at(set, node.pod, node.container, dir) else { continue };
            let dir = dir.trim_end_matches('/');
            let title = format!("its log directory is `{dir}`, the root of the claim `{}`", mount.volume);
            findings.push(node.container.finding(&format!("/volumeMounts/{}/mountPath", mount.index), title));
        }
    }
    findings
}

fn one_node_per_log<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let nodes = nodes(set);
    let of = |node: &Node<'_, 'a>| {
        let own = log_dirs(node).into_iter().find(|(_, exact)| *exact && !node.startup.edits());
        own.map(|(folder, _)| folder)
    };
    let stores: Vec<Store<'_, 'a>> = nodes
        .iter()
        .filter_map(|node| Some(Store { pod: node.pod, container: node.container, folder: of(node)? }))
        .collect();
    stores::shared(set, &stores, "node")
}

fn config_stays_writable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const FOLDER: &str = CONFIG_FOLDER;
    let mut findings = Vec::new();
    let scripted = |node: &&Node<'_, '_>| node.maker == Maker::Apache && node.start == Start::Image;
    for node in nodes(set).iter().filter(scripted) {
        let container = node.container;
        let mounts = container.mounts();
        let at = |mount: &&Mount<'_>| {
            let path = mount.path.trim_end_matches('/');
            path == FOLDER || path == "/opt/kafka/config/server.properties"
        };
        let fixed =
            topology::security(node.pod, container, "readOnlyRootFilesystem") == Some(&Value::Bool(true));
        if let Some(mount) = mounts.iter().find(at).filter(|mount| mount.behind == Behind::Config) {
            let title = format!("`{}` is read-only, but the start script writes to it", mount.path);
            findings.push(container.finding(&format!("/volumeMounts/{}/mountPath", mount.index), title));
        } else if fixed && container.mount(FOLDER).is_none() {
            let title = format!("the root filesystem is read-only, but the start script writes to {FOLDER}");
            findings.push(container.finding("/securityContext/readOnlyRootFilesystem", title));
        }
    }
    findings
}

/// What the heap may take; none where that cannot be seen.
fn heap_of(node: &Node<'_, '_>) -> Option<u64> {
    const DEFAULT: u64 = 1 << 30;
    if node.container.image.path().ends_with(NATIVE) {
        return None;
    }
    let option = |name: &str| match node.startup.variable(name) {
        Some(value) => value.map(|value| node.startup.resolved(&value, node.container, 4)),
        None if node.container.env.lacks(name) => Some(String::new()),
        None => node.container.env.get(name)?.value.plain().map(str::to_owned),
    };
    let own = option(KAFKA_HEAP_OPTS)?;
    let later = [option(KAFKA_JVM_PERFORMANCE_OPTS)?, option(KAFKA_OPTS)?].join(" ");
    match clustered::heap(&later).or_else(|| clustered::heap(&own)) {
        Some(heap) => Some(heap),
        // Somebody's own image may say otherwise.
        None => (own.is_empty() && node.maker != Maker::Other).then_some(DEFAULT),
    }
}

fn heap_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const OUTSIDE: u64 = 256 << 20;
    let fits = |node: &Node<'_, 'a>| clustered::heap_fits(node.container, heap_of(node)?, OUTSIDE);
    nodes(set).iter().filter_map(fits).collect()
}

fn user_fits_its_image<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let old = node.container.version.as_ref().is_some_and(|version| version.before(&[6]));
        let (user, group) = match node.maker {
            Maker::Apache => (User::Name("appuser"), 1000),
            Maker::Confluent if old => (User::Root, 0),
            Maker::Confluent => (User::Name("appuser"), 1000),
            Maker::Bitnami => (User::Number, 1001),
            Maker::Wurstmeister => (User::Root, 0),
            Maker::Other => continue,
        };
        let runs_as = if user == User::Root { 0 } else { group };
        let folder = log_dirs(&node).into_iter().find_map(|(dir, _)| {
            stores::folder_of_root(node.pod, node.container, &dir, Some(runs_as)).map(Finding::warns)
        });
        findings.extend(clustered::user_fits(node.pod, node.container, user, group).or(folder));
    }
    findings
}
