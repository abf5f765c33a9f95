//! How serde walks through lists, mappings and variants; errors collect their path on the way back.

use indexmap::map::Iter;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Error;
use crate::diagnostic::Step;
use crate::source::Place;
use crate::tree::fault::{self, Fault, Wanted};
use crate::tree::node::{Entry, Kind, Map, Node};

/// A list, which must be read to its end.
pub(super) fn list<'de, V: Visitor<'de>>(items: &'de [Node], visitor: V) -> Result<V::Value, Error> {
    let mut rest = Items { items, next: 0 };
    let value = visitor.visit_seq(&mut rest)?;
    match items.get(rest.next) {
        None => Ok(value),
        Some(extra) => {
            let message = format!("expected {}, found {}", rest.next, items.len());
            Err(Error::new(Fault::Custom(message)).at(fault::head(extra)))
        }
    }
}

struct Items<'de> {
    items: &'de [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for &mut Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        let step = Step::Index(self.next);
        self.next += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.below(step, fault::head(item)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// The entries of a mapping.
pub(super) struct Entries<'de> {
    rest: Iter<'de, String, Entry>,
    value: Option<(&'de String, &'de Entry)>,
}

impl<'de> Entries<'de> {
    pub(super) fn new(map: &'de Map) -> Self {
        Self { rest: map.iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.value = self.rest.next();
        let Some((key, entry)) = self.value else { return Ok(None) };
        seed.deserialize(Key(key)).map(Some).map_err(|error| error.at(entry.key))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let (key, entry) = self.value.take().expect("serde asks for a value after its key");
        let below = |error: Error| error.below(Step::Key(key.clone()), fault::shown(entry));
        seed.deserialize(&entry.value).map_err(below)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A key: text, which may also be the number that a map of numbers wants.
struct Key<'de>(&'de str);

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(Error::new(Fault::Custom(format!("the key `{}` must be an integer", self.0)))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    numbers! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        IntoDeserializer::<Error>::into_deserializer(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// A variant: a word alone, or the one key of a mapping with what it leads to.
pub(super) struct Variant<'de> {
    word: &'de str,
    key: Place,
    value: Option<&'de Entry>,
}

impl<'de> Variant<'de> {
    pub(super) fn word(word: &'de str, node: &Node) -> Self {
        Self { word, key: node.place, value: None }
    }

    /// The map has exactly one key.
    pub(super) fn tagged(map: &'de Map) -> Self {
        let (word, entry) = map.first().expect("the caller counted");
        Self { word, key: entry.key, value: Some(entry) }
    }

    /// Reads what the word leads to.
    fn inner<T>(self, read: impl FnOnce(&'de Node) -> Result<T, Error>) -> Result<T, Error> {
        let Some(entry) = self.value else {
            return Err(Error::new(Fault::Custom(format!("`{0}` needs a value: `{{{0}: …}}`", self.word))));
        };
        read(&entry.value).map_err(|error| error.below(Step::Key(self.word.to_owned()), fault::shown(entry)))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let word: StrDeserializer<'de, Error> = self.word.into_deserializer();
        let value = seed.deserialize(word).map_err(|error| error.at(self.key))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value.map(|entry| &entry.value) {
            Some(value) if !matches!(value.kind, Kind::Null) => {
                self.inner(|value| Err(Error::new(Fault::mismatch(&Wanted::Null, value))))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.inner(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.inner(|value| value.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.inner(|value| value.deserialize_map(visitor))
    }
}
