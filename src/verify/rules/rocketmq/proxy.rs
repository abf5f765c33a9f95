//! What RocketMQ's proxy needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::conf::Broker;
use crate::k8s::Object;
use crate::products::rocketmq::{PROXY_GRPC, key, proxy};
use crate::verify::command::Commands;
use crate::verify::pods::{Container, File, Product, Text};
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-proxy-tells-its-port",
        grade: Grade::WARNING,
        promise: "a RocketMQ proxy that is called at another port than its own tells clients that port",
        why: "it answers every client of gRPC with the port that it listens on, 8081, whatever port the client called: the \
          client goes there next, and nothing listens",
        fix: "set `\"useEndpointPortFromRequest\": true` in its JSON, or give the Service the proxy's own port",
        source: "apache/rocketmq RouteActivity.convertToAddressList; #6268, #8864",
        check: tells_its_port,
    },
    Rule {
        code: "rocketmq-proxy-names-cluster",
        grade: Grade::ERROR,
        promise: "a RocketMQ proxy has the name of the brokers' cluster",
        why: "it finds no broker of that cluster: it does not start, or every client gets `no topic route`",
        fix: "set `rocketMQClusterName` in its JSON to the value of `brokerClusterName`",
        source: "apache/rocketmq ProxyConfig; docs/en/proxy/deploy_guide.md",
        check: names_cluster,
    },
];

/// The JSON that a proxy is started with.
pub(super) fn config<'c, 'a>(container: &'c Container<'a>) -> Option<(&'c File<'a>, Value)> {
    let commands = Commands::of(container);
    let mut words = commands.all.iter().flatten().map(|word| word.text.as_str());
    let file = words.find_map(|word| container.file(word).filter(|_| word.ends_with(".json")))?;
    Some((file, serde_json::from_str(file.text.known()?).ok()?))
}

fn names_cluster<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let brokers = Broker::all(set);
    // None where a broker's file cannot be seen, or must not be told of.
    let mut names: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
    for broker in &brokers {
        let here = names.entry(broker.pod.namespace).or_insert_with(|| Some(BTreeSet::new()));
        match here {
            Some(known) if !broker.open && !broker.settings.iter().any(|line| line.secret) => {
                known.insert(broker.value(key::BROKER_CLUSTER_NAME).unwrap_or("DefaultCluster"));
            }
            _ => *here = None,
        }
    }
    let mut findings = Vec::new();
    for (pod, container) in set.running(Product::RocketmqProxy) {
        let Some(Some(known)) = names.get(pod.namespace) else { continue };
        let Some((file, config)) = config(container) else { continue };
        let Some(name) = config.get("rocketMQClusterName").and_then(Value::as_str) else { continue };
        if !known.contains(name) {
            let secret = matches!(file.text, Text::Secret(_));
            let (shown, those) = (texts::shown(name, secret), words::listed(known));
            let title =
                format!("looks for brokers of cluster `{shown}`, but there are only those of {those}");
            let finding = file.finding(title);
            findings.push(if secret { finding } else { finding.word(name) });
        }
    }
    findings
}

/// Does something decide the JSON that we do not see?
fn is_unseen(container: &Container<'_>) -> bool {
    let commands = Commands::of(container);
    commands.scripted
        || commands.all.iter().flatten().any(|word| matches!(word.text.as_str(), "-pc" | "--proxyConfigPath"))
}

fn tells_its_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in set.running(Product::RocketmqProxy) {
        let found = config(container);
        if found.is_none() && is_unseen(container) {
            continue;
        }
        let setting = |key: &str| found.as_ref().and_then(|(_, config)| config.get(key));
        if setting(proxy::USE_ENDPOINT_PORT_FROM_REQUEST).is_some_and(is_true) {
            continue;
        }
        let own = setting(proxy::GRPC_SERVER_PORT).and_then(number).unwrap_or(u64::from(PROXY_GRPC));
        let called = pod
            .services(set)
            .into_iter()
            .find_map(|service| Some((service, outside(service, container, own)?)));
        let Some((service, port)) = called else { continue };
        let title = format!(
            "tells clients port {own}, but they call {} at {port}: `{}` is not set",
            service.id(),
            proxy::USE_ENDPOINT_PORT_FROM_REQUEST
        );
        findings.push(match &found {
            Some((file, _)) => file.finding(title),
            None => container.finding("/command", title),
        });
    }
    findings
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The port at which clients call that port of the proxy through a Service, where it is another one.
fn outside(service: &Object, container: &Container<'_>, own: u64) -> Option<String> {
    if topology::is_headless(service) {
        return None;
    }
    let on_node = service.text("/spec/type") == Some("NodePort");
    topology::ports(service).find_map(|(_, port)| {
        let leads = topology::target(port).and_then(|target| container.port_number(target)) == Some(own);
        let given = port.get(if on_node { "nodePort" } else { "port" }).and_then(Value::as_u64);
        match given {
            _ if !leads => None,
            Some(port) => (port != own).then(|| port.to_string()),
            None => on_node.then(|| "a port that is chosen for it".to_owned()),
        }
    })
}
