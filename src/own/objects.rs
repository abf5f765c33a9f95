//! The stack's `objects`: as their author wrote them, but for what every object of the stack gets.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::values;
use crate::components::secret::SecretSource;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::draft::{Draft, Origin};
use crate::k8s::{CLUSTER_SCOPED, Object};
use crate::plan::Stack;
use crate::plan::offer::Offers;
use crate::plan::site::Site;
use crate::tree::de;
use crate::tree::node::{Kind, Map as Tree, Node};
use crate::words;

/// All of them, and what is wrong with those that are none.
pub(super) fn drafts(stack: &Stack, offers: &Offers) -> (Vec<Draft>, Diagnostics) {
    let mut told = Diagnostics::new();
    let path = Path::root().key("objects");
    let Some(Kind::Seq(items)) = stack.tree.at(&path).map(|node| &node.kind) else {
        return (Vec::new(), told);
    };
    let mut drafts = Vec::new();
    for (index, node) in items.iter().enumerate() {
        let path = path.index(index);
        let mut value = values::read(&without_sources(node), &path, offers, &mut told);
        secrets(node, &mut value, &path, &stack.site, &mut told);
        match Object::new(value) {
            Ok(object) => {
                drafts.push(Draft { object, origin: Origin::Written(path), patched: Vec::new() });
            }
            Err(value) => told.push(no_object(node, &value).at(path)),
        }
    }
    let elsewhere = cluster_scoped(&drafts);
    for draft in &mut drafts {
        let id = (
            draft.object.text("/apiVersion").map(group).unwrap_or_default().to_owned(),
            draft.object.kind().to_owned(),
        );
        if !CLUSTER_SCOPED.contains(&draft.object.kind()) && !elsewhere.contains(&id) {
            settle(&mut draft.object, &stack.site);
        }
    }
    (drafts, told)
}

fn no_object(node: &Node, value: &Value) -> Diagnostic {
    let title = match value {
        Value::Object(map) if !map.contains_key("kind") => "this entry of `objects` has no `kind`",
        Value::Object(_) => "this entry of `objects` has no `metadata.name`",
        _ => "an entry of `objects` must be a mapping",
    };
    let only = node.as_map().filter(|map| map.len() == 1).and_then(|map| map.keys().next());
    let meant = only.and_then(|key| words::closest(key, ["file"]));
    Diagnostic::error("not-an-object", title)
        .because("an entry is a whole object as `kubectl apply` takes it, or the files that contain some")
        .maybe_help(meant.map(|near| format!("did you mean `{near}`?")))
        .help("write the object with `apiVersion`, `kind` and `metadata`, or `{file: extra/*.yaml}`")
}

/// `apps` of `apps/v1`.
fn group(api: &str) -> &str {
    api.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Custom resources that live in no namespace: as their definitions among the objects say, else by their name. An API
/// server that knows better forgets the namespace that we give.
fn cluster_scoped(drafts: &[Draft]) -> BTreeSet<(String, String)> {
    let objects = || drafts.iter().map(|draft| &draft.object);
    let defined =
        objects().filter(|object| object.kind() == "CustomResourceDefinition").filter_map(|object| {
            let text = |pointer| object.text(pointer).map(str::to_owned);
            Some((
                (text("/spec/group")?, text("/spec/names/kind")?),
                object.text("/spec/scope")? == "Cluster",
            ))
        });
    let (defined, known): (Vec<_>, Vec<_>) = defined.partition(|(_, is_cluster)| *is_cluster);
    let known: BTreeSet<_> = known.into_iter().map(|(id, _)| id).collect();
    let by_name = objects().filter(|object| object.kind().starts_with("Cluster")).map(|object| {
        (object.text("/apiVersion").map(group).unwrap_or_default().to_owned(), object.kind().to_owned())
    });
    by_name.filter(|id| !known.contains(id)).chain(defined.into_iter().map(|(id, _)| id)).collect()
}

/// The stack's namespace, where none is written, and the labels and annotations that the stack wants on every object.
fn settle(object: &mut Object, site: &Site) {
    let metadata = object.fields_mut().get_mut("metadata").and_then(Value::as_object_mut);
    let Some(metadata) = metadata else { return };
    metadata.entry("namespace").or_insert_with(|| site.namespace.clone().into());
    for (key, entries) in [("labels", &site.metadata.labels), ("annotations", &site.metadata.annotations)] {
        if entries.is_empty() {
            continue;
        }
        if let Some(map) = metadata.entry(key).or_insert_with(|| Map::new().into()).as_object_mut() {
            for (key, value) in entries {
                map.entry(key.clone()).or_insert_with(|| value.to_string().into());
            }
        }
    }
}

const SECTIONS: [&str; 2] = ["stringData", "data"];

fn is_secret(node: &Node) -> bool {
    let kind = node.as_map().and_then(|map| map.get("kind")).and_then(|kind| kind.value.as_text());
    kind == Some("Secret")
}

fn section<'n>(node: &'n Node, key: &str) -> Option<&'n Tree> {
    node.as_map()?.get(key)?.value.as_map()
}

/// A Secret without what is read elsewhere than as text: `secrets` reads it.
fn without_sources(node: &Node) -> Node {
    let mut node = node.clone();
    if !is_secret(&node) {
        return node;
    }
    if let Kind::Map(map) = &mut node.kind {
        SECTIONS.iter().for_each(|key| drop(map.shift_remove(*key)));
    }
    node
}

/// The values of a Secret: `{env: NAME}` and `{file: path}` as everywhere, and plain texts where the profile takes them.
fn secrets(node: &Node, value: &mut Value, path: &Path, site: &Site, told: &mut Diagnostics) {
    let Some(object) = value.as_object_mut().filter(|_| is_secret(node)) else { return };
    for key in SECTIONS {
        let Some(entries) = section(node, key) else { continue };
        let mut values = Map::new();
        for (name, entry) in entries {
            let path = path.key(key).key(name);
            let text = match &entry.value.kind {
                Kind::Scalar { text, .. } if text.is_empty() => Ok(Some(String::new())),
                Kind::Map(_) if key == "data" => Err(encoded(&path)),
                _ => {
                    de::read::<SecretSource>(&entry.value, &path).and_then(|source| source.value(site, &path))
                }
            };
            match told.keep(text) {
                Some(Some(text)) => drop(values.insert(name.clone(), text.into())),
                Some(None) => told.push(existing(&path)),
                None => {}
            }
        }
        object.insert(key.to_owned(), values.into());
    }
}

fn encoded(path: &Path) -> Diagnostic {
    Diagnostic::error("secret-source", "values below `data` are base64 texts")
        .at(path)
        .because("what a variable or a file contains would have to be encoded first")
        .help("write it below `stringData`")
}

fn existing(path: &Path) -> Diagnostic {
    Diagnostic::error("secret-source", "a value of a Secret cannot be that of another Secret")
        .at(path)
        .because("only the cluster knows it")
        .help("use `{env: NAME}` or `{file: path}`, or refer to the other Secret where the value is needed")
}
