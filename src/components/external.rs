//! What exists already, outside of the stack: `external` says where, and the component's own keys say who logs in. It offers
//! the same facts as one that we draw; nothing of it is drawn but the Secrets of its logins.
//!
//! A word brings its addresses and what it makes of them; everything else is the same for all.

mod address;

use std::ops::Deref;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{Component, Instance, Key, Member};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::draw::Secrets;
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::role::Role;
use crate::plan::site::Site;
pub(super) use address::{complaint, complaints, endpoint, endpoints, host_and_port, pair_complaint};

/// The key that says where it is.
pub(crate) const EXTERNAL: &str = "external";

/// A component that may exist already.
pub(super) trait External: Component {
    /// What is written behind `external`.
    type Address: DeserializeOwned + JsonSchema + Send + Sync;
    /// The component's own keys that count beside it: versions and logins. All others are about what is drawn.
    const BESIDE: &'static [&'static str];

    /// What is wrong with its addresses and logins: all of it at once.
    fn unfit(me: &Outside<Self>, site: &Site) -> Diagnostics;

    /// What others may know, as of one that is drawn.
    fn offered(me: &Outside<Self>, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics>;

    /// The Secrets with the logins that are written in the stack.
    fn secrets(_me: &Outside<Self>, _site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        Ok(Vec::new())
    }
}

/// One that exists already.
pub(super) struct Outside<S: External> {
    /// Its settings, as if it were drawn.
    pub(super) me: Instance<S>,
    /// Where it is.
    pub(super) address: S::Address,
}

impl<S: External> Deref for Outside<S> {
    type Target = Instance<S>;
    fn deref(&self) -> &Instance<S> {
        &self.me
    }
}

impl<S: External> Outside<S> {
    /// Where its addresses are written.
    pub(super) fn at(&self) -> Path {
        self.me.path.key(EXTERNAL)
    }
}

impl<S: External> Member for Outside<S> {
    fn key(&self) -> &Key {
        &self.me.key
    }
    fn check(&self, site: &Site) -> Diagnostics {
        S::unfit(self, site)
    }
    // Nobody makes anything for it.
    fn needs(&self, _site: &Site) -> Vec<Need> {
        Vec::new()
    }
    fn offers(&self, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
        S::offered(self, site, asked)
    }
    fn parts(&self, site: &Site, _offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let role = Role::of_secrets(site, &self.me.key, &self.me.name(site)).into();
        Ok(S::secrets(self, site)?.iter().filter_map(|secrets| secrets.part(&role)).collect())
    }
    fn exists(&self) -> bool {
        true
    }
}

/// The one key of several that says where it is; a complaint when none or several are there.
pub(super) fn one_of<S: External>(
    me: &Outside<S>,
    written: &[(&str, bool)],
    example: &str,
) -> Option<Diagnostic> {
    let path = &me.at();
    let there: Vec<&str> = written.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
    match there.as_slice() {
        [_] => None,
        [] => Some(
            Diagnostic::error("external-where", format!("`{path}` does not say where it is"))
                .at(path)
                .help(format!("write `external: {example}`")),
        ),
        [first, second, ..] => Some(
            Diagnostic::error(
                "external-where",
                format!("`{first}` and `{second}` are two answers to one question"),
            )
            .at(path.key(*second))
            .because(format!("each of them says alone where `{}` is", me.path))
            .help(format!(
                "remove one of them; one that another layer wrote is removed with `{first}: null`"
            )),
        ),
    }
}
