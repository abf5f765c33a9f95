//! Kubernetes minors, one by one and as a set.

use std::fmt;

use crate::k8s::Version;

/// A Kubernetes minor that the table knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor(u8);

impl Minor {
    /// The oldest.
    pub const FIRST: Self = Self(25);
    /// The newest.
    pub const LAST: Self = Self(37);

    /// The minor of a version; the nearest known one where that is older or newer.
    pub fn nearest(version: &Version) -> Self {
        let minor = if version.major() > 1 { u32::MAX } else { version.minor() };
        Self(u8::try_from(minor).unwrap_or(u8::MAX).clamp(Self::FIRST.0, Self::LAST.0))
    }

    /// Is it 1.`minor` or a later one?
    pub fn at_least(self, minor: u8) -> bool {
        self.0 >= minor
    }

    /// The minor of a version, when the table knows it.
    pub fn known(version: &Version) -> Option<Self> {
        let minor = u8::try_from(version.minor()).ok().filter(|_| version.major() == 1)?;
        (Self::FIRST.0..=Self::LAST.0).contains(&minor).then_some(Self(minor))
    }

    fn bit(self) -> u16 {
        1 << (self.0 - Self::FIRST.0)
    }
}

impl Default for Minor {
    /// The newest.
    fn default() -> Self {
        Self::LAST
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// Some of the minors, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Minors(u16);

impl Minors {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self((1 << (Minor::LAST.0 - Minor::FIRST.0 + 1)) - 1);

    /// Reads `25-32`, `29-`, `-28`, `30`, or several joined by commas. `None` when it is something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bits = 0;
        for run in text.split(',') {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            let first = if first.is_empty() { Minor::FIRST.0 } else { first.parse().ok()? };
            let last = if last.is_empty() { Minor::LAST.0 } else { last.parse().ok()? };
            if first < Minor::FIRST.0 || last > Minor::LAST.0 || run.is_empty() || run == "-" {
                return None;
            }
            bits |= (first..=last).fold(0, |bits, minor| bits | Minor(minor).bit());
        }
        Some(Self(bits))
    }

    pub(super) fn has(self, minor: Minor) -> bool {
        self.0 & minor.bit() != 0
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// When that is, for one who looks at `now`: `since 1.29`, `until 1.28`, `from 1.26 to 1.28`, `in 1.26`.
    pub(super) fn told(self) -> String {
        let mut all = (Minor::FIRST.0..=Minor::LAST.0).map(Minor).filter(|minor| self.has(*minor));
        let Some(first) = all.next() else { return "nowhere".to_owned() };
        let last = all.next_back().unwrap_or(first);
        match (first == Minor::FIRST, last == Minor::LAST) {
            (_, true) => format!("since {first}"),
            (true, false) => format!("until {last}"),
            (false, false) if first == last => format!("in {first}"),
            (false, false) => format!("from {first} to {last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_are_read_and_told() {
        for (text, told) in [
            ("29-", "since 1.29"),
            ("-28", "until 1.28"),
            ("26-28", "from 1.26 to 1.28"),
            ("26-27,30", "from 1.26 to 1.30"),
            ("30", "in 1.30"),
            ("37", "since 1.37"),
        ] {
            assert_eq!(Minors::parse(text).map(Minors::told).as_deref(), Some(told), "{text}");
        }
        for text in ["", "-", "24-", "-38", "sign", "1.30"] {
            assert_eq!(Minors::parse(text), None, "{text}");
        }
    }

    #[test]
    fn unknown_versions_are_the_nearest_known() {
        for (text, wanted) in [("1.24.3", "1.25"), ("1.31", "1.31"), ("1.99", "1.37"), ("2.0", "1.37")] {
            assert_eq!(Minor::nearest(&Version::parse(text).unwrap()).to_string(), wanted);
        }
    }
}
