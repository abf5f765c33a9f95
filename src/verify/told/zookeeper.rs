//! The one reader of what a ZooKeeper server is told: a zoo.cfg from a ConfigMap, the image's variables, JVM flags.

use crate::products::kafka::KAFKA_OPTS;
use crate::products::zookeeper::{
    CONFIG, CONFIG_FILE, CONFLUENT, SCRIPT, SERVER_JVMFLAGS, ZOO_4LW_COMMANDS_WHITELIST,
    ZOO_ADMINSERVER_ENABLED, ZOO_AUTOPURGE_PURGEINTERVAL, ZOO_CFG_EXTRA, ZOO_MY_ID, ZOO_SERVERS,
    ZOOKEEPER_SERVER_ID, ZOOKEEPER_SERVERS, key,
};
use crate::verify::pods::{Behind, Container, File, Pod, Product, Var};
use crate::verify::shapes::startup::{self, Startup};
use crate::verify::{Finding, Set, texts};

/// Whose image it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) enum Maker {
    /// The official one.
    Official,
    Confluent,
    Bitnami,
    Other,
}

/// A setting, and what it is called as a variable of the official image, of Confluent's, of Bitnami's.
const VARIABLES: &[(&str, [&str; 3])] = &[
    (
        key::AUTOPURGE_PURGE_INTERVAL,
        [ZOO_AUTOPURGE_PURGEINTERVAL, "ZOOKEEPER_AUTOPURGE_PURGE_INTERVAL", "ZOO_AUTOPURGE_INTERVAL"],
    ),
    (
        key::ADMIN_ENABLE_SERVER,
        [ZOO_ADMINSERVER_ENABLED, "ZOOKEEPER_ADMIN_ENABLE_SERVER", "ZOO_ENABLE_ADMIN_SERVER"],
    ),
    (key::FOUR_LETTER_COMMANDS_WHITELIST, [ZOO_4LW_COMMANDS_WHITELIST, "", ZOO_4LW_COMMANDS_WHITELIST]),
    (key::DATA_DIR, ["ZOO_DATA_DIR", "", ""]),
    (key::DATA_LOG_DIR, ["ZOO_DATA_LOG_DIR", "", "ZOO_DATA_LOG_DIR"]),
    (key::CLIENT_PORT, ["", "ZOOKEEPER_CLIENT_PORT", "ZOO_PORT_NUMBER"]),
    (key::QUORUM_LISTEN_ON_ALL_IPS, ["", "ZOOKEEPER_QUORUM_LISTEN_ON_ALL_IPS", "ZOO_LISTEN_ALLIPS_ENABLED"]),
    ("servers", [ZOO_SERVERS, ZOOKEEPER_SERVERS, ZOO_SERVERS]),
    ("id", [ZOO_MY_ID, ZOOKEEPER_SERVER_ID, "ZOO_SERVER_ID"]),
];

/// Where JVM flags are read from, in their order.
const FLAGS: &[&str] = &[SERVER_JVMFLAGS, "JVMFLAGS", KAFKA_OPTS];

/// One container that is a server, and its settings.
pub(in crate::verify) struct Node<'s, 'a> {
    pub pod: &'s Pod<'a>,
    pub container: &'s Container<'a>,
    pub maker: Maker,
    pub startup: Startup,
    /// The zoo.cfg of the set that it reads.
    pub file: Option<&'s File<'a>>,
    /// Are there no settings but those that are seen?
    closed: bool,
    /// Are the image's variables read?
    variables: bool,
}

/// A setting that is found.
pub(in crate::verify) struct Setting<'s, 'a> {
    pub value: String,
    pub name: String,
    from: From<'s, 'a>,
}

enum From<'s, 'a> {
    Var(&'s Var<'a>),
    Line(&'s File<'a>, String),
}

/// All servers of the set.
pub(in crate::verify) fn nodes<'s, 'a>(set: &'s Set<'a>) -> Vec<Node<'s, 'a>> {
    let lasting = |pod: &&Pod<'_>| !matches!(pod.workload.kind(), "Job" | "CronJob");
    set.pods_with(Product::Zookeeper).filter(lasting).filter_map(Node::new).collect()
}

impl<'s, 'a> Node<'s, 'a> {
    pub(in crate::verify) fn new(pod: &'s Pod<'a>) -> Option<Self> {
        const STARTS: &[&str] = &[
            SCRIPT,
            "QuorumPeerMain",
            "entrypoint",
            "docker/run",
            "scripts/zookeeper/",
            "zookeeper-server-start",
        ];
        let container = pod.running(Product::Zookeeper)?;
        let startup = Startup::of(container);
        if !startup.is_plain() && !STARTS.iter().any(|word| startup.says(word)) {
            return None;
        }
        let maker = maker(container);
        let read = |file: &&File<'_>| match file.path.as_str() {
            CONFIG_FILE => maker != Maker::Bitnami,
            "/opt/bitnami/zookeeper/conf/zoo.cfg" => maker == Maker::Bitnami,
            path => path.ends_with(".cfg") && startup.says(path),
        };
        let file = container.files.iter().find(read);
        let folder = if maker == Maker::Bitnami { "/opt/bitnami/zookeeper/conf" } else { "/conf" };
        let hidden = container.mounts().iter().any(|mount| {
            let path = mount.path.trim_end_matches('/');
            path == folder || (path.starts_with(folder) && path.ends_with(CONFIG))
        });
        let direct = !startup.is_plain() && !startup.says("entrypoint") && !startup.says("docker/run");
        let by_image = !direct || maker != Maker::Official;
        let open = container.env.is_open() || startup.edits() || maker == Maker::Other;
        let closed = match file {
            Some(file) => file.plain().is_some() && !startup.edits(),
            None => !open && !hidden && by_image,
        };
        let variables = file.is_none() && !hidden && by_image;
        Some(Self { pod, container, maker, startup, file, closed, variables })
    }

    /// The image's variable for a setting.
    fn variable(&self, key: &str) -> Option<&'static str> {
        let index = match self.maker {
            Maker::Official | Maker::Other => 0,
            Maker::Confluent => 1,
            Maker::Bitnami => 2,
        };
        let names = VARIABLES.iter().find(|(known, _)| *known == key)?.1;
        Some(names[index]).filter(|name| !name.is_empty())
    }

    /// The setting, when it is there and known.
    pub(in crate::verify) fn get(&self, key: &str) -> Option<Setting<'s, 'a>> {
        self.in_file(key).or_else(|| self.in_variable(key)).or_else(|| self.in_extras(key))
    }

    fn in_file(&self, key: &str) -> Option<Setting<'s, 'a>> {
        let file = self.file?;
        let text = file.plain()?;
        let (number, _, value) = texts::properties(text).filter(|(_, known, _)| *known == key).last()?;
        let line = text.lines().nth(number).unwrap_or_default().trim().to_owned();
        let known = !self.startup.edits() && !value.contains(['$', '{']);
        known.then(|| Setting { value: value.to_owned(), name: key.to_owned(), from: From::Line(file, line) })
    }

    fn in_variable(&self, key: &str) -> Option<Setting<'s, 'a>> {
        let name = self.variable(key).filter(|_| self.variables || key == "id")?;
        let var = self.container.env.get(name)?;
        let known = self.startup.variable(name).is_none();
        let value = var.value.plain().filter(|value| known && !value.is_empty())?.to_owned();
        Some(Setting { value, name: name.to_owned(), from: From::Var(var) })
    }

    /// In `ZOO_CFG_EXTRA`, and as `-Dzookeeper.…`.
    fn in_extras(&self, key: &str) -> Option<Setting<'s, 'a>> {
        let sources = FLAGS.iter().map(|name| (*name, format!("-Dzookeeper.{key}=")));
        let extra = self.variables.then(|| (ZOO_CFG_EXTRA, format!("{key}=")));
        // `quorumListenOnAllIPs:true` among the servers.
        let among = self.variables.then(|| (ZOO_SERVERS, format!("{key}:")));
        sources.chain(extra).chain(among).find_map(|(name, start)| {
            let var = self.container.env.get(name)?;
            let value = texts::flag(var.value.plain()?, &start)?.to_owned();
            Some(Setting { value, name: key.to_owned(), from: From::Var(var) })
        })
    }

    /// Is it certain that it is not set?
    pub(in crate::verify) fn lacks(&self, key: &str) -> bool {
        let var = self.variable(key).filter(|_| self.variables);
        let env = &self.container.env;
        let flags = FLAGS.iter().chain(&[ZOO_CFG_EXTRA]);
        let seen = |name: &&str| env.get(name).is_none_or(|var| var.value.plain().is_some());
        self.closed
            && self.get(key).is_none()
            && var.is_none_or(|name| env.lacks(name) && self.startup.variable(name).is_none())
            && flags.copied().all(|name| seen(&name))
            && !env.is_open()
    }

    /// Something is wrong with a setting that was found.
    pub(in crate::verify) fn finding(
        &self,
        setting: &Setting<'s, 'a>,
        title: impl Into<String>,
    ) -> Finding<'a> {
        match &setting.from {
            From::Var(var) => self.container.env.finding(var, title),
            From::Line(file, line) => file.finding(title).word(line.as_str()),
        }
    }

    /// Something is missing: in the file, or among the variables.
    pub(in crate::verify) fn missing(&self, title: impl Into<String>) -> Finding<'a> {
        match self.file {
            Some(file) => file.finding(title),
            None => self.container.finding("/env", title),
        }
    }

    /// What a pod's ordinal is added to, to be its id.
    pub(in crate::verify) fn ids_above(&self) -> Option<u64> {
        let name = self.variable("id")?;
        if startup::is_pod_index(self.container, name) {
            return Some(0);
        }
        let value = self.startup.variable(name)??;
        startup::above_ordinal(&self.startup.resolved(&value, self.container, 4))
    }

    /// What its id is, where that surely is no number.
    pub(in crate::verify) fn id_is_no_number(&self) -> Option<(Finding<'a>, String)> {
        let name =
            self.variable("id").filter(|name| !self.startup.says(name) && !self.startup.says("myid"))?;
        let var = self.container.env.get(name)?;
        let what = match self.container.env.rough(name) {
            Some(text) => startup::no_number(self.container, &text),
            None => startup::of_pod(self.container, name).map(str::to_owned),
        };
        Some((self.container.env.finding(var, ""), format!("`{name}` is {}", what?)))
    }

    /// An id that is the same for all pods: a number, or the image's default.
    pub(in crate::verify) fn fixed_id(&self) -> Option<u64> {
        let name = self.variable("id")?;
        if self.startup.variable(name).is_some()
            || self.startup.says("myid")
            || startup::is_pod_index(self.container, name)
        {
            return None;
        }
        match self.get("id") {
            Some(setting) => setting.value.parse().ok(),
            None => (self.maker == Maker::Official && self.container.env.lacks(name)).then_some(1),
        }
    }

    /// Where it writes, when that is known.
    pub(in crate::verify) fn folders(&self) -> Vec<String> {
        let default: [&str; 2] = match (self.file, self.maker) {
            (Some(_), _) | (None, Maker::Other) => ["", ""],
            (None, Maker::Official) => ["/data", "/datalog"],
            (None, Maker::Confluent) => ["/var/lib/zookeeper/data", "/var/lib/zookeeper/log"],
            (None, Maker::Bitnami) => ["/bitnami/zookeeper/data", ""],
        };
        let folder = |(key, default): (&str, &str)| match self.get(key) {
            Some(setting) => Some(setting.value),
            None => (self.lacks(key) && !default.is_empty()).then(|| default.to_owned()),
        };
        [key::DATA_DIR, key::DATA_LOG_DIR].into_iter().zip(default).filter_map(folder).collect()
    }

    /// Is it earlier than that? Never true of an unknown version.
    pub(in crate::verify) fn before(&self, wanted: &[u32]) -> bool {
        let version = self.container.version.as_ref();
        self.maker != Maker::Confluent && version.is_some_and(|version| version.before(wanted))
    }
}

fn maker(container: &Container<'_>) -> Maker {
    let path = container.image.path();
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    match () {
        () if folder.starts_with("bitnami") => Maker::Bitnami,
        () if path.ends_with(CONFLUENT) => Maker::Confluent,
        () if path == "zookeeper" || path.ends_with("library/zookeeper") => Maker::Official,
        () => Maker::Other,
    }
}

/// Does a server of these pods keep what it writes on claims? None where that cannot be seen.
pub(in crate::verify) fn keeps_data(pod: &Pod<'_>) -> Option<bool> {
    let node = Node::new(pod)?;
    let folders = node.folders();
    let kept =
        |path: &String| node.container.mount(path).is_some_and(|mount| mount.behind != Behind::EmptyDir);
    (!folders.is_empty()).then(|| folders.iter().all(kept))
}
