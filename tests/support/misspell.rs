//! Words as tired people write them: two neighbours swapped, a letter dropped, doubled, or in the other case. Which of
//! them is decided by what the word is about, so every run makes the same mistakes.

/// `word` misspelt once; never one of `known`. `about` decides how. None when nothing is known, or every slip is.
pub fn misspelt(word: &str, about: &str, known: &[String]) -> Option<String> {
    if known.is_empty() {
        return None;
    }
    let letters: Vec<char> = word.chars().collect();
    let slips: Vec<String> = (0..letters.len() * SLIPS.len())
        .map(|number| SLIPS[number % SLIPS.len()](&letters, number / SLIPS.len()).into_iter().collect())
        .filter(|slip: &String| !slip.is_empty() && slip != word && !known.contains(slip))
        .collect();
    let first = hash(about) as usize;
    (!slips.is_empty()).then(|| slips[first % slips.len()].clone())
}

type Slip = fn(&[char], usize) -> Vec<char>;

const SLIPS: [Slip; 4] = [
    |letters, at| {
        let mut letters = letters.to_vec();
        letters.swap(at, at.saturating_sub(1));
        letters
    },
    |letters, at| [&letters[..at], &letters[at + 1..]].concat(),
    |letters, at| [&letters[..=at], &letters[at..]].concat(),
    |letters, at| {
        let mut letters = letters.to_vec();
        letters[at] = if letters[at].is_lowercase() {
            letters[at].to_ascii_uppercase()
        } else {
            letters[at].to_ascii_lowercase()
        };
        letters
    },
];

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
