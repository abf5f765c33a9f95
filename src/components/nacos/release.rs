//! What a version of Nacos decides: ports, paths, schema.

use crate::components::common::Common;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::{Image, Version};
use crate::products::nacos::releases::{
    KEYS_DEMANDED, KEYS_OPTIONAL, NO_DEFAULT_USER, OWN_KEYS, SCHEMA_IN_IMAGE,
};
use crate::products::nacos::{ADMIN_PAGE, HEALTH, Health, JDBC_TIME, LAST_TABLE};
use crate::products::{Since, since};

/// A version of the server.
#[derive(Clone, Debug)]
pub(super) struct Release {
    version: Version,
}

impl Release {
    /// The version that the image's tag names, or else `version`.
    pub(super) fn of(common: &Common, path: &Path) -> Result<Self, Diagnostic> {
        let image = Image::parse(&common.image);
        let (tag, at) = match image.tag() {
            Some(tag) => (tag.to_owned(), path.key("image")),
            None => (common.version.clone(), path.key("version")),
        };
        let known = Version::parse(&tag).filter(|version| version.at_least(&[2]) && version.before(&[4]));
        match known {
            Some(version) => Ok(Self { version }),
            None => {
                Err(Diagnostic::error("nacos-version", format!("`{tag}` is not a supported Nacos version"))
                    .at(at)
                    .because("ports, probes, required variables and the schema differ between 2.x and 3.x")
                    .help("use a version from v2.0.0 on, such as `v2.5.3` or `v3.2.3`"))
            }
        }
    }

    /// Console on a port of its own, three variables always required.
    pub(super) fn is_three(&self) -> bool {
        self.version.major() >= 3
    }

    /// `2.5.3`
    pub(super) fn number(&self) -> String {
        self.version.to_string()
    }

    pub(super) fn at_least(&self, wanted: &[u32]) -> bool {
        self.version.at_least(wanted)
    }

    pub(super) fn before(&self, wanted: &[u32]) -> bool {
        self.version.before(wanted)
    }

    /// Token and identity are demanded even with `auth.enabled: false`.
    pub(super) fn always_wants_secrets(&self) -> bool {
        self.is_three() || (self.at_least(KEYS_DEMANDED) && self.before(KEYS_OPTIONAL))
    }

    /// Where nothing is said, the image fills in a token and an identity that everybody knows: whoever sends that identity
    /// needs no login.
    pub(super) fn has_public_keys(&self) -> bool {
        self.before(OWN_KEYS)
    }

    /// The file that makes the tables is in the image.
    pub(super) fn has_schema(&self) -> bool {
        self.at_least(SCHEMA_IN_IMAGE)
    }

    /// The table that the schema makes last: when it is there, all are.
    pub(super) fn last_table(&self) -> &'static str {
        self.fact::<&str>(&LAST_TABLE)
    }

    /// What the JDBC driver is told of time zones.
    pub(super) fn jdbc_time(&self) -> &'static str {
        self.fact::<&str>(&JDBC_TIME)
    }

    /// The schema brings `nacos`/`nacos`: it was taken out in 2.4.0.
    pub(super) fn has_default_user(&self) -> bool {
        self.before(NO_DEFAULT_USER)
    }

    /// Where the first administrator is made, on the HTTP port; none where the schema brings one.
    pub(super) fn admin_path(&self) -> &'static str {
        self.fact::<&str>(&ADMIN_PAGE)
    }

    /// What answers whether a server can serve, and whether it lives.
    pub(super) fn health(&self) -> &'static Health {
        self.fact(&HEALTH)
    }

    /// What is true of this version.
    fn fact<T>(&self, table: &'static [Since<T>]) -> &'static T {
        since(table, |version| self.at_least(version)).unwrap_or(&table[0].value)
    }
}
