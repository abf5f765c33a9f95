//! The members of a Nacos cluster as a list: all of them, each as it calls itself.
//!
//! Whether a name leads anywhere is for the family of addresses to say.

use std::collections::BTreeSet;

use super::list::{self, List, Means, Source};
use super::running::{self, Running};
use crate::products::nacos::{NACOS_SERVER_IP, NACOS_SERVERS, PREFER_HOST_MODE, key};
use crate::products::text;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-members-are-listed",
        grade: Grade::ERROR,
        promise: "the members of a Nacos cluster have a member list",
        why: "without a list every pod silently becomes a separate cluster",
        fix: "set `NACOS_SERVERS` to the names of all pods, or install the peer-finder",
        source: "nacos-docker docker-startup.sh `print_servers`; nacos-group/nacos-k8s#71",
        check: members_are_listed,
    },
    Rule {
        code: "nacos-servers-name-every-pod",
        grade: Grade::ERROR,
        promise: "`NACOS_SERVERS` names every pod of its StatefulSet",
        why: "a member that is not in the list adds itself, and only it knows: member lists and Raft peers differ \
              from pod to pod",
        fix: "list one name per replica",
        source: "nacos ServerMemberManager; alibaba/nacos#12739",
        check: every_pod_is_named,
    },
    Rule {
        code: "nacos-servers-are-full-names",
        grade: Grade::ERROR,
        promise: "`NACOS_SERVERS` lists pods by the exact name they report: \
                  `<pod>.<serviceName>.<namespace>.svc.<domain>`",
        why: "a member finds itself by string comparison: a shorter name resolves, but counts as one more member \
              (\"self ip ... not in serverlist\"), and Raft finds no leader",
        fix: "use full names",
        source: "nacos ServerMemberManager, InetUtils; alibaba/nacos#4962, #8823",
        check: names_are_full,
    },
    Rule {
        code: "nacos-servers-are-space-separated",
        grade: Grade::WARNING,
        promise: "spaces separate the members in `NACOS_SERVERS`",
        why: "the start script writes one line per word: commas are split only by the server, and `;` becomes \
              part of a host name",
        fix: "write one space between two members",
        source: "nacos-docker README; nacos EnvUtil.analyzeClusterConf",
        check: blanks_separate,
    },
    Rule {
        code: "nacos-servers-have-the-port",
        grade: Grade::ERROR,
        promise: "members in `NACOS_SERVERS` have the port that the servers listen on",
        why: "a member does not find itself with another port, and the Raft and gRPC ports are derived from this \
              one",
        fix: "use the port of `NACOS_APPLICATION_PORT`, 8848 by default",
        source: "nacos MemberUtil.singleParse, calculateRaftPort",
        check: ports_are_the_servers,
    },
    Rule {
        code: "nacos-members-identify-by-name",
        grade: Grade::ERROR,
        promise: "members of a Nacos cluster identify themselves by name when they are listed by name",
        why: "by default a server uses its pod's IP, does not find it among the names, and adds it as one more \
              member, a different one after every start",
        fix: "set `PREFER_HOST_MODE` to `hostname`, and remove `NACOS_SERVER_IP`",
        source: "nacos InetUtils; nacos-docker docker-startup.sh",
        check: names_are_known,
    },
];

fn members_are_listed<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let untold = running::clustered(set)
        .filter(|server| server.workload().kind() == "StatefulSet")
        .filter(|server| server.replicas(set).is_some_and(|count| count > 1))
        .filter(|server| matches!(list::source(*server), Source::Nobody));
    untold
        .map(|server| {
            let finding = server
                .container
                .finding("/env", format!("`{NACOS_SERVERS}` is not set: the members do not know each other"));
            correct(finding, server, set)
        })
        .collect()
}

/// With the list that would be right.
fn correct<'a>(finding: Finding<'a>, server: Running<'_, 'a>, set: &Set<'a>) -> Finding<'a> {
    let Some(full) = list::full(server, set) else { return finding };
    // Names below a Service that nobody made would be the next mistake.
    let governing = server.workload().text("/spec/serviceName");
    match governing.filter(|name| !set.knows(server.workload(), "Service", name)) {
        Some(missing) => finding.help(format!("write `{full}`, and add the headless Service `{missing}`")),
        None => finding.help(format!("write `{full}`")),
    }
}

/// The lists of servers whose pods have names.
fn lists<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = (Running<'s, 'a>, List<'s, 'a>)> {
    running::clustered(set).filter_map(|server| Some((server, list::list(server)?)))
}

fn every_pod_is_named<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let own = lists(set).filter(|(server, list)| list.is_own(set) && !server.is_scaled(set));
    let short = own.filter_map(|(server, list)| {
        let replicas = server.replicas(set)?;
        let named = list.entries.iter().filter_map(|entry| match list.means(entry, set) {
            Means::Own(ordinal) | Means::Looks(ordinal) => Some(ordinal),
            _ => None,
        });
        let named: BTreeSet<u64> = named.collect();
        let all = list::ordinals(server, replicas);
        let mut absent = all.clone().take(1000).filter(|ordinal| !named.contains(ordinal));
        let first = absent.next()?;
        let (workload, count) = (server.workload().name(), usize::try_from(replicas).unwrap_or(usize::MAX));
        let known = named.range(all).count();
        let title = format!(
            "`{}` lists {known} of {}, `{workload}-{first}` is missing",
            list.name,
            words::counted(count, "pod")
        );
        Some(correct(list.finding(title), server, set))
    });
    short.collect()
}

fn names_are_full<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (server, list) in lists(set).filter(|(server, _)| !server.is_on_the_node()) {
        let other = |entry: &&list::Entry<'_>| match list.means(entry, set) {
            Means::Own(ordinal) => {
                list::own_name(server, ordinal, set).is_some_and(|name| name != entry.host)
            }
            // What leads nowhere is said elsewhere; what leads out of the set is not ours.
            Means::Looks(_) => is_outside(entry.host, server, set),
            Means::Service => server.replicas(set).is_some_and(|count| count > 1),
            Means::Ip => server.workload().kind() == "StatefulSet" && !list.has_own(set),
            Means::Other => false,
        };
        let mut wrong = list.entries.iter().filter(other);
        let Some(first) = wrong.next() else { continue };
        let what = match list.means(first, set) {
            Means::Service => "is a Service, not a member",
            Means::Ip => "is an address, which changes whenever the pod restarts",
            _ => "is not the name that the pod reports",
        };
        let more = match wrong.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let finding = list.finding(format!("`{}` {what}{more}", first.host)).word(first.host);
        findings.push(correct(finding, server, set));
    }
    findings
}

fn is_outside<'a>(host: &str, server: Running<'_, 'a>, set: &Set<'a>) -> bool {
    matches!(set.dns().resolve(host, server.pod.namespace), crate::verify::dns::Answer::Outside)
}

fn blanks_separate<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let odd = lists(set).filter_map(|(_, list)| {
        let sign = [';', ','].into_iter().find(|sign| list.text.contains(*sign))?;
        let title = format!("`{sign}` separates the members in `{}`", list.name);
        match sign {
            ';' => Some(list.finding(title).word(";").refuses()),
            // Lines of the file may have them.
            _ => (list.name == NACOS_SERVERS).then(|| list.finding(title).word(",")),
        }
    });
    odd.collect()
}

fn ports_are_the_servers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let wrong = lists(set).filter_map(|(server, list)| {
        let port = server.port()?;
        let entry = list.entries.iter().find(|entry| {
            let own = matches!(list.means(entry, set), Means::Own(_) | Means::Looks(_));
            own && entry.port.is_some_and(|written| written.parse() != Ok(port))
        })?;
        let written = entry.port.unwrap_or_default();
        let title = format!("`{}` has port {written}, but the server listens on {port}", list.name);
        Some(list.finding(title).word(entry.text))
    });
    wrong.collect()
}

fn names_are_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let named = running::clustered(set)
        .filter(|server| server.workload().kind() == "StatefulSet" && !server.is_on_the_node())
        .filter(|server| match list::source(*server) {
            Source::List(list) => list.has_own(set),
            Source::PeerFinder => true,
            Source::Nobody | Source::Unknown => false,
        })
        .filter(|server| {
            let other =
                [text!(key::IP, "="), "nacos.inetutils.", key::INET_PREFER_HOSTNAME, key::PREFER_HOSTNAME];
            !server.mentions(&other)
        });
    named.filter_map(nameless).collect()
}

fn nameless<'a>(server: Running<'_, 'a>) -> Option<Finding<'a>> {
    let env = &server.container.env;
    if let Some(var) = server.var(NACOS_SERVER_IP).filter(|_| !server.lacks(NACOS_SERVER_IP)) {
        let title = format!("`{NACOS_SERVER_IP}` is an address, but the members are listed by name");
        return server.is_an_ip(var).then(|| env.finding(var, title));
    }
    if !server.lacks(NACOS_SERVER_IP) {
        return None;
    }
    let title = format!("`{PREFER_HOST_MODE}` is not `hostname`, but the members are listed by name");
    if server.lacks(PREFER_HOST_MODE) {
        return Some(server.container.finding("/env", title));
    }
    let mode = server.plain(PREFER_HOST_MODE).filter(|mode| *mode != "hostname")?;
    let var = server.var(PREFER_HOST_MODE)?;
    Some(env.finding(var, title).word(mode))
}
