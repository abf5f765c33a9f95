//! Who is master and slave in a group of brokers, and who waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use super::conf::{Broker, Group, groups};
use crate::products::rocketmq::{SYNC_MASTER, key};
use crate::verify::topology::{self, Apart};
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words::{counted, listed};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-group-has-one-master",
        grade: Grade::ERROR,
        promise: "each `brokerName` has exactly one master",
        why: "all of them register as broker 0 of the group: routes and offsets alternate between them, and \
              messages seem to be lost",
        fix: "give each master its own `brokerName`, and its slaves `brokerRole=SLAVE` with `brokerId=1` and up",
        source: "apache/rocketmq RouteInfoManager, registerBroker; BrokerStartup",
        check: one_master,
    },
    Rule {
        code: "rocketmq-slaves-differ",
        grade: Grade::ERROR,
        promise: "slaves of a RocketMQ group have different `brokerId`s",
        why: "they overwrite each other's address at the NameServers",
        fix: "number them `brokerId=1`, `brokerId=2`, with one file each",
        source: "apache/rocketmq RouteInfoManager, registerBroker",
        check: slaves_differ,
    },
    Rule {
        code: "rocketmq-slave-has-id",
        grade: Grade::ERROR,
        promise: "a RocketMQ slave has a `brokerId` above 0",
        why: "the broker exits with `Slave's brokerId must be > 0`",
        fix: "set `brokerId=1`",
        source: "apache/rocketmq BrokerStartup",
        check: slave_has_id,
    },
    Rule {
        code: "rocketmq-slave-has-master",
        grade: Grade::ERROR,
        promise: "every RocketMQ slave has a master of the same `brokerName`",
        why: "it asks the NameServers for its master, gets none, and never replicates anything",
        fix: "use exactly the `brokerName` of its master",
        source: "apache/rocketmq docs/cn/operation.md: brokerName of master and slave",
        check: slave_has_master,
    },
    Rule {
        code: "rocketmq-slaves-can-be-read",
        grade: Grade::PROD,
        promise: "a RocketMQ slave answers consumers: `slaveReadEnable=true`",
        why: "by default a slave refuses every pull and refers to its master: while the master is away, nobody gets the \
              messages of the group, although the slave has them",
        fix: "set `slaveReadEnable=true` in the files of all members: a master refers consumers that are far behind to \
              its slave",
        source: "apache/rocketmq PullMessageProcessor; observed with RocketMQ 5.3.3: 0 of 20 messages without it, 20 of \
                 20 with it",
        check: slaves_can_be_read,
    },
    Rule {
        code: "rocketmq-sync-waits-for-slaves",
        grade: Grade::PROD,
        promise: "a SYNC_MASTER of RocketMQ 5.x sets how many brokers must have a message: `inSyncReplicas` of 2 \
                  or more",
        why: "since 5.0 the role alone does not wait for slaves: a message is acknowledged as soon as the master \
              has it, and lost with its disk",
        fix: "set `totalReplicas=2` and `inSyncReplicas=2` in the files of all members",
        source: "apache/rocketmq docs/en/QuorumACK.md, Compatibility; CommitLog.handleHA",
        check: sync_waits,
    },
    Rule {
        code: "rocketmq-sync-has-slaves",
        grade: Grade::ERROR,
        promise: "a RocketMQ master that waits for slaves has enough of them",
        why: "every send fails: SLAVE_NOT_AVAILABLE on 4.x, FLUSH_SLAVE_TIMEOUT after 3 seconds on 5.x",
        fix: "add the slave, or set `brokerRole=ASYNC_MASTER`",
        source: "apache/rocketmq CommitLog.handleHA",
        check: sync_has_slaves,
    },
    Rule {
        code: "rocketmq-copies-are-spread",
        grade: Grade::PROD,
        promise: "master and slave of a RocketMQ group run on different nodes",
        why: "the loss of one node takes both copies",
        fix: "add a `podAntiAffinity` with `kubernetes.io/hostname` between the pods of the group, by a common \
              label",
        source: "Kubernetes documentation, Assigning Pods to Nodes: inter-pod anti-affinity",
        check: copies_kept_apart,
    },
    Rule {
        code: "rocketmq-topics-are-not-auto-created",
        grade: Grade::PROD,
        promise: "with several groups of RocketMQ brokers topics are not created automatically",
        why: "a topic that is created by its first message exists only in the group that received it: no other \
              group shares its load, and it cannot be written while that group is down; misspelled topics are \
              created too",
        fix: "set `autoCreateTopicEnable=false`, and create topics with `mqadmin updateTopic -c CLUSTER`",
        source: "apache/rocketmq docs/cn/best_practice.md; TopicConfigManager",
        check: topics_on_purpose,
    },
];

fn per_group<'a>(
    set: &Set<'a>,
    check: impl for<'l, 's> Fn(&Group<'l, 's, 'a>) -> Vec<Finding<'a>>,
) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    groups(set, &brokers).iter().flat_map(check).collect()
}

fn one_master<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_group(set, |group| {
        let mut findings = Vec::new();
        let name = group.shown();
        for (index, master) in group.masters().enumerate() {
            let told = || master.get(key::BROKER_ROLE).or_else(|| master.get(key::BROKER_NAME));
            let copies = master.count(set);
            if index > 0 {
                let title = format!("is a second master of `{name}`");
                findings.extend(told().map(|line| line.finding(title)));
            } else if copies > 1 {
                let title =
                    format!("all {copies} pods are the master of `{name}`: they share one broker.conf");
                findings.push(Finding::new(master.pod.workload, title).at("/spec/replicas"));
            }
        }
        findings
    })
}

fn slaves_differ<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_group(set, |group| {
        let (mut findings, name) = (Vec::new(), group.shown());
        let mut seen: BTreeSet<i64> = BTreeSet::new();
        for slave in group.slaves().filter(|slave| slave.id() > 0) {
            let (id, copies) = (slave.id(), slave.count(set));
            if !seen.insert(id) {
                let title = format!("`{name}` has another slave with `{}={id}`", key::BROKER_ID);
                findings.extend(slave.get(key::BROKER_ID).map(|line| line.finding(title)));
            } else if copies > 1 {
                let title =
                    format!("all {copies} pods are slave {id} of `{name}`: they share one broker.conf");
                findings.push(Finding::new(slave.pod.workload, title).at("/spec/replicas"));
            }
        }
        findings
    })
}

fn slave_has_id<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let told = brokers.iter().filter(|broker| broker.is_slave() && broker.id() <= 0);
    told.filter_map(|broker| {
        let line = broker.get(key::BROKER_ID).or_else(|| broker.get(key::BROKER_ROLE))?;
        Some(line.finding(match broker.value(key::BROKER_ID) {
            Some(id) => format!("is a slave, but has `{}={}`", key::BROKER_ID, line.shown(id)),
            None => format!("is a slave without a `{}`", key::BROKER_ID),
        }))
    })
    .collect()
}

fn slave_has_master<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let groups = groups(set, &brokers);
    let known: BTreeSet<&str> =
        groups.iter().filter(|group| group.masters().next().is_some()).map(|group| group.name).collect();
    let mut findings = Vec::new();
    for group in groups.iter().filter(|group| group.complete && !known.contains(group.name)) {
        for slave in group.slaves() {
            let Some(line) = slave.get(key::BROKER_NAME) else { continue };
            let finding = line.finding(format!("is a slave of `{}`, which has no master", group.shown()));
            findings.push(match known.is_empty() || line.secret {
                true => finding,
                false => finding.help(format!("the masters are {}", listed(&known))),
            });
        }
    }
    findings
}

fn slaves_can_be_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const KEY: &str = key::SLAVE_READ_ENABLE;
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for slave in Broker::all(set).iter().filter(|broker| broker.is_slave() && !broker.is_on(KEY)) {
        // Several brokers may share a file.
        if slave.file.is_some_and(|file| !seen.insert((&raw const *file.object, file.key))) {
            continue;
        }
        let title = format!("cannot be read while its master is away: `{KEY}` is not `true`");
        findings.push(
            slave
                .get(KEY)
                .or_else(|| slave.get(key::BROKER_ROLE))
                .map_or_else(|| slave.finding(title.as_str()), |line| line.finding(title.as_str())),
        );
    }
    findings
}

fn sync_waits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for broker in Broker::all(set) {
        let counts = broker.version().is_some_and(|version| version.at_least(&[5]));
        let Some(role) = broker.get(key::BROKER_ROLE).filter(|role| role.value() == SYNC_MASTER) else {
            continue;
        };
        let in_sync = broker.value(key::IN_SYNC_REPLICAS).map_or(Some(1), |count| count.parse::<i64>().ok());
        if counts && broker.is_master() && in_sync.is_some_and(|count| count < 2) {
            let line = broker.get(key::IN_SYNC_REPLICAS).unwrap_or(role);
            let version = broker.version().map(ToString::to_string).unwrap_or_default();
            let title = format!(
                "{SYNC_MASTER} of {version} does not wait for slaves: `{}` is {}",
                key::IN_SYNC_REPLICAS,
                in_sync.unwrap_or(1)
            );
            findings.push(line.finding(title));
        }
    }
    findings
}

fn sync_has_slaves<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_group(set, |group| {
        let mut findings = Vec::new();
        let size = group.size(set);
        for master in group.masters().filter(|_| group.complete) {
            let Some(role) = master.get(key::BROKER_ROLE).filter(|role| role.value() == SYNC_MASTER) else {
                continue;
            };
            let counts = master.version().map(|version| version.at_least(&[5]));
            let in_sync = master.get(key::IN_SYNC_REPLICAS);
            let wanted = in_sync.and_then(|line| line.value().parse::<u64>().ok());
            match (counts, wanted, in_sync) {
                (Some(false), ..) if size < 2 => {
                    findings
                        .push(role.finding(format!("waits for a slave, but `{}` has none", group.shown())));
                }
                (Some(true), Some(wanted), Some(line)) if wanted > 1 && wanted > size => {
                    let members = counted(usize::try_from(size).unwrap_or(usize::MAX), "broker");
                    let title = format!(
                        "waits until {wanted} brokers have a message, but `{}` has {members}",
                        group.shown()
                    );
                    findings.push(line.finding(title));
                }
                _ => {}
            }
        }
        findings
    })
}

fn copies_kept_apart<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_group(set, |group| {
        let free = |broker: &&Broker<'_, 'a>| topology::apart(broker.pod) == Apart::Never;
        let together = group.masters().all(|master| free(&master)) && group.masters().next().is_some();
        let slaves = group.slaves().filter(free).filter(|_| together);
        let told = slaves.map(|slave| {
            let title = format!("may run on the same node as the master of `{}`", group.shown());
            slave.pod.finding("", title)
        });
        told.collect()
    })
}

fn topics_on_purpose<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    let groups = groups(set, &brokers);
    let mut in_cluster: BTreeMap<_, usize> = BTreeMap::new();
    let led = || groups.iter().filter(|group| group.complete && group.masters().next().is_some());
    led().for_each(|group| *in_cluster.entry(&group.cluster).or_default() += 1);
    let several = led().filter(|group| in_cluster.get(&group.cluster).is_some_and(|count| *count > 1));
    several
        .flat_map(Group::masters)
        .filter(|master| master.value(key::AUTO_CREATE_TOPIC_ENABLE) != Some("false"))
        .map(|master| match master.get(key::AUTO_CREATE_TOPIC_ENABLE) {
            Some(line) => line.finding("creates topics automatically in one of several groups"),
            None => master.finding(format!(
                "creates topics automatically in one of several groups: `{}` is true",
                key::AUTO_CREATE_TOPIC_ENABLE
            )),
        })
        .collect()
}
