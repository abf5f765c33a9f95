//! Product and Kubernetes versions, comparable by number.

use std::fmt;

/// The leading numbers of a version or tag: `v2.5.3-slim` is 2.5.3, `7.2-alpine` is 7.2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version(Vec<u32>);

impl Version {
    /// Reads the leading numbers; `None` when there are none (`latest`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let numbers: Option<Vec<u32>> =
            text[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
        numbers.filter(|numbers| !numbers.is_empty()).map(Self)
    }

    /// Is it this version or a later one? Missing numbers count as zero.
    pub fn at_least(&self, wanted: &[u32]) -> bool {
        let length = self.0.len().max(wanted.len());
        let number = |numbers: &[u32], index: usize| numbers.get(index).copied().unwrap_or(0);
        (0..length)
            .map(|index| number(&self.0, index).cmp(&number(wanted, index)))
            .find(|order| order.is_ne())
            .is_none_or(std::cmp::Ordering::is_gt)
    }

    /// Is it an earlier one?
    pub fn before(&self, wanted: &[u32]) -> bool {
        !self.at_least(wanted)
    }

    /// Is it an earlier one, whatever the numbers are that were left out? `8.0` may be 8.0.46.
    pub fn surely_before(&self, wanted: &[u32]) -> bool {
        let length = self.0.len().min(wanted.len());
        self.0[..length] < wanted[..length]
    }

    /// How many numbers it has: `8.0` two.
    pub fn precision(&self) -> usize {
        self.0.len()
    }

    /// The first number.
    pub fn major(&self) -> u32 {
        self.0.first().copied().unwrap_or(0)
    }

    /// The second number.
    pub fn minor(&self) -> u32 {
        self.0.get(1).copied().unwrap_or(0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_up_to_their_flavour() {
        for (text, wanted) in
            [("v2.5.3", Some("2.5.3")), ("7.2-alpine", Some("7.2")), ("latest", None), ("", None)]
        {
            assert_eq!(Version::parse(text).map(|version| version.to_string()).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn versions_compare_by_number() {
        let version = Version::parse("2.10").unwrap();
        assert!(version.at_least(&[2, 9, 4]) && version.at_least(&[2, 10, 0]) && version.before(&[2, 10, 1]));
        assert!(version.surely_before(&[2, 11]) && !version.surely_before(&[2, 10, 1]));
    }
}
