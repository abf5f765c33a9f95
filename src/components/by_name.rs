//! Things with a name: a mapping by name, or a list in which each says its own.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

const NAME: &str = "name";

/// `{orders: {partitions: 12}}`, or `[{name: orders, partitions: 12}]` as other tools have it.
#[derive(Clone, Debug)]
pub(super) struct ByName<T>(IndexMap<String, T>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Deref for ByName<T> {
    type Target = IndexMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(All(PhantomData))
    }
}

struct All<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for All<T> {
    type Value = ByName<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping by name, or a list of mappings with a `name`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IndexMap::deserialize(MapAccessDeserializer::new(map)).map(ByName)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = IndexMap::new();
        while let Some(Named { name, value }) = list.next_element()? {
            if all.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format!("`{name}` is in the list twice")));
            }
        }
        Ok(ByName(all))
    }
}

/// One of a list.
struct Named<T> {
    name: String,
    value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(One(PhantomData))
    }
}

struct One<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for One<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping with a `name`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut name = None;
        let value = T::deserialize(MapAccessDeserializer::new(Nameless { map, name: &mut name }))?;
        name.map(|name| Named { name, value }).ok_or_else(|| A::Error::missing_field(NAME))
    }
}

/// A mapping without its `name`, which goes where it is wanted.
struct Nameless<'n, A> {
    map: A,
    name: &'n mut Option<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Nameless<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if key != NAME {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
            *self.name = Some(self.map.next_value()?);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

impl<T: JsonSchema> JsonSchema for ByName<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}ByName", T::schema_name()).into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let by_name = schemas.subschema_for::<IndexMap<String, T>>();
        let mut one = T::json_schema(schemas);
        let name = json_schema!({ "type": "string", "description": "Its name." });
        if let Some(object) = one.as_object_mut() {
            if let Some(properties) =
                object.entry("properties").or_insert_with(|| serde_json::json!({})).as_object_mut()
            {
                properties.insert(NAME.to_owned(), name.to_value());
            }
            if let Some(required) =
                object.entry("required").or_insert_with(|| serde_json::json!([])).as_array_mut()
            {
                required.push(NAME.into());
            }
        }
        json_schema!({ "anyOf": [by_name, { "type": "array", "items": one }] })
    }
}
