//! A Redis server or sentinel of the set, with what it is told: redis.conf, what that includes, arguments, and the variables
//! of Bitnami's images, in the order in which the last one wins.

use std::collections::BTreeMap;

use super::settings::{self, Setting};
use crate::products::redis::{PORT, SENTINEL, SENTINEL_COMMAND, SERVER, VALKEY_SENTINEL, VALKEY_SERVER, key};
use crate::verify::command::{Commands, Word};
use crate::verify::pods::{Container, Pod, Product, Text};
use crate::verify::shapes::copied;
use crate::verify::texts;
use crate::verify::{Finding, Set};

/// Programs that serve.
const SERVERS: &[&str] = &[SERVER, VALKEY_SERVER, SENTINEL_COMMAND, VALKEY_SENTINEL];

/// Programs that only start another one.
const STARTERS: &[&str] = &[
    "docker-entrypoint.sh",
    "tini",
    "dumb-init",
    "gosu",
    "su-exec",
    "sh",
    "bash",
    "numactl",
    "--",
    "-g",
    "-s",
];

/// One server, or one sentinel.
pub(super) struct Server<'s, 'a> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
    pub(super) settings: Vec<Setting<'a>>,
    /// Could there be settings that cannot be seen?
    pub(super) open: bool,
    /// Is it started by a script that does more?
    pub(super) scripted: bool,
    pub(super) sentinel: bool,
    /// The file that it is started with, when that is written.
    pub(super) file: Option<Word>,
}

impl<'s, 'a> Server<'s, 'a> {
    /// All that keep running.
    pub(super) fn all(set: &'s Set<'a>) -> Vec<Self> {
        let sentinels = set.pods_with(Product::Sentinel).filter(|pod| pod.running(Product::Redis).is_none());
        set.pods_with(Product::Redis)
            .chain(sentinels)
            .filter(|pod| !matches!(pod.workload.kind(), "Job" | "CronJob"))
            .flat_map(|pod| pod.mains().map(move |container| (pod, container)))
            .filter(|(_, container)| matches!(container.product, Product::Redis | Product::Sentinel))
            .filter_map(|(pod, container)| Self::of(pod, container))
            .collect()
    }

    /// The servers of a cluster.
    pub(super) fn clustered(set: &'s Set<'a>) -> Vec<Self> {
        let mut all = Self::all(set);
        all.retain(Self::is_clustered);
        all
    }

    fn of(pod: &'s Pod<'a>, container: &'s Container<'a>) -> Option<Self> {
        let commands = Commands::of(container);
        let mut server = Self {
            pod,
            container,
            settings: Vec::new(),
            open: commands.scripted && !copied::only_copies(&commands, SERVERS),
            scripted: commands.scripted,
            sentinel: container.product == Product::Sentinel,
            file: None,
        };
        match commands.running(SERVERS) {
            Some((words, at)) => {
                let wrapped = words[..at].iter().any(|word| !STARTERS.contains(&word.base()));
                server.scripted |= wrapped;
                server.open |= wrapped;
                server.sentinel |= words[at].base().ends_with("-sentinel");
                server.arguments(&words[at + 1..]);
            }
            None => {
                let words = commands.all.first().map_or(&[][..], Vec::as_slice);
                let options = words
                    .first()
                    .is_none_or(|word| word.text.starts_with('-') || word.text.ends_with(".conf"));
                let listens =
                    container.ports().any(|port| [PORT, SENTINEL].map(u64::from).contains(&port.number));
                if container.has_command() || !options {
                    if !listens && container.has_command() {
                        return None;
                    }
                    (server.open, server.scripted) = (true, true);
                } else {
                    server.arguments(words);
                }
            }
        }
        server.bitnami();
        server.sentinel |= server.settings.iter().any(|setting| setting.key == "sentinel")
            || (container.ports().any(|port| port.number == u64::from(SENTINEL))
                && container.ports().all(|port| port.number != u64::from(PORT)));
        Some(server)
    }

    /// What stands behind the program: a file, then `--key value …`.
    fn arguments(&mut self, words: &[Word]) {
        let mut words = words;
        if let Some((file, rest)) = words.split_first()
            && !file.text.starts_with('-')
        {
            words = rest;
            self.file = Some(file.clone());
            self.read(&file.text, 0);
        }
        let mut position = 0;
        while let Some(word) = words.get(position) {
            position += 1;
            let Some(key) = word.text.strip_prefix("--") else {
                // `-` reads a file from standard input; a word that a shell puts in may be anything.
                self.open = true;
                continue;
            };
            let values: Vec<&Word> =
                words[position..].iter().take_while(|word| !word.text.starts_with("--")).collect();
            position += values.len();
            self.sentinel |= key == "sentinel" && values.is_empty();
            let at = values.first().map_or(word, |first| first);
            let text = values.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            if let ("include", Some(file)) = (key, values.first()) {
                self.read(&file.text, 1);
                continue;
            }
            let known = !values.iter().any(|word| word.is_open());
            let place = self.container.finding(&at.at, "");
            let secret = settings::is_secret(key, &text);
            let place = if secret { place } else { place.word(at.text.clone()) };
            let value = known.then(|| settings::unquoted(&text).to_owned());
            self.settings.push(Setting {
                key: key.to_ascii_lowercase(),
                value,
                written: text,
                secret,
                place,
            });
        }
    }

    /// The lines of a file; what it includes stands in its place.
    fn read(&mut self, path: &str, depth: u8) {
        let copied = copied::to(self.pod, self.container, path);
        self.open |= copied.as_ref().is_some_and(|copied| copied.edited);
        let file = self.container.file(path).or(copied.map(|copied| copied.file));
        let Some(file) = file.filter(|_| depth < 4) else {
            self.open = true;
            return;
        };
        let Some(text) = file.text.known() else {
            self.open = true;
            return;
        };
        for (_, key, value) in texts::directives(text) {
            let key = key.to_ascii_lowercase();
            if key == "include" {
                self.read(settings::unquoted(value), depth + 1);
                continue;
            }
            self.settings.push(Setting::new(file, key, value));
        }
    }

    /// Bitnami's images write their files from variables, and may add what cannot be seen.
    fn bitnami(&mut self) {
        let image = &self.container.image;
        let path = image.path();
        if !["bitnami/", "bitnamilegacy/", "bitnamisecure/"].iter().any(|owner| path.contains(owner)) {
            return;
        }
        self.open = true;
        if path.ends_with("/redis-cluster") || path.ends_with("/valkey-cluster") {
            let place = self.container.finding("/image", "");
            let (key, value) = (key::CLUSTER_ENABLED.to_owned(), Some("yes".to_owned()));
            self.settings.insert(0, Setting { key, value, written: String::new(), secret: false, place });
        }
    }

    /// The setting that counts.
    pub(super) fn get(&self, key: &str) -> Option<&Setting<'a>> {
        self.settings.iter().rev().find(|setting| setting.key == key)
    }

    /// Its value, when it is known.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.get(key)?.value.as_deref()
    }

    /// Is it certain that nothing sets it?
    pub(super) fn lacks(&self, key: &str) -> bool {
        !self.open && self.get(key).is_none()
    }

    /// Is it a member of a cluster?
    pub(super) fn is_clustered(&self) -> bool {
        !self.sentinel && self.get(key::CLUSTER_ENABLED).is_some_and(Setting::is_yes)
    }

    /// Where clients call.
    pub(super) fn port(&self) -> u64 {
        self.value("port").and_then(|port| port.parse().ok()).unwrap_or(u64::from(PORT))
    }

    /// Is it Valkey?
    pub(super) fn is_valkey(&self) -> bool {
        self.container.image.path().contains("valkey")
    }

    /// Something is wrong with how it is started: at the file's name, or at what starts it.
    pub(super) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        match &self.file {
            Some(file) if !file.at.is_empty() => {
                self.container.finding(&file.at, title).word(file.text.clone())
            }
            _ => self.container.finding("/image", title),
        }
    }

    /// A text with the pod's own fields put in: `$(POD_NAME).tea` of the pod with the highest ordinal. None when something
    /// else would be put in.
    pub(super) fn filled(&self, text: &str, set: &Set<'a>) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at)?);
            let behind = rest.get(at + 1..)?;
            let close = match behind.chars().next()? {
                '(' => ')',
                '{' => '}',
                _ => return None,
            };
            let end = behind.find(close)?;
            out.push_str(&self.own(behind.get(1..end)?, set)?);
            rest = behind.get(end + 1..)?;
        }
        out.push_str(rest);
        Some(out)
    }

    fn own(&self, variable: &str, set: &Set<'a>) -> Option<String> {
        let last = self.pod.replicas(set).unwrap_or(1).saturating_sub(1);
        let name = || format!("{}-{last}", self.pod.workload.name());
        match self.container.pod_field(variable) {
            Some("metadata.name") if self.pod.workload.kind() == "StatefulSet" => Some(name()),
            Some("metadata.namespace") => Some(self.pod.namespace.to_owned()),
            Some("status.podIP") => Some("10.0.0.10".to_owned()),
            Some(_) => None,
            None => match &self.container.env.get(variable)?.value {
                Text::Plain(text) => Some(text.clone().into_owned()),
                Text::Secret(_) | Text::Unknown => None,
            },
        }
    }
}

/// The servers of each cluster: those of a namespace, for several StatefulSets may make one.
pub(super) fn by_namespace<'l, 's, 'a>(
    servers: &'l [Server<'s, 'a>],
) -> BTreeMap<&'a str, Vec<&'l Server<'s, 'a>>> {
    let mut found: BTreeMap<&'a str, Vec<&'l Server<'s, 'a>>> = BTreeMap::new();
    for server in servers {
        found.entry(server.pod.namespace).or_default().push(server);
    }
    found
}
