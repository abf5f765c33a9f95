//! The names that an expression may use, and what is said of those that it may not.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, Serde, Value};
use minijinja::{Error, ErrorKind};

use crate::components::{APPS, Key};
use crate::plan::offer::{Offer, Offers};
use crate::words::{self, Names};

/// A level of names that answers an unknown one with those it knows.
#[derive(Debug)]
pub(super) struct Known {
    /// `mysql`, empty at the top.
    name: String,
    entries: IndexMap<String, Value>,
    names: OnceLock<Names>,
}

/// As many known names as help somebody who misspelt one.
pub(in crate::plan) const LISTED: usize = 20;

impl Known {
    /// What this stack has, and below the name of each import what that has.
    pub(super) fn all(offers: &Offers) -> Self {
        let mut own = Self::of(String::new(), offers.iter().filter(|offer| offer.key.import.is_none()));
        let imports: BTreeSet<&String> =
            offers.iter().filter_map(|offer| offer.key.import.as_ref()).collect();
        for import in imports {
            let theirs = offers.iter().filter(|offer| offer.key.import.as_ref() == Some(import));
            own.entries.insert(import.clone(), Value::from_object(Self::of(import.clone(), theirs)));
        }
        own
    }

    fn of<'o>(name: String, offers: impl Iterator<Item = &'o Offer>) -> Self {
        let mut entries: IndexMap<String, Value> = IndexMap::new();
        let mut apps: IndexMap<String, Value> = IndexMap::new();
        for offer in offers {
            let facts = offer
                .facts
                .iter()
                .map(|(name, fact)| (name.clone(), Value::from(Serde(fact.clone()))))
                .collect();
            let level = Value::from_object(Self::new(offer.key.to_string(), facts));
            match &offer.key {
                Key { word, name: Some(name), .. } if word == APPS => {
                    apps.insert(name.clone(), level);
                }
                key => drop(entries.insert(Key { import: None, ..key.clone() }.to_string(), level)),
            }
        }
        if !apps.is_empty() {
            let apps = Value::from_object(Self::new(APPS.to_owned(), apps));
            entries.insert(APPS.to_owned(), apps);
        }
        Self::new(name, entries)
    }

    fn new(name: String, entries: IndexMap<String, Value>) -> Self {
        Self { name, entries, names: OnceLock::new() }
    }

    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::new(self.entries.keys().cloned()))
    }

    /// What to say when somebody writes `${{ mysql }}` and means one of its facts.
    pub(super) fn whole(&self) -> Error {
        let names = self.names().listed("", LISTED);
        Error::new(
            ErrorKind::InvalidOperation,
            format!("`{}` is not one value: it offers {names}", self.name),
        )
    }
}

impl Object for Known {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let wanted = key.as_str()?;
        Some(match self.entries.get(wanted) {
            Some(value) => value.clone(),
            // An invalid value turns into its error wherever it is used.
            None => {
                Value::from(Error::new(ErrorKind::UndefinedError, unknown(&self.name, wanted, self.names())))
            }
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries.keys().map(Value::from).collect())
    }
}

pub(super) fn unknown(level: &str, wanted: &str, known: &Names) -> String {
    let near = words::closest(wanted, known.near(wanted));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let list = known.listed(wanted, LISTED);
    if level.is_empty() {
        format!("unknown name `{wanted}`: this stack has {list}{hint}")
    } else {
        format!("`{level}` offers no `{wanted}`: it offers {list}{hint}")
    }
}
