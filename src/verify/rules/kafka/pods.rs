//! What Kafka needs: pods that start together, stop in time, and are asked lightly.

use super::cluster::{clusters, listeners, names, own_voters, read_voters};
use super::image::Maker;
use super::settings::{Node, nodes};
use crate::products::kafka::{
    CLIENT, KAFKA_HEAP_OPTS, KAFKA_JMX_OPTS, KAFKA_JMX_PORT, KAFKA_OPTS, TAKEN_BY_LINKS, key,
};
use crate::verify::dns::Answer;
use crate::verify::pods::Probe;
use crate::verify::shapes::clustered;
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "kafka-pods-start-together",
        grade: Grade::ERROR,
        promise: "Kafka pods whose readiness needs a controller majority are not started one after the other",
        why: "the first pod waits for a majority and Kubernetes waits for the first pod: the cluster never starts",
        fix: "set `podManagementPolicy: Parallel`",
        source: "Kubernetes documentation, StatefulSet, Pod management policies; Kafka SocketServer",
        check: pods_start_together,
    },
    Rule {
        code: "kafka-peers-resolve-before-ready",
        grade: Grade::ERROR,
        promise: "Kafka controllers can resolve each other before they are ready",
        why: "a headless Service omits pods that are not ready, and the pods do not become ready before they have \
              found each other",
        fix: "set `publishNotReadyAddresses: true` in the headless Service",
        source: "Kubernetes documentation, Service, publishNotReadyAddresses",
        check: peers_resolve_before_ready,
    },
    Rule {
        code: "kafka-ignores-service-links",
        grade: Grade::ERROR,
        promise: "no Service injects a variable that Kafka's image reads as a setting",
        why: "a Service `kafka` injects `KAFKA_PORT=tcp://…` into every pod of its namespace: Confluent's script \
              and old Kafka versions exit because of it, Apache's reads it as a setting",
        fix: "set `enableServiceLinks: false` in the pod, or rename the Service",
        source: "kubelet, environment of Services; confluentinc/cp-docker-images#388; bitnami/charts#1261",
        check: ignores_service_links,
    },
    Rule {
        code: "kafka-budget-leaves-a-majority",
        grade: Grade::ERROR,
        promise: "a PodDisruptionBudget of Kafka keeps a majority of the controllers and the required in-sync \
                  replicas",
        why: "a drain that evicts more of them at once stops the cluster",
        fix: "write `maxUnavailable: 1` instead of `minAvailable`",
        source: "Kubernetes documentation, Specifying a Disruption Budget; KIP-595",
        check: budget_leaves_a_majority,
    },
    Rule {
        code: "kafka-probes-are-light",
        grade: Grade::WARNING,
        promise: "a probe that runs a Kafka tool does not pass it the server's own JVM options",
        why: "the tool inherits the container's variables: it allocates as much heap as the server (OOMKilled), \
              or its JMX port and agent are in use, and the probe always fails",
        fix: "use `tcpSocket`: the client port opens when the broker is ready; or unset the variables in the \
              command",
        source: "Kafka bin/kafka-run-class.sh",
        check: probes_are_light,
    },
    Rule {
        code: "kafka-has-time-to-stop",
        grade: Grade::PROD,
        promise: "a Kafka broker gets a minute or more to stop",
        why: "it hands over its partitions and closes its log: if it is killed before, it recovers its whole log \
              at the next start, and partitions have no leader meanwhile",
        fix: "set `terminationGracePeriodSeconds` to 120 or more; Kafka itself waits up to five minutes",
        source: "Kafka BrokerServer.shutdown and KafkaServer.controlledShutdown",
        check: has_time_to_stop,
    },
    Rule {
        code: "kafka-pods-are-spread",
        grade: Grade::PROD,
        promise: "three or more nodes of a Kafka cluster run on different Kubernetes nodes",
        why: "the failure of the node that runs most of them takes the majority, and all replicas of some topics, \
              with it",
        fix: "add a podAntiAffinity against the same pods with `topologyKey: kubernetes.io/hostname`",
        source: "Kubernetes documentation, Inter-pod affinity and anti-affinity",
        check: nodes_are_apart,
    },
];

fn nodes_are_apart<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    nodes(set).iter().filter_map(|node| clustered::kept_apart(set, node.pod)).collect()
}

/// Tools of Kafka that are a JVM each.
const TOOLS: &[&str] = &[
    "kafka-broker-api-versions",
    "kafka-topics",
    "kafka-metadata-quorum",
    "kafka-cluster",
    "kafka-configs",
    "kafka-console",
    "kafka-consumer-groups",
];

fn starts_a_tool(probe: &Probe<'_>) -> bool {
    probe.command().is_some_and(|command| TOOLS.iter().any(|tool| command.contains(tool)))
}

/// Is it ready, or out of its start, only when the controllers have a majority: by a tool, or by a broker's port?
fn is_ready_by_majority(node: &Node<'_, '_>) -> bool {
    let gates = node.container.probes().filter(|probe| probe.kind != "livenessProbe");
    let controllers = names(node, key::CONTROLLER_LISTENER_NAMES).unwrap_or_default();
    let mut gates = gates.map(|probe| {
        if starts_a_tool(&probe) {
            return true;
        }
        let Some(port) =
            probe.fields.get("tcpSocket").and_then(|socket| node.container.port_number(socket.get("port")?))
        else {
            return false;
        };
        match listeners(node, "listeners") {
            Some(all) => all
                .iter()
                .any(|listener| listener.port == Some(port) && !controllers.contains(&listener.name)),
            None => port == u64::from(CLIENT),
        }
    });
    gates.any(|gate| gate)
}

fn pods_start_together<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| is_ready_by_majority(node)) {
        let all = u64::try_from(read_voters(node).len()).unwrap_or(u64::MAX);
        let own = own_voters(set, node);
        // The first of them, with those that are elsewhere.
        let first = all.saturating_sub(own).saturating_add(1);
        if own >= 2 && first < topology::majority(all) {
            let why = format!("{} controllers run", topology::majority(all));
            findings.extend(clustered::started_in_order(node.pod, &why));
        }
    }
    findings
}

fn peers_resolve_before_ready<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    for node in nodes(set).iter().filter(|node| is_ready_by_majority(node) && own_voters(set, node) >= 2) {
        let services = read_voters(node).into_iter().filter_map(|voter| {
            match set.dns().resolve(voter.host, node.pod.namespace) {
                Answer::Pod { service, workload, .. } if std::ptr::eq(workload, node.pod.workload) => {
                    Some(service)
                }
                _ => None,
            }
        });
        services.for_each(|service| clustered::hide(&mut findings, service, "controllers"));
    }
    findings
}

fn ignores_service_links<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| topology::has_service_links(node.pod)) {
        let strict = matches!(node.maker, Maker::Confluent | Maker::Wurstmeister) || node.before(&[3, 0]);
        let clash = TAKEN_BY_LINKS.iter().find_map(|(name, variable)| {
            let service = set.find("Service", node.pod.namespace, name)?;
            let linked = topology::link(service).is_some();
            let free = !node.container.env.has(variable) && !node.startup.says(&format!("unset {variable}"));
            (linked && free).then_some((name, *variable))
        });
        let Some((name, variable)) = clash else { continue };
        let title = format!("Service `{name}` injects `{variable}=tcp://…`");
        let finding = node.pod.finding("/enableServiceLinks", title);
        findings.push(if strict || variable == KAFKA_JMX_PORT { finding } else { finding.warns() });
    }
    findings
}

fn budget_leaves_a_majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for cluster in clusters(set) {
        let brokers = cluster.brokers(set);
        for node in &cluster.nodes {
            let Some(replicas) = node.pod.replicas(set).filter(|replicas| *replicas >= 3) else { continue };
            let voters = own_voters(set, node);
            let all = u64::try_from(read_voters(node).len()).unwrap_or(u64::MAX);
            let quorum = if voters == all && all == replicas { topology::majority(all) } else { 0 };
            let in_sync =
                node.number(key::MIN_INSYNC_REPLICAS).filter(|_| node.has_role("broker") == Some(true));
            // No budget helps where all of them must be in sync: that is told where it is asked for.
            let in_sync = in_sync.filter(|needed| *needed < replicas && brokers == Some(replicas));
            let copies = in_sync.unwrap_or(0);
            findings.extend(clustered::budgets_leave(set, node.pod, quorum.max(copies), "pods"));
        }
    }
    findings
}

fn probes_are_light<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const HEAVY: u64 = 256 << 20;
    let mut findings = Vec::new();
    for node in nodes(set) {
        let env = &node.container.env;
        let says = |name: &str, word: &str| env.rough(name).is_some_and(|value| value.contains(word));
        let taken = [
            ("JMX_PORT", env.known("JMX_PORT").is_some_and(|port| !port.is_empty())),
            (KAFKA_JMX_OPTS, says(KAFKA_JMX_OPTS, "jmxremote.port=")),
            (KAFKA_OPTS, says(KAFKA_OPTS, "-javaagent") && says(KAFKA_OPTS, "jmx_prometheus")),
        ];
        let heap = env.rough(KAFKA_HEAP_OPTS).and_then(|options| clustered::heap(&options));
        for probe in node.container.probes().filter(starts_a_tool) {
            let command = probe.command().unwrap_or_default();
            let free = |name: &str| !command.contains(name);
            let finding =
                |title: String| node.container.finding(&format!("/{}/exec/command", probe.kind), title);
            if let Some((name, _)) = taken.iter().find(|(name, taken)| *taken && free(name)) {
                findings.push(finding(format!("its tool inherits `{name}`, whose port is in use")).refuses());
            } else if heap.is_some_and(|heap| heap > HEAVY) && free(KAFKA_HEAP_OPTS) {
                let heap = crate::verify::texts::mebibytes(heap.unwrap_or_default());
                findings.push(finding(format!("its tool inherits `{KAFKA_HEAP_OPTS}`, a heap of {heap}")));
            }
        }
    }
    findings
}

fn has_time_to_stop<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.has_role("broker") == Some(true)) {
        let grace = topology::grace(node.pod);
        if grace < 60 {
            let written = node.pod.spec.contains_key("terminationGracePeriodSeconds");
            let default = if written { "" } else { " by default" };
            let title = format!("its brokers are killed after {grace} seconds{default}");
            findings.push(node.pod.finding("/terminationGracePeriodSeconds", title));
        }
    }
    findings
}
