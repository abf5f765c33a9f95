//! The names that people give to secrets: one table, in two grades. A rule complains only where it is certain; what is shown
//! is covered where there is a suspicion.

mod letters;

use std::cell::RefCell;
use std::collections::BTreeMap;

use letters::Letters;

use Where::{End, Inside, Last, Never, Whole};

/// Where in a name the word has to stand. Case, `_`, `-` and `.` do not count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Never,
    /// It is all of the name.
    Whole,
    /// It is the last word of several, or the only one: `DB_PASS`, `rootPw`, not `bypass`.
    Last,
    /// The name ends with it.
    End,
    /// Anywhere.
    Inside,
}

/// A word, where it makes a name certain, and where it makes it suspicious.
const WORDS: &[(&str, Where, Where)] = &[
    ("password", End, Inside),
    ("passwd", End, Inside),
    ("passphrase", End, Inside),
    ("pwd", End, Inside),
    ("token", End, Inside),
    ("secret", End, Inside),
    ("secretkey", End, Inside),
    ("secretaccesskey", End, Inside),
    ("privatekey", End, Inside),
    ("apikey", End, Inside),
    ("encryptkey", End, Inside),
    ("encryptionkey", Never, Inside),
    ("gossipkey", End, Inside),
    ("identityvalue", End, Inside),
    ("pass", Last, Last),
    ("dbpass", End, End),
    ("userpass", End, End),
    ("rootpass", End, End),
    ("adminpass", End, End),
    ("storepass", Never, End),
    ("keypass", Never, End),
    ("pw", Last, Last),
    ("rootpw", End, End),
    // Of Consul and Redis.
    ("encrypt", Whole, Whole),
    ("requirepass", Whole, End),
    ("masterauth", Whole, End),
    ("primaryauth", Whole, End),
    ("authpass", Whole, End),
    ("sentinelpass", Whole, End),
    ("defaultpass", Whole, End),
    ("rediscliauth", Whole, End),
    // Of these some are secrets, some are names of accounts, some say how one logs in.
    ("passw", Never, Inside),
    ("identity", Never, Last),
    ("identitykey", Never, Last),
    ("credential", Never, Inside),
    ("accesskey", Never, Inside),
    ("signingkey", Never, Inside),
    ("signkey", Never, Inside),
    ("masterkey", Never, Inside),
    ("bearer", Never, Inside),
    ("basicauth", Never, Inside),
    ("auth", Never, Last),
    ("authorization", Never, End),
    ("jaas", Never, Inside),
    ("jwt", Never, Last),
    ("connectionstring", Never, Inside),
    ("connstr", Never, Inside),
    ("dsn", Never, Last),
    ("cookie", Never, Last),
];

/// Names that end like a secret's, but say where one is, or how it is made. In both grades.
const NOT: &[&str] = &[
    "existing",
    "pullsecret",
    "tlssecret",
    "certsecret",
    "allowempty",
    "random",
    "mountservice",
    // etcd: the name of a cluster, and how tokens are made.
    "initialclustertoken",
    "etcdauthtoken",
    "secretkeyref",
    "secretref",
    "serviceaccounttoken",
    "bypass",
    "compass",
];
/// Last words of names that say something about a secret, and hold none.
const ABOUT: &str = "\
    name names file files path ref refs selector seconds minutes hours days ms expiry expire expires \
    expiration ttl timeout interval period age length size min max count limit policy policies enabled \
    enable disabled required optional type types provider providers class algorithm algorithms method \
    methods mode url uri endpoint port host header headers namespace mount dir volume format prefix \
    suffix encoder store version issuer audience username user users scope realm";
/// Keys below a secret that say where it is, and are none themselves.
pub(super) const PLACES: &[&str] = &[
    "secret",
    "env",
    "file",
    "name",
    "key",
    "secretname",
    "items",
    "optional",
    "defaultmode",
    "mode",
    "path",
    "secretkeyref",
    "configmapkeyref",
    "valuefrom",
    "namespace",
    "audience",
    "expirationseconds",
    "enabled",
    "type",
];
/// Words that look like a slip in one of ours, and are none.
const SOUND: &[&str] =
    &["broken", "spoken", "taken", "passive", "passthrough", "passing", "passed", "discrete"];
/// What is looked for in misspelt names.
const MISSPELT: &[&str] = &[
    "passw",
    "password",
    "token",
    "secret",
    "gossipkey",
    "identity",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
];

/// The letters of each of `WORDS`.
static LETTERS: [Letters; WORDS.len()] = {
    let (mut letters, mut at) = ([Letters::NONE; WORDS.len()], 0);
    while at < WORDS.len() {
        letters[at] = Letters::of(WORDS[at].0);
        at += 1;
    }
    letters
};
/// The letters of each of `MISSPELT`.
static MISSPELT_LETTERS: [Letters; MISSPELT.len()] = {
    let (mut letters, mut at) = ([Letters::NONE; MISSPELT.len()], 0);
    while at < MISSPELT.len() {
        letters[at] = Letters::of(MISSPELT[at]);
        at += 1;
    }
    letters
};

/// The words that a name has all letters of.
fn candidates(own: Letters) -> impl Iterator<Item = &'static (&'static str, Where, Where)> {
    WORDS.iter().zip(&LETTERS).filter(move |(_, word)| own.lack(**word) == 0).map(|(word, _)| word)
}

/// The words that may stand misspelt in a name: a slip loses one letter at most.
fn slips(own: Letters) -> impl Iterator<Item = &'static str> {
    let words = MISSPELT.iter().zip(&MISSPELT_LETTERS);
    words.filter(move |(_, word)| own.lack(**word) <= 1).map(|(word, _)| *word)
}

/// Would a key or a variable of that name hold a secret? Certain enough to complain.
pub(crate) fn is_certain(name: &str) -> bool {
    let ends = candidates(Letters::of(name)).any(|(word, certain, _)| fits(name, word, *certain));
    ends && {
        let name = plain(name);
        !(NOT.iter().any(|word| name.contains(word)) || name.contains("truststore"))
    }
}

/// What a name ends with tells what it is; what is longer is no name.
const LONGEST: usize = 256;

/// Might it hold one? Suspicious enough to cover what it leads to, misspelt names too.
pub(crate) fn is_suspicious(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || "_-.".contains(c));
    let name = &name[name.ceil_char_boundary(name.len().saturating_sub(LONGEST))..];
    let letters = Letters::of(name);
    let may = candidates(letters).next().is_some() || slips(letters).next().is_some();
    may && SEEN.with_borrow_mut(|seen| match seen.get(name) {
        Some(known) => *known,
        None => {
            let answer = looks_suspicious(name, letters);
            if seen.len() < MOST_SEEN {
                seen.insert(name.into(), answer);
            }
            answer
        }
    })
}

thread_local! {
    /// What names were found to be. A file says the same few hundred of them thousands of times.
    static SEEN: RefCell<BTreeMap<Box<str>, bool>> = const { RefCell::new(BTreeMap::new()) };
}

/// So many names are kept in mind.
const MOST_SEEN: usize = 1_000;

fn looks_suspicious(name: &str, letters: Letters) -> bool {
    let short = plain(name);
    let suspicious = candidates(letters).any(|(word, _, suspicious)| match suspicious {
        Inside => short.contains(word),
        place => fits(name, word, *place),
    }) || (slips(letters).any(|word| contains_misspelt(&short, word))
        && !SOUND.iter().any(|word| short.contains(word)));
    suspicious && !NOT.iter().any(|word| short.contains(word)) && {
        let last = last_word(name);
        !ABOUT.split(' ').any(|word| word == last)
    }
}

/// Is the secret what the name says last, not something about it? Then a number may be one, too.
pub(super) fn is_itself(name: &str) -> bool {
    let ends = |word: &str| rest(name, word).is_some();
    ["password", "passwd", "passphrase", "pwd", "pass", "pw", "secret", "token", "key", "auth", "encrypt"]
        .iter()
        .any(|word| ends(word))
        || !WORDS.iter().any(|(word, ..)| plain(name).contains(word))
}

/// Is it a way to log in, `auth`, and a secret only when it is a single word?
pub(super) fn is_way(name: &str) -> bool {
    (fits(name, "auth", Last) || fits(name, "authorization", Last)) && !fits(name, "rediscliauth", End)
}

/// A name in lower case without what joins its words.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| !"_-.".contains(*c)).flat_map(char::to_lowercase).collect()
}

fn fits(name: &str, word: &str, place: Where) -> bool {
    match place {
        Never => false,
        Whole => rest(name, word).is_some_and(|mut rest| rest.next().is_none()),
        Last => {
            let Some(before) = name.len().checked_sub(word.len()).filter(|at| name.is_char_boundary(*at))
            else {
                return false;
            };
            let (head, tail) = name.split_at(before);
            let camel = tail.starts_with(|c: char| c.is_ascii_uppercase())
                && head.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
            tail.eq_ignore_ascii_case(word) && (head.is_empty() || camel || head.ends_with(['_', '-', '.']))
        }
        End => rest(name, word).is_some(),
        Inside => plain(name).contains(word),
    }
}

/// What stands before the end of a name, backwards; none when it ends in another way. Case and `_-.` do not count.
pub(crate) fn rest<'n>(name: &'n str, end: &str) -> Option<impl Iterator<Item = u8> + use<'n>> {
    let plain = name.bytes().rev().filter(|byte| !b"_-.".contains(byte));
    let mut plain = plain.map(|byte| byte.to_ascii_lowercase());
    end.bytes().rev().all(|byte| plain.next() == Some(byte)).then_some(plain)
}

/// `secretName` → `name`, `TOKEN_TTL` → `ttl`.
fn last_word(name: &str) -> String {
    let part = name.rsplit(['_', '-', '.']).next().unwrap_or_default();
    let upper = part.chars().all(|c| !c.is_lowercase());
    let start = part.rfind(|c: char| c.is_ascii_uppercase()).filter(|_| !upper).unwrap_or(0);
    part[start..].to_lowercase()
}

/// A misspelt key is complained about, and the line shown; what it leads to is no less a secret.
fn contains_misspelt(name: &str, word: &str) -> bool {
    (word.len() - 1..=word.len() + 1)
        .any(|length| name.as_bytes().windows(length).any(|part| is_one_slip(part, word.as_bytes())))
}

/// Does one letter too many, too few or in another's stead tell the words apart, or two that changed places?
fn is_one_slip(one: &[u8], other: &[u8]) -> bool {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let same = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&one[..one.len() - same], &other[..other.len() - same]) {
        ([a, b], [c, d]) => a == d && b == c,
        (one, other) => one.len() <= 1 && other.len() <= 1,
    }
}

#[cfg(test)]
mod tests;
