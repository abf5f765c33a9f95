//! Where brokers, proxies and the dashboard look for NameServers.

use std::collections::{BTreeMap, BTreeSet};

use super::conf::Broker;
use super::proxy;
use crate::k8s::Object;
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT, JAVA_OPTS};
use crate::products::rocketmq::{NAMESRV_ADDR, key};
use crate::verify::command::{Commands, Word};
use crate::verify::dns::Answer;
use crate::verify::pods::{Container, Pod, Product, Text};
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-addresses-are-split",
        grade: Grade::ERROR,
        promise: "NameServer lists are `host:port` separated by `;`",
        why: "another format is not rejected: the broker starts, but never registers, and clients get `No route \
              info of this topic`",
        fix: "use `HOST-0:9876;HOST-1:9876`, without spaces",
        source: "apache/rocketmq BrokerStartup; NettyRemotingClient",
        check: addresses_are_split,
    },
    Rule {
        code: "rocketmq-list-is-quoted",
        grade: Grade::ERROR,
        promise: "a NameServer list in a shell command is quoted",
        why: "an unquoted `;` ends the command: the broker gets only the first address, and the shell runs the \
              second as a command",
        fix: "quote it, or use the variable `NAMESRV_ADDR`",
        source: "POSIX shell command language; observed",
        check: list_is_quoted,
    },
    Rule {
        code: "rocketmq-names-every-name-server",
        grade: Grade::ERROR,
        promise: "a RocketMQ broker lists each NameServer by its own address",
        why: "NameServers do not synchronise: behind one name the broker registers with only one of them, and \
              clients of another get no route",
        fix: "run the NameServers as a StatefulSet with a headless Service, and list all pods: \
              `NAME-0.SERVICE:9876;NAME-1.SERVICE:9876`",
        source: "apache/rocketmq BrokerOuterAPI.registerBrokerAll; design document, NameServer",
        check: names_every_name_server,
    },
    Rule {
        code: "rocketmq-name-server-list-complete",
        grade: Grade::WARNING,
        promise: "a RocketMQ broker's list contains all NameServers",
        why: "clients that ask the missing one get no route",
        fix: "add it to the list, or reduce the replicas",
        source: "apache/rocketmq design document, NameServer",
        check: list_complete,
    },
];

/// A list of NameServers.
struct List<'s, 'a> {
    pod: &'s Pod<'a>,
    text: String,
    /// Does it stand where nobody may see it?
    secret: bool,
    place: Finding<'a>,
}

impl<'a> List<'_, 'a> {
    /// A part of it, for a message.
    fn shown<'t>(&self, part: &'t str) -> &'t str {
        texts::shown(part, self.secret)
    }

    /// Something is wrong with that part of it.
    fn part(&self, part: &str, title: String) -> Finding<'a> {
        let finding = told(self, title);
        if self.secret { finding } else { finding.word(part) }
    }
}

/// The lists that a broker, a proxy or a dashboard is given.
fn lists<'s, 'a>(set: &'s Set<'a>) -> Vec<List<'s, 'a>> {
    let mut found = of_brokers(set);
    for product in [Product::RocketmqProxy, Product::Dashboard] {
        for (pod, container) in set.running(product) {
            found.extend(of_variables(pod, container));
            found.extend(of_proxy(pod, container));
        }
    }
    found
}

fn of_proxy<'s, 'a>(pod: &'s Pod<'a>, container: &'s Container<'a>) -> Option<List<'s, 'a>> {
    let (file, config) = proxy::config(container)?;
    let text = config.get(key::NAMESRV_ADDR)?.as_str().filter(|text| !text.is_empty())?.to_owned();
    let place = file.finding("").word(text.as_str());
    let secret = matches!(file.text, Text::Secret(_));
    let place = if secret { file.finding("") } else { place };
    Some(List { pod, text, secret, place })
}

fn of_variables<'s, 'a>(pod: &'s Pod<'a>, container: &'s Container<'a>) -> Vec<List<'s, 'a>> {
    const FLAG: &str = "-Drocketmq.namesrv.addr=";
    let mut found = Vec::new();
    for name in [NAMESRV_ADDR, JAVA_OPTS, JAVA_OPT_EXT, JAVA_OPT] {
        let Some(var) = container.env.get(name) else { continue };
        let Some(value) = var.value.plain() else { continue };
        let text = if name == NAMESRV_ADDR { Some(value) } else { texts::flag(value, FLAG) };
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        let place = container.env.finding(var, "").word(text);
        found.push(List { pod, text: text.to_owned(), secret: false, place });
    }
    found
}

/// What a broker goes by: the argument, else the file, else a variable.
fn of_brokers<'s, 'a>(set: &'s Set<'a>) -> Vec<List<'s, 'a>> {
    let mut found = Vec::new();
    for broker in Broker::all(set) {
        let pod = broker.pod;
        if let Some(word) = &broker.named {
            if !word.at.is_empty() {
                let place = broker.container.finding(&word.at, "").word(word.text.clone());
                found.push(List { pod, text: word.text.clone(), secret: false, place });
            }
        } else if let Some(line) = broker.get(key::NAMESRV_ADDR) {
            found.push(List { pod, text: line.raw.clone(), secret: line.secret, place: line.finding("") });
        } else if !broker.open {
            found.extend(of_variables(pod, broker.container));
        }
    }
    found.retain(|list| !list.text.contains(['$', '`']));
    found
}

fn told<'a>(list: &List<'_, 'a>, title: String) -> Finding<'a> {
    Finding { title, ..list.place.clone() }
}

fn addresses_are_split<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let wrong = |list: &List<'_, 'a>| {
        let text = list.text.trim();
        if text.contains(['$', '`']) {
            return None;
        }
        let separator = [(',', "commas"), (' ', "spaces"), ('\n', "line breaks")]
            .into_iter()
            .find(|(c, _)| text.contains(*c));
        if let Some((_, what)) = separator {
            return Some(told(list, format!("its NameServers are separated by {what}")));
        }
        let mut entries = text.split(';').filter(|entry| !entry.is_empty());
        let bare = entries.find(|entry| {
            let port = entry.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            port.is_none() && !entry.contains('/')
        })?;
        Some(list.part(bare, format!("`{}` has no port", list.shown(bare))))
    };
    lists(set).iter().filter_map(wrong).collect()
}

fn list_is_quoted<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for product in [Product::Broker, Product::RocketmqProxy] {
        for (_, container) in set.running(product) {
            let commands = Commands::of(container);
            for pair in commands.all.windows(2) {
                let [command, next] = pair else { continue };
                let ends_in_list = command.iter().rev().nth(1).is_some_and(|word| word.text == "-n");
                let Some(cut) =
                    next.first().filter(|word| ends_in_list && is_address(word) && !word.at.is_empty())
                else {
                    continue;
                };
                let title = format!("`{}` is a separate command to the shell", cut.text);
                findings.push(container.finding(&cut.at, title).word(cut.text.clone()));
            }
        }
    }
    findings
}

fn is_address(word: &Word) -> bool {
    let port = word.text.rsplit_once(':').map(|(host, port)| (host.is_empty(), port.parse::<u16>().is_ok()));
    port == Some((false, true))
}

/// The hosts of a list.
fn hosts<'t>(list: &'t List<'_, '_>) -> impl Iterator<Item = (&'t str, &'t str)> {
    list.text.trim().split(';').filter_map(|entry| Some((entry, entry.rsplit_once(':')?.0)))
}

/// How many NameServers each workload makes.
type Counts = BTreeMap<*const Object, u64>;

fn name_servers(set: &Set<'_>) -> Counts {
    let pods = set.pods_with(Product::NameServer);
    pods.map(|pod| (&raw const *pod.workload, pod.replicas(set).unwrap_or(1))).collect()
}

/// How many of them a Service leads to.
fn behind<'a>(set: &Set<'a>, service: &'a Object, counts: &Counts) -> u64 {
    let behind = topology::behind(set, service).into_iter();
    let counts = behind.filter_map(|workload| counts.get(&(&raw const *workload)));
    counts.fold(0, |sum: u64, count| sum.saturating_add(*count))
}

fn names_every_name_server<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    // Then the broker asks for all addresses behind the name.
    let looked_up: BTreeSet<*const Object> = Broker::all(set)
        .iter()
        .filter(|broker| broker.is_on("fetchNameSrvAddrByDnsLookup"))
        .map(|broker| &raw const *broker.pod.workload)
        .collect();
    let (mut findings, counts) = (Vec::new(), name_servers(set));
    for list in of_brokers(set) {
        for (entry, host) in hosts(&list) {
            let Answer::Service(service) = set.dns().resolve(host, list.pod.namespace) else { continue };
            let count = behind(set, service, &counts);
            let all = topology::is_headless(service) && looked_up.contains(&(&raw const *list.pod.workload));
            if count > 1 && !all {
                let title = format!("`{}` is one address for {count} NameServers", list.shown(entry));
                findings.push(list.part(entry, title));
            }
        }
    }
    findings
}

fn list_complete<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let (mut findings, counts) = (Vec::new(), name_servers(set));
    for list in of_brokers(set) {
        let mut named: BTreeMap<(&str, &str), (BTreeSet<u64>, &'a Object)> = BTreeMap::new();
        for (_, host) in hosts(&list) {
            if let Answer::Pod { workload, ordinal, .. } = set.dns().resolve(host, list.pod.namespace) {
                let key = (set.namespace_of(workload), workload.name());
                named.entry(key).or_insert_with(|| (BTreeSet::new(), workload)).0.insert(ordinal);
            }
        }
        for (ordinals, workload) in named.values() {
            let count = counts.get(&(&raw const **workload)).copied().unwrap_or(0);
            if u64::try_from(ordinals.len()).is_ok_and(|named| named < count) {
                let title =
                    format!("lists {} of the {count} NameServers of {}", ordinals.len(), workload.id());
                findings.push(told(&list, title));
            }
        }
    }
    findings
}
