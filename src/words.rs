//! The grammar of messages: lists, counts and "did you mean", so that all complaints sound like one person.

/// `` `a`, `b` or `c` ``; `nothing` when the list is empty.
pub fn listed<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let ticked: Vec<String> = items.into_iter().map(|item| format!("`{}`", item.as_ref())).collect();
    match ticked.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// `1 replica`, `3 replicas`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The known word that a misspelt one most likely stands for, when there is a likely one.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let (distance, best) = known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    // A third of the word may be wrong; more than that is another word.
    (distance <= 1 + word.chars().count() / 3 && distance < best.chars().count()).then_some(best)
}

/// Parts of names whose values are secrets, in lower case.
const SECRET: &[&str] = &[
    "passw",
    "pwd",
    "token",
    "secret",
    "gossipkey",
    "identity",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
];

/// Would a key or a variable of that name hold a secret? `DB_PASSWORD`, `api-key`. Rather too often than too rarely.
pub fn names_a_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace(['_', '-', '.'], "");
    SECRET.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(listed(Vec::<&str>::new()), "nothing");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` or `c`");
    }

    #[test]
    fn close_words_are_suggested_and_far_ones_are_not() {
        let known = ["redis", "replicas", "mysql"];
        assert_eq!(closest("redsi", known), Some("redis"));
        assert_eq!(closest("replica", known), Some("replicas"));
        assert_eq!(closest("postgres", known), None);
        assert_eq!(closest("x", known), None);
    }
}
