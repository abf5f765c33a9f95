//! The schemas of custom resources, as their CustomResourceDefinitions say them.
//!
//! Objects come in, faults of custom resources go out: what an API server with strict field validation would say after it
//! has set the defaults. Never happens here: a verdict on the definition itself. It is a stranger's text, and what cannot
//! be understood in it allows anything.
//!
//! Not looked at: CEL rules (`x-kubernetes-validations`), formats of text, and `status` where it is a subresource, because
//! the API server drops it from what people write.

mod bounds;
mod defaults;
mod schema;
mod told;
mod walk;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fault::{self, Fault};
use super::minor::Minor;
use crate::k8s::Object;
use crate::words;
use bounds::Patterns;
use schema::Schema;
use walk::{Mode, Walk};

/// The versions of a kind by their names.
type Versions = BTreeMap<String, Version>;

/// The kinds that CustomResourceDefinitions define.
#[derive(Debug, Default)]
pub struct Custom {
    /// By group and kind.
    kinds: BTreeMap<(String, String), Versions>,
    patterns: Patterns,
}

#[derive(Debug)]
struct Version {
    served: bool,
    /// None when the definition has no schema, or one that is no map.
    schema: Option<Map<String, Value>>,
    /// Are fields that the schema does not have kept? Those of old were, unless they said otherwise.
    keeps_unknown: bool,
    status_is_apart: bool,
}

impl Custom {
    /// The kinds that the CustomResourceDefinitions among these objects define. The last one wins.
    pub fn new<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let kinds = objects.into_iter().filter_map(definition).collect();
        Self { kinds, patterns: Patterns::default() }
    }

    /// Takes the kinds of another one as well; its definitions win.
    pub fn extend(&mut self, other: Self) {
        self.kinds.extend(other.kinds);
    }

    /// Everything that an API server of that minor would not take; `None` when no definition says anything of the kind.
    pub fn check(&self, object: &Object, minor: Minor) -> Option<Vec<Fault>> {
        let (api, kind) = (object.text("/apiVersion")?, object.kind());
        let (group, versions) = self.versions(api, kind)?;
        let version = api.strip_prefix(group)?.strip_prefix('/')?;
        let Some(version) = versions.get(version).filter(|version| version.served) else {
            return Some(vec![fault::not_served(api, kind, &served(group, versions))]);
        };
        let schema = Schema::root(version.schema.as_ref()?);
        let mut fields = object.fields().clone();
        if version.status_is_apart {
            fields.shift_remove("status");
        }
        defaults::set(&mut fields, schema);
        let mode = if version.keeps_unknown { Mode::Lenient } else { Mode::Strict };
        Some(Walk::new(&self.patterns, minor, mode).resource(&Value::Object(fields), schema))
    }

    /// Would `check` say anything of that kind?
    pub(super) fn knows(&self, api: &str, kind: &str) -> bool {
        let Some((group, versions)) = self.versions(api, kind) else { return false };
        let version = api.get(group.len() + 1..).and_then(|version| versions.get(version));
        version.is_none_or(|version| !version.served || version.schema.is_some())
    }

    /// A kind that is most likely meant: a like one of the group.
    pub(super) fn nearest(&self, api: &str, kind: &str) -> Option<&str> {
        let (group, _) = api.rsplit_once('/')?;
        let kinds = self.kinds.keys().filter(|(its, its_kind)| its == group && its_kind != kind);
        words::closest(kind, kinds.map(|(_, kind)| kind.as_str()))
    }

    fn versions(&self, api: &str, kind: &str) -> Option<(&str, &Versions)> {
        let (group, _) = api.rsplit_once('/')?;
        let ((group, _), versions) = self.kinds.get_key_value(&(group.to_owned(), kind.to_owned()))?;
        Some((group, versions))
    }
}

/// The served versions, stable ones first.
fn served(group: &str, versions: &Versions) -> Vec<String> {
    let served = versions.iter().filter(|(_, version)| version.served);
    let mut served: Vec<String> = served.map(|(version, _)| format!("{group}/{version}")).collect();
    served.sort_by(|a, b| fault::stability(a).cmp(&fault::stability(b)));
    served
}

/// What a CustomResourceDefinition defines.
fn definition(object: &Object) -> Option<((String, String), Versions)> {
    let is_old = match object.text("/apiVersion")? {
        _ if object.kind() != "CustomResourceDefinition" => return None,
        "apiextensions.k8s.io/v1" => false,
        "apiextensions.k8s.io/v1beta1" => true,
        _ => return None,
    };
    let key = (object.text("/spec/group")?.to_owned(), object.text("/spec/names/kind")?.to_owned());
    let keeps_unknown = match object.at("/spec/preserveUnknownFields") {
        Some(Value::Bool(keeps)) => *keeps,
        _ => is_old,
    };
    let of_all = Shared {
        schema: object.at("/spec/validation/openAPIV3Schema").filter(|_| is_old),
        status_is_apart: is_old && object.at("/spec/subresources/status").is_some(),
        keeps_unknown,
    };
    let listed = object.at("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let mut versions: Versions = listed.filter_map(|version| of_all.version(version)).collect();
    if versions.is_empty() && is_old {
        let version = object.text("/spec/version")?;
        versions.insert(version.to_owned(), of_all.of(&Map::new()));
    }
    (!versions.is_empty()).then_some((key, versions))
}

/// What all versions of a definition have in common: in those of old, everything.
struct Shared<'a> {
    schema: Option<&'a Value>,
    status_is_apart: bool,
    keeps_unknown: bool,
}

impl Shared<'_> {
    fn version(&self, version: &Value) -> Option<(String, Version)> {
        let name = version.get("name")?.as_str()?;
        Some((name.to_owned(), self.of(version.as_object()?)))
    }

    fn of(&self, version: &Map<String, Value>) -> Version {
        let own = version.get("schema").and_then(|schema| schema.get("openAPIV3Schema"));
        let status = version.get("subresources").and_then(|subresources| subresources.get("status"));
        Version {
            served: version.get("served") != Some(&Value::Bool(false)),
            schema: own.or(self.schema).and_then(Value::as_object).cloned(),
            keeps_unknown: self.keeps_unknown,
            status_is_apart: self.status_is_apart || status.is_some_and(|status| !status.is_null()),
        }
    }
}
