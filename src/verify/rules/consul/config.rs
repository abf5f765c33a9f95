//! What an agent is told: by its image's entrypoint, by config files, by variables and by flags, as one list of settings.
//!
//! Pods in, `Agent`s out. Only JSON is read: HCL, files that nobody can see, and what a script writes make it `open`, so that
//! nothing counts as left out.
//!
//! Source: Consul's agent configuration reference: files in the order of their names, later ones win, flags win over files,
//! lists are appended.

use serde_json::Value;

use super::place::{self, Place};
pub(super) use super::setting::Setting;
use super::setting::flatten;
use super::start::{self, Line, Start};
use crate::products::consul::{CONSUL_LOCAL_CONFIG, DATA, key};
use crate::verify::pods::{Behind, Container, Mount, Pod, Product};
use crate::verify::topology;
use crate::verify::{Finding, Set};

/// A server keeps the catalog; a client knows where the servers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Client,
    Unknown,
}

/// One agent.
#[derive(Debug)]
pub(super) struct Agent<'a, 's> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
    pub(super) start: Start,
    /// All settings; a later one wins.
    pub(super) settings: Vec<Setting<'a, 's>>,
    /// Could there be more of them?
    pub(super) open: bool,
    /// Config files that are no JSON.
    pub(super) garbled: Vec<(Place<'a, 's>, usize)>,
}

/// All agents of a set.
pub(super) fn agents<'a, 's>(set: &'s Set<'a>) -> impl Iterator<Item = Agent<'a, 's>> {
    set.running(Product::Consul).filter_map(move |(pod, container)| Agent::new(pod, container, set))
}

/// Flags whose names are not those of their settings with `-` for `_`.
const FLAGS: &[(&str, &str)] = &[
    ("advertise", key::ADVERTISE_ADDR),
    ("bind", key::BIND_ADDR),
    ("client", key::CLIENT_ADDR),
    ("dns-port", "ports.dns"),
    ("grpc-port", "ports.grpc"),
    ("grpc-tls-port", key::PORTS_GRPC_TLS),
    ("http-port", "ports.http"),
    ("https-port", key::PORTS_HTTPS),
    ("join", key::START_JOIN),
    ("node", key::NODE_NAME),
    ("rejoin", "rejoin_after_leave"),
    ("serf-lan-port", key::PORTS_SERF_LAN),
    ("serf-wan-port", "ports.serf_wan"),
    ("server-port", "ports.server"),
];

impl<'a, 's> Agent<'a, 's> {
    fn new(pod: &'s Pod<'a>, container: &'s Container<'a>, set: &'s Set<'a>) -> Option<Self> {
        let line = start::line(container)?;
        let open = line.open || !start::is_official(container);
        let mut agent =
            Self { pod, container, start: line.start, settings: Vec::new(), open, garbled: Vec::new() };
        if agent.start == Start::Entrypoint {
            agent.entrypoint();
        }
        agent.files(&line, set);
        agent.flags(line);
        Some(agent)
    }

    /// What the entrypoint adds in front of the arguments.
    fn entrypoint(&mut self) {
        self.open |= self.container.env.is_open();
        let folder = self.container.env.known("CONSUL_DATA_DIR").filter(|folder| !folder.is_empty());
        let data_dir = Value::from(folder.unwrap_or(DATA));
        self.push(key::DATA_DIR, Some(data_dir), Place::Own("/image".to_owned(), None));
        for (variable, key) in [("CONSUL_BIND", key::BIND_ADDR), ("CONSUL_CLIENT", key::CLIENT_ADDR)] {
            let interface = format!("{variable}_INTERFACE");
            let given = |name: &str| self.container.env.get(name).filter(|_| !self.container.env.lacks(name));
            if let Some(var) = given(variable) {
                let value = var.value.plain().and_then(|flag| Some(Value::from(flag.split_once('=')?.1)));
                self.push(key, value, Place::Var(var));
            } else if let Some(var) = given(&interface) {
                self.push(key, None, Place::Var(var));
            }
        }
    }

    /// Where the entrypoint, or a flag, lets it look for files.
    pub(super) fn config_dir(&self) -> &'s str {
        let set = self.container.env.known("CONSUL_CONFIG_DIR").filter(|folder| !folder.is_empty());
        set.unwrap_or("/consul/config")
    }

    fn files(&mut self, line: &Line, set: &Set<'a>) {
        if self.start == Start::Entrypoint {
            self.folder(self.config_dir(), set);
            match self.container.env.get(CONSUL_LOCAL_CONFIG) {
                Some(var) => match var.value.known() {
                    Some(text) if text.trim().is_empty() => {}
                    Some(text) => self.document(text, Place::Var(var)),
                    None => self.open = true,
                },
                None => self.open |= self.container.env.is_open(),
            }
        }
        for flag in &line.flags {
            match (flag.name.as_str(), flag.value.plain()) {
                ("config-dir", Some(folder)) => self.folder(folder.trim_end_matches('/'), set),
                ("config-file", Some(path)) => match self.container.file(path) {
                    Some(_) if path.ends_with(".json") => self.file(path),
                    _ => self.open = true,
                },
                ("config-dir" | "config-file" | "config-format" | "hcl", _) => self.open = true,
                _ => {}
            }
        }
    }

    fn folder(&mut self, folder: &str, set: &Set<'a>) {
        let below = |path: &str| {
            path.strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| !rest.contains('/'))
        };
        let mut paths: Vec<&str> = self.container.files.iter().map(|file| file.path.as_str()).collect();
        paths.retain(|path| below(path));
        paths.sort_unstable();
        self.open |= paths.iter().any(|path| path.ends_with(".hcl"));
        let seen = |mount: &Mount<'_>| match mount.sub_path {
            Some(_) => paths.contains(&mount.path),
            None => mount.behind == Behind::Config && place::is_seen(self.pod, mount.volume, set),
        };
        let inside = self.container.mounts().into_iter().filter(|mount| below(mount.path));
        let hidden = inside.chain(self.container.mount(folder)).any(|mount| !seen(&mount));
        self.open |= hidden;
        for path in paths.into_iter().filter(|path| path.ends_with(".json")) {
            self.file(path);
        }
    }

    fn file(&mut self, path: &str) {
        let Some(file) = self.container.file(path) else { return };
        match file.text.known() {
            Some(text) => self.document(text, Place::File(file)),
            None => self.open = true,
        }
    }

    fn document(&mut self, text: &str, place: Place<'a, 's>) {
        if text.trim().is_empty() {
            return;
        }
        let line = match serde_json::from_str(text) {
            Ok(Value::Object(map)) => {
                for (key, value) in &map {
                    flatten(key.clone(), value, place.clone(), &mut self.settings);
                }
                return;
            }
            Ok(_) => 1,
            Err(error) => error.line(),
        };
        self.open = true;
        self.garbled.push((place, line));
    }

    fn flags(&mut self, line: Line) {
        for flag in line.flags {
            let known = FLAGS.iter().find(|(name, _)| *name == flag.name);
            let key = known.map_or_else(|| flag.name.replace('-', "_"), |(_, key)| (*key).to_owned());
            let value = flag.value.known().map(Value::from);
            self.push(&key, value, Place::Own(flag.at, flag.word));
        }
    }

    fn push(&mut self, key: &str, value: Option<Value>, place: Place<'a, 's>) {
        self.settings.push(Setting { key: key.to_owned(), value, place });
    }

    /// The setting that counts.
    pub(super) fn get(&self, key: &str) -> Option<&Setting<'a, 's>> {
        self.settings.iter().rev().find(|setting| setting.key == key)
    }

    /// All settings of that name: lists are appended.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &Setting<'a, 's>> {
        self.settings.iter().filter(move |setting| setting.key == key)
    }

    /// Its text, when that is known.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Is it certain that nobody sets it?
    pub(super) fn lacks(&self, key: &str) -> bool {
        !self.open && self.get(key).is_none()
    }

    /// Is it certainly not switched on?
    pub(super) fn is_off(&self, key: &str) -> bool {
        self.get(key).map_or(!self.open, |setting| setting.is(false))
    }

    /// Is it switched on?
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.get(key).is_some_and(|setting| setting.is(true))
    }

    pub(super) fn role(&self) -> Role {
        if self.is_on("server") || self.is_on("dev") {
            Role::Server
        } else if self.is_off("server") && self.get("dev").is_none() {
            Role::Client
        } else {
            Role::Unknown
        }
    }

    /// Does it run in the network of its node?
    pub(super) fn on_host(&self) -> bool {
        self.pod.is_on_host()
    }

    /// Something is wrong with a setting.
    pub(super) fn finding(&self, setting: &Setting<'a, '_>, title: impl Into<String>) -> Finding<'a> {
        self.finding_in(&setting.place, &setting.key, title)
    }

    /// Something is wrong with the part of a text that `key` leads to; with all of it for none.
    pub(super) fn finding_in(
        &self,
        place: &Place<'a, '_>,
        key: &str,
        title: impl Into<String>,
    ) -> Finding<'a> {
        place::finding(self.container, place, key, title.into())
    }

    /// Where it is said how it starts: a field of the container.
    pub(super) fn command(&self) -> &'static str {
        ["command", "args"].into_iter().find(|list| self.container.fields.contains_key(*list)).map_or(
            "/image",
            |list| {
                if list == "command" { "/command" } else { "/args" }
            },
        )
    }

    /// What keeps its data: none for the container's own layer; outer none when the folder is not known.
    pub(super) fn data(&self) -> Option<Option<Mount<'a>>> {
        Some(self.container.mount(self.text(key::DATA_DIR)?.trim_end_matches('/')))
    }

    /// The user that the container is started as, when one is set.
    pub(super) fn user(&self) -> Option<u64> {
        topology::security(self.pod, self.container, "runAsUser").and_then(Value::as_u64)
    }

    /// Something is wrong with one of the texts of a setting.
    pub(super) fn finding_at(
        &self,
        setting: &Setting<'a, '_>,
        text: &str,
        title: impl Into<String>,
    ) -> Finding<'a> {
        let finding = self.finding(setting, title);
        if setting.place.is_secret() || matches!(setting.place, Place::Own(_, None)) {
            finding
        } else {
            finding.word(text)
        }
    }
}
