//! Keys that do nothing because another key decides: `replicas` beside `scale`, `masters` where there is one server.
//!
//! Nobody is told of what two layers mean for different profiles: the key must be written at or above the one that
//! decides. A flag is always meant for this run.

use super::source::{Layer, Place, Sources};
use super::tree::{Kind, Map, Node};
use crate::components::{APPS, Key};
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::{Image, Version};

/// What of the key that decides makes the others useless.
enum When {
    /// It is there.
    There,
    /// It is that word.
    Is(&'static str),
    /// It is an image with a tag of its own, other than what the other key says.
    OtherTag,
}

/// Keys of a component, the key that decides over them, and when.
type Row = (&'static str, &'static [&'static str], &'static str, When);

const ROWS: &[Row] = &[
    ("", &["spread"], "affinity", When::There),
    (APPS, &["replicas"], "scale", When::There),
    (APPS, &["scale"], "hpa", When::Is("false")),
    (APPS, &["version"], "image", When::OtherTag),
    (APPS, &["maxSurge", "maxUnavailable"], "strategy", When::Is("Recreate")),
    (APPS, &["waitSeconds"], "waitFor", When::Is("false")),
    (APPS, &["runAsUser"], "securityContext", When::There),
    ("nacos", &["replicas"], "mode", When::Is("standalone")),
    ("nacos", &["version"], "image", When::OtherTag),
    // Counts are told by the components themselves, with everything else that is wrong there.
    ("redis", &["masterName", "sentinelResources", "sentinelStorage"], "mode", When::Is("standalone")),
    (
        "redis",
        &["sentinels", "masterName", "sentinelResources", "sentinelStorage"],
        "mode",
        When::Is("cluster"),
    ),
    ("kafka", &["zookeeper"], "mode", When::Is("kraft")),
    (
        "consul",
        &["servers", "interface", "dataPath", "nodes", "leaveOnTerminate"],
        "mode",
        When::Is("standalone"),
    ),
    ("consul", &["storage", "ingress"], "mode", When::Is("agents")),
    ("mysql", &["readService"], "replicas", When::Is("0")),
];

/// Who wrote what: the files in their order, their sections for the profile above them, the flags above all.
pub(super) struct Ranks<'s> {
    sources: &'s Sources,
    sections: Vec<Place>,
}

impl<'s> Ranks<'s> {
    pub(super) fn new(sources: &'s Sources, sections: Vec<Place>) -> Self {
        Self { sources, sections }
    }

    /// Nothing for what stackgen or a profile says by itself.
    fn of(&self, place: Place) -> Option<(u8, u64)> {
        let within = |section: &Place| {
            section.source == place.source && (section.start..section.end).contains(&place.start)
        };
        match self.sources.of(place.source).layer {
            Layer::Defaults | Layer::Profile => None,
            Layer::File if self.sections.iter().any(within) => Some((1, 0)),
            Layer::File => Some((0, place.source.0.into())),
            Layer::Set => Some((2, 0)),
        }
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
    let rows = ROWS.iter().filter(|(of, ..)| of.is_empty() || *of == word);
    let mut found = Vec::new();
    for (_, keys, decider, when) in rows {
        let Some(decides) = settings.get(*decider) else { continue };
        for key in *keys {
            let Some(entry) = settings.get(*key) else { continue };
            if !decided(when, &decides.value, &entry.value) || !scaled(key, decider, settings) {
                continue;
            }
            let (rank, above) = (ranks.of(entry.value.place), ranks.of(decides.value.place));
            let is_flag = rank.is_some_and(|(layer, _)| layer == 2);
            if is_flag || (rank.is_some() && above.is_some() && rank >= above) {
                let place = super::fault::shown(entry);
                found.push(complaint(path, key, decider, (&decides.value, when)).at(place));
            }
        }
    }
    found
}

fn decided(when: &When, decides: &Node, key: &Node) -> bool {
    match when {
        When::There => true,
        When::Is(word) => decides.as_text() == Some(word),
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
    let decider_path = path.key(decider);
    let because = match &value.kind {
        Kind::Scalar { text, .. } => format!("`{decider_path}` is `{text}`"),
        _ => format!("`{decider_path}` decides"),
    };
    let help = match when {
        When::OtherTag => {
            format!("write one of them: the new tag in `{decider}`, or `{decider}` without a tag")
        }
        When::There => format!("take out `{key}` or `{decider}`"),
        When::Is(_) => format!("take it out, or write another `{decider}`"),
    };
    Diagnostic::error("unused-key", format!("`{}` does nothing", path.key(key))).because(because).help(help)
}

/// All rows, for the test that tries them.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ROWS.iter().flat_map(|(word, keys, decider, _)| keys.iter().map(move |key| (*word, *key, *decider)))
}
