//! Integers with an upper bound that is sensible for the product. The bound stands in the schema as well, where
//! `explain` and complaints find it: `#[schemars(range(max = 100))]` beside `deserialize_with = "counts::most::<_, 100>"`.
//! A walk over all schemas (tests/amounts.rs) keeps both true.

use serde::de::{Deserialize, Deserializer, Error};

/// At most `MOST`.
pub(super) fn most<'de, D: Deserializer<'de>, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    bounded(u32::deserialize(from)?, MOST)
}

/// At most `MOST`, or left out.
pub(super) fn most_if_any<'de, D: Deserializer<'de>, const MOST: u32>(
    from: D,
) -> Result<Option<u32>, D::Error> {
    Option::<u32>::deserialize(from)?.map(|number| bounded(number, MOST)).transpose()
}

fn bounded<E: Error>(number: u32, most: u32) -> Result<u32, E> {
    if number > most { Err(E::custom(format!("{number} is more than {most}"))) } else { Ok(number) }
}
