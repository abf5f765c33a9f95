//! A word of the vocabulary: what may be written behind it, and how that is read: as something to draw, or as something that
//! exists already.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::common::{COMMON_KEYS, Common};
use super::external::{EXTERNAL, External, Outside};
use super::{Component, Instance, Key, Member, WORDS};
use crate::diagnostic::{Diagnostics, Path};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::{de, schema};

/// Reads the settings of one instance: the common keys and the component's own.
pub(super) type Read = fn(Key, &Path, &Node) -> Result<Box<dyn Member>, Diagnostics>;

/// One row of the vocabulary.
pub struct Word {
    /// The key in a stack file.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// What others may use of it.
    pub offers: &'static str,
    /// What it may use of others.
    pub uses: &'static str,
    /// Its defaults layer.
    pub defaults: &'static str,
    /// The keys that count beside `external`, with dots for those below others; none where it is always drawn.
    pub beside: Option<&'static [&'static str]>,
    /// Its settings as a JSON schema, common keys included.
    pub schema: fn() -> Schema,
    /// Reads one instance.
    pub read: Read,
}

impl Word {
    /// One that is always drawn.
    pub(super) const fn of<S: Component>() -> Self {
        Self {
            name: S::WORD,
            about: S::ABOUT,
            offers: S::OFFERS,
            uses: S::USES,
            defaults: S::DEFAULTS,
            beside: None,
            schema: drawn_schema::<S>,
            read: read_drawn::<S>,
        }
    }

    /// One that is drawn, or exists already.
    pub(super) const fn either<S: External>() -> Self {
        Self {
            beside: Some(S::BESIDE),
            schema: either_schema::<S>,
            read: read_either::<S>,
            ..Self::of::<S>()
        }
    }
}

/// The word of that name.
pub fn word(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}

fn drawn_schema<S: Component>() -> Schema {
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)] // Only its schema is wanted: both sets of keys in one object.
    struct Both<S> {
        #[serde(flatten)]
        settings: S,
        #[serde(flatten)]
        common: Common,
    }
    closed(schemars::schema_for!(Both<S>))
}

fn either_schema<S: External>() -> Schema {
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)] // Likewise.
    struct Either<S, A> {
        #[serde(flatten)]
        settings: S,
        #[serde(flatten)]
        common: Common,
        /// Where it is, if it exists already: what uses it is told the same facts, and nothing of it is drawn but Secrets
        /// with the logins that are written here. `null` in a later layer draws it again.
        #[serde(default)]
        external: Option<A>,
    }
    closed(schemars::schema_for!(Either<S, S::Address>))
}

fn closed(mut schema: Schema) -> Schema {
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.remove("unevaluatedProperties");
    schema
}

fn read_drawn<S: Component>(key: Key, path: &Path, node: &Node) -> Result<Box<dyn Member>, Diagnostics> {
    match instance::<S>(key, path, node) {
        Some(me) => Ok(Box::new(me)),
        None => Err(complaints::<S>(node, path, &drawn_schema::<S>(), node)),
    }
}

fn read_either<S: External>(key: Key, path: &Path, node: &Node) -> Result<Box<dyn Member>, Diagnostics> {
    let (external, own) = without_external(node);
    let address = external.map(|entry| de::read::<S::Address>(&entry.value, &path.key(EXTERNAL)));
    match (instance::<S>(key, path, &own), address) {
        (Some(me), None) => Ok(Box::new(me)),
        (Some(me), Some(Ok(address))) => Ok(Box::new(Outside { me, address })),
        (_, address) => {
            let mut all = complaints::<S>(node, path, &either_schema::<S>(), &own);
            if let Some(Err(first)) = address.filter(|_| !all.refuse()) {
                all.push(first);
            }
            Err(all)
        }
    }
}

/// What `external` leads to, and all else.
fn without_external(node: &Node) -> (Option<Entry>, Node) {
    let mut own = node.clone();
    let external = match &mut own.kind {
        Kind::Map(map) => map.shift_remove(EXTERNAL),
        _ => None,
    };
    (external, own)
}

fn instance<S: Component>(key: Key, path: &Path, node: &Node) -> Option<Instance<S>> {
    let (common, own) = split(node)?;
    let common: Common = de::read(&common, path).ok()?;
    let settings: S = de::read(&own, path).ok()?;
    Some(Instance { key, path: path.clone(), common, settings })
}

/// serde stops at the first complaint; the schema finds them all. `own` is what is not about where it exists already.
fn complaints<S: DeserializeOwned>(node: &Node, path: &Path, schema: &Schema, own: &Node) -> Diagnostics {
    let mut all: Diagnostics = schema::complaints(node, schema, path).into_iter().collect();
    if !all.refuse()
        && let Some((common, own)) = split(own)
    {
        all.keep(de::read::<Common>(&common, path));
        all.keep(de::read::<S>(&own, path));
    }
    all
}

/// The common keys, and the others.
fn split(node: &Node) -> Option<(Node, Node)> {
    let own = |(key, _): &(&String, _)| COMMON_KEYS.binary_search(&key.as_str()).is_err();
    let entry = |(key, entry): (&String, &Entry)| (key.clone(), entry.clone());
    let map = node.as_map()?;
    let node_of = |map: Map| Node { kind: Kind::Map(map), place: node.place };
    let common = map.iter().filter(|pair| !own(pair)).map(entry).collect();
    Some((node_of(common), node_of(map.iter().filter(own).map(entry).collect())))
}
