//! Where in a tree the secrets stand: behind keys that name one, in Secrets, beside the name of a variable, behind a flag, and
//! inside of texts.

use std::collections::BTreeSet;
use std::ops::Range;

use super::names::{PLACES, is_suspicious, is_way, plain};
use super::texts::{self, holds, is_placeholder, is_word};
use super::tree::{Node, Tree, What};
use crate::words::closest;

/// Those keys of ours, which somebody may have misspelt.
const FORMS: &[&str] = &["secret", "env", "file"];

/// So many secrets in one text are compared with each other.
const MANY: usize = 100;

/// A secret.
pub(super) struct Found {
    /// All of its text, its tag and its anchor too.
    pub(super) at: Range<usize>,
    /// What it says.
    pub(super) meant: Option<String>,
}

pub(super) fn secrets(text: &str, tree: &Tree) -> Vec<Found> {
    let mut walk = Walk { text, tree, found: Vec::new(), covered: vec![false; tree.nodes.len()] };
    tree.roots.iter().for_each(|root| walk.open(*root, None));
    walk.found
}

struct Walk<'t> {
    text: &'t str,
    tree: &'t Tree,
    found: Vec<Found>,
    covered: Vec<bool>,
}

impl<'t> Walk<'t> {
    fn node(&self, id: usize) -> &'t Node {
        &self.tree.nodes[id]
    }

    fn says(&self, id: usize) -> Option<&'t str> {
        match &self.node(id).what {
            What::Text { meant, .. } => Some(meant),
            _ => None,
        }
    }

    /// Something that is no secret as a whole; `key` is what leads to it.
    fn open(&mut self, id: usize, key: Option<&str>) {
        match &self.node(id).what {
            What::Map(pairs) => self.map(pairs, key),
            What::Seq(items) => {
                self.words(items);
                items.iter().for_each(|item| self.open(*item, key));
            }
            What::Text { .. } => self.inside(id),
            What::Alias(_) => {}
        }
    }

    fn map(&mut self, pairs: &[(usize, usize)], above: Option<&str>) {
        let entry = |wanted: &str| {
            let found = pairs
                .iter()
                .find(|(key, _)| self.says(*key).is_some_and(|key| key.eq_ignore_ascii_case(wanted)));
            found.and_then(|(_, value)| self.says(*value))
        };
        let kind = entry("kind");
        let object = match kind {
            Some("Secret") => true,
            // Nobody knows what it is to become.
            None => above.is_none() && (entry("apiVersion").is_some() || entry("type").is_some()),
            Some(kind) => closest(kind, ["Secret"]).is_some(),
        };
        let named = entry("name").or_else(|| entry("key")).is_some_and(is_suspicious);
        let mut empty = false;
        for (key, value) in pairs {
            let name = self.says(*key).unwrap_or_default();
            // `{password: ,hunter2}`: to YAML these are two keys without values.
            if std::mem::replace(&mut empty, self.says(*value) == Some("")) && empty {
                self.cover(None, *key);
            }
            let lower = name.to_ascii_lowercase();
            let keeps = ["apiversion", "kind", "metadata", "type", "immutable"].contains(&&*lower);
            let of_object =
                lower == "stringdata" || (object && (lower == "data" || kind.is_some() && !keeps));
            let asks = is_suspicious(name) || (named && is_value(&lower, above));
            empty &= asks;
            if of_object {
                self.all(*key, *value, true);
            } else if asks {
                self.secret(name, Some(*key), *value);
            } else {
                self.inside(*key);
                self.open(*value, Some(name));
            }
        }
    }

    /// All of it, whatever it looks like: what is below `data` of a Secret. The names of its values are none.
    fn all(&mut self, key: usize, value: usize, names: bool) {
        match &self.node(value).what {
            // In a stack it may say where the value is: `{env: NAME}`.
            What::Map(pairs) if !names && self.is_form(pairs) => {
                pairs.iter().for_each(|(form, place)| self.below("password", *form, *place));
            }
            What::Map(pairs) => {
                for (key, value) in pairs {
                    if !names
                        || matches!(&self.node(*value).what, What::Text { meant, .. } if meant.is_empty())
                    {
                        self.cover(None, *key);
                    }
                    self.all(*key, *value, false);
                }
            }
            What::Seq(items) => items.iter().for_each(|item| self.all(*item, *item, false)),
            What::Text { meant, .. } if meant.is_empty() => self.empty(Some(key), value),
            What::Text { .. } | What::Alias(_) => self.cover(Some(key).filter(|key| *key != value), value),
        }
    }

    fn is_form(&self, pairs: &[(usize, usize)]) -> bool {
        matches!(pairs, [(key, _)] if self.says(*key).is_some_and(|key| FORMS.contains(&key)))
    }

    /// What a suspicious key leads to.
    fn secret(&mut self, name: &str, key: Option<usize>, id: usize) {
        match &self.node(id).what {
            What::Text { meant, plain } => {
                let harmless = *plain && (is_word(meant) || !holds(name, meant)) || is_placeholder(meant);
                match harmless {
                    // `password: &hunter2`, `password: !hunter2`
                    true if meant.is_empty() => self.empty(key, id),
                    true => self.inside(id),
                    false => self.cover(key, id),
                }
            }
            What::Seq(items) => items.iter().for_each(|item| self.secret(name, None, *item)),
            What::Alias(None) => self.cover(key, id),
            What::Alias(Some(target)) => {
                if !std::mem::replace(&mut self.covered[*target], true) {
                    self.secret(name, None, *target);
                }
            }
            // `auth: {enabled: true, user: a}` says how one logs in.
            What::Map(_) if is_way(name) => self.open(id, Some(name)),
            What::Map(pairs) => pairs.iter().for_each(|(below, value)| self.below(name, *below, *value)),
        }
    }

    /// An entry of a mapping that stands where a secret belongs: it says where the secret is, or it is one.
    fn below(&mut self, name: &str, key: usize, value: usize) {
        let said = self.says(key).unwrap_or_default();
        let lower = said.to_ascii_lowercase();
        let place = PLACES.contains(&&*lower);
        let form = closest(&lower, FORMS.iter().copied()).is_some();
        let empty = matches!(&self.node(value).what, What::Text { meant, .. } if meant.is_empty());
        match &self.node(value).what {
            What::Map(_) | What::Seq(_) if place || form => self.open(value, Some(said)),
            _ if place => self.inside(value),
            // `password: {hunter2}`, `password: hunter2: x`: to YAML that is a key. Of many secrets each has a name.
            _ => {
                let named = is_group(name) || lower.starts_with("val") || form || is_suspicious(said);
                if empty || !named {
                    self.cover(None, key);
                }
                self.secret(name, Some(key), value);
            }
        }
    }

    /// From behind the colon of its key on, with its tag and its anchor.
    fn cover(&mut self, key: Option<usize>, id: usize) {
        let at = self.node(id).at.clone();
        let start = key.map_or_else(|| self.dressed(at.start), |key| self.behind(key).min(at.start));
        self.push(start..at.end, self.says(id).map(str::to_owned));
    }

    /// Where the tag and the anchor in front of something begin.
    fn dressed(&self, start: usize) -> usize {
        let mut start = start;
        loop {
            let before = self.text[..start].trim_end_matches([' ', '\t']);
            let word = before.rfind(|c: char| c.is_whitespace() || "[{,".contains(c)).map_or(0, |at| at + 1);
            match before.get(word..) {
                Some(dress) if dress.starts_with(['!', '&']) => start = word,
                _ => return start,
            }
        }
    }

    /// `password: &hunter2`, `password: !hunter2`: there is nothing behind it.
    fn empty(&mut self, key: Option<usize>, id: usize) {
        let dressed = || self.dressed(self.text[..self.node(id).at.start].trim_end().len());
        let start = key.filter(|key| *key != id).map_or_else(dressed, |key| self.behind(key));
        let line = self.text[start..].lines().next().unwrap_or_default();
        let blank = line.len() - line.trim_start().len();
        let word = &line[blank..];
        let length = word.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(word.len());
        if word.starts_with(['&', '!']) {
            self.push(start + blank..start + blank + length, Some(word[1..length].to_owned()));
        }
    }

    /// The byte behind the colon of a key.
    fn behind(&self, key: usize) -> usize {
        let end = self.node(key).at.end;
        let rest = &self.text[end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '"', '\'']).len();
        end + blank + usize::from(rest[blank..].starts_with(':'))
    }

    fn push(&mut self, at: Range<usize>, meant: Option<String>) {
        self.found.push(Found { at, meant });
    }

    /// `--requirepass hunter2`, as two words of a command.
    fn words(&mut self, items: &[usize]) {
        let said: Vec<&str> = items.iter().map(|item| self.says(*item).unwrap_or_default()).collect();
        let about = |word: &str| said.iter().any(|said| said.contains(word));
        let (redis, mysql, curl) = (about("redis"), about("mysql") || about("mariadb"), about("curl"));
        for (index, word) in said.iter().enumerate() {
            let flag = word.trim_start_matches('-');
            let next = items.get(index + 1).filter(|_| word.starts_with('-') && !word.contains('='));
            let next = next.filter(|_| !said[index + 1].starts_with("--"));
            let asks = is_suspicious(flag)
                || (redis && matches!(*word, "-a" | "--pass"))
                || (curl && matches!(*word, "-u" | "--user"));
            if asks && let Some(next) = next {
                self.secret(flag, None, *next);
            }
            if mysql && word.starts_with("-p") && word.len() > 2 && !is_placeholder(&word[2..]) {
                self.cover(None, items[index]);
            }
        }
    }

    /// A text that may hold a secret somewhere.
    fn inside(&mut self, id: usize) {
        let Node { at, what: What::Text { meant, .. } } = self.node(id) else { return };
        let (written, start) = (&self.text[at.clone()], at.start);
        let seen = texts::in_text(written);
        // Escapes, folded lines and documents in documents hide what stands there.
        let differs = !written.contains(meant.as_str());
        let same: BTreeSet<&str> = seen.iter().filter_map(|seen| written.get(seen.clone())).collect();
        let hidden = differs
            && texts::in_text(meant).iter().any(|one| {
                let one = meant.get(one.clone()).unwrap_or_default();
                // Each with each of thousands takes too long: rather too much is covered.
                let part = || same.len() < MANY && same.iter().any(|seen| seen.contains(one));
                !(same.contains(one) || part())
            });
        let document = ["\"kind\":\"Secret\"", "\"kind\": \"Secret\"", "kind: Secret"];
        if hidden || document.iter().any(|sign| meant.contains(sign)) {
            return self.cover(None, id);
        }
        for one in seen {
            let meant = written.get(one.clone()).map(str::to_owned);
            self.push(start + one.start..start + one.end, meant);
        }
    }
}

/// May there be many below that name, each with a name of its own?
fn is_group(name: &str) -> bool {
    let name = plain(name);
    (name.ends_with('s') && !name.ends_with("pass"))
        || name.ends_with("identity")
        || name.ends_with("credential")
}

/// Is it where the value of a variable stands, though misspelt?
fn is_value(key: &str, above: Option<&str>) -> bool {
    key == "value" || (above != Some("containers") && closest(key, ["value"]).is_some())
}
