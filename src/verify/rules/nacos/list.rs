//! Where a member of a cluster learns who the others are: `NACOS_SERVERS`, a file of one's own, or the peer-finder.
//!
//! Source: docker-startup.sh `print_servers`; Nacos `EnvUtil.analyzeClusterConf`, `MemberUtil.singleParse`.

use std::net::IpAddr;

use super::running::Running;
use crate::k8s::Object;
use crate::products::nacos::{CLUSTER_CONF, NACOS_SERVERS, PEER_FINDER};
use crate::verify::dns::Answer;
use crate::verify::pods::{Behind, File, Mount, Var};
use crate::verify::{Finding, Set, topology};

/// Who tells a server the members.
pub(super) enum Source<'s, 'a> {
    /// A list.
    List(List<'s, 'a>),
    /// The plugin, which asks DNS.
    PeerFinder,
    /// Nobody.
    Nobody,
    /// It cannot be seen.
    Unknown,
}

/// The members, as they are written.
pub(super) struct List<'s, 'a> {
    /// `NACOS_SERVERS`, or the file.
    pub(super) name: &'static str,
    pub(super) text: &'s str,
    pub(super) entries: Vec<Entry<'s>>,
    server: Running<'s, 'a>,
    origin: Origin<'s, 'a>,
}

enum Origin<'s, 'a> {
    Var(&'s Var<'a>),
    File(&'s File<'a>),
}

/// One member.
pub(super) struct Entry<'s> {
    /// As it is written.
    pub(super) text: &'s str,
    pub(super) host: &'s str,
    /// What stands behind the colon.
    pub(super) port: Option<&'s str>,
}

/// What an entry says about the pods of its own workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// One of them, by a name that leads there.
    Own(u64),
    /// One of them, by a name that leads elsewhere or nowhere.
    Looks(u64),
    /// All of them: it is their Service.
    Service,
    /// An address.
    Ip,
    /// Somebody else.
    Other,
}

/// The peer-finder's folder, as far as it can be seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plugin<'a> {
    Absent,
    /// Something fills the folder before the server starts.
    Installed,
    /// The mount makes the folder, and nothing fills it.
    Empty(Mount<'a>),
    Unknown,
}

/// Who tells `server` the members.
pub(super) fn source<'s, 'a>(server: Running<'s, 'a>) -> Source<'s, 'a> {
    let container = server.container;
    if server.container.env.has("CLUSTER_CONF") || server.mentions(&["member.list", "member.lookup"]) {
        return Source::Unknown;
    }
    match plugin(server) {
        Plugin::Absent => {}
        Plugin::Unknown => return Source::Unknown,
        Plugin::Installed | Plugin::Empty(_) => return Source::PeerFinder,
    }
    // A file from a ConfigMap cannot be written over by the start script.
    if let Some(file) = container.file(CLUSTER_CONF) {
        let Some(text) = file.plain() else { return Source::Unknown };
        let words = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let entries = words.flat_map(entries).collect();
        return Source::List(List {
            name: "cluster.conf",
            text,
            entries,
            server,
            origin: Origin::File(file),
        });
    }
    let covered = container.mount(CLUSTER_CONF);
    if covered.is_some_and(|mount| mount.behind == Behind::Config) {
        return Source::Unknown;
    }
    if let (Some(var), Some(text)) = (server.var(NACOS_SERVERS), server.plain(NACOS_SERVERS)) {
        let entries = entries(text).collect();
        return Source::List(List { name: NACOS_SERVERS, text, entries, server, origin: Origin::Var(var) });
    }
    let nobody = server.lacks(NACOS_SERVERS) && covered.is_none();
    if nobody { Source::Nobody } else { Source::Unknown }
}

/// The list, when it is one.
pub(super) fn list<'s, 'a>(server: Running<'s, 'a>) -> Option<List<'s, 'a>> {
    match source(server) {
        Source::List(list) => Some(list),
        _ => None,
    }
}

/// Blanks and commas separate; `;` does not, but whoever writes one means it.
fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    words.filter(|word| !word.is_empty()).map(|text| {
        let address = text.split('?').next().unwrap_or_default();
        let inner = address.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (host, port) = match inner {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match address.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (address, None),
            },
        };
        Entry { text, host, port }
    })
}

impl<'s, 'a> List<'s, 'a> {
    /// Something is wrong with it.
    pub(super) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        match self.origin {
            Origin::Var(var) => self.server.container.env.finding(var, title),
            Origin::File(file) => file.finding(title),
        }
    }

    /// What an entry means.
    pub(super) fn means(&self, entry: &Entry<'_>, set: &Set<'a>) -> Means {
        if entry.host.parse::<IpAddr>().is_ok() {
            return Means::Ip;
        }
        let pod = self.server.pod;
        let first = entry.host.split('.').next().unwrap_or_default();
        match set.dns().resolve(entry.host, pod.namespace) {
            Answer::Pod { workload, ordinal, .. } if std::ptr::eq(workload, pod.workload) => {
                Means::Own(ordinal)
            }
            Answer::Service(service) if service.name() == first && selects(service, pod.workload, set) => {
                Means::Service
            }
            Answer::Outside | Answer::Missing(_) => {
                let stateful = pod.workload.kind() == "StatefulSet";
                let own = first.strip_prefix(pod.workload.name()).and_then(|rest| rest.strip_prefix('-'));
                let ordinal = own.and_then(|ordinal| ordinal.parse().ok()).filter(|_| stateful);
                ordinal.map_or(Means::Other, Means::Looks)
            }
            _ => Means::Other,
        }
    }

    /// Do all of its entries name pods of this workload?
    pub(super) fn is_own(&self, set: &Set<'a>) -> bool {
        let own = |entry| matches!(self.means(entry, set), Means::Own(_) | Means::Looks(_));
        !self.entries.is_empty() && self.entries.iter().all(own)
    }

    /// Does one of its entries name a pod of this workload?
    pub(super) fn has_own(&self, set: &Set<'a>) -> bool {
        self.entries.iter().any(|entry| matches!(self.means(entry, set), Means::Own(_) | Means::Looks(_)))
    }

    /// Does it name members that other workloads make, or machines?
    pub(super) fn has_others(&self, set: &Set<'a>) -> bool {
        self.entries.iter().any(|entry| matches!(self.means(entry, set), Means::Other | Means::Ip))
    }
}

fn selects<'a>(service: &'a Object, workload: &'a Object, set: &Set<'a>) -> bool {
    topology::behind(set, service).iter().any(|found| std::ptr::eq(*found, workload))
}

/// What the pods of a StatefulSet call themselves; nothing for other workloads.
pub(super) fn own_name(server: Running<'_, '_>, ordinal: u64, set: &Set<'_>) -> Option<String> {
    let workload = server.workload();
    let service = workload.text("/spec/serviceName").filter(|service| !service.is_empty())?;
    let (name, namespace, domain) = (workload.name(), server.pod.namespace, &set.around.domain);
    (workload.kind() == "StatefulSet").then(|| format!("{name}-{ordinal}.{service}.{namespace}.svc.{domain}"))
}

/// The ordinals of a StatefulSet's pods.
pub(super) fn ordinals(server: Running<'_, '_>, replicas: u64) -> std::ops::Range<u64> {
    let first = server.workload().at("/spec/ordinals/start").and_then(|start| start.as_u64()).unwrap_or(0);
    first..first.saturating_add(replicas)
}

/// The list that would be right; nothing for one that nobody would write by hand.
pub(super) fn full(server: Running<'_, '_>, set: &Set<'_>) -> Option<String> {
    let replicas = server.pod.workload.at("/spec/replicas").and_then(|count| count.as_u64()).unwrap_or(1);
    if replicas > 9 {
        return None;
    }
    let port = server.port()?;
    let names = ordinals(server, replicas).map(|ordinal| {
        let name = own_name(server, ordinal, set)?;
        Some(format!("{name}:{port}"))
    });
    Some(names.collect::<Option<Vec<String>>>()?.join(" "))
}

/// Is the peer-finder there?
pub(super) fn plugin<'a>(server: Running<'_, 'a>) -> Plugin<'a> {
    let Some(mount) = server.container.mount(PEER_FINDER) else { return Plugin::Absent };
    let others = || server.pod.containers.iter().filter(|other| !std::ptr::eq(*other, server.container));
    let fills = others().any(|other| {
        other.mounts().iter().any(|theirs| theirs.volume == mount.volume && theirs.behind == mount.behind)
    });
    let exact = mount.path.trim_end_matches('/') == PEER_FINDER;
    match (exact, mount.behind) {
        (true, _) if fills => Plugin::Installed,
        (true, Behind::EmptyDir | Behind::Claim) => Plugin::Empty(mount),
        // The folder around it may hold anything.
        (false, _) if !others().any(|other| other.image.path().contains("peer-finder")) => {
            if fills || mount.behind != Behind::EmptyDir { Plugin::Unknown } else { Plugin::Absent }
        }
        (false, _) => Plugin::Installed,
        (true, _) => Plugin::Unknown,
    }
}
