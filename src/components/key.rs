//! How components are called.

use std::fmt;

use super::APPS;
use crate::diagnostic::Path;

/// `redis`, `redis/session`, `apps.user-service`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The stack that it is imported from; none for one of this stack.
    pub import: Option<String>,
    /// The word.
    pub word: String,
    /// The instance's own name; none for the first.
    pub name: Option<String>,
}

impl Key {
    /// One of this stack.
    pub fn own(word: impl Into<String>, name: Option<String>) -> Self {
        Self { import: None, word: word.into(), name }
    }

    /// Reads a key of a stack: `redis`, `redis/session`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((word, name)) => Self::own(word, Some(name.to_owned())),
            None => Self::own(text, None),
        }
    }

    /// Reads how others name it: `redis/session`, `apps.orders`, `platform.redis` of an imported stack.
    pub fn named(text: &str) -> Self {
        match text.split_once('.') {
            Some((APPS, name)) => Self::own(APPS, Some(name.to_owned())),
            Some((import, rest)) => Self { import: Some(import.to_owned()), ..Self::named(rest) },
            None => Self::parse(text),
        }
    }

    /// Where it stands in the stack; what belongs to none stands at `metadata`.
    pub fn path(&self) -> Path {
        match &self.name {
            Some(name) if self.word == APPS => Path::root().key(APPS).key(name),
            _ if self.word.is_empty() => Path::root().key("metadata"),
            _ => Path::root().key(self.to_string()),
        }
    }

    /// The base of its object names: `redis`, `redis-session`; an app is called as it is.
    pub fn object(&self) -> String {
        match &self.name {
            None => self.word.clone(),
            Some(name) if self.word == APPS => name.clone(),
            Some(name) => format!("{}-{name}", self.word),
        }
    }

    /// A plain variable that apps get of it: `REDIS_HOST`, and `REDIS_SESSION_HOST` of a second instance.
    pub fn variable(&self, fact: &str) -> String {
        format!("{}_{fact}", self.variables())
    }

    /// What all its plain variables begin with: `REDIS`, `REDIS_SESSION`.
    pub fn variables(&self) -> String {
        self.object().to_uppercase().replace('-', "_")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(import) = &self.import {
            write!(f, "{import}.")?;
        }
        match &self.name {
            None => f.write_str(&self.word),
            Some(name) if self.word == APPS => write!(f, "{APPS}.{name}"),
            Some(name) => write!(f, "{}/{name}", self.word),
        }
    }
}
