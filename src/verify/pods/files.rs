//! The files that ConfigMaps and Secrets of the set become in a container.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Text;
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::{Finding, Set};

/// One file in a container.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// Where it lies in the container.
    pub path: String,
    /// What it holds.
    pub text: Text<'a>,
    /// The ConfigMap or Secret that it comes from.
    pub object: &'a Object,
    /// `data` or `stringData`.
    map: &'static str,
    /// The key below it.
    pub key: &'a str,
}

impl<'a> File<'a> {
    /// The name without folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The text, when anybody may see it.
    pub fn plain(&self) -> Option<&str> {
        self.text.plain()
    }

    /// Something is wrong with the file.
    pub fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        Finding::new(self.object, title).at(Path::root().key(self.map).key(self.key))
    }
}

/// The texts of a ConfigMap or Secret: the map that holds it, its key, its text.
pub(in crate::verify) fn entries<'a>(
    object: &'a Object,
) -> impl Iterator<Item = (&'static str, &'a str, Text<'a>)> {
    let secret = object.kind() == "Secret";
    ["stringData", "data"].into_iter().flat_map(move |map| {
        let entries = object.fields().get(map).and_then(Value::as_object).into_iter().flatten();
        entries.map(move |(key, value)| (map, key.as_str(), text(value, secret, map == "data")))
    })
}

fn text(value: &Value, secret: bool, encoded: bool) -> Text<'_> {
    match value.as_str() {
        Some(text) if !secret => Text::Plain(text.into()),
        Some(text) if !encoded => Text::Secret(text.into()),
        Some(text) => {
            let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            bytes.map_or(Text::Unknown, |text| Text::Secret(text.into()))
        }
        None => Text::Unknown,
    }
}

/// All files that a container mounts from the set's ConfigMaps and Secrets.
pub(super) fn mounted<'a>(
    container: &'a Map<String, Value>,
    spec: &'a Map<String, Value>,
    workload: &'a Object,
    set: &Set<'a>,
) -> Vec<File<'a>> {
    let listed =
        |map: &'a Map<String, Value>, key| map.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut files = Vec::new();
    let volumes = listed(spec, "volumes").filter_map(|volume| Some((volume.get("name")?.as_str()?, volume)));
    // Of two with one name the first one counts.
    let volumes: BTreeMap<&str, &Value> = volumes.rev().collect();
    for mount in listed(container, "volumeMounts") {
        let text = |key| mount.get(key).and_then(Value::as_str);
        let (Some(name), Some(folder)) = (text("name"), text("mountPath")) else { continue };
        let volume = volumes.get(name).copied();
        for (object, source) in volume.into_iter().flat_map(|volume| sources(volume, workload, set)) {
            let all = named(object, source);
            files.extend(all.into_iter().filter_map(|(path, map, key, value)| {
                let path = match text("subPath") {
                    Some(part) if part.trim_end_matches('/') == path => folder.to_owned(),
                    Some(_) => return None,
                    None => format!("{}/{path}", folder.trim_end_matches('/')),
                };
                Some(File { path, text: value, object, map, key })
            }));
        }
    }
    files
}

/// The objects of the set that a volume shows, each with the part of the volume that says so.
fn sources<'a>(volume: &'a Value, workload: &'a Object, set: &Set<'a>) -> Vec<(&'a Object, &'a Value)> {
    let projected = volume.pointer("/projected/sources").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(volume)
        .chain(projected)
        .flat_map(|source| [("configMap", "ConfigMap"), ("secret", "Secret")].map(|pair| (source, pair)))
        .filter_map(|(source, (field, kind))| {
            let source = source.get(field)?;
            let name = source.get("name").or_else(|| source.get("secretName"))?.as_str()?;
            Some((set.beside(workload, kind, name)?, source))
        })
        .collect()
}

/// The files of one object below the mount, with the names that `items` gives them.
fn named<'a>(object: &'a Object, source: &'a Value) -> Vec<(&'a str, &'static str, &'a str, Text<'a>)> {
    let items = source.get("items").and_then(Value::as_array);
    let items: Option<BTreeMap<&str, &Value>> = items.map(|items| {
        items.iter().rev().filter_map(|item| Some((item.get("key")?.as_str()?, item))).collect()
    });
    entries(object)
        .filter_map(|(map, key, value)| {
            let Some(items) = &items else { return Some((key, map, key, value)) };
            let item = items.get(key)?;
            Some((item.get("path").and_then(Value::as_str).unwrap_or(key), map, key, value))
        })
        .collect()
}
