//! The words of a stack file. Each says what may be written (settings), what others may know (offers) and what gets
//! drawn (parts). Offers see nothing but themselves and what was asked of them; parts see every offer. So there are
//! no cycles, and order does not matter.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

mod by_name;
mod checks;
pub mod common;
mod counts;
pub(crate) mod external;
mod heap;
mod key;
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

use crate::diagnostic::{Diagnostics, Path};
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

pub use key::Key;

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
    /// The namespace of its own that it asks for.
    fn namespace(&self) -> Option<&str> {
        None
    }
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
    fn namespace(&self) -> Option<&str> {
        self.common.namespace.as_deref()
    }
    fn check(&self, site: &Site) -> Diagnostics {
        let found = S::check(self, &site.of(self.namespace()));
        found.into_iter().chain(checks::common(&self.common, &self.path)).collect()
    }
    fn needs(&self, site: &Site) -> Vec<Need> {
        S::needs(self, &site.of(self.namespace()))
    }
    fn offers(&self, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
        S::offers(self, &site.of(self.namespace()), asked)
    }
    fn parts(&self, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        S::parts(self, &site.of(self.namespace()), offers)
    }
}
