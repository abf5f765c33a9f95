//! What a quantity is an amount of: each kind has its units and its bounds, and answers with what was meant.

use std::fmt;
use std::ops::{Deref, RangeInclusive};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Quantity;
use crate::tree::de::Scalar;

/// What is true of all amounts of a kind.
struct Kind {
    /// `memory`
    name: &'static str,
    /// In bytes, or in thousandths of a core.
    bounds: RangeInclusive<u64>,
    /// The bounds in words.
    least: &'static str,
    most: &'static str,
    /// What a number without a unit most likely lacks, in order.
    units: &'static [&'static str],
    /// One that is fine.
    example: &'static str,
}

const MI: u64 = 1 << 20;
const GI: u64 = 1 << 30;

macro_rules! amounts {
    ($($(#[$doc:meta])* $name:ident $kind:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "Scalar", into = "String")]
        pub struct $name(Quantity);

        impl $name {
            const KIND: Kind = $kind;

            /// Reads an amount of this kind; the error is a phrase with what to write instead.
            pub fn parse(text: &str) -> Result<Self, String> {
                Self::KIND.parse(text).map(Self)
            }
        }

        impl TryFrom<Scalar> for $name {
            type Error = String;
            fn try_from(scalar: Scalar) -> Result<Self, String> {
                Self::parse(&scalar)
            }
        }

        impl From<$name> for String {
            fn from(amount: $name) -> Self {
                amount.0.into()
            }
        }

        impl Deref for $name {
            type Target = Quantity;
            fn deref(&self) -> &Quantity {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let kind = Self::KIND;
                schemars::json_schema!({
                    "type": ["string", "number"],
                    "format": kind.name,
                    "description": format!("{} such as {}, from {} to {}", kind.name, kind.example, kind.least, kind.most),
                })
            }
        }
    )*};
}

amounts! {
    /// CPU: cores, or thousandths of one.
    Cpu Kind { name: "CPU", bounds: 1..=256_000, least: "1m", most: "256", units: &["m"], example: "500m" };
    /// The memory of a container, or a share of it. Source: runc starts nothing below some 12Mi.
    Memory Kind { name: "memory", bounds: 16 * MI..=16_384 * GI, least: "16Mi", most: "16Ti", units: &["Mi", "Gi"], example: "512Mi" };
    /// A heap, or another share of a JVM's memory.
    Heap Kind { name: "heap", bounds: 16 * MI..=4_096 * GI, least: "16Mi", most: "4Ti", units: &["Mi", "Gi"], example: "512Mi" };
    /// A claim. The smallest disks that anybody provides have some tens of MiB.
    Disk Kind { name: "storage", bounds: 16 * MI..=(4 << 50), least: "16Mi", most: "4Pi", units: &["Gi"], example: "10Gi" };
    /// The bound of a folder that lives as long as its pod: a page at least.
    Folder Kind { name: "size", bounds: 4_096..=16_384 * GI, least: "4Ki", most: "16Ti", units: &["Gi", "Mi"], example: "1Gi" };
}

impl Kind {
    fn parse(&self, text: &str) -> Result<Quantity, String> {
        let (number, unit) = split(text);
        let refused = |why: String| Err(format!("`{text}` is not a valid {}: {why}", self.name));
        let Ok(quantity) = Quantity::parse(text) else {
            return refused(format!("use a number with a unit, such as `{}`", self.meant(number, unit)));
        };
        let is_cpu = self.name == "CPU";
        match unit {
            "m" if !is_cpu => {
                return refused(format!(
                    "`m` means a thousandth of a byte; write `{}`",
                    self.meant(number, unit)
                ));
            }
            "" | "m" => {}
            _ if is_cpu => {
                return refused(format!(
                    "CPU is counted in cores or thousandths of a core; write `{}`",
                    self.example
                ));
            }
            _ => {}
        }
        let amount = if is_cpu { quantity.millis() } else { quantity.whole() };
        if self.bounds.contains(&amount) {
            return Ok(quantity);
        }
        if unit.is_empty() && !is_cpu && amount < *self.bounds.start() {
            return refused(format!(
                "a number without a unit means bytes; write `{}`",
                self.meant(number, unit)
            ));
        }
        if unit.is_empty() && is_cpu && amount > *self.bounds.end() {
            return refused(format!(
                "a number without a unit means whole cores; write `{}`",
                self.meant(number, unit)
            ));
        }
        let small = amount < *self.bounds.start();
        let bound = if small {
            format!("the minimum is {}", self.least)
        } else {
            format!("the maximum is {}", self.most)
        };
        refused(format!("{bound}; use a value such as `{}`", self.example))
    }

    /// What was most likely meant: the same number with a unit that fits, or else something that does.
    fn meant(&self, number: &str, unit: &str) -> String {
        let spelt = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
            "k" => Some("Ki"),
            "m" => Some("Mi"),
            "g" => Some("Gi"),
            "t" => Some("Ti"),
            _ => None,
        };
        let spelt = spelt.filter(|_| self.name != "CPU");
        let guesses = spelt.into_iter().chain(self.units.iter().copied().filter(|_| spelt.is_none()));
        let candidates = guesses.map(|unit| format!("{number}{unit}"));
        let is_fine = |text: &String| {
            Quantity::parse(text).is_ok_and(|quantity| {
                let amount = if self.name == "CPU" { quantity.millis() } else { quantity.whole() };
                // A guess of more than anybody has is none.
                self.bounds.contains(&amount) && amount <= self.bounds.end() / 16
            })
        };
        candidates.into_iter().find(is_fine).unwrap_or_else(|| self.example.to_owned())
    }
}

/// The number, and what stands behind it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    (number, unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parse = fn(&str) -> Result<(), String>;

    const KINDS: &[Parse] = &[
        |text| Cpu::parse(text).map(drop),
        |text| Memory::parse(text).map(drop),
        |text| Heap::parse(text).map(drop),
        |text| Disk::parse(text).map(drop),
        |text| Folder::parse(text).map(drop),
    ];

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        for (kind, text, wanted) in [
            (0, "500", "500m"),
            (0, "512Mi", "500m"),
            (0, "0", "500m"),
            (1, "512m", "512Mi"),
            (1, "512", "512Mi"),
            (1, "2g", "2Gi"),
            (1, "4GB", "4Gi"),
            (1, "1 Gi", "1Gi"),
            (1, "10Mi", "512Mi"),
            (2, "500m", "500Mi"),
            (2, "1g", "1Gi"),
            (2, "1Mi", "512Mi"),
            (3, "10", "10Gi"),
            (3, "10g", "10Gi"),
            (3, "10m", "10Gi"),
            (4, "1", "1Gi"),
            (4, "99999999999Gi", "1Gi"),
        ] {
            let refused = KINDS[kind](text).unwrap_err();
            assert!(refused.ends_with(&format!("`{wanted}`")), "{refused}");
        }
        for (kind, text) in
            [(0, "0.5"), (0, "250m"), (1, "536870912"), (2, "512M"), (3, "1.5Ti"), (4, "64Ki")]
        {
            assert_eq!(KINDS[kind](text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_suggested_is_accepted() {
        let numbers = [
            "",
            "0",
            "1",
            "7",
            "10",
            "0.5",
            "100",
            "500",
            "512",
            "1024",
            "4096",
            "65536",
            "99999999999999999999",
            "1e3",
            "-1",
            ".",
        ];
        let units = [
            "", "m", "k", "K", "Ki", "M", "Mi", "MB", "mb", "MiB", "g", "G", "Gi", "gb", "T", "t", "P", "E",
            " Gi", "n", "%", "cores",
        ];
        for parse in KINDS {
            for text in
                numbers.iter().flat_map(|number| units.iter().map(move |unit| format!("{number}{unit}")))
            {
                let Err(refused) = parse(&text) else { continue };
                let suggested = refused.rsplit('`').nth(1).unwrap();
                assert_eq!(parse(suggested), Ok(()), "{text}: {refused}");
            }
        }
    }
}
