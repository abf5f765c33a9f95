//! Scalars that keep what was written: `1.10`, `true` and `0123` stay as they are.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// How `Scalar` asks for the text itself; no type of ours can have this name.
pub(super) const NAME: &str = "$stackgen::Scalar";

/// Any scalar, as it is written: for values that end up as text whatever they look like, such as `env`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Scalar(pub String);

impl Deref for Scalar {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(NAME, Written)
    }
}

/// A scalar as it is written, or a mapping: `NAME: text` or `NAME: {secret: …}`.
///
/// Use this instead of `#[serde(untagged)]`, which decides what a scalar means before `Scalar` can see it.
/// Only our own format can read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScalarOr<T> {
    /// As it is written.
    Scalar(Scalar),
    /// The mapping.
    Other(T),
}

impl<T: Serialize> Serialize for ScalarOr<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(scalar) => scalar.serialize(to),
            Self::Other(other) => other.serialize(to),
        }
    }
}

impl<T: JsonSchema> JsonSchema for ScalarOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("ScalarOr{}", T::schema_name()).into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [schemas.subschema_for::<Scalar>(), schemas.subschema_for::<T>()] })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ScalarOr<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(NAME, WrittenOr(PhantomData))
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number or a boolean")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    // Other formats than ours do not know `NAME`; they say what the scalar means.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Scalar, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }
}

struct WrittenOr<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for WrittenOr<T> {
    type Value = ScalarOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, a boolean or a mapping")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ScalarOr<T>, E> {
        Written.visit_str(text).map(ScalarOr::Scalar)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<ScalarOr<T>, D::Error> {
        T::deserialize(from).map(ScalarOr::Other)
    }
}
