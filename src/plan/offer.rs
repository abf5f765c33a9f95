//! What components tell each other, and nothing else of each other.

mod databases;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde_json::Value;

use super::reference::LISTED;
use crate::components::Key;
use crate::components::secret::SecretKey;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::{Endpoint, Peers, Version};
use crate::words::{self, Names};
pub use databases::{Credentials, Databases, Shard};

/// What one component tells the others.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Who says so.
    pub key: Key,
    /// Facts by name, for `${{ redis.host }}`. No secrets.
    pub facts: IndexMap<String, Value>,
    /// What an app that uses it gets as environment.
    pub bindings: Vec<Binding>,
    /// What answers when it is up: to wait for.
    pub endpoints: Vec<Endpoint>,
    /// For databases: who is where, and who may come in.
    pub databases: Option<Databases>,
    /// `kind/name` of objects that exist because of it and that somebody else makes, such as an operator.
    pub elsewhere: Vec<String>,
    /// What must exist where it is, because nobody here makes it: `the topic `orders``.
    pub demands: Vec<String>,
}

impl Offer {
    /// An empty offer.
    pub fn new(key: &Key) -> Self {
        Self {
            key: key.clone(),
            facts: IndexMap::new(),
            bindings: Vec::new(),
            endpoints: Vec::new(),
            databases: None,
            elsewhere: Vec::new(),
            demands: Vec::new(),
        }
    }

    /// One more fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// A plain environment variable for apps without Spring Boot.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<Given>) -> Self {
        self.bindings.push(Binding { name: BindingName::Env(name.to_owned()), value: value.into() });
        self
    }

    /// A variable that every app gets, with Spring Boot or without.
    #[must_use]
    pub fn always(mut self, name: &str, value: impl Into<Given>) -> Self {
        self.bindings.push(Binding { name: BindingName::Always(name.to_owned()), value: value.into() });
        self
    }

    /// A Spring property that all Boot versions know by this name.
    #[must_use]
    pub fn spring(self, property: &str, value: impl Into<Given>) -> Self {
        self.spring_between(property, &[0], &[99], value)
    }

    /// A Spring property for Boot versions from `since` (inclusive) to `until` (exclusive).
    #[must_use]
    pub fn spring_between(
        mut self,
        property: &str,
        since: &'static [u32],
        until: &'static [u32],
        value: impl Into<Given>,
    ) -> Self {
        let name = BindingName::Spring { property: property.to_owned(), since, until };
        self.bindings.push(Binding { name, value: value.into() });
        self
    }

    /// An object that somebody else makes for it: `Service`, `nacos-client`.
    #[must_use]
    pub fn elsewhere(mut self, kind: &str, name: &str) -> Self {
        self.elsewhere.push(format!("{kind}/{name}"));
        self
    }

    /// Something that answers when the component is up.
    #[must_use]
    pub fn endpoint(self, endpoint: Endpoint) -> Self {
        self.answering(&Peers(vec![endpoint]))
    }

    /// Several of which one answers when it is up.
    #[must_use]
    pub fn answering(mut self, peers: &Peers) -> Self {
        self.endpoints.extend(peers.0.iter().cloned());
        self
    }

    /// More that must exist where it is.
    #[must_use]
    pub fn demanding(mut self, what: impl IntoIterator<Item = String>) -> Self {
        self.demands.extend(what);
        self
    }
}

/// One variable that a user of a component gets.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Under which name.
    pub name: BindingName,
    /// What is in it.
    pub value: Given,
}

/// The name of a binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingName {
    /// An environment variable, for apps without Spring Boot.
    Env(String),
    /// An environment variable, for all apps.
    Always(String),
    /// A Spring property, for the Boot versions that know it by that name.
    Spring {
        /// `spring.data.redis.host`
        property: String,
        /// First Boot version, inclusive.
        since: &'static [u32],
        /// Last Boot version, exclusive.
        until: &'static [u32],
    },
}

impl BindingName {
    /// The environment variable that an app with this Boot version (or none) reads; `None` when it reads none.
    pub fn variable(&self, boot: Option<&Version>) -> Option<String> {
        match (self, boot) {
            (Self::Env(name), None) | (Self::Always(name), _) => Some(name.clone()),
            (Self::Spring { property, since, until }, Some(boot))
                if boot.at_least(since) && boot.before(until) =>
            {
                Some(spring_variable(property))
            }
            _ => None,
        }
    }
}

/// `spring.cloud.nacos.discovery.server-addr` → `SPRING_CLOUD_NACOS_DISCOVERY_SERVER_ADDR`.
///
/// The legacy form with `_` for `-`: it binds, and placeholders find it too.
/// Source: Spring Boot `SystemEnvironmentPropertyMapper` tries both forms.
pub fn spring_variable(property: &str) -> String {
    property.to_uppercase().replace(['.', '-'], "_")
}

/// The value of a binding or of an environment variable that we write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Text as it is.
    Text(String),
    /// A key of a Secret.
    Secret(SecretKey),
    /// A field of the pod: `status.hostIP`.
    Field(&'static str),
}

impl From<String> for Given {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<SecretKey> for Given {
    fn from(key: SecretKey) -> Self {
        Self::Secret(key)
    }
}

/// What one component asks of another before anything is drawn.
#[derive(Clone, Debug)]
pub struct Need {
    /// Of whom: `mysql`, `mysql/orders`.
    pub of: Key,
    /// A database that must exist.
    pub database: String,
    /// Where its name is written.
    pub at: Path,
}

/// What all have told.
#[derive(Debug, Default)]
pub struct Offers {
    all: BTreeMap<Key, Offer>,
    /// The same as expressions see it: made once, for a stack has many expressions.
    pub(super) known: OnceLock<minijinja::Value>,
    /// Their keys, for who names another one.
    names: OnceLock<Names>,
}

impl Offers {
    /// One more.
    pub fn add(&mut self, offer: Offer) {
        self.known.take();
        self.names.take();
        self.all.insert(offer.key.clone(), offer);
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Offer> {
        self.all.values()
    }

    /// What all of them are called.
    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::new(self.all.keys().map(Key::to_string)))
    }

    /// The offer of `key`, which the stack names at `path`; a complaint that lists what there is when it is missing.
    pub fn of(&self, key: &Key, path: &Path) -> Result<&Offer, Diagnostic> {
        self.all.get(key).ok_or_else(|| {
            let (known, wanted) = (self.names(), key.to_string());
            Diagnostic::error("unknown-component", format!("this stack has no `{key}`"))
                .at(path)
                .because(format!("this stack has {}", known.listed(&wanted, LISTED)))
                .maybe_help(
                    words::closest(&wanted, known.near(&wanted))
                        .map(|near| format!("did you mean `{near}`?"))
                        .or_else(|| Some(format!("add a `{key}:` section"))),
                )
        })
    }

    /// The databases that `key` offers; a complaint when it is no database server.
    pub fn databases(&self, key: &Key, path: &Path) -> Result<&Databases, Diagnostic> {
        self.of(key, path)?.databases.as_ref().ok_or_else(|| {
            Diagnostic::error("no-database", format!("`{key}` is not a database server")).at(path)
        })
    }
}
