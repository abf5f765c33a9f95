//! Names as the cluster's DNS would answer them: Services, and the pods of StatefulSets below their governing Service.
//!
//! A set in, answers out. Never complains: whether an answer matters is for the rules to say.
//!
//! Source: the DNS specification of Kubernetes (kubernetes/dns, docs/specification.md), `ndots:5` and the search list
//! `<namespace>.svc.<domain> svc.<domain> <domain>` that the kubelet writes.

mod made;
mod stateful;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

use super::schema;
use super::{Assumed, Set};
use crate::k8s::Object;
use crate::words::Names;
use made::Made;
use stateful::Stateful;

/// What a name leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'a> {
    /// A Service of the set.
    Service(&'a Object),
    /// One pod of a StatefulSet of the set.
    Pod {
        /// The Service in its name.
        service: &'a Object,
        /// The StatefulSet.
        workload: &'a Object,
        /// Which of its pods.
        ordinal: u64,
    },
    /// Not ours to know: outside of the cluster, in a namespace of which the set has nothing, declared as existing, or made
    /// by an operator.
    Outside,
    /// Nothing would answer.
    Missing(Missing),
}

/// Why nothing would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The part that does not exist, as a phrase: `there is no Service `redis` in namespace `shop``.
    pub what: String,
    /// What does exist in its place; of many, the nearest.
    pub have: Vec<String>,
    /// How many of these there are in all.
    pub count: usize,
}

impl Missing {
    fn new(what: String, have: Vec<String>) -> Self {
        let count = have.len();
        Self { what, have, count }
    }
}

/// All names of a set.
#[derive(Debug)]
pub struct Dns<'a> {
    services: BTreeMap<&'a str, BTreeMap<&'a str, &'a Object>>,
    stateful: BTreeMap<&'a str, BTreeMap<&'a str, Stateful<'a>>>,
    /// Pods with a host name of their own: namespace, host name, subdomain.
    named: BTreeSet<(&'a str, &'a str, &'a str)>,
    /// Namespaces of which the set has objects.
    seen: BTreeSet<&'a str>,
    /// Custom resources, whose operators make Services: namespace and name.
    custom: BTreeMap<(&'a str, &'a str), Made>,
    external: BTreeSet<&'a str>,
    assumed: &'a Assumed,
    /// Names that pods write into their own /etc/hosts, and hosts that are declared as existing.
    aliases: BTreeSet<&'a str>,
    domain: &'a str,
    /// The StatefulSets that say of a Service, by its namespace and name, that it governs them.
    governed: BTreeMap<(&'a str, &'a str), Vec<&'a str>>,
    /// The Services of each namespace, made when one of them is missed.
    names: OnceLock<BTreeMap<&'a str, Names>>,
}

/// So many StatefulSets behind one Service are named.
const MOST: usize = 8;

impl<'a> Dns<'a> {
    pub(super) fn new(set: &Set<'a>) -> Self {
        let mut dns = Self {
            services: BTreeMap::new(),
            stateful: BTreeMap::new(),
            named: BTreeSet::new(),
            seen: BTreeSet::new(),
            custom: BTreeMap::new(),
            external: set.around.external.iter().filter_map(|id| id.strip_prefix("Service/")).collect(),
            aliases: set.around.external.iter().filter_map(|id| id.strip_prefix("Host/")).collect(),
            assumed: &set.around.assumed,
            domain: set.around.domain.trim_end_matches('.'),
            governed: BTreeMap::new(),
            names: OnceLock::new(),
        };
        for object in &set.objects {
            let namespace = set.namespace_of(object);
            // A Namespace object alone says nothing about what lives in it.
            if !namespace.is_empty() {
                dns.seen.insert(namespace);
            }
            dns.add(object, namespace, set);
        }
        dns
    }

    fn add(&mut self, object: &'a Object, namespace: &'a str, set: &Set<'a>) {
        match object.kind() {
            "Service" => {
                self.services.entry(namespace).or_default().insert(object.name(), object);
            }
            "StatefulSet" => {
                let stateful = Stateful::of(set, object);
                self.governed.entry((namespace, stateful.service)).or_default().push(object.name());
                self.stateful.entry(namespace).or_default().insert(object.name(), stateful);
            }
            kind if !schema::is_builtin_kind(object) && !matches!(kind, "HTTPRoute" | "ExternalSecret") => {
                self.custom.insert((namespace, object.name()), Made::by(object));
            }
            _ => {}
        }
        if let Some(spec) = object.pod_spec() {
            let text = |key: &str| spec.get(key).and_then(Value::as_str);
            if let (Some(host), Some(subdomain)) = (text("hostname"), text("subdomain")) {
                self.named.insert((namespace, host, subdomain));
            }
            let aliases = spec.get("hostAliases").and_then(Value::as_array).into_iter().flatten();
            let names = aliases.filter_map(|alias| alias.get("hostnames")?.as_array()).flatten();
            self.aliases.extend(names.filter_map(Value::as_str));
        }
    }

    /// Where `host` leads for a pod in the namespace `from`.
    pub fn resolve(&self, host: &str, from: &str) -> Answer<'a> {
        let host = host.trim_end_matches('.');
        if self.assumed.has("Host", host) || self.aliases.contains(host) {
            return Answer::Outside;
        }
        let labels: Vec<&str> = host.split('.').collect();
        match self.inside(&labels) {
            Some(Ok(&[service, namespace])) => self.service(service, namespace),
            Some(Ok(&[pod, service, namespace])) => self.pod(pod, service, namespace),
            Some(Ok(&[port, protocol, service, namespace]))
                if port.starts_with('_') && protocol.starts_with('_') =>
            {
                self.service(service, namespace)
            }
            Some(Ok(_)) => {
                let what = format!("`{host}` is not the name of a Service or a pod");
                Answer::Missing(Missing::new(what, Vec::new()))
            }
            Some(Err(missing)) => Answer::Missing(missing),
            None => self.relative(&labels, from),
        }
    }

    /// The labels before `svc.<domain>` or `svc`; an error with another domain; none when it is no such name.
    fn inside<'l, 'h>(&self, labels: &'l [&'h str]) -> Option<Result<&'l [&'h str], Missing>> {
        let at = labels.iter().rposition(|label| *label == "svc").filter(|at| *at >= 1)?;
        let (before, behind) = (&labels[..at], labels[at + 1..].join("."));
        if behind.is_empty() || behind == self.domain {
            return Some(Ok(before));
        }
        // `a.svc.example.com` may be a host of somebody's; `a.b.svc.example.com` with a namespace of ours is not.
        let ours = before.last().is_some_and(|namespace| self.seen.contains(namespace));
        (ours && before.len() >= 2).then(|| {
            let what = format!("the cluster's domain is not `{behind}`");
            Err(Missing::new(what, vec![self.domain.to_owned()]))
        })
    }

    /// As the search list of a pod would complete it; a name of several labels that fits nothing is outside.
    fn relative(&self, labels: &[&str], from: &str) -> Answer<'a> {
        match *labels {
            [service] => self.service(service, from),
            // `kafka` may be a Service and a namespace.
            [first, second] if self.has_service(second, first) => self.service(first, second),
            [first, second] => {
                let pod_like = self.has_service(from, second) || self.set_of(first, from).is_some();
                match self.seen.contains(second) && !self.has_service(from, second) {
                    true => self.service(first, second),
                    false if pod_like => self.pod(first, second, from),
                    false => Answer::Outside,
                }
            }
            [pod, service, namespace] if self.seen.contains(namespace) => self.pod(pod, service, namespace),
            _ => Answer::Outside,
        }
    }

    fn names(&self) -> &BTreeMap<&'a str, Names> {
        self.names.get_or_init(|| {
            let all = self.services.iter();
            all.map(|(namespace, services)| {
                (*namespace, Names::new(services.keys().map(|name| (*name).to_owned())))
            })
            .collect()
        })
    }

    fn has_service(&self, namespace: &str, name: &str) -> bool {
        self.services.get(namespace).is_some_and(|services| services.contains_key(name))
    }

    fn is_outside(&self, service: &str, namespace: &str) -> bool {
        // A custom resource makes what begins with its own name.
        let made = |end: usize| {
            let (head, rest) = (service.get(..end)?, service.get(end..)?);
            Some(self.custom.get(&(namespace, head))?.has(rest))
        };
        !self.seen.contains(namespace)
            || self.assumed.has("Service", service)
            || self.external.contains(service)
            || (namespace, service) == ("default", "kubernetes")
            || (!self.custom.is_empty() && (1..=service.len()).any(|end| made(end) == Some(true)))
    }

    fn service(&self, name: &str, namespace: &str) -> Answer<'a> {
        if let Some(service) = self.services.get(namespace).and_then(|services| services.get(name)) {
            return match service.text("/spec/type") {
                Some("ExternalName") => Answer::Outside,
                _ => Answer::Service(service),
            };
        }
        if self.is_outside(name, namespace) {
            return Answer::Outside;
        }
        let what = format!("Service `{name}` does not exist in namespace `{namespace}`");
        let Some(known) = self.names().get(namespace) else {
            return Answer::Missing(Missing::new(what, Vec::new()));
        };
        let have = known.near(name).into_iter().map(str::to_owned).collect();
        Answer::Missing(Missing { what, have, count: known.count() })
    }

    fn pod(&self, pod: &str, service: &str, namespace: &str) -> Answer<'a> {
        let found = match self.service(service, namespace) {
            Answer::Service(found) => found,
            other => return other,
        };
        if self.named.contains(&(namespace, pod, service)) {
            return Answer::Service(found);
        }
        match self.set_of(pod, namespace) {
            Some((stateful, ordinal)) if stateful.service == service => stateful.answer(found, pod, ordinal),
            Some((stateful, _)) => {
                let what = format!(
                    "the pods of StatefulSet `{}` have names below `{}`, not below `{service}`",
                    stateful.workload.name(),
                    stateful.service
                );
                Answer::Missing(Missing::new(what, vec![stateful.service.to_owned()]))
            }
            None => {
                let have = self.governed.get(&(namespace, service)).into_iter().flatten().take(MOST);
                let have = have.filter_map(|name| self.stateful.get(namespace)?.get(name));
                let what = format!("no StatefulSet behind Service `{service}` has a pod `{pod}`");
                Answer::Missing(Missing::new(what, have.flat_map(Stateful::pods).collect()))
            }
        }
    }

    /// The StatefulSet that a pod's name says, and the ordinal.
    fn set_of(&self, pod: &str, namespace: &str) -> Option<(&Stateful<'a>, u64)> {
        let (name, ordinal) = pod.rsplit_once('-')?;
        Some((self.stateful.get(namespace)?.get(name)?, ordinal.parse().ok()?))
    }
}
