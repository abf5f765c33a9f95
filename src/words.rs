//! The grammar of messages: lists, counts and "did you mean", so that all complaints sound like one person.

mod names;

pub use names::Names;

/// `` `a`, `b` or `c` ``; `nothing` when the list is empty.
pub fn listed<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let ticked: Vec<String> = items.into_iter().map(|item| format!("`{}`", item.as_ref())).collect();
    match ticked.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// `a, b and c`, of phrases.
pub fn joined(phrases: &[String]) -> String {
    match phrases {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// `1 replica`, `3 replicas`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The known word that a misspelt one most likely stands for, when there is a likely one.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let (distance, _, best) = known
        .into_iter()
        .map(|candidate| (candidate.to_lowercase(), candidate))
        .map(|(known, candidate)| {
            (strsim::damerau_levenshtein(&lower, &known), strange(&lower, &known), candidate)
        })
        .min_by_key(|(distance, strange, _)| (*distance, *strange))?;
    // A third of the word may be wrong; more than that is another word.
    (distance <= 1 + word.chars().count() / 3 && distance < best.chars().count()).then_some(best)
}

/// The known word that differs by a slip of the finger: where more words than ours may be right, only that counts as one.
pub(crate) fn slip_of<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    closest(word, known).filter(|near| strsim::damerau_levenshtein(word, near) <= 2)
}

/// Are the words the same but for one letter, which is no digit: those are counted with?
pub fn differ_by_a_letter(one: &str, other: &str) -> bool {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).collect::<String>();
    one.len().abs_diff(other.len()) <= 1
        && strsim::damerau_levenshtein(one, other) == 1
        && digits(one) == digits(other)
}

/// How many letters one of the words has and the other has not: letters change places more often than others take
/// theirs, so of equally close words this is the likelier one.
fn strange(one: &str, other: &str) -> usize {
    let mut left: Vec<char> = other.chars().collect();
    let mut only = 0;
    for letter in one.chars() {
        match left.iter().position(|other| *other == letter) {
            Some(at) => drop(left.swap_remove(at)),
            None => only += 1,
        }
    }
    only + left.len()
}

/// `*` stands for any run of characters. Each run takes as little as it can: what follows finds its first place.
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some((_, behind)) = text.split_once(part) else { return false };
        text = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(listed(Vec::<&str>::new()), "nothing");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(
            joined(&["the topic `a`".to_owned(), "the topic `b`".to_owned()]),
            "the topic `a` and the topic `b`"
        );
    }

    #[test]
    fn close_words_are_suggested_and_far_ones_are_not() {
        let known = ["redis", "replicas", "mysql"];
        assert_eq!(closest("redsi", known), Some("redis"));
        assert_eq!(closest("replica", known), Some("replicas"));
        assert_eq!(closest("postgres", known), None);
        assert_eq!(closest("x", known), None);
        assert_eq!(closest("profilse", ["profile", "profiles"]), Some("profiles"));
        assert_eq!(closest("profils", ["profile", "profiles"]), Some("profiles"));
    }

    #[test]
    fn globs() {
        for (pattern, text, wanted) in [
            ("service/*", "service/redis", true),
            ("*/redis*", "statefulset/redis-session", true),
            ("service/redis", "service/redis-session", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*b", "aab", false),
            ("*ab*b", "abab", true),
            ("**/x**", "a/x", true),
            ("*ä*", "bäc", true),
        ] {
            assert_eq!(glob(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
