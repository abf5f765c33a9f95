//! ShardingSphere-Proxy: the shards of a MySQL as one server, for people who look after them.
//!
//! Facts: the proxy's own start script and configuration loader, its release notes, and a proxy started with what is
//! drawn here.

mod check;
mod draw;
mod external;
mod rules;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::common::Exposure;
use super::secret::SecretSource;
use super::{Component, Instance, Key};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Endpoint, Heap, Version};
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;
use crate::products::shardingsphere::PORT;
use crate::tree::de::Scalar;

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ShardingSphere {
    /// The MySQL behind it, by its key in the stack: `mysql`, `mysql/orders`.
    mysql: String,
    /// Databases as seen by clients; those of the MySQL when left out.
    #[serde(default)]
    databases: IndexMap<String, Database>,
    /// The accounts that can log in, by name; `root`, with the password of the MySQL's root, when left out.
    #[serde(default)]
    users: IndexMap<String, User>,
    /// The source of MySQL's JDBC driver, which the image must not contain; Maven Central when left out.
    #[serde(default)]
    driver: Option<Driver>,
    /// The heap; a bit more than half of the memory when left out.
    #[serde(default)]
    heap: Option<Heap>,
    /// Additional JVM options.
    #[serde(default)]
    jvm_options: Vec<String>,
    /// The maximum number of connections to each server.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    max_pool_size: u32,
    /// Additional entries of `props` in its global configuration, such as `sql-show`.
    #[serde(default)]
    props: IndexMap<String, Scalar>,
    /// How it is exposed to clients.
    service: Exposure,
}

/// A database as seen by clients, spread over the shards.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Database {
    /// Its name on the servers, if different.
    #[serde(default)]
    database: Option<String>,
    /// Rules by their tag, as in ShardingSphere's own files: `SHARDING`, `BROADCAST`, `SINGLE`, `ENCRYPT` … Shards are
    /// `ds_0`, `ds_1` …
    #[serde(default)]
    rules: IndexMap<String, Value>,
}

/// An account of the proxy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct User {
    /// Its password.
    password: SecretSource,
    /// The databases that it can use; all when left out.
    #[serde(default)]
    databases: Vec<String>,
}

/// Where the driver comes from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Driver {
    /// Downloaded at every start.
    Download(Download),
    /// Copied from an image that contains it and `cp`.
    Image(FromImage),
    /// On an existing claim, in its root: `{claim: proxy-jars}`.
    Claim(#[schemars(extend("x-exists" = "PersistentVolumeClaim"))] String),
    /// `{included: true}`: the proxy's own image contains it.
    Included(bool),
}

/// A file on a server, such as a mirror of Maven Central.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Download {
    /// Its address.
    url: String,
    /// Its SHA-256, in hexadecimal digits; without it, the download is not verified.
    #[serde(default)]
    sha256: Option<String>,
}

/// A file of an image.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FromImage {
    /// The image, with its tag.
    name: String,
    /// The path of the driver in it.
    path: String,
}

impl Component for ShardingSphere {
    const WORD: &'static str = "shardingsphere";
    const ABOUT: &'static str = "ShardingSphere-Proxy: the shards of a MySQL as one server";
    const OFFERS: &'static str = "`host`, `port`, `address`";
    const USES: &'static str = "mysql";
    const DEFAULTS: &'static str = include_str!("../../../templates/shardingsphere/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::all(me, site)
    }

    fn needs(me: &Instance<Self>, _site: &Site) -> Vec<Need> {
        let need = |(name, settings): (&String, &Database)| Need {
            of: me.server(),
            database: settings.physical(name).to_owned(),
            at: me.path.key("databases").key(name),
        };
        me.databases.iter().map(need).collect()
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        Ok(me.told(site.service(&me.name(site), PORT), site))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        draw::parts(me, site, offers)
    }
}

impl Database {
    /// Its name on the servers.
    fn physical<'a>(&'a self, name: &'a str) -> &'a str {
        self.database.as_deref().unwrap_or(name)
    }
}

impl Instance<ShardingSphere> {
    fn server(&self) -> Key {
        Key::named(&self.mysql)
    }

    /// `check` refuses what has no number.
    fn version(&self) -> Version {
        Version::parse(&self.common.version).unwrap_or_default()
    }

    /// The Secret with the passwords that come with the stack.
    fn secret(&self, site: &Site) -> String {
        self.named(site, "auth")
    }

    /// What others are told, whoever made it.
    fn told(&self, proxy: Endpoint, site: &Site) -> Offer {
        let prefix = self.key.variables();
        let mut offer = Offer::new(&self.key)
            .fact("host", proxy.host.clone())
            .fact("port", proxy.port)
            .fact("address", proxy.to_string())
            .env(&format!("{prefix}_HOST"), proxy.host.clone())
            .env(&format!("{prefix}_PORT"), proxy.port.to_string());
        if let Some((name, user)) = self.users.first() {
            offer = offer.env(&format!("{prefix}_USER"), name.clone()).env(
                &format!("{prefix}_PASSWORD"),
                user.password.key_in(&self.secret(site), &password_key(name)),
            );
        }
        offer.endpoint(proxy)
    }

    /// The heap in MiB.
    fn heap(&self) -> u64 {
        let memory = self.common.resources.memory.mebibytes();
        self.heap.as_ref().map_or(memory * 55 / 100, |heap| heap.mebibytes())
    }
}

/// The key of an account's password in that Secret.
fn password_key(user: &str) -> String {
    format!("{user}-password")
}
