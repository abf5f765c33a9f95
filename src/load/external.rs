//! What a stack says of the cluster in passing: whoever refers to an object by name says that it exists. Which keys are
//! such names is said by the settings' own schema, never by their spelling.

use std::collections::{BTreeMap, BTreeSet};

use schemars::Schema;
use serde_json::Value;

use super::stack::head_schema;
use crate::components::{self, APPS, Key};
use crate::diagnostic::{Diagnostic, Path};
use crate::tree::node::{Kind, Node};
use crate::tree::subschema;
use crate::words;

/// Kinds that rules look for; others may stand in `external` too.
const KINDS: &[&str] = &[
    "ClusterRole",
    "ConfigMap",
    "Deployment",
    "Gateway",
    "Host",
    "IngressClass",
    "Namespace",
    "PersistentVolumeClaim",
    "PriorityClass",
    "Role",
    "RuntimeClass",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
    "StorageClass",
];

/// What is wrong with an entry of `external`: nothing would ever ask for it.
pub(crate) fn unfit(id: &str, path: &Path) -> Option<Diagnostic> {
    let (kind, name) = id.split_once('/').unwrap_or(("", id));
    let is_kind =
        kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
    let is_name = !name.is_empty() && !name.contains(|c: char| c == '/' || c.is_whitespace());
    let known = KINDS.contains(&kind);
    // `Secrets/tls`, `secret/tls`: a kind of somebody's own is not one letter away from one of these.
    let near = words::closest(kind, KINDS.iter().copied()).filter(|near| {
        let (kind, near) = (kind.to_lowercase(), near.to_lowercase());
        !known && (kind == near || strsim::damerau_levenshtein(&kind, &near) == 1)
    });
    if is_kind && is_name && near.is_none() {
        return None;
    }
    let complaint = Diagnostic::error("bad-external", format!("`{id}` is not a valid object id")).at(path);
    let complaint = complaint.because("an object is identified by its kind and its name");
    Some(match near {
        Some(near) => complaint.help(format!("did you mean `{near}/{name}`?")),
        None => complaint.help("use KIND/NAME: `Secret/tls`, `Host/db.example.com`"),
    })
}

/// The settings' schema says so of a field that names something outside of the stack: `x-exists: Secret`.
const EXISTS: &str = "x-exists";
/// What it says of a host that may have a port.
const ADDRESS: &str = "Address";

/// Whatever the stack names as existing: `{secret: {name}}`, `tlsSecret`, `serviceAccount`, `claim`, the host of a database.
pub(super) fn declared(tree: &Node, found: &mut BTreeSet<String>) {
    let Some(map) = tree.as_map() else { return };
    let mut words: BTreeMap<&str, Marks> = BTreeMap::new();
    let mut head = None;
    for (key, entry) in map {
        let Some(word) = components::word(&Key::parse(key).word) else {
            // The keys of the stack itself stand in one schema.
            let head: &Marks = head.get_or_insert_with(|| Marks::of(&head_schema()));
            head.fields.get(key).into_iter().for_each(|marks| marks.walk(&entry.value, found));
            continue;
        };
        let marks = &*words.entry(word.name).or_insert_with(|| Marks::of(&(word.schema)()));
        match entry.value.as_map() {
            Some(apps) if key == APPS => apps.values().for_each(|app| marks.walk(&app.value, found)),
            _ => marks.walk(&entry.value, found),
        }
    }
}

/// Where names of that kind stand in a value, and below it: what its schema says, taken out of it once, however many apps
/// there are.
#[derive(Default)]
struct Marks {
    /// The kind of what is named here.
    kind: Option<String>,
    /// Below keys of a map.
    fields: BTreeMap<String, Marks>,
    /// Below any other key.
    others: Option<Box<Marks>>,
    /// In each item of a list.
    items: Option<Box<Marks>>,
}

impl Marks {
    fn of(schema: &Schema) -> Self {
        Self::at(schema.as_value(), schema.as_value())
    }

    /// No settings contain themselves, so that this ends.
    fn at(root: &Value, schema: &Value) -> Self {
        let kind = schema.get(EXISTS).and_then(Value::as_str).map(str::to_owned);
        let mut marks = Self { kind, ..Self::default() };
        let below = |schema| Some(Box::new(Self::at(root, schema)));
        for choice in subschema::alternatives(root, schema) {
            if marks.others.is_none() {
                for name in subschema::properties(choice) {
                    if let Some(field) = subschema::property(choice, name, false) {
                        marks.fields.entry(name.to_owned()).or_insert_with(|| Self::at(root, field));
                    }
                }
                marks.others =
                    choice.get("additionalProperties").filter(|any| any.is_object()).and_then(below);
            }
            marks.items = marks.items.or_else(|| choice.get("items").and_then(below));
        }
        marks.pruned()
    }

    /// Without what leads to no name.
    fn pruned(mut self) -> Self {
        self.items = self.items.filter(|items| !items.is_empty());
        self.others = self.others.filter(|others| !others.is_empty());
        // Beside `others`, they say which keys are none of them.
        if self.others.is_none() {
            self.fields.retain(|_, marks| !marks.is_empty());
        }
        self
    }

    fn is_empty(&self) -> bool {
        self.kind.is_none() && self.fields.is_empty() && self.others.is_none() && self.items.is_none()
    }

    /// The names that a value holds.
    fn walk(&self, node: &Node, found: &mut BTreeSet<String>) {
        if let Some(kind) = &self.kind {
            let id = |name: &str| match kind.as_str() {
                ADDRESS => format!("Host/{}", host(name)),
                kind => format!("{kind}/{name}"),
            };
            found.extend(names(node).into_iter().map(id));
        }
        match (&node.kind, &self.others, &self.items) {
            (Kind::Map(map), Some(others), _) => map
                .iter()
                .for_each(|(key, entry)| self.fields.get(key).unwrap_or(others).walk(&entry.value, found)),
            (Kind::Map(map), None, _) => self.fields.iter().for_each(|(key, marks)| {
                map.get(key).into_iter().for_each(|entry| marks.walk(&entry.value, found));
            }),
            (Kind::Seq(items), _, Some(each)) => items.iter().for_each(|item| each.walk(item, found)),
            _ => {}
        }
    }
}

/// The host of `host`, `host:port` and `[address]:port`.
fn host(address: &str) -> &str {
    match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        None => address.rsplit_once(':').map_or(address, |(host, _)| host),
    }
}

/// A name, a list of names, or what has one.
fn names(node: &Node) -> Vec<&str> {
    match &node.kind {
        Kind::Map(map) => map.get("name").and_then(|name| name.value.as_text()).into_iter().collect(),
        Kind::Seq(items) => items.iter().filter_map(Node::as_text).collect(),
        _ => node.as_text().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::WORDS;
    use crate::source::{Layer, Sources};
    use crate::tree::parse;

    fn found(text: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let id = sources.add("stack.yaml", text, Layer::File);
        let mut found = BTreeSet::new();
        declared(&parse::document(&sources, id).unwrap(), &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn the_schema_says_what_is_outside() {
        for (text, wanted) in [
            (
                "apps: {a: {env: {A: {secret: {name: s, key: k}}, B: {configMap: {name: c, key: k}}}}}",
                "ConfigMap/c Secret/s",
            ),
            (
                "apps: {a: {volumes: {v: {path: /a, secret: {name: s}}, w: {claim: d}}}}",
                "PersistentVolumeClaim/d Secret/s",
            ),
            ("apps: {a: {ingress: {host: a.example.com, tlsSecret: t}}}", "Host/a.example.com Secret/t"),
            ("apps: {a: {serviceAccount: a}}", "ServiceAccount/a"),
            ("nacos: {database: {host: db.example.com}}", "Host/db.example.com"),
            ("nacos/other: {auth: {identity: {secret: {name: i}}}}", "Secret/i"),
            ("shardingsphere: {driver: {claim: jars}}", "PersistentVolumeClaim/jars"),
            ("redis: {password: {secret: {name: p}}}", "Secret/p"),
            ("cluster: {pullSecrets: [one, two]}", "Secret/one Secret/two"),
            // Keys of somebody else's language.
            ("apps: {a: {env: {host: x}, config: {host: x, claim: x}, labels: {host: x}}}", ""),
            ("consul: {config: {host: x, secret: {name: x}, tlsSecret: x}}", ""),
        ] {
            assert_eq!(found(text).join(" "), wanted, "{text}");
        }
    }

    /// A new field of such a name says what it names.
    #[test]
    fn every_field_that_sounds_like_it_is_marked() {
        fn look(schema: &Value, wrong: &mut Vec<String>) {
            match schema {
                Value::Object(map) => {
                    for (key, field) in map.get("properties").and_then(Value::as_object).into_iter().flatten()
                    {
                        let sounds = matches!(
                            key.as_str(),
                            "host" | "tlsSecret" | "serviceAccount" | "claim" | "pullSecrets"
                        );
                        if sounds && field.get(EXISTS).is_none() && field.get("type").is_some() {
                            wrong.push(format!("{key}: {field}"));
                        }
                    }
                    map.values().for_each(|below| look(below, wrong));
                }
                Value::Array(all) => all.iter().for_each(|below| look(below, wrong)),
                _ => {}
            }
        }
        let mut wrong = Vec::new();
        WORDS.iter().for_each(|word| look((word.schema)().as_value(), &mut wrong));
        look(head_schema().as_value(), &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
