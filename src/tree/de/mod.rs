//! Nodes in, settings out: a strict `serde` format. `1.30` is no string, `"3"` is no integer, `yes` is no boolean.
//!
//! Stops at the first complaint, as serde does; `schema::complaints` finds all of them, in the same words.

mod access;
mod error;

use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

pub use self::error::Error;
use super::fault::{Fault, Wanted};
use super::node::{Kind, Node};
pub use super::raw::{Scalar, ScalarOr};
use super::scalar::{self, Meaning};
use crate::diagnostic::{Diagnostic, Path};

/// Reads settings from a node; `path` says how the node is called in complaints.
pub fn read<T: DeserializeOwned>(node: &Node, path: &Path) -> Result<T, Diagnostic> {
    T::deserialize(node).map_err(|error| error.into_diagnostic(node, path))
}

impl Node {
    fn mismatch(&self, wanted: &Wanted) -> Error {
        Error::new(Fault::mismatch(wanted, self))
    }

    /// A plain integer within the limits of its type.
    fn integer(&self, min: i128, max: Option<i128>) -> Result<i128, Error> {
        match &self.kind {
            Kind::Scalar { text, plain: true } if !scalar::is_ambiguous_octal(text) => {
                match scalar::meaning(text) {
                    Meaning::Int(number) if number >= min && max.is_none_or(|max| number <= max) => {
                        Ok(number)
                    }
                    Meaning::Int(_) => Err(Error::new(Fault::OutOfRange { min: Some(min), max })),
                    _ => Err(self.mismatch(&Wanted::Int)),
                }
            }
            _ => Err(self.mismatch(&Wanted::Int)),
        }
    }

    /// Text that no reader of YAML takes for something else.
    pub(super) fn string(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, plain: false } => Some(text),
            Kind::Scalar { text, plain: true } if !scalar::is_text_to_all(text) => None,
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    fn any<'de, V: Visitor<'de>>(&'de self, text: &'de str, visitor: V) -> Result<V::Value, Error> {
        let refused = |message: String| Err(Error::new(Fault::Custom(message)));
        if scalar::is_ambiguous_octal(text) {
            return refused(format!("`{text}` is ambiguous: {}", super::fault::octal_help(text)));
        }
        match scalar::meaning(text) {
            Meaning::Bool(value) => visitor.visit_bool(value),
            Meaning::Int(number) => match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => refused("the number is too large; write it in quotes".to_owned()),
            },
            Meaning::Float(number) if number.is_finite() => visitor.visit_f64(number),
            Meaning::Float(_) => refused(format!("`{text}` is not a number that Kubernetes accepts")),
            Meaning::Text => visitor.visit_borrowed_str(text),
        }
    }
}

/// The limits are those of the type; `u64` and `i64` are told by their lower one only, the rest is beyond reason.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ident $told:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.integer(i128::from($type::MIN), $told)?;
            let unsaid = || Error::new(Fault::OutOfRange { min: None, max: Some(i128::from($type::MAX)) });
            visitor.$visit($type::try_from(number).map_err(|_| unsaid())?)
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8 i8 Some(i128::from(i8::MAX));
        deserialize_i16 visit_i16 i16 Some(i128::from(i16::MAX));
        deserialize_i32 visit_i32 i32 Some(i128::from(i32::MAX));
        deserialize_i64 visit_i64 i64 None;
        deserialize_u8 visit_u8 u8 Some(i128::from(u8::MAX));
        deserialize_u16 visit_u16 u16 Some(i128::from(u16::MAX));
        deserialize_u32 visit_u32 u32 Some(i128::from(u32::MAX));
        deserialize_u64 visit_u64 u64 None;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Scalar { text, plain: false } => visitor.visit_borrowed_str(text),
            Kind::Scalar { text, plain: true } => self.any(text, visitor),
            Kind::Seq(items) => access::list(items, visitor),
            Kind::Map(map) => visitor.visit_map(access::Entries::new(map)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar { text, plain: true } if text == "true" => visitor.visit_bool(true),
            Kind::Scalar { text, plain: true } if text == "false" => visitor.visit_bool(false),
            _ => Err(self.mismatch(&Wanted::Bool)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Kind::Scalar { text, plain: true } = &self.kind else {
            return Err(self.mismatch(&Wanted::Number));
        };
        match scalar::meaning(text) {
            Meaning::Int(number) if !scalar::is_ambiguous_octal(text) => visitor.visit_f64(number as f64),
            Meaning::Float(number) => visitor.visit_f64(number),
            _ => Err(self.mismatch(&Wanted::Number)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.string().ok_or_else(|| self.mismatch(&Wanted::Text))?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self.kind, Kind::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self.kind, Kind::Null) { visitor.visit_unit() } else { Err(self.mismatch(&Wanted::Null)) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar { text, .. } if name == super::raw::NAME => visitor.visit_borrowed_str(text),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Kind::Seq(items) = &self.kind else { return Err(self.mismatch(&Wanted::List)) };
        access::list(items, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Kind::Map(map) = &self.kind else { return Err(self.mismatch(&Wanted::Map)) };
        visitor.visit_map(access::Entries::new(map))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar { text, .. } => visitor.visit_enum(access::Variant::word(text, self)),
            Kind::Map(map) if map.len() == 1 => visitor.visit_enum(access::Variant::tagged(map)),
            Kind::Map(_) => Err(Error::new(Fault::one_key(variants))),
            _ => Err(self.mismatch(&Wanted::OneOf(variants.iter().map(ToString::to_string).collect()))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf identifier }
}
