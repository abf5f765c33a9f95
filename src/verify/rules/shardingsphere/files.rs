//! The proxies of a set with the files that configure them, read as YAML; tags of rules become a key.

use serde_json::{Map, Value};

use crate::k8s::Version;
use crate::products::shardingsphere::{self, GLOBAL, SERVER, key};
use crate::verify::pods::{Container, File, Pod, Product, Text};
use crate::verify::{Finding, Set};

/// Where the proxy reads its files.
pub(super) const CONF: &str = shardingsphere::CONF;
/// The key that holds a rule's tag: no YAML key is called so.
const TAG: &str = "!";

/// One configuration file.
pub(super) struct Doc<'s, 'a> {
    pub(super) file: &'s File<'a>,
    pub(super) body: Map<String, Value>,
    /// Does the proxy itself mount it, or something that prepares its configuration?
    pub(super) mounted: bool,
}

impl<'a> Doc<'_, 'a> {
    /// Does it come from a Secret, so that nothing of it is printed?
    pub(super) fn is_secret(&self) -> bool {
        matches!(self.file.text, Text::Secret(_))
    }

    /// Something is wrong with the file, at that piece of it.
    pub(super) fn finding(&self, title: impl Into<String>, word: &str) -> Finding<'a> {
        let finding = self.file.finding(title);
        if self.is_secret() || word.is_empty() { finding } else { finding.word(word) }
    }

    /// A word of the file in backticks; not that of a Secret.
    pub(super) fn quoted(&self, word: &str) -> String {
        if self.is_secret() { "one of its names".to_owned() } else { format!("`{word}`") }
    }

    /// A map in it.
    pub(super) fn map(&self, key: &str) -> Option<&Map<String, Value>> {
        self.body.get(key)?.as_object()
    }

    /// The text at a JSON pointer.
    pub(super) fn text(&self, key: &str, pointer: &str) -> Option<&str> {
        self.body.get(key)?.pointer(pointer)?.as_str()
    }

    /// Its rules with a tag, each with its body.
    pub(super) fn rules(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        let rules = self.body.get("rules").and_then(Value::as_array).into_iter().flatten();
        rules.filter_map(Value::as_object).filter_map(|rule| Some((Self::tag(rule)?, rule)))
    }

    /// The tag of a rule.
    pub(super) fn tag(rule: &Map<String, Value>) -> Option<&str> {
        rule.get(TAG)?.as_str()
    }

    /// The rule of that tag.
    pub(super) fn rule(&self, tag: &str) -> Option<&Map<String, Value>> {
        self.rules().find(|(known, _)| *known == tag).map(|(_, body)| body)
    }

    /// The names and fields of its data sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map(key::DATA_SOURCES).into_iter().flatten().map(|(name, source)| (name.as_str(), source))
    }
}

/// One container that runs the proxy.
pub(super) struct Proxy<'s, 'a> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
    /// `global.yaml`, `server.yaml` before 5.5.
    pub(super) global: Option<Doc<'s, 'a>>,
    /// `database-*.yaml`, `config-*.yaml` before 5.5.
    pub(super) databases: Vec<Doc<'s, 'a>>,
}

impl<'s, 'a> Proxy<'s, 'a> {
    fn new(pod: &'s Pod<'a>, container: &'s Container<'a>) -> Self {
        let mut found: Vec<Doc<'s, 'a>> = Vec::new();
        let others = pod.containers.iter().filter(|other| !std::ptr::eq(*other, container));
        for file in std::iter::once(container).chain(others).flat_map(|from| &from.files) {
            let named = is_global(file.name()) || is_database(file.name());
            let known = |doc: &Doc<'_, 'a>| doc.file.name() == file.name();
            let mounted = file.path.strip_prefix(CONF).is_some_and(|rest| rest.starts_with('/'));
            if named
                && !found.iter().any(known)
                && let Some(body) = read(file, mounted)
            {
                found.push(Doc { file, body, mounted });
            }
        }
        let (mut globals, databases): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|doc| is_global(doc.file.name()));
        globals.sort_by_key(|doc| doc.file.name() != GLOBAL);
        Self { pod, container, global: globals.into_iter().next(), databases }
    }

    /// The release; the tag of somebody's image may count something else.
    pub(super) fn version(&self) -> Option<&'s Version> {
        self.container.version.as_ref().filter(|version| version.major() == 5)
    }

    /// Is it this release or a later one, for sure?
    pub(super) fn at_least(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.at_least(wanted))
    }

    /// Is it an earlier one, for sure?
    pub(super) fn before(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.surely_before(wanted))
    }

    /// `5.5.2`, for messages.
    pub(super) fn release(&self) -> String {
        self.version().map(|version| format!("ShardingSphere {version}")).unwrap_or_default()
    }

    /// Is it the project's image, started as it is meant to be?
    pub(super) fn is_plain(&self) -> bool {
        let words = self.container.words();
        let started = words.first().is_none_or(|word| word.ends_with("/start.sh"));
        self.container.image.is("apache/shardingsphere-proxy") && (!self.container.has_command() || started)
    }
}

/// All proxies, in the order of the objects.
pub(super) fn proxies<'s, 'a>(set: &'s Set<'a>) -> Vec<Proxy<'s, 'a>> {
    let pods = set.pods_with(Product::Shardingsphere);
    pods.filter_map(|pod| Some(Proxy::new(pod, pod.running(Product::Shardingsphere)?))).collect()
}

/// The findings of every proxy.
pub(super) fn of_proxies<'a>(
    set: &Set<'a>,
    check: impl Fn(&Proxy<'_, 'a>) -> Vec<Finding<'a>>,
) -> Vec<Finding<'a>> {
    proxies(set).iter().flat_map(check).collect()
}

fn is_global(name: &str) -> bool {
    matches!(name, GLOBAL | SERVER)
}

fn is_database(name: &str) -> bool {
    name.ends_with(".yaml") && (name.starts_with("database-") || name.starts_with("config-"))
}

/// The file as a map; nothing for one that holds only comments, that is no YAML, or that is something else.
fn read(file: &File<'_>, mounted: bool) -> Option<Map<String, Value>> {
    let value: serde_yaml::Value = serde_yaml::from_str(file.text.known()?).ok()?;
    let Value::Object(body) = plain(value) else { return None };
    let ours = ["databaseName", "schemaName", key::DATA_SOURCES, "mode", "authority", "rules", "props"];
    (mounted || ours.iter().any(|key| body.contains_key(*key))).then_some(body)
}

fn plain(value: serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(value) => value.into(),
        serde_yaml::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, number) => {
                number.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
            }
        },
        serde_yaml::Value::String(text) => text.into(),
        serde_yaml::Value::Sequence(items) => items.into_iter().map(plain).collect(),
        serde_yaml::Value::Mapping(map) => {
            let entry = |(key, value): (serde_yaml::Value, serde_yaml::Value)| match plain(key) {
                Value::String(key) => (key, plain(value)),
                key => (key.to_string(), plain(value)),
            };
            map.into_iter().map(entry).collect::<Map<String, Value>>().into()
        }
        serde_yaml::Value::Tagged(tagged) => {
            let name = tagged.tag.to_string().trim_start_matches('!').to_owned();
            match plain(tagged.value) {
                Value::Object(mut body) => {
                    body.insert(TAG.to_owned(), name.into());
                    body.into()
                }
                Value::Null => Map::from_iter([(TAG.to_owned(), name.into())]).into(),
                other => other,
            }
        }
    }
}
