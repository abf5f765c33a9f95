//! The MySQL servers of a set: what they are told, and who follows whom.

use std::collections::{BTreeMap, BTreeSet};

use super::options::{self, Setting};
use crate::k8s::{Object, Version};
use crate::products::mysql::{DATA, MASTER_HOST, NACOS_IMAGE, PERCONA, PORT, SERVER_IMAGE, SOURCE_HOST, key};
use crate::verify::Set;
use crate::verify::pods::{Container, Pod, Product};
use crate::verify::topology;

/// Whose image it is: each has variables of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// The Docker Official Image, from whatever registry.
    Official,
    /// Bitnami's.
    Bitnami,
    /// Somebody's.
    Other,
}

/// One container that runs a server.
pub(super) struct Server<'s, 'a> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
    pub(super) flavour: Flavour,
    pub(super) settings: Vec<Setting<'s, 'a>>,
    /// Is every option in sight?
    pub(super) complete: bool,
}

impl<'s, 'a> Server<'s, 'a> {
    fn new(pod: &'s Pod<'a>, container: &'s Container<'a>) -> Self {
        let flavour = flavour(container);
        let settings = options::all(container);
        Self { pod, container, flavour, settings, complete: options::are_complete(container, flavour) }
    }

    /// The option of that name that counts.
    pub(super) fn setting(&self, name: &str) -> Option<&Setting<'s, 'a>> {
        options::effective(&self.settings, name)
    }

    /// Its version, when the tag tells; the tag of somebody's image may count something else.
    pub(super) fn version(&self) -> Option<&'s Version> {
        let version = self.container.version.as_ref()?;
        let is_line = matches!((version.major(), version.minor()), (5, 5..) | (8 | 9 | 26.., _));
        is_line.then_some(version)
    }

    /// Is it this version or a later one, for sure?
    pub(super) fn at_least(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.at_least(wanted))
    }

    /// Is it an earlier one, for sure?
    pub(super) fn before(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.surely_before(wanted))
    }

    /// Does it take writes from its own replication only?
    pub(super) fn is_read_only(&self) -> bool {
        [key::READ_ONLY, key::SUPER_READ_ONLY]
            .iter()
            .any(|name| self.setting(name).is_some_and(Setting::is_on))
    }

    /// The folder of its data.
    pub(super) fn data(&self) -> String {
        let own = self.setting("datadir").and_then(|setting| setting.value.clone());
        let usual = if self.flavour == Flavour::Bitnami { "/bitnami/mysql" } else { DATA };
        own.unwrap_or_else(|| usual.to_owned())
    }

    /// Could something fill the data before the server starts for the first time?
    pub(super) fn is_filled_before(&self) -> bool {
        let Some(data) = self.container.mount(&self.data()) else { return false };
        let idle = ["busybox", "alpine", "bash", "ubuntu", "debian", "kubectl"];
        self.pod.containers.iter().filter(|container| container.init).any(|container| {
            let tail = container.image.path().rsplit('/').next().unwrap_or_default();
            !idle.contains(&tail) && container.mounts().iter().any(|mount| mount.volume == data.volume)
        })
    }

    /// Does the pod have other containers that belong to it: helpers that may change how it runs?
    pub(super) fn has_helpers(&self) -> bool {
        let shared: Vec<&str> = self.container.mounts().iter().map(|mount| mount.volume).collect();
        let data = self.container.mount(&self.data()).map(|mount| mount.volume);
        self.pod.containers.iter().filter(|other| !std::ptr::eq(*other, self.container)).any(|other| {
            let writes = other
                .mounts()
                .iter()
                .any(|mount| shared.contains(&mount.volume) && Some(mount.volume) != data);
            other.product == Product::Mysql || other.image.path().contains("xtrabackup") || writes
        }) || self.container.fields.contains_key("lifecycle")
    }
}

/// All servers, in the order of the objects.
pub(super) fn all<'s, 'a>(set: &'s Set<'a>) -> Vec<Server<'s, 'a>> {
    set.running(Product::Mysql)
        .filter(|(pod, container)| !matches!(pod.workload.kind(), "Job" | "CronJob") && is_server(container))
        .map(|(pod, container)| Server::new(pod, container))
        .collect()
}

fn flavour(container: &Container<'_>) -> Flavour {
    let path = container.image.path();
    let registry = container.image.registry().unwrap_or_default();
    if path.contains("bitnami") || registry.contains("bitnami") {
        return Flavour::Bitnami;
    }
    let official = path == "mysql" || path == "library/mysql" || path.ends_with("/library/mysql");
    if official { Flavour::Official } else { Flavour::Other }
}

/// A client or a script in the same image is none, and a script that waits for a server neither.
fn is_server(container: &Container<'_>) -> bool {
    let words = container.words();
    let first = words.first().map(String::as_str).unwrap_or_default();
    let image_starts_it = !container.has_command() && (first.is_empty() || first.starts_with('-'));
    let named = IMAGES.iter().any(|image| container.image.is(image));
    let calls = |text: &str| starts_server(text) || text.contains("docker-entrypoint.sh");
    let script = |word: &String| container.file(word).and_then(|file| file.plain()).is_some_and(calls);
    let called = words.iter().any(|word| calls(word) || script(word));
    (named && (image_starts_it || called)) || container.ports().any(|port| port.number == u64::from(PORT))
}

/// Last parts of images' names.
const IMAGES: &[&str] = &["mysql", SERVER_IMAGE, "percona", PERCONA, NACOS_IMAGE];

/// Does the text call `mysqld`, not `mysqldump`?
pub(super) fn starts_server(text: &str) -> bool {
    text.match_indices("mysqld").any(|(at, _)| {
        let behind = text[at + "mysqld".len()..].chars().next();
        behind.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
    })
}

/// Does something of its own decide how the server starts?
pub(super) fn is_scripted(container: &Container<'_>) -> bool {
    let words = container.words();
    let first = words.first().map(String::as_str).unwrap_or_default();
    let plain = ["docker-entrypoint.sh", "mysqld", "entrypoint.sh"];
    let tail = first.rsplit('/').next().unwrap_or_default();
    !(first.is_empty() || first.starts_with('-') || plain.contains(&tail))
}

/// Positions in `servers`, by workload.
pub(super) type Positions = BTreeMap<*const Object, usize>;

/// The servers by their workloads.
pub(super) fn positions(servers: &[Server<'_, '_>]) -> Positions {
    let place = |(at, server): (usize, &Server<'_, '_>)| (std::ptr::from_ref(server.pod.workload), at);
    servers.iter().enumerate().map(place).collect()
}

/// Which server follows which: positions in `servers`.
pub(super) fn links<'a>(set: &Set<'a>, servers: &[Server<'_, 'a>]) -> Vec<(usize, usize)> {
    let positions = positions(servers);
    let mut links = BTreeSet::new();
    for (replica, server) in servers.iter().enumerate() {
        for host in sources(server.pod) {
            // A name that leads to several workloads says nothing about which is the primary.
            if let [one] = topology::led_to(set, &host, server.pod.namespace).as_slice()
                && let Some(source) = positions.get(&std::ptr::from_ref(*one))
                && *source != replica
            {
                links.insert((replica, *source));
            }
        }
    }
    links.into_iter().map(|(replica, source)| (source, replica)).collect()
}

/// The hosts that a pod's scripts and variables name as what to follow.
fn sources(pod: &Pod<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for container in &pod.containers {
        for var in container.env.iter() {
            let named = [MASTER_HOST, SOURCE_HOST, "PRIMARY_HOST"].iter().any(|end| var.name.ends_with(end));
            hosts.extend(var.value.plain().filter(|_| named).map(str::to_owned));
        }
        let texts = container.files.iter().filter_map(|file| file.plain().map(str::to_owned));
        for text in texts.chain(container.words()) {
            for (at, _) in text.match_indices("_HOST").filter(|(at, _)| text[..*at].ends_with(['R', 'E'])) {
                hosts.extend(assigned(&text[at + "_HOST".len()..], container));
            }
        }
    }
    hosts.retain(|host| !host.is_empty());
    hosts.dedup();
    hosts
}

/// The host behind `MASTER_HOST`: `='mysql'`, `="$PRIMARY"`.
fn assigned(rest: &str, container: &Container<'_>) -> Option<String> {
    let rest = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['\'', '"', '\\']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if let Some(variable) = rest.strip_prefix('$') {
        let variable = variable.trim_start_matches('{');
        let end = variable.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(variable.len());
        return container.env.get(&variable[..end])?.value.plain().map(str::to_owned);
    }
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    (!rest[end..].starts_with(['$', '{'])).then(|| rest[..end].to_owned())
}
