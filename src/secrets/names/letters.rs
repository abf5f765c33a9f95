//! Which letters a name has. Nearly all names lack a letter of each word, so that they are told apart without being searched.

/// A set of letters, a bit for each.
#[derive(Clone, Copy)]
pub(super) struct Letters(u32);

impl Letters {
    pub(super) const NONE: Self = Self(0);

    /// Those of a name, whatever their case.
    pub(super) const fn of(name: &str) -> Self {
        let (bytes, mut letters, mut at) = (name.as_bytes(), 0, 0);
        while at < bytes.len() {
            match bytes[at].to_ascii_lowercase() {
                letter @ b'a'..=b'z' => letters |= 1 << (letter - b'a'),
                // A letter of another alphabet may be one of these in lower case.
                128.. => return Self(u32::MAX),
                _ => {}
            }
            at += 1;
        }
        Self(letters)
    }

    /// How many letters of a word are not among them.
    pub(super) const fn lack(self, word: Self) -> u32 {
        (word.0 & !self.0).count_ones()
    }
}
