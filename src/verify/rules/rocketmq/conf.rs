//! A RocketMQ broker of the set, with what its broker.conf says, and the group that it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use crate::k8s::Version;
use crate::products::rocketmq::{BROKER_CLASS, BROKER_PORT, NAMESRV_ADDR, key};
use crate::secrets;
use crate::verify::command::{Commands, Word};
use crate::verify::pods::{Container, File, Pod, Product, Text};
use crate::verify::{Finding, Set, texts};

/// Programs that are a broker.
const BROKERS: &[&str] = &["mqbroker", "mqbroker.sh", "broker", BROKER_CLASS];

/// One line of broker.conf.
pub(super) struct Setting<'a> {
    pub(super) key: String,
    /// With the blanks at its end: a broker keeps them too.
    pub(super) raw: String,
    /// Is the file one that nobody may see?
    pub(super) secret: bool,
    place: Finding<'a>,
}

impl<'a> Setting<'a> {
    pub(super) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        Finding { title: title.into(), ..self.place.clone() }
    }

    pub(super) fn value(&self) -> &str {
        self.raw.trim()
    }

    /// A part of the value, for a message.
    pub(super) fn shown<'t>(&self, part: &'t str) -> &'t str {
        texts::shown(part, self.secret)
    }
}

/// One broker.
pub(super) struct Broker<'s, 'a> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
    /// The file that it is started with.
    pub(super) file: Option<&'s File<'a>>,
    pub(super) settings: Vec<Setting<'a>>,
    /// Is its file one that cannot be seen?
    pub(super) open: bool,
    pub(super) commands: Commands,
    /// `-n`, which beats the file.
    pub(super) named: Option<Word>,
}

impl<'s, 'a> Broker<'s, 'a> {
    pub(super) fn all(set: &'s Set<'a>) -> Vec<Self> {
        set.running(Product::Broker).map(|(pod, container)| Self::of(pod, container)).collect()
    }

    fn of(pod: &'s Pod<'a>, container: &'s Container<'a>) -> Self {
        let commands = Commands::of(container);
        let mut broker =
            Self { pod, container, file: None, settings: Vec::new(), open: true, named: None, commands };
        let Some((words, at)) = broker.commands.running(BROKERS) else { return broker };
        let words = words.get(at.saturating_add(1)..).unwrap_or_default();
        let behind = |flags: &[&str]| {
            let at = words.iter().position(|word| flags.contains(&word.text.as_str()))?;
            words.get(at.saturating_add(1)).cloned()
        };
        let named = behind(&["-n", "--namesrvAddr"]);
        let file = behind(&["-c", "--configFile"]);
        let text =
            file.as_ref().and_then(|word| container.file(&word.text).or_else(|| broker.added_to(word)));
        let text = text.map(|file| (file, &file.text));
        broker.open = match text {
            Some((_, Text::Unknown)) => true,
            Some(_) => false,
            // Without a file all is as the broker has it, unless a script knows better.
            None => file.is_some() || words.iter().any(Word::is_open),
        };
        broker.named = named;
        if let Some((file, text)) = text {
            broker.file = Some(file);
            broker.settings = text.known().map(|text| lines(file, text)).unwrap_or_default();
        }
        broker
    }

    /// The file that a script adds something to, before it starts the broker with what came of it: `cat FILE`.
    fn added_to(&self, word: &Word) -> Option<&'s File<'a>> {
        if !word.is_open() {
            return None;
        }
        self.commands.all.iter().find_map(|words| {
            let at = words.iter().position(|word| word.base() == "cat")?;
            self.container.file(&words.get(at.saturating_add(1))?.text)
        })
    }

    /// The line that counts.
    pub(super) fn get(&self, key: &str) -> Option<&Setting<'a>> {
        self.settings.iter().rev().find(|setting| setting.key == key)
    }

    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(Setting::value)
    }

    pub(super) fn is_on(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn version(&self) -> Option<&Version> {
        self.container.version.as_ref()
    }

    /// Do role and id stand in the file, and not with controllers or DLedger?
    pub(super) fn is_classic(&self) -> bool {
        !self.open && !self.is_on(key::ENABLE_CONTROLLER_MODE) && !self.is_on(key::ENABLE_DLEGER_COMMIT_LOG)
    }

    pub(super) fn is_slave(&self) -> bool {
        self.is_classic() && self.value(key::BROKER_ROLE) == Some("SLAVE")
    }

    pub(super) fn is_master(&self) -> bool {
        self.is_classic() && self.value(key::BROKER_ROLE) != Some("SLAVE")
    }

    pub(super) fn id(&self) -> i64 {
        self.value(key::BROKER_ID).and_then(|id| id.parse().ok()).unwrap_or(0)
    }

    pub(super) fn port(&self) -> u64 {
        self.value(key::LISTEN_PORT).and_then(|port| port.parse().ok()).unwrap_or(u64::from(BROKER_PORT))
    }

    /// Where it registers, sorted: groups of the same name at other NameServers are other groups.
    pub(super) fn name_servers(&self) -> Vec<&str> {
        let variable = || self.container.env.known(NAMESRV_ADDR);
        let text = self.named.as_ref().map(|word| word.text.as_str());
        let text = text.or_else(|| self.value(key::NAMESRV_ADDR)).or_else(variable).unwrap_or_default();
        let mut entries: Vec<&str> =
            text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        entries.sort_unstable();
        entries
    }

    /// How many pods have this file.
    pub(super) fn count(&self, set: &Set<'a>) -> u64 {
        self.pod.replicas(set).unwrap_or(1)
    }

    /// Something is wrong with the file as a whole, or with what starts the broker without one.
    pub(super) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        match self.file {
            Some(file) => file.finding(title),
            None => self.at_start(title),
        }
    }

    /// Something is wrong with how it is started: at the program's name.
    pub(super) fn at_start(&self, title: impl Into<String>) -> Finding<'a> {
        let program = self.commands.running(BROKERS).and_then(|(words, at)| words.get(at));
        match program.filter(|word| !word.at.is_empty()) {
            Some(word) => self.container.finding(&word.at, title).word(word.base()),
            None => self.container.finding("/image", title),
        }
    }

    /// Is it the image of apache/rocketmq-docker, whose scripts and folders are known?
    pub(super) fn is_official(&self) -> bool {
        is_official(self.container)
    }
}

pub(super) fn is_official(container: &Container<'_>) -> bool {
    container.image.is("apache/rocketmq")
}

/// As Java reads properties, but for escapes: keys are trimmed, values at their start alone.
fn lines<'a>(file: &File<'a>, text: &str) -> Vec<Setting<'a>> {
    let secret = matches!(file.text, Text::Secret(_));
    let mut continued = false;
    let all = text.lines().filter_map(|line| {
        let start = line.trim_start();
        let behind =
            std::mem::replace(&mut continued, start.ends_with('\\') && !start.starts_with(['#', '!']));
        // A value of several lines is nothing that is judged here.
        if behind || continued || start.is_empty() || start.starts_with(['#', '!']) {
            return None;
        }
        let (key, value) = start.split_at(start.find(['=', ':'])?);
        let raw = value.get(1..).unwrap_or_default().trim_start();
        let key = key.trim();
        // Users and their passwords stand in maps.
        let hidden = secret || secrets::is_suspicious(key) || raw.starts_with('{');
        let place = file.finding("").word(if hidden { key } else { line.trim() });
        Some(Setting { key: key.to_owned(), raw: raw.to_owned(), secret, place })
    });
    all.collect()
}

/// Brokers of one `brokerName`.
pub(super) struct Group<'l, 's, 'a> {
    pub(super) name: &'l str,
    /// Namespace, NameServers and name of its cluster.
    pub(super) cluster: (&'l str, Vec<&'l str>, &'l str),
    pub(super) members: Vec<&'l Broker<'s, 'a>>,
    /// Are all brokers of the namespace seen, with their files, and a NameServer too?
    pub(super) complete: bool,
}

impl<'l, 's, 'a> Group<'l, 's, 'a> {
    pub(super) fn masters(&self) -> impl Iterator<Item = &'l Broker<'s, 'a>> + use<'_, 'l, 's, 'a> {
        self.members.iter().copied().filter(|member| member.is_master())
    }

    pub(super) fn slaves(&self) -> impl Iterator<Item = &'l Broker<'s, 'a>> + use<'_, 'l, 's, 'a> {
        self.members.iter().copied().filter(|member| member.is_slave())
    }

    /// Its name, for a message.
    pub(super) fn shown(&self) -> &'l str {
        let secret =
            self.members.iter().filter_map(|member| member.get(key::BROKER_NAME)).any(|line| line.secret);
        texts::shown(self.name, secret)
    }

    /// Pods of all members.
    pub(super) fn size(&self, set: &Set<'a>) -> u64 {
        self.members.iter().fold(0, |sum: u64, member| sum.saturating_add(member.count(set)))
    }
}

/// All groups whose names are told; a broker without a `brokerName` is a group of its own, called by its pod.
pub(super) fn groups<'l, 's, 'a>(set: &Set<'a>, brokers: &'l [Broker<'s, 'a>]) -> Vec<Group<'l, 's, 'a>> {
    let mut by_name: BTreeMap<(&str, Vec<&str>, &str, &str), Vec<&'l Broker<'s, 'a>>> = BTreeMap::new();
    let mut unseen: BTreeSet<&str> = BTreeSet::new();
    for broker in brokers {
        if broker.open {
            unseen.insert(broker.pod.namespace);
        }
        if let Some(name) = broker.value(key::BROKER_NAME).filter(|_| broker.is_classic()) {
            let cluster = broker.value(key::BROKER_CLUSTER_NAME).unwrap_or("DefaultCluster");
            let key = (broker.pod.namespace, broker.name_servers(), cluster, name);
            by_name.entry(key).or_default().push(broker);
        }
    }
    let served: BTreeSet<&str> = set.pods_with(Product::NameServer).map(|pod| pod.namespace).collect();
    by_name
        .into_iter()
        .map(|((namespace, name_servers, cluster, name), members)| {
            let complete = served.contains(namespace) && !unseen.contains(namespace);
            Group { name, cluster: (namespace, name_servers, cluster), members, complete }
        })
        .collect()
}
