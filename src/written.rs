//! What a stack wants of the rules, and what it changes in what is drawn.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::diagnostic::Path;
use crate::tree::de::Scalar;

/// An entry of the stack's `waive`.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The code of a rule, or of a warning about the stack itself.
    pub code: String,
    /// `kind/name` of the objects that may break it, or the component, with `*` for anything; all of them when left out.
    pub object: Option<String>,
    /// Where it was written.
    pub path: Path,
}

/// What the run wants of the rules besides what they say themselves.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Whether warnings count as errors for all rules that are graded so: the profile's.
    pub strict: bool,
    /// Codes whose warnings count as errors besides.
    pub raised: &'a [String],
    /// Rules that somebody has a reason to break.
    pub waivers: &'a [Waiver],
}

impl Wanted<'_> {
    /// Is this one's warning an error by name?
    pub fn raises(&self, code: &str) -> bool {
        self.raised.iter().any(|raised| raised == code)
    }
}

/// An entry of the stack's `patches`: what is changed, and how. Exactly one of `merge` and `json` is there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Patch {
    /// Which objects are changed: those that fit all that is said here. `*` stands for anything.
    pub target: Target,
    /// A part of the object, as one would write it: maps are merged, lists of things with a name by that name
    /// (Kubernetes' own merge keys), all other lists are replaced, null takes a field away, and `$patch: delete` an entry
    /// of a list. Of a volume, and of a Deployment's `strategy`, the patch names all keys that stay.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub merge: Option<Anything>,
    /// Operations of a JSON patch (RFC 6902), in their order.
    #[serde(default)]
    pub json: Option<Vec<Operation>>,
}

/// Which objects a patch changes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// Their kind: `StatefulSet`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Their name: `redis`, `redis*`. A Job is called without the digits at the end of its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Their namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Labels that they have: `{app.kubernetes.io/component: cache}`.
    #[serde(default)]
    pub labels: BTreeMap<String, Scalar>,
}

/// An operation of a JSON patch.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// What is done.
    pub op: Op,
    /// Where, as a JSON pointer: `/spec/replicas`, `/spec/template/spec/containers/0/args/-`.
    pub path: String,
    /// From where, for `move` and `copy`.
    #[serde(default)]
    pub from: Option<String>,
    /// The value, for `add`, `replace` and `test`.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    pub value: Option<Anything>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// A new field, or an entry before the one that is there; `-` is behind the last one.
    Add,
    /// Takes it away.
    Remove,
    /// Another value for what is there.
    Replace,
    /// Takes it away and puts it elsewhere.
    Move,
    /// Puts the same elsewhere.
    Copy,
    /// Nothing: the patch fails if the value is another one.
    Test,
}

/// A value that is read from the tree later, with its places: Kubernetes decides what it may be.
#[derive(Clone, Copy, Debug)]
pub struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(from).map(|_| Self)
    }
}
