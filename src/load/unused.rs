//! Keys that do nothing because another key decides: `replicas` beside `scale`, `masters` where there is one server.
//!
//! Nobody is told of what two layers mean for different profiles: the key must be written at or above the one that
//! decides, and no section for another profile may decide otherwise. A flag is always meant for this run.

use crate::components::external::EXTERNAL;
use crate::components::{self, APPS, Key};
use crate::diagnostic::{Diagnostic, Path, Severity};
use crate::k8s::{Image, Version};
use crate::source::{Layer, Place, Sources};
use crate::tree::node::{Entry, Kind, Map, Node};

/// What of the key that decides makes the others useless.
enum When {
    /// It is there.
    There,
    /// It is that word.
    Is(&'static str),
    /// It is that word, and made to be turned: what waits for it in a file is a warning.
    Off(&'static str),
    /// It is an image with a tag of its own, other than what the other key says.
    OtherTag,
    /// It says that the component exists already, and the key is about one that is drawn: what waits for it is a warning.
    Exists,
}

impl When {
    /// A warning in a file, and told of what the defaults decide as well: no profile of ours decides otherwise.
    fn is_mild(&self) -> bool {
        matches!(self, Self::Off(_) | Self::Exists)
    }
}

/// Keys of a component, the key that decides over them, and when; dots lead below.
type Row = (&'static str, &'static [&'static str], &'static str, When);

/// What only a program that runs all the time has.
const OF_SERVERS: &[&str] = &[
    "port",
    "ports",
    "replicas",
    "scale",
    "hpa",
    "pdb",
    "spread",
    "management",
    "probes",
    "deregister",
    "drainSeconds",
    "minReadySeconds",
    "shell",
    "strategy",
    "maxSurge",
    "maxUnavailable",
    "service",
    "ingress",
];

const ROWS: &[Row] = &[
    ("", &["spread"], "affinity", When::There),
    (APPS, OF_SERVERS, "run", When::There),
    (APPS, OF_SERVERS, "schedule", When::There),
    (APPS, &["replicas"], "scale", When::There),
    (APPS, &["scale"], "hpa", When::Is("false")),
    (APPS, &["version"], "image", When::OtherTag),
    (APPS, &["maxSurge", "maxUnavailable"], "strategy", When::Is("Recreate")),
    (APPS, &["waitSeconds"], "waitFor", When::Is("false")),
    (APPS, &["runAsUser"], "securityContext", When::There),
    ("nacos", &["replicas"], "mode", When::Is("standalone")),
    ("nacos", &["version"], "image", When::OtherTag),
    (
        "redis",
        &["masters", "replicas", "sentinels", "masterName", "sentinelResources", "sentinelStorage"],
        "mode",
        When::Is("standalone"),
    ),
    ("redis", &["masters"], "mode", When::Is("sentinel")),
    (
        "redis",
        &["sentinels", "masterName", "sentinelResources", "sentinelStorage"],
        "mode",
        When::Is("cluster"),
    ),
    ("kafka", &["zookeeper"], "mode", When::Is("kraft")),
    ("kafka", &["controllers", "dedicatedControllers"], "mode", When::Is("zookeeper")),
    (
        "consul",
        &["servers", "interface", "dataPath", "nodes", "leaveOnTerminate"],
        "mode",
        When::Is("standalone"),
    ),
    ("consul", &["storage", "ingress"], "mode", When::Is("agents")),
    ("mysql", &["readService"], "replicas", When::Is("0")),
    ("rocketmq", &["proxy.resources", "proxy.service"], "proxy.replicas", When::Off("0")),
];

/// Who wrote what: the files in their order, their sections for the profile above them, the flags above all.
pub(super) struct Ranks<'s> {
    /// All texts.
    pub(super) sources: &'s Sources,
    /// Where the sections for profiles are.
    pub(super) sections: Vec<Place>,
    /// What the sections for other profiles say.
    pub(super) others: Vec<&'s Node>,
}

type Rank = (u8, u64);

impl Ranks<'_> {
    /// Nothing for what stackgen or a profile says by itself.
    fn of(&self, place: Place) -> Option<Rank> {
        let within = |section: &Place| {
            section.source == place.source && (section.start..section.end).contains(&place.start)
        };
        match self.sources.of(place.source).layer {
            Layer::Defaults | Layer::Embedded | Layer::Profile => None,
            Layer::File if self.sections.iter().any(within) => Some((1, 0)),
            Layer::File => Some((0, place.source.0.into())),
            Layer::Set => Some((2, 0)),
        }
    }

    /// The highest layer that wrote any of it, and where.
    fn written(&self, entry: &Entry) -> Option<(Rank, Place)> {
        match entry.value.as_map().filter(|map| !map.is_empty()) {
            Some(map) => {
                let (rank, place) = map.values().filter_map(|entry| self.written(entry)).max()?;
                // The key is shown where it stands beside what was written.
                let here = self.of(entry.key) == Some(rank);
                Some((rank, if here { entry.key } else { place }))
            }
            None => Some((self.of(entry.value.place)?, crate::tree::fault::shown(entry))),
        }
    }

    /// May the key that decides be another in another profile?
    fn turned(&self, path: &Path) -> bool {
        self.others.iter().any(|section| section.at(path).is_some())
    }

    fn by_default(&self, entry: &Entry) -> bool {
        self.sources.of(entry.value.place.source).layer == Layer::Defaults
    }
}

/// The sections for profiles in a file.
pub(super) fn sections(file: &Node) -> Option<Place> {
    Some(file.as_map()?.get(super::layers::PROFILES)?.value.place)
}

/// Every key of the merged stack that somebody wrote and nobody uses.
pub(super) fn complaints(stack: &Node, ranks: &Ranks<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (key, entry) in stack.as_map().into_iter().flatten() {
        let (word, path) = (Key::parse(key).word, Path::root().key(key));
        let Some(map) = entry.value.as_map() else { continue };
        if word != APPS {
            found.extend(of_one(&word, map, &path, ranks));
            continue;
        }
        for (name, app) in map {
            let app = app.value.as_map().into_iter();
            found.extend(app.flat_map(|app| of_one(&word, app, &path.key(name), ranks)));
        }
    }
    found
}

fn of_one(word: &str, settings: &Map, path: &Path, ranks: &Ranks<'_>) -> Vec<Diagnostic> {
    let beside =
        components::word(word).and_then(|word| word.beside).filter(|_| settings.contains_key(EXTERNAL));
    let mut found = Vec::new();
    for key in beside.into_iter().flat_map(|kept| about_drawing(settings, kept)) {
        found.extend(judged(settings, path, ranks, (&key, EXTERNAL, &When::Exists)));
    }
    for (_, keys, decider, when) in ROWS.iter().filter(|(of, ..)| of.is_empty() || *of == word) {
        let counts = |key: &str| beside.is_none_or(|kept| kept.contains(&key) && kept.contains(decider));
        for key in keys.iter().filter(|key| counts(key)) {
            let told = judged(settings, path, ranks, (key, decider, when));
            // One reason is enough.
            found.extend(told.filter(|new| !found.iter().any(|old: &Diagnostic| old.at == new.at)));
        }
    }
    found
}

/// The keys that are there, but for those that count beside `external`.
fn about_drawing(settings: &Map, kept: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (key, entry) in settings.iter().filter(|(key, _)| *key != EXTERNAL && !kept.contains(&key.as_str())) {
        let within = format!("{key}.");
        if !kept.iter().any(|kept| kept.starts_with(&within)) {
            found.push(key.clone());
            continue;
        }
        let below = entry.value.as_map().into_iter().flatten().map(|(key, _)| format!("{within}{key}"));
        found.extend(below.filter(|key| !kept.contains(&key.as_str())));
    }
    found
}

/// The complaint about one key, if another one makes it useless.
fn judged(
    settings: &Map,
    path: &Path,
    ranks: &Ranks<'_>,
    (key, decider, when): (&str, &str, &When),
) -> Option<Diagnostic> {
    let (decides, entry) = (entry(settings, decider)?, entry(settings, key)?);
    if !decided(when, &decides.value, &entry.value) || !scaled(key, decider, settings) {
        return None;
    }
    let (rank, place) = ranks.written(entry)?;
    let above = ranks.written(decides).map(|(rank, _)| rank);
    let is_flag = rank.0 == 2;
    let by_file = above.is_some_and(|above| rank >= above);
    let by_default = when.is_mild() && ranks.by_default(decides);
    if !is_flag && (!(by_file || by_default) || ranks.turned(&below(path, decider))) {
        return None;
    }
    let complaint = complaint(path, key, decider, (&decides.value, when)).at(place);
    let severity = if when.is_mild() && !is_flag { Severity::Warning } else { Severity::Error };
    Some(Diagnostic { severity, ..complaint })
}

/// What stands behind keys that are parted by dots.
fn entry<'t>(settings: &'t Map, path: &str) -> Option<&'t Entry> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let entry = settings.get(first)?;
    match rest {
        Some(rest) => self::entry(entry.value.as_map()?, rest),
        None => Some(entry),
    }
}

fn below(path: &Path, keys: &str) -> Path {
    keys.split('.').fold(path.clone(), |path, key| path.key(key))
}

fn decided(when: &When, decides: &Node, key: &Node) -> bool {
    match when {
        When::There | When::Exists => true,
        When::Is(word) | When::Off(word) => decides.as_text() == Some(word),
        When::OtherTag => {
            let image = decides.as_text().map(Image::parse);
            let tag = image.as_ref().and_then(Image::tag).filter(|tag| Version::parse(tag).is_some());
            tag.zip(key.as_text()).is_some_and(|(tag, version)| tag != version)
        }
    }
}

/// `scale` decides over `replicas` only where there is an autoscaler.
fn scaled(key: &str, decider: &str, settings: &Map) -> bool {
    let off = settings.get("hpa").is_some_and(|hpa| hpa.value.as_text() == Some("false"));
    !(key == "replicas" && decider == "scale" && off)
}

fn complaint(path: &Path, key: &str, decider: &str, (value, when): (&Node, &When)) -> Diagnostic {
    let decider_path = below(path, decider);
    let because = match &value.kind {
        _ if matches!(when, When::Exists) => {
            format!("`{decider_path}` says that it exists already, and the key is about what is drawn")
        }
        Kind::Scalar { text, .. } => format!("`{decider_path}` is `{text}`"),
        _ => format!("`{decider_path}` decides"),
    };
    let help = match when {
        When::OtherTag => {
            format!("write one of them: the new tag in `{decider}`, or `{decider}` without a tag")
        }
        When::There => format!("remove `{key}` or `{decider}`"),
        When::Exists => {
            format!("remove it, or write `{decider}` where it is meant: in a section of `profiles`")
        }
        When::Is(_) | When::Off(_) => format!("remove it, or use another `{decider}`"),
    };
    let title = format!("`{}` has no effect", below(path, key));
    Diagnostic::error("unused-key", title).because(because).help(help)
}

/// All rows, for the test that tries them.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ROWS.iter().flat_map(|(word, keys, decider, _)| keys.iter().map(move |key| (*word, *key, *decider)))
}
