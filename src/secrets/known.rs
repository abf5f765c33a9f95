//! Secrets that have been seen where they belong: the same words are a secret wherever they come up again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What is shorter stands in many words that have nothing to do with it.
const SHORTEST: usize = 4;
/// What is longer stands there for no other reason.
const LONG: usize = 8;
/// Small letters alone are a word of the language, or a name, unless there are many of them.
const LONG_WORD: usize = 12;

/// Words of messages that are no words of the language.
const ORDINARY: &[&str] =
    &["base64", "utf-8", "utf8", "sha256", "sha512", "http2", "ipv4", "ipv6", "x509", "log4j"];

/// What a complaint repeats of the input it sets in quotes: there, these texts are covered. Outside of quotes it says
/// something itself, be it the same word; but who can tell, when the texts have quotes too?
pub fn without_repeated(said: &str, texts: &[String]) -> String {
    let covered = |part: &str| texts.iter().fold(part.to_owned(), |part, text| part.replace(text, "***"));
    let quotes = ['`', '"'];
    let unclear = texts.iter().any(|text| text.contains(quotes)) || said.matches(quotes).count() % 2 == 1;
    if unclear {
        return covered(said);
    }
    let (mut out, mut inside) = (String::with_capacity(said.len()), false);
    for part in said.split_inclusive(quotes) {
        if inside {
            out.push_str(&covered(part));
        } else {
            out.push_str(part);
        }
        inside = !inside;
    }
    out
}

/// Texts that are secrets, found again in one pass over what is to be printed, however many they are.
#[derive(Default)]
pub struct Known {
    /// By their first bytes and their length.
    texts: BTreeMap<[u8; SHORTEST], BTreeMap<usize, BTreeSet<Vec<u8>>>>,
}

impl Known {
    /// This is a secret: as a whole, and line by line. Short words are let go, for they are found everywhere.
    pub fn add(&mut self, secret: &str) {
        for text in std::iter::once(secret).chain(secret.lines()) {
            let text = text.trim().trim_matches(['"', '\'']);
            if !is_telling(text) {
                continue;
            }
            let escaped = text.escape_debug().to_string();
            for text in [text, &escaped] {
                let bytes = text.as_bytes();
                if let Some(first) = bytes.first_chunk::<SHORTEST>() {
                    let known = self.texts.entry(*first).or_default().entry(bytes.len()).or_default();
                    known.insert(bytes.to_vec());
                }
            }
        }
    }

    /// The text without them.
    pub fn without(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for Range { start, end } in self.found(text) {
            out.push_str(&text[from..start]);
            out.push_str("***");
            from = end;
        }
        out + &text[from..]
    }

    /// Where they stand.
    pub fn found(&self, text: &str) -> Vec<Range<usize>> {
        let (bytes, mut found, mut at) = (text.as_bytes(), Vec::new(), 0);
        while let Some(first) = bytes.get(at..).and_then(<[u8]>::first_chunk::<SHORTEST>) {
            let lengths = self.texts.get(first).into_iter().flatten().rev();
            let hit = lengths
                .filter_map(|(length, texts)| texts.contains(bytes.get(at..at + length)?).then_some(*length))
                .next();
            if let Some(length) = hit {
                found.push(at..at + length);
            }
            at += hit.unwrap_or(1);
        }
        found
    }
}

fn is_telling(text: &str) -> bool {
    let all = |of: fn(&u8) -> bool| text.as_bytes().iter().all(of);
    let enough = match () {
        () if all(u8::is_ascii_lowercase) => LONG_WORD,
        () if all(u8::is_ascii_alphabetic) || all(u8::is_ascii_digit) => LONG,
        () => SHORTEST,
    };
    text.len() >= enough && !ORDINARY.contains(&&*text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_found_again_and_short_words_are_not() {
        let mut known = Known::default();
        for secret in [
            "hunter2",
            "root",
            "1234",
            "base64",
            "hunter2-longer",
            "a\nS3cretPw99\n",
            "q\"uote",
            "replication",
        ] {
            known.add(secret);
        }
        for (text, wanted) in [
            ("is hunter2 and `hunter2-longer`.", "is *** and `***`."),
            ("root 1234 S3cretPw99", "root 1234 ***"),
            ("x q\\\"uote q\"uote", "x *** ***"),
            ("replication of passwords", "replication of passwords"),
            ("is not base64", "is not base64"),
            ("", ""),
            ("茶hunter2茶", "茶***茶"),
        ] {
            assert_eq!(known.without(text), wanted);
        }
    }

    #[test]
    fn a_word_of_the_message_stays_and_what_it_repeats_goes() {
        for (said, secret, wanted) in [
            ("`gossipKey` is not base64: `base64`", "base64", "`gossipKey` is not base64: `***`"),
            ("expected redis, got \"redis\"", "redis", "expected redis, got \"***\""),
            ("expected redis, got `red\"is`", "red\"is", "expected redis, got `***`"),
            ("never at `hunt`er2`", "er2", "never at `hunt`***`"),
            ("nothing", "error", "nothing"),
        ] {
            assert_eq!(without_repeated(said, &[secret.to_owned()]), wanted);
        }
    }
}
