//! `500m`, `2Gi`: amounts of CPU and memory, comparable.

use std::fmt;

use serde::Serialize;

/// An amount as Kubernetes writes it. Kept as written; compared by value. Settings have amounts of some kind: see
/// `amount`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Quantity {
    text: String,
    /// In thousandths of the unit (bytes or cores), so that `500m` is exact.
    thousandths: u128,
}

const UNITS: &[(&str, u128)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
];

impl Quantity {
    /// Reads `2Gi`, `500m`, `1.5`, `4`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = match unit {
            "" => 1_000,
            "m" => 1,
            _ => UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .map(|(_, factor)| factor * 1_000)
                .ok_or_else(|| refusal(text))?,
        };
        let thousandths = decimal(number, factor).ok_or_else(|| refusal(text))?;
        Ok(Self { text: text.to_owned(), thousandths })
    }

    /// `512Mi`, or `2Gi` where that is the same.
    pub fn mebibytes_of(mebibytes: u64) -> Self {
        let text = if mebibytes > 0 && mebibytes.is_multiple_of(1024) {
            format!("{}Gi", mebibytes / 1024)
        } else {
            format!("{mebibytes}Mi")
        };
        Self { text, thousandths: u128::from(mebibytes) * (1 << 20) * 1_000 }
    }

    /// The whole amount, rounded down: bytes for memory, cores for CPU.
    pub fn whole(&self) -> u64 {
        u64::try_from(self.thousandths / 1_000).unwrap_or(u64::MAX)
    }

    /// Mebibytes, rounded down.
    pub fn mebibytes(&self) -> u64 {
        self.whole() >> 20
    }

    /// Thousandths of a core.
    pub fn millis(&self) -> u64 {
        u64::try_from(self.thousandths).unwrap_or(u64::MAX)
    }
}

/// `number` times `factor`, exact down to the last whole part.
fn decimal(number: &str, factor: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let whole: u128 = whole.parse().ok()?;
    whole.checked_mul(factor)?.checked_add(fraction.checked_mul(factor)? / scale)
}

fn refusal(text: &str) -> String {
    format!("`{text}` is not a quantity: use a number with a unit, such as `500m`, `2`, `512Mi` or `4Gi`")
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.text
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.thousandths.partial_cmp(&other.thousandths)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, thousandths) in [
            ("500m", 500),
            ("2", 2_000),
            ("1.5", 1_500),
            ("1Ki", 1_024_000),
            ("1.5Gi", 1_610_612_736_000),
            ("1k", 1_000_000),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().thousandths, thousandths, "{text}");
        }
        for text in ["", "Gi", "1gb", "-1", "1..2", "1e3", "1 Gi"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mebibytes_are_written_short() {
        assert_eq!(Quantity::mebibytes_of(2048).to_string(), "2Gi");
        assert_eq!(Quantity::mebibytes_of(1536).to_string(), "1536Mi");
    }
}
