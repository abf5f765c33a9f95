//! Addresses inside of strings are resolved as the cluster's DNS would, and their ports looked for behind them.
//!
//! What only looks like an address is left alone: a name counts when it stands below `svc`, as the host of a URL, as the value
//! of a setting that wants a host, or when a Service or pod of that name is there.

mod calls;
mod scan;
mod texts;

use std::collections::BTreeSet;

use super::super::{Finding, Grade, Rule, Set};
use crate::k8s::Object;
use crate::parallel;
use crate::verify::dns::{Answer, Missing};
use crate::verify::pods::Pod;
use crate::verify::topology;
use crate::words;
use scan::{Address, Strength};

/// All tables of the family.
pub(super) const TABLES: &[&[Rule]] = &[RULES];

const RULES: &[Rule] = &[
    Rule {
        code: "address-resolves",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every in-cluster name in a variable, a command, an annotation or a config file resolves to a \
                  Service or a pod",
        why: "the name does not resolve: the client retries until it times out, or fails to start",
        fix: "use a name that exists; declare what exists outside this set: `external: [Service/NAME]`, or \
              `--assume Service/NAME` with lint",
        source: "Kubernetes documentation, DNS for Services and Pods",
        check: |set| set.dead_addresses().names.clone(),
    },
    Rule {
        code: "address-port-open",
        grade: Grade::ERROR,
        promise: "every port used with an in-cluster name is open on that Service, and on the pods behind it",
        why: "the connection is refused or times out",
        fix: "use a port that is open, or open this one",
        source: "Kubernetes documentation, Service",
        check: |set| set.dead_addresses().ports.iter().cloned().chain(calls::closed_ports(set)).collect(),
    },
    Rule {
        code: "policy-allows-calls",
        grade: Grade::WARNING,
        promise: "no NetworkPolicy blocks a call to a pod whose address the caller is told",
        why: "the network plugin drops the packets: the caller waits until it times out",
        fix: "allow the caller's pods as a peer",
        source: "Kubernetes documentation, Network Policies: the two sorts of pod isolation",
        check: calls::kept_out,
    },
];

/// An address where it stands.
struct Found<'f, 'a> {
    address: &'f Address<'f>,
    /// From where it is looked up.
    namespace: &'a str,
    secret: bool,
}

/// What is wrong with an address: a phrase, what there is instead, and whether it only may hurt.
struct Wrong {
    title: String,
    help: Option<String>,
    warns: bool,
}

/// Fewer objects than this are read sooner than a thread is up.
const WORTHWHILE: usize = 256;

/// What is wrong with the addresses of a set, for each of the two rules.
pub(in crate::verify) struct DeadAddresses<'a> {
    names: Vec<Finding<'a>>,
    ports: Vec<Finding<'a>>,
}

impl<'a> DeadAddresses<'a> {
    /// Reads all texts of the set.
    pub(in crate::verify) fn of(set: &Set<'a>) -> Self {
        let objects = texts::with_pods(set);
        let found = parallel::map(&objects, WORTHWHILE, |(object, pod)| in_object(set, object, *pod));
        let mut all = Self { names: Vec::new(), ports: Vec::new() };
        for (names, ports) in found {
            all.names.extend(names);
            all.ports.extend(ports);
        }
        all
    }
}

fn in_object<'a>(
    set: &Set<'a>,
    object: &'a Object,
    pod: Option<&Pod<'a>>,
) -> (Vec<Finding<'a>>, Vec<Finding<'a>>) {
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    let namespace = set.namespace_of(object);
    texts::of(object, pod, &mut |text, place| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for address in &scan::addresses(text, place.wants_host) {
            if !seen.insert(address.text) {
                continue;
            }
            let found = Found { address, namespace, secret: place.secret };
            let told = |Wrong { title, help, warns }| {
                let finding = Finding { help, ..Finding::new(object, title).at((place.field)()) };
                let finding = finding.word(address.text);
                if warns { finding.warns() } else { finding }
            };
            names.extend(resolves(set, &found).map(told));
            ports.extend(ports_open(set, &found).map(told));
        }
    });
    (names, ports)
}

/// Names that answer everywhere.
const EVERYWHERE: &[&str] = &["localhost", "localhost.localdomain", "ip6-localhost"];

fn answer<'a>(set: &Set<'a>, found: &Found<'_, 'a>) -> Answer<'a> {
    if EVERYWHERE.contains(&found.address.host) {
        return Answer::Outside;
    }
    set.dns().resolve(found.address.host, found.namespace)
}

fn resolves<'a>(set: &Set<'a>, found: &Found<'_, 'a>) -> Option<Wrong> {
    let Answer::Missing(Missing { what, have, count }) = answer(set, found) else { return None };
    let Address { host, strength, ports, .. } = found.address;
    let one_label = !host.contains('.');
    let counts = match strength {
        Strength::Certain => true,
        // A host in a secret may be a piece of a password.
        _ if found.secret => false,
        // A name without a port may be that of a registry: `http://orders/` with a client that asks Nacos.
        Strength::Url => !one_label || (!ports.is_empty() && !is_placeholder(host)),
        Strength::Setting => !one_label || !ports.is_empty() || !is_word_of_settings(host),
        Strength::Weak => !one_label,
    };
    let first = host.split('.').next().unwrap_or_default();
    let bare = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    // Another ordinal is no slip of the pen: all of them are told.
    let near =
        words::closest(first, have.iter().map(String::as_str)).filter(|near| bare(near) != bare(first));
    let help = match (near, have.as_slice()) {
        (_, []) => None,
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, have) => {
            Some(format!("there {} {}", if have.len() == 1 { "is" } else { "are" }, told(have, count)))
        }
    };
    let warns = *strength == Strength::Setting && one_label && ports.is_empty();
    counts.then(|| Wrong { title: format!("`{host}` does not resolve: {what}"), help, warns })
}

/// What a start script puts something else in the place of.
fn is_placeholder(host: &str) -> bool {
    ["placeholder", "example", "your-", "changeme"].iter().any(|word| host.contains(word))
}

/// Values of settings that are called like hosts and hold a word.
fn is_word_of_settings(host: &str) -> bool {
    const WORDS: &[&str] = &[
        "hostname", "ip", "auto", "none", "any", "all", "true", "false", "null", "off", "on", "default",
        "dns", "http", "https", "yes", "no", "enabled", "disabled",
    ];
    WORDS.contains(&host)
}

fn told(have: &[String], count: usize) -> String {
    match count {
        0..=8 => words::listed(have).replace(" or ", " and "),
        more => format!("{} and {} more", words::listed(&have[..7]).replace(" or ", ", "), more - 7),
    }
}

fn ports_open<'a>(set: &Set<'a>, found: &Found<'_, 'a>) -> Option<Wrong> {
    if found.address.ports.is_empty() {
        return None;
    }
    let (service, workloads) = match answer(set, found) {
        Answer::Service(service) => (service, topology::behind(set, service)),
        Answer::Pod { service, workload, .. } => (service, vec![workload]),
        Answer::Outside | Answer::Missing(_) => return None,
    };
    let mut open: Vec<u64> = topology::service_ports(service).collect();
    // A Service with an address of its own forwards its ports and no others.
    let direct = topology::is_headless(service);
    if direct {
        open.extend(workloads.iter().flat_map(|workload| container_ports(workload)));
        open.sort_unstable();
        open.dedup();
    }
    let closed = found.address.ports.iter().find(|port| !open.contains(port))?;
    if open.is_empty() {
        return None;
    }
    let name = service.name();
    let ports: Vec<String> = open.iter().map(ToString::to_string).collect();
    let title = match direct {
        true => format!("`{}` has no port {closed}", found.address.host),
        false => format!("Service `{name}` has no port {closed}"),
    };
    let help = format!("open ports: {}", words::listed(ports).replace(" or ", " and "));
    // What a container does not declare it may open all the same.
    Some(Wrong { title, help: Some(help), warns: direct })
}

fn container_ports(workload: &Object) -> impl Iterator<Item = u64> {
    let ports = workload.containers().filter_map(|container| container.get("ports")?.as_array()).flatten();
    ports.filter_map(|port| port.get("containerPort")?.as_u64())
}
