//! The one reader of what a Kafka node is told: variables of the image, a mounted file, a start script, or all of them.

pub(super) mod ids;

use std::collections::{BTreeMap, BTreeSet};

use super::image::Maker;
use crate::k8s::Version;
use crate::products::kafka::{MAIN_CLASS, START, key};
use crate::verify::pods::{Container, File, Pod, Product, Var};
use crate::verify::shapes::startup::{self, Startup};
use crate::verify::{Finding, Set, texts};

/// How the server is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// By the image's own script, which makes the settings out of variables.
    Image,
    /// Directly, with a file.
    File,
}

/// How Kafka keeps its metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Kraft,
    Zookeeper,
}

/// One container that is a broker, a controller or both, and its settings.
pub(super) struct Node<'s, 'a> {
    pub pod: &'s Pod<'a>,
    pub container: &'s Container<'a>,
    pub maker: Maker,
    pub start: Start,
    pub startup: Startup,
    settings: BTreeMap<String, Setting<'s, 'a>>,
    /// Are there no settings but those that are seen?
    closed: bool,
}

/// One setting. The value keeps a `$` for what only the shell or the cluster knows; none when all of it is unknown.
struct Setting<'s, 'a> {
    value: Option<String>,
    from: From<'s, 'a>,
}

enum From<'s, 'a> {
    Var(&'s Var<'a>),
    Line(&'s File<'a>, String),
    Command,
}

/// What starts a server, or leads to what does.
const STARTS: &[&str] = &[
    START,
    MAIN_CLASS,
    "/etc/kafka/docker/run",
    "/etc/confluent/docker/",
    "scripts/kafka/",
    "start-kafka.sh",
    "/app-entrypoint.sh",
    "/entrypoint.sh",
];

/// All servers of the set. What only has the image, to run a tool or to sleep, is none.
pub(super) fn nodes<'s, 'a>(set: &'s Set<'a>) -> Vec<Node<'s, 'a>> {
    let lasting = |pod: &&Pod<'_>| !matches!(pod.workload.kind(), "Job" | "CronJob");
    set.pods_with(Product::Kafka).filter(lasting).filter_map(Node::new).collect()
}

impl<'s, 'a> Node<'s, 'a> {
    fn new(pod: &'s Pod<'a>) -> Option<Self> {
        let container = pod.running(Product::Kafka)?;
        let startup = Startup::of(container);
        let server = STARTS.iter().any(|word| startup.says(word));
        if !startup.is_plain() && !server {
            return None;
        }
        let start = if startup.says(START) || startup.says(MAIN_CLASS) { Start::File } else { Start::Image };
        let closed = !container.env.is_open() && !startup.edits();
        let maker = Maker::of(container);
        let mut node = Self { pod, container, maker, start, startup, settings: BTreeMap::new(), closed };
        match start {
            Start::Image => node.read_image(),
            Start::File => node.read_files(),
        }
        Some(node)
    }

    fn read_image(&mut self) {
        let container = self.container;
        let folders: &[&str] = match self.maker {
            Maker::Apache => &["/mnt/shared/config"],
            Maker::Bitnami => {
                &["/bitnami/kafka/config", "/opt/bitnami/kafka/config", "/opt/bitnami/kafka/conf"]
            }
            _ => &[],
        };
        self.closed &= matches!(self.maker, Maker::Apache | Maker::Confluent | Maker::Bitnami);
        for folder in folders {
            let path = format!("{folder}/server.properties");
            match container.file(&path) {
                Some(file) => self.add_file(file),
                None => {
                    let own = container.mounts().iter().any(|mount| {
                        let at = mount.path.trim_end_matches('/');
                        at == *folder || at == path
                    });
                    self.closed &= !own;
                }
            }
        }
        // A file of one's own is all that Bitnami's image looks at.
        if self.maker == Maker::Bitnami && !self.settings.is_empty() {
            self.closed = false;
            return;
        }
        self.add_variables();
    }

    fn add_variables(&mut self) {
        let container = self.container;
        for var in container.env.iter() {
            if let Some(key) = self.maker.key(&var.name) {
                let value = container.env.rough(&var.name).map(|value| value.into_owned());
                self.settings.insert(key, Setting { value, from: From::Var(var) });
            }
        }
        let assigned: Vec<String> = self.startup.names().map(str::to_owned).collect();
        for name in assigned {
            let Some(key) = self.maker.key(&name) else { continue };
            let value = self.startup.variable(&name).flatten();
            let value = value.map(|value| self.startup.resolved(&value, container, 4));
            let from = container.env.get(&name).map_or(From::Command, From::Var);
            self.settings.insert(key, Setting { value, from });
        }
    }

    fn read_files(&mut self) {
        let container = self.container;
        let path = self.startup.commands.iter().find_map(|command| {
            let at = command.iter().position(|word| word.contains(START))?;
            command[at + 1..].iter().find(|word| !word.starts_with('-'))
        });
        let path = path.map(|path| self.startup.resolved(path, container, 4));
        match path.as_deref().and_then(|path| container.file(path)) {
            Some(file) => self.add_file(file),
            None => {
                self.closed = false;
                let named = |file: &&File<'_>| {
                    file.path.ends_with(".properties")
                        && !file.path.contains("log4j")
                        && self.startup.says(&file.path)
                };
                let named: Vec<_> = container.files.iter().filter(named).collect();
                named.into_iter().for_each(|file| self.add_file(file));
            }
        }
        let mut seen = BTreeSet::new();
        for (key, written) in self.startup.written() {
            let value = self.startup.resolved(&written, container, 4);
            let value = seen.insert(key.clone()).then_some(value);
            // What stands in a variable of the container is to be changed there.
            let name = startup::variable(&written);
            let var = container.env.get(name).filter(|_| self.startup.variable(name).is_none());
            self.settings.insert(key, Setting { value, from: var.map_or(From::Command, From::Var) });
        }
    }

    fn add_file(&mut self, file: &'s File<'a>) {
        let Some(text) = file.plain() else {
            self.closed = false;
            return;
        };
        for (number, key, value) in texts::properties(text) {
            let line = text.lines().nth(number).unwrap_or_default().trim().to_owned();
            // A value that a script may change is known only as a plain number or word.
            let plain = value.chars().all(|c| c.is_ascii_alphanumeric());
            let touched = self.startup.edits() && (!plain || self.startup.says(key));
            let value = (!touched).then(|| value.to_owned());
            self.settings.insert(key.to_owned(), Setting { value, from: From::Line(file, line) });
        }
    }

    /// Is it set, to whatever?
    pub(super) fn has(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }

    /// Is it certain that it is not set?
    pub(super) fn lacks(&self, key: &str) -> bool {
        self.closed && !self.has(key)
    }

    /// Does anything set anything? Apache's image falls back to its own file otherwise.
    pub(super) fn is_bare(&self) -> bool {
        self.settings.is_empty()
    }

    /// The value, with a `$` where only the shell or the cluster knows.
    pub(super) fn rough(&self, key: &str) -> Option<&str> {
        self.settings.get(key)?.value.as_deref()
    }

    /// All values that a start script chooses from.
    pub(super) fn choices(&self, key: &str) -> &[String] {
        self.rough(key).map_or(&[], |value| self.startup.choices(value))
    }

    /// The value, when all of it is known.
    pub(super) fn exact(&self, key: &str) -> Option<&str> {
        self.rough(key).filter(|value| !value.contains(['$', '`']))
    }

    /// The value as a number.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.exact(key)?.trim().parse().ok()
    }

    /// The name under which people wrote it: the variable, or the key.
    pub(super) fn named(&self, key: &str) -> String {
        match self.settings.get(key).map(|setting| &setting.from) {
            Some(From::Var(var)) => var.name.to_string(),
            _ => key.to_owned(),
        }
    }

    /// Something is wrong with a setting, where it stands; with the container, when it stands nowhere.
    pub(super) fn finding(&self, key: &str, title: impl Into<String>) -> Finding<'a> {
        match self.settings.get(key).map(|setting| &setting.from) {
            Some(From::Var(var)) => self.container.env.finding(var, title),
            Some(From::Line(file, line)) => file.finding(title).word(line.as_str()),
            Some(From::Command) => {
                let field = if self.container.fields.contains_key("args") { "/args" } else { "/command" };
                self.container.finding(field, title)
            }
            None => self.container.finding("/env", title),
        }
    }

    /// How it keeps its metadata, when its settings tell.
    pub(super) fn mode(&self) -> Option<Mode> {
        match () {
            () if self.has(key::PROCESS_ROLES) && self.exact(key::PROCESS_ROLES) != Some("") => {
                Some(Mode::Kraft)
            }
            () if self.has(key::ZOOKEEPER_CONNECT) && self.closed => Some(Mode::Zookeeper),
            () if self.has(key::ZOOKEEPER_CONNECT) && !self.startup.says(key::PROCESS_ROLES) => {
                Some(Mode::Zookeeper)
            }
            () => None,
        }
    }

    /// Has it that role? None where a script decides.
    pub(super) fn has_role(&self, role: &str) -> Option<bool> {
        if self.mode() == Some(Mode::Zookeeper) {
            return Some(role == "broker");
        }
        match self.exact(key::PROCESS_ROLES) {
            Some(roles) => Some(roles.split(',').any(|known| known.trim() == role)),
            None if role == "broker" && self.has(key::ADVERTISED_LISTENERS) => Some(true),
            None => None,
        }
    }

    /// Kafka's version, when the image's tag tells.
    pub(super) fn version(&self) -> Option<Version> {
        self.maker.version(self.container)
    }

    /// Is it of that version or a later one? Never true of an unknown one.
    pub(super) fn at_least(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.at_least(wanted))
    }

    /// Is it earlier? Never true of an unknown one.
    pub(super) fn before(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.before(wanted))
    }
}
