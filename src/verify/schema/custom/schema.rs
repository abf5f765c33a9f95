//! A schema as it stands in a CustomResourceDefinition, with questions to it. What is not understood is as if not said.

use serde_json::{Map, Value};

use super::super::fault::Fields;
use super::super::table::Shape;

/// How controller-gen writes `resource.Quantity`.
const QUANTITY: &str = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

/// One level of a schema; nothing where it is no map, which allows anything.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    says: Option<&'a Map<String, Value>>,
    /// Does the list that it is for keep what its items' schema does not have?
    kept: bool,
}

impl<'a> Schema<'a> {
    /// That of a whole object.
    pub(super) fn root(map: &'a Map<String, Value>) -> Self {
        Self { says: Some(map), kept: false }
    }

    fn new(value: &'a Value) -> Self {
        Self { says: value.as_object(), kept: false }
    }

    /// Is it no schema at all?
    pub(super) fn is_unknown(self) -> bool {
        self.says.is_none()
    }

    /// What stands under a keyword.
    pub(super) fn get(self, keyword: &str) -> Option<&'a Value> {
        self.says?.get(keyword)
    }

    /// Does it say `true` there?
    pub(super) fn says(self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    /// The text there.
    pub(super) fn text(self, keyword: &str) -> Option<&'a str> {
        self.get(keyword)?.as_str()
    }

    /// The schemas listed there.
    pub(super) fn all(self, keyword: &str) -> impl Iterator<Item = Self> {
        self.get(keyword).and_then(Value::as_array).into_iter().flatten().map(Self::new)
    }

    /// The schema there.
    pub(super) fn one(self, keyword: &str) -> Option<Self> {
        self.get(keyword).map(Self::new)
    }

    /// The texts listed there.
    pub(super) fn texts(self, keyword: &str) -> impl Iterator<Item = &'a str> {
        self.get(keyword).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// What a value must look like.
    pub(super) fn shape(self) -> Option<Shape> {
        if self.says("x-kubernetes-int-or-string") {
            return Some(if self.is_quantity() { Shape::Quantity } else { Shape::IntOrText });
        }
        Some(match self.text("type")? {
            "string" => Shape::Text,
            "integer" if self.text("format") == Some("int32") => Shape::Int32,
            "integer" => Shape::Int64,
            "number" => Shape::Number,
            "boolean" => Shape::Bool,
            "array" => Shape::List(Box::new(Shape::Anything)),
            "object" => Shape::Open,
            _ => return None,
        })
    }

    /// Is it an amount, whose pattern nobody wants to read?
    pub(super) fn is_quantity(self) -> bool {
        self.text("pattern") == Some(QUANTITY) && self.says("x-kubernetes-int-or-string")
    }

    /// Are fields that it does not have dropped?
    pub(super) fn is_closed(self) -> bool {
        self.text("type") == Some("object")
            && self.get("properties").is_none_or(Value::is_object)
            && !self.keeps_unknown()
    }

    fn keeps_unknown(self) -> bool {
        self.kept || self.says("x-kubernetes-preserve-unknown-fields")
    }

    /// The schema of a list's items. What a list keeps, its items keep: the API server goes on below them with the fields
    /// that they name.
    pub(super) fn items(self) -> Option<Self> {
        Some(Self { kept: self.keeps_unknown(), ..self.one("items")? })
    }

    /// The fields that it names.
    pub(super) fn properties(self) -> impl Iterator<Item = (&'a str, Self)> {
        let properties = self.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties.map(|(name, schema)| (name.as_str(), Self::new(schema)))
    }

    /// That of a field that it names.
    pub(super) fn property(self, name: &str) -> Option<Self> {
        self.get("properties")?.as_object()?.get(name).map(Self::new)
    }

    /// That of all other fields, when there may be some.
    pub(super) fn additional(self) -> Option<Self> {
        self.get("additionalProperties").filter(|schema| **schema != Value::Bool(false)).map(Self::new)
    }

    /// That of a field, whether it is named or not.
    pub(super) fn field(self, name: &str) -> Option<Self> {
        self.property(name).or_else(|| self.additional())
    }

    /// Must the field be there?
    pub(super) fn requires(self, name: &str) -> bool {
        self.texts("required").any(|required| required == name)
    }

    /// What a value is when nobody says it.
    pub(super) fn default(self) -> Option<&'a Value> {
        self.get("default").filter(|default| !default.is_null())
    }

    /// Is a null there as good as nothing?
    pub(super) fn drops_null(self) -> bool {
        self.says.is_some() && !self.says("nullable")
    }

    /// The fields that it demands, when it does nothing but that.
    pub(super) fn only_requires(self) -> Option<Vec<&'a str>> {
        let says_more = self.says?.iter().any(|(keyword, value)| match keyword.as_str() {
            "required" | "description" | "type" => false,
            "properties" => !value.as_object().is_some_and(|map| map.values().all(is_empty)),
            _ => true,
        });
        let names: Vec<&str> = self.texts("required").collect();
        (!says_more && !names.is_empty()).then_some(names)
    }
}

fn is_empty(schema: &Value) -> bool {
    schema.as_object().is_some_and(Map::is_empty)
}

impl<'a> Fields<'a> for Schema<'a> {
    fn names(self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.properties().map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    fn inner(self) -> Vec<(&'a str, Self)> {
        let mut inner: Vec<_> =
            self.properties().filter(|(_, schema)| schema.get("properties").is_some()).collect();
        inner.sort_unstable_by_key(|(name, _)| *name);
        inner
    }
}
