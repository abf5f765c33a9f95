//! MySQL: one server, or pairs of a primary and its replicas that share the load as shards.
//!
//! Facts: the official image's entrypoint, the reference manual, and what a running server did (each named where it
//! decides something).

mod accounts;
mod check;
pub(crate) mod config;
mod draw;
mod external;
mod files;
mod offer;
mod promotion;
mod topology;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::common::{Exposure, Storage};
use super::secret::SecretSource;
use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Memory, Version};
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;
use crate::tree::de::Scalar;

/// The administrator.
const ROOT: &str = "root";
/// Who replicates.
const REPLICATION: &str = "replication";

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mysql {
    /// The number of primaries, each with its own data. More can be added later; the first keeps its names.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 100>")]
    #[schemars(range(min = 1, max = 100))]
    shards: u32,
    /// The number of replicas per primary. With a newer `version` they are upgraded first: the primary, once stopped, starts
    /// when all answer with it, after ten minutes at the latest, or three where they do not answer at all.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 99>")]
    #[schemars(range(max = 99))]
    replicas: u32,
    /// Whether a commit waits for a replica.
    replication: Replication,
    /// By shard, the replica that is written to in place of the first server, as `{0: replica-0}`. It stays so until this
    /// changes: Services and everybody who uses them follow.
    ///
    /// To promote: write it here and apply. The replica closes the server that takes writes, fetches what it lacks, waits
    /// three minutes for servers that do not answer, and goes on without them; its log, container `join`, tells
    /// each step. The old primary comes back as a replica of the new one. With transactions that the new one lacks it stays
    /// out, not ready, and its log says what to do. To go back, remove the key and apply. Of several replicas the one with
    /// the highest number is promoted soonest, since the pods restart from there; a promoted one serves reads, too.
    #[serde(default)]
    primary: IndexMap<String, String>,
    /// The password of `root`. Servers take another one at their next start; when an existing Secret changes, restart
    /// them, replicas too.
    #[serde(default)]
    root_password: Option<SecretSource>,
    /// The password of the replication account, which is created when this is set; at most 32 bytes. When an existing
    /// Secret changes, delete the accounts Job and apply again, for other accounts too, then restart the replicas.
    #[serde(default)]
    replication_password: Option<SecretSource>,
    /// Databases to create, on every shard; one removed from the list is kept. With `external` they must exist: nobody
    /// creates them but a Nacos of this stack that is root, for itself.
    #[serde(default)]
    databases: Vec<String>,
    /// Accounts by name; a database without an account is used as `root`. With `external` they must exist, and without
    /// `rootPassword` every database has one.
    #[serde(default)]
    users: IndexMap<String, User>,
    /// The InnoDB buffer pool, a multiple of 128Mi; three fifths of the memory when left out.
    #[serde(default)]
    buffer_pool: Option<Memory>,
    /// A claim for every server; without it, a restart loses the data.
    #[serde(default)]
    storage: Option<Storage>,
    /// Additional entries of my.cnf, section mysqld.
    #[serde(default)]
    config: IndexMap<String, Scalar>,
    /// How the primaries are exposed to clients; the node port increases by one per shard.
    service: Exposure,
    /// How the replicas are exposed to clients; the node port increases by one per shard.
    read_service: Exposure,
}

/// When a client is told that its transaction is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Replication {
    /// When the primary has it. A lost replica slows nobody down; what no replica has received yet is lost with the primary's
    /// disk, and left behind by a promotion without it.
    Async,
    /// When a replica has received it, too: each commit takes a round trip longer. While no replica answers, commits wait up
    /// to ten seconds, then for none until one has all again; `config: {rpl_semi_sync_source_timeout: …}` is another
    /// wait, in milliseconds.
    Semisync,
}

/// An account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct User {
    /// Its password.
    password: SecretSource,
    /// The databases on which it has all privileges.
    databases: Vec<String>,
}

impl Component for Mysql {
    const WORD: &'static str = "mysql";
    const ABOUT: &'static str = "MySQL: one server, or shards, each a primary with its replicas";
    const OFFERS: &'static str = "`host`, `port`, `primary`, `read`, `jdbcUrl`, `database`, `user` (shard 0), `shards[i].…`; databases and accounts";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../../templates/mysql/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::all(me, site)
    }

    fn offers(me: &Instance<Self>, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
        offer::of(me, site, asked)
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        draw::parts(me, site, offers)
    }
}

impl Instance<Mysql> {
    /// `check` refuses what has no number.
    fn version(&self) -> Version {
        Version::parse(&self.common.version).unwrap_or_default()
    }

    /// The Secret with the passwords that come with the stack.
    fn secret(&self, site: &Site) -> String {
        self.named(site, "auth")
    }
}

/// The key of an account's password in that Secret.
fn password_key(user: &str) -> String {
    format!("{user}-password")
}
