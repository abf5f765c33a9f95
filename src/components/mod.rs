//! The words of a stack file. Each says what may be written (settings), what others may know (offers) and what gets
//! drawn (parts). Offers see nothing but themselves and what was asked of them; parts see every offer. So there are
//! no cycles, and order does not matter.

use std::fmt;
use std::ops::Deref;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

mod by_name;
pub mod common;
mod counts;
pub(crate) mod external;
mod heap;
mod lines;
mod names;
mod public;
mod quorum;
pub mod secret;
mod word;

mod apps;
mod consul;
mod kafka;
pub(crate) mod mysql;
pub(crate) mod nacos;
mod redis;
pub(crate) mod rocketmq;
mod shardingsphere;
mod zookeeper;

use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;
use common::Common;
pub use word::{Word, word};

/// The vocabulary, in the order in which a stack comes up and is printed: who is used comes before who uses.
pub const WORDS: &[Word] = &[
    Word::either::<consul::Consul>(),
    Word::either::<zookeeper::Zookeeper>(),
    Word::either::<kafka::Kafka>(),
    Word::either::<mysql::Mysql>(),
    Word::either::<shardingsphere::ShardingSphere>(),
    Word::either::<redis::Redis>(),
    Word::either::<rocketmq::RocketMq>(),
    Word::either::<nacos::Nacos>(),
    Word::of::<apps::App>(),
];

/// The word whose entries are `apps: {name: …}` instead of `word` or `word/name`.
pub use crate::tree::APPS;

/// One component: what it is called, what may be written, what comes out.
pub trait Component: DeserializeOwned + JsonSchema + Send + Sync + Sized + 'static {
    /// The key in a stack file.
    const WORD: &'static str;
    /// One sentence for tables.
    const ABOUT: &'static str;
    /// What others may use of it, for tables.
    const OFFERS: &'static str;
    /// What it may use of others, for tables.
    const USES: &'static str;
    /// `templates/<word>/defaults.yaml`: a value for every key that has one.
    const DEFAULTS: &'static str;

    /// What is wrong with these settings, or will hurt, judged by themselves: all of it at once. Errors stop the run,
    /// warnings are told beside the output.
    fn check(_me: &Instance<Self>, _site: &Site) -> Diagnostics {
        Diagnostics::new()
    }

    /// What must exist elsewhere before others can be drawn. Sees only itself.
    fn needs(_me: &Instance<Self>, _site: &Site) -> Vec<Need> {
        Vec::new()
    }

    /// What others may know. Sees only itself, the site and what was asked of it.
    fn offers(me: &Instance<Self>, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics>;

    /// What to draw, now that every offer is on the table.
    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics>;
}

/// `redis`, `redis/session`, `apps.user-service`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The word.
    pub word: String,
    /// The instance's own name; none for the first.
    pub name: Option<String>,
}

impl Key {
    /// Reads `redis` and `redis/session`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((word, name)) => Self { word: word.to_owned(), name: Some(name.to_owned()) },
            None => Self { word: text.to_owned(), name: None },
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
        match &self.name {
            None => f.write_str(&self.word),
            Some(name) if self.word == APPS => write!(f, "{APPS}.{name}"),
            Some(name) => write!(f, "{}/{name}", self.word),
        }
    }
}

/// A component as one stack has it.
#[derive(Debug)]
pub struct Instance<S> {
    /// Its key in the stack.
    pub key: Key,
    /// Where its settings are, for complaints.
    pub path: Path,
    /// What all components have.
    pub common: Common,
    /// Its own settings.
    pub settings: S,
}

impl<S> Deref for Instance<S> {
    type Target = S;
    fn deref(&self) -> &S {
        &self.settings
    }
}

impl<S> Instance<S> {
    /// The base of its object names, with the site's prefix: `redis-session`.
    pub fn name(&self, site: &Site) -> String {
        site.name(&self.key.object())
    }

    /// `name` with a suffix: `redis-session-auth`.
    pub fn named(&self, site: &Site, suffix: &str) -> String {
        format!("{}-{suffix}", self.name(site))
    }
}

/// An instance of whatever component.
pub trait Member: Send + Sync {
    /// Its key.
    fn key(&self) -> &Key;
    /// See `Component::check`.
    fn check(&self, site: &Site) -> Diagnostics;
    /// See `Component::needs`.
    fn needs(&self, site: &Site) -> Vec<Need>;
    /// See `Component::offers`.
    fn offers(&self, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics>;
    /// See `Component::parts`.
    fn parts(&self, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics>;
    /// Does it exist already, outside of the stack?
    fn exists(&self) -> bool {
        false
    }
}

impl<S: Component> Member for Instance<S> {
    fn key(&self) -> &Key {
        &self.key
    }
    fn check(&self, site: &Site) -> Diagnostics {
        S::check(self, site).into_iter().chain(labels_of_ours(&self.common, &self.path)).collect()
    }
    fn needs(&self, site: &Site) -> Vec<Need> {
        S::needs(self, site)
    }
    fn offers(&self, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
        S::offers(self, site, asked)
    }
    fn parts(&self, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        S::parts(self, site, offers)
    }
}

/// Labels of the user's that selectors go by: ours would stand, and the user's be forgotten.
fn labels_of_ours(common: &Common, path: &Path) -> Vec<Diagnostic> {
    let ours = [crate::k8s::labels::NAME, crate::k8s::labels::INSTANCE];
    let written = ours.into_iter().filter(|key| common.labels.contains_key(*key));
    let complaint = |key: &str| {
        Diagnostic::error("label-decided", format!("`{key}` cannot be set here"))
            .at(path.key("labels").key(key))
            .because("selectors use it to find the pods, and selectors are immutable")
            .help("use another key, or another name for the component: `word/name`")
    };
    written.map(complaint).collect()
}
