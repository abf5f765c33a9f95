//! The pods of brokers: where messages are kept, how they stop and start, as whom they run.

use serde_json::Value;

use super::conf::{Broker, is_official};
use crate::k8s::Quantity;
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT};
use crate::products::rocketmq::key;
use crate::verify::pods::{Behind, Container, Pod, Product};
use crate::verify::shapes::clustered::{self, User};
use crate::verify::shapes::stores::{self, Store};
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-store-is-kept",
        grade: Grade::ERROR.strict(),
        promise: "the store of a RocketMQ broker is on a volume that outlives the pod",
        why: "all messages are lost with the container, or with the pod if it is an emptyDir",
        fix: "mount a claim at the store: `/home/rocketmq/store`, or the value of `storePathRootDir`",
        source: "apache/rocketmq MessageStoreConfig.storePathRootDir; apache/rocketmq-docker Dockerfile",
        check: store_is_kept,
    },
    Rule {
        code: "rocketmq-store-has-one-broker",
        grade: Grade::ERROR.strict(),
        promise: "no two RocketMQ brokers share a store, not even during a rollout",
        why: "the broker that has it keeps its `lock` file: every other one exits with `Lock failed,MQ already started`, \
              so that a rollout which starts the new broker first never ends",
        fix: "use a StatefulSet with `volumeClaimTemplates`, which gives each pod a claim of its own",
        source: "apache/rocketmq DefaultMessageStore.start; Kubernetes documentation, StatefulSet",
        check: one_broker_per_store,
    },
    Rule {
        code: "rocketmq-disk-is-large",
        grade: Grade::WARNING,
        promise: "the claim of a RocketMQ broker has 8Gi or more",
        why: "commit logs are allocated in files of 1 GiB, and writes are refused at 90 % of the disk",
        fix: "request more: a claim is hard to resize later",
        source: "apache/rocketmq MessageStoreConfig: mappedFileSizeCommitLog, diskSpaceWarningLevelRatio",
        check: disk_is_large,
    },
    Rule {
        code: "rocketmq-broker-stops-cleanly",
        grade: Grade::PROD,
        promise: "a RocketMQ broker shuts down cleanly",
        why: "the JVM runs behind two shells and never gets SIGTERM: it is killed when the grace period ends, \
              unflushed messages may be lost, and the next start does a slow recovery",
        fix: "add `lifecycle.preStop.exec.command: [\"sh\", \"mqshutdown\", \"broker\"]`, and `terminationGracePeriodSeconds: 120`",
        source: "apache/rocketmq-docker#123",
        check: stops_in_order,
    },
    Rule {
        code: "rocketmq-recovery-has-time",
        grade: Grade::PROD,
        promise: "a RocketMQ broker is not restarted while it recovers its store",
        why: "after an unclean stop the broker reads its store for minutes before it listens: the kubelet kills \
              it, and each start begins again",
        fix: "add a `startupProbe` on 10911 with `periodSeconds: 10` and `failureThreshold: 60`",
        source: "apache/rocketmq DefaultMessageStore.load and recover; BrokerController.start",
        check: recovery_has_time,
    },
    Rule {
        code: "rocketmq-user-is-numeric",
        grade: Grade::ERROR,
        promise: "where `runAsNonRoot` is set, RocketMQ has a numeric user other than 0",
        why: "the image's user is a name (`rocketmq`), and the kubelet cannot verify that it is not root: \
              CreateContainerConfigError",
        fix: "set `runAsUser: 3000` as well",
        source: "apache/rocketmq-docker Dockerfile; kubelet, verifyRunAsNonRoot",
        check: user_is_numeric,
    },
    Rule {
        code: "rocketmq-store-is-writable",
        grade: Grade::WARNING,
        promise: "a RocketMQ broker can write to its store",
        why: "the image runs as user 3000, but most storage classes create the directory owned by root, and so does the \
              kubelet on a node (hostPath): `Permission denied` at startup",
        fix: "set `fsGroup: 3000` in the pod's `securityContext`",
        source: "apache/rocketmq-docker Dockerfile",
        check: store_is_writable,
    },
];

/// Whom the image runs as. Source: apache/rocketmq-docker Dockerfile.
const USER: u64 = 3000;

/// Where the store is, when that can be known.
fn store(broker: &Broker<'_, '_>) -> Option<String> {
    if broker.open {
        return None;
    }
    if let Some(path) = broker.value(key::STORE_PATH_ROOT_DIR) {
        return (path.starts_with('/') && !path.contains('$')).then(|| path.to_owned());
    }
    let option =
        |name: &str| Some(texts::flag(broker.container.env.known(name)?, "-Duser.home=")?.to_owned());
    let told = option(JAVA_OPT_EXT).or_else(|| option(JAVA_OPT));
    // Another user has another home.
    let user = topology::security(broker.pod, broker.container, "runAsUser").and_then(Value::as_u64);
    let usual =
        (broker.is_official() && user.is_none_or(|user| user == USER)).then(|| "/home/rocketmq".to_owned());
    told.or(usual).map(|home| format!("{}/store", home.trim_end_matches('/')))
}

fn store_is_kept<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let Some(path) = store(&broker) else { continue };
        if let Some(mount) = broker.container.mount(&path).filter(|mount| mount.behind != Behind::Config) {
            if mount.behind == Behind::EmptyDir {
                let title =
                    format!("its store `{path}` is on the emptyDir `{}`: lost with the pod", mount.volume);
                let at = format!("/volumeMounts/{}/name", mount.index);
                findings.push(broker.container.finding(&at, title).warns());
            }
            continue;
        }
        let own = broker.get(key::STORE_PATH_ROOT_DIR);
        let path = own.map_or(path.as_str(), |line| line.shown(&path));
        let claim = broker.container.mounts().into_iter().find(|mount| mount.behind == Behind::Claim);
        let title = match &claim {
            Some(claim) => {
                format!("its store `{path}` is not on its claim, which is mounted at `{}`", claim.path)
            }
            None => format!("its store `{path}` is not on a volume"),
        };
        findings.push(match (own, claim) {
            (Some(line), _) => line.finding(title),
            (None, Some(claim)) => {
                broker.container.finding(&format!("/volumeMounts/{}/mountPath", claim.index), title)
            }
            (None, None) => broker.at_start(title),
        });
    }
    findings
}

fn one_broker_per_store<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let stores: Vec<Store<'_, 'a>> = brokers
        .iter()
        .filter_map(|broker| {
            Some(Store { pod: broker.pod, container: broker.container, folder: store(broker)? })
        })
        .collect();
    stores::shared(set, &stores, "broker")
}

const LEAST_MEBIBYTES: u64 = 8 * 1024;

fn disk_is_large<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let Some(mount) = store(&broker).and_then(|path| broker.container.mount(&path)) else { continue };
        // Smaller files are somebody's decision.
        if broker.get("mappedFileSizeCommitLog").is_some() {
            continue;
        }
        let workload = broker.pod.workload;
        let claims =
            workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
        let named =
            |claim: &Value| claim.pointer("/metadata/name").and_then(Value::as_str) == Some(mount.volume);
        let Some((index, claim)) = claims.enumerate().find(|(_, claim)| named(claim)) else { continue };
        let size = claim.pointer("/spec/resources/requests/storage").and_then(Value::as_str);
        let Some(size) = size.and_then(|size| Quantity::parse(size).ok()) else { continue };
        if size.mebibytes() < LEAST_MEBIBYTES {
            let at = format!("/spec/volumeClaimTemplates/{index}/spec/resources/requests/storage");
            findings
                .push(Finding::new(workload, format!("{size} is too little for a broker")).at(at.as_str()));
        }
    }
    findings
}

fn stops_in_order<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let started = broker.commands.running(&["mqbroker", "mqbroker.sh"]).is_some();
        if started && !broker.commands.scripted && broker.container.at("/lifecycle/preStop").is_none() {
            findings.push(broker.at_start("has no `preStop` hook that shuts the broker down"));
        }
    }
    findings
}

/// Long enough for a store of some size: three minutes of tries with ten seconds between them.
const SECONDS_TO_RECOVER: u64 = 170;

fn recovery_has_time<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let (start, live) = (broker.container.probe("startupProbe"), broker.container.probe("livenessProbe"));
        let Some(guard) = start.or(live) else { continue };
        let budget = guard.budget();
        let keeps = broker
            .container
            .mounts()
            .iter()
            .any(|mount| !matches!(mount.behind, Behind::EmptyDir | Behind::Config));
        if keeps && budget < SECONDS_TO_RECOVER {
            let title = format!("is killed if it recovers its store for more than {budget} seconds");
            findings.push(broker.container.finding(&format!("/{}", guard.kind), title));
        }
    }
    findings
}

fn official<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = (&'s Pod<'a>, &'s Container<'a>)> {
    [Product::Broker, Product::NameServer, Product::RocketmqProxy]
        .into_iter()
        .flat_map(move |product| set.running(product).filter(|(_, container)| is_official(container)))
}

fn user_is_numeric<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let user = User::Name("rocketmq");
    official(set).filter_map(|(pod, container)| clustered::user_refused(pod, container, user)).collect()
}

fn store_is_writable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let image = broker.is_official().then_some(USER);
        let folder = store(&broker)
            .and_then(|path| stores::folder_of_root(broker.pod, broker.container, &path, image));
        findings.extend(folder);
    }
    for (pod, container) in official(set) {
        let user = topology::security(pod, container, "runAsUser").and_then(Value::as_u64);
        let Some(mount) = topology::claim_of_root(pod, container).filter(|_| user != Some(0)) else {
            continue;
        };
        let title = format!(
            "runs as user {}, and without an `fsGroup` cannot write to its claim `{}`",
            user.unwrap_or(USER),
            mount.volume
        );
        findings.push(container.finding(&format!("/volumeMounts/{}/name", mount.index), title));
    }
    findings
}
