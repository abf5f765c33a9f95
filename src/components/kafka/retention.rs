//! How long something is kept: `7d`, `12h`, `forever`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::tree::de::Scalar;

/// A time with a unit, or for ever.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub(super) struct Retention {
    /// Nothing for ever.
    milliseconds: Option<u64>,
}

const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 7 * 86_400_000)];
/// A hundred years: what is longer is a slip.
const MOST: u64 = 36_525 * 86_400_000;

impl Retention {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "forever" {
            return Ok(Self { milliseconds: None });
        }
        let refused = || {
            format!(
                "`{text}` is not a time: use a whole number with a unit, such as `7d`, `12h` or `30m`, or `forever`"
            )
        };
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refused)?;
        let milliseconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
        match milliseconds.filter(|time| *time > 0) {
            Some(time) if time > MOST => Err(format!("`{text}` is more than 100 years: write `forever`")),
            Some(time) => Ok(Self { milliseconds: Some(time) }),
            None => Err(refused()),
        }
    }

    /// As Kafka wants it: -1 keeps for ever.
    pub(super) fn milliseconds(&self) -> String {
        self.milliseconds.map_or_else(|| "-1".to_owned(), |time| time.to_string())
    }
}

impl TryFrom<Scalar> for Retention {
    type Error = String;

    fn try_from(written: Scalar) -> Result<Self, String> {
        Self::parse(&written)
    }
}

impl JsonSchema for Retention {
    fn schema_name() -> Cow<'static, str> {
        "Retention".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "a time such as 7d, 12h or 30m, or forever" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text| Retention::parse(text).map(|time| time.milliseconds());
        assert_eq!(read("7d").as_deref(), Ok("604800000"));
        assert_eq!(read("90m").as_deref(), Ok("5400000"));
        assert_eq!(read("forever").as_deref(), Ok("-1"));
        for wrong in ["7", "", "d", "0d", "-1d", "7 d", "1.5h", "7D", "99999999999999999999w", "999999d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
