//! Settings that may be written in two ways. Not `#[serde(untagged)]`, which decides what a scalar means before
//! `Scalar` can see it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// `off`, or a mapping.
#[derive(Clone, Debug)]
pub(super) enum Switch<T> {
    /// Not wanted.
    Off,
    /// Wanted, like this.
    On(T),
}

impl<T> Switch<T> {
    /// How it is wanted, if it is.
    pub(super) fn on(&self) -> Option<&T> {
        match self {
            Self::Off => None,
            Self::On(settings) => Some(settings),
        }
    }
}

/// One mapping, or a list of them.
#[derive(Clone, Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

/// A port's number, or a mapping that says more.
#[derive(Clone, Debug)]
pub(super) enum NumberOr<T> {
    /// The number.
    Number(u16),
    /// The mapping.
    Other(T),
}

/// Yes, no, or a list of names.
#[derive(Clone, Debug)]
pub(super) enum SomeOf {
    /// All or none.
    All(bool),
    /// These.
    These(Vec<String>),
}

macro_rules! either {
    ($type:ident $(<$generic:ident>)?, $expecting:literal, $($visit:item)+) => {
        impl<'de $(, $generic: Deserialize<'de>)?> Deserialize<'de> for $type $(<$generic>)? {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Either<T>(PhantomData<T>);
                impl<'de $(, $generic: Deserialize<'de>)?> Visitor<'de> for Either<$type $(<$generic>)?> {
                    type Value = $type $(<$generic>)?;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    $($visit)+
                }
                from.deserialize_any(Either(PhantomData))
            }
        }
    };
}

either! { Switch<T>, "`off` or a mapping",
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text == "off" { Ok(Switch::Off) } else { Err(E::custom("only `off` or a mapping is allowed here")) }
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Switch::On)
    }
}

either! { OneOrMany<T>, "a mapping or a list of mappings",
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
    }
}

either! { NumberOr<T>, "a port number or a mapping",
    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        u16::try_from(number).map(NumberOr::Number).map_err(|_| E::custom("a port is at most 65535"))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(NumberOr::Other)
    }
}

either! { SomeOf, "true, false or a list of names",
    fn visit_bool<E: Error>(self, all: bool) -> Result<Self::Value, E> {
        Ok(SomeOf::All(all))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(SomeOf::These)
    }
}

impl<T: JsonSchema> JsonSchema for Switch<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrOff", T::schema_name()).into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["off"] }, schemas.subschema_for::<T>()] })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}s", T::schema_name()).into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [schemas.subschema_for::<T>(), schemas.subschema_for::<Vec<T>>()] })
    }
}

impl<T: JsonSchema> JsonSchema for NumberOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("NumberOr{}", T::schema_name()).into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [schemas.subschema_for::<u16>(), schemas.subschema_for::<T>()] })
    }
}

impl JsonSchema for SomeOf {
    fn schema_name() -> Cow<'static, str> {
        "SomeOf".into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [schemas.subschema_for::<bool>(), schemas.subschema_for::<Vec<String>>()] })
    }
}
