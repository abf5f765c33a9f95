//! What you may write about a Nacos.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::common::{Exposure, Ingress, Storage};
use super::super::secret::SecretSource;
use crate::k8s::Quantity;
use crate::load::de::Scalar;

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Nacos {
    /// `manifests`, or `operator` for a resource of nacos-operator, which then makes workload and Services itself:
    /// no budget, no zones, versions 2.x.
    pub(super) deploy: Deploy,
    /// One server, or a cluster of `replicas`.
    pub(super) mode: Mode,
    /// How many servers a cluster has; a standalone server is one.
    pub(super) replicas: u32,
    /// The MySQL that keeps the configuration; without it, servers keep it on their own disks.
    #[serde(default)]
    pub(super) database: Option<Database>,
    /// Who may come in.
    pub(super) auth: Auth,
    /// The first administrator, `nacos`: made once by a Job, left alone when there is one.
    #[serde(default)]
    pub(super) admin: Option<Admin>,
    /// A claim for every server: configuration without a database, persistent instances with one.
    #[serde(default)]
    pub(super) storage: Option<Storage>,
    /// The Java heap of a server; derived from `resources.memory` when left out.
    #[serde(default)]
    pub(super) heap: Option<Quantity>,
    /// Further Nacos properties, such as `nacos.naming.data.warmup: false`.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
    /// How clients reach the servers; of the node ports only `http` is named, `grpc` lies 1000 above it.
    pub(super) service: Exposure,
    /// How people reach the console's own Service, which 3.x has; 2.x has the console on the servers' port.
    #[serde(default)]
    pub(super) console: Option<Exposure>,
    /// A web address for the console.
    #[serde(default)]
    pub(super) ingress: Option<Ingress>,
}

/// Who makes the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Deploy {
    /// The StatefulSet and Services are in the output.
    Manifests,
    /// nacos-operator makes them from a `Nacos` resource.
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Mode {
    /// One server.
    Standalone,
    /// Servers that know each other.
    Cluster,
}

/// A MySQL of this stack, or one outside.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Database {
    /// `{mysql: mysql, name: nacos}`
    Ours(Ours),
    /// `{host: db.example.com, name: nacos, user: nacos, password: {env: NACOS_DB_PASSWORD}}`
    Outside(Box<Outside>),
}

/// A database of a mysql in this stack.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ours {
    /// Which: `mysql`, `mysql/orders`. Of several shards, the first.
    pub(super) mysql: String,
    /// The database; the mysql makes it.
    pub(super) name: String,
    /// JDBC parameters, in place of ours.
    #[serde(default)]
    pub(super) params: Option<String>,
    /// A Job that makes the tables where there are none.
    #[serde(default = "yes")]
    pub(super) schema: bool,
}

/// A database outside this stack.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Outside {
    /// Its host name or address.
    pub(super) host: String,
    /// Its port.
    #[serde(default = "mysql_port")]
    pub(super) port: u16,
    /// The database.
    pub(super) name: String,
    /// Who connects.
    pub(super) user: String,
    /// The password.
    pub(super) password: SecretSource,
    /// JDBC parameters, in place of ours.
    #[serde(default)]
    pub(super) params: Option<String>,
    /// A Job that makes the database and its tables where there are none.
    #[serde(default = "yes")]
    pub(super) schema: bool,
    /// The image whose `mysql` makes the tables.
    #[serde(default = "client_image")]
    pub(super) client_image: String,
}

/// Logins, and what servers know each other by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Auth {
    /// Clients must log in.
    pub(super) enabled: bool,
    /// The key that logins are signed with: Base64 of at least 32 bytes, such as `openssl rand -base64 48` gives.
    #[serde(default)]
    pub(super) token: Option<SecretSource>,
    /// What servers prove to each other that they are servers.
    #[serde(default)]
    pub(super) identity: Option<Identity>,
    /// Whom apps log in as; the administrator when left out. You make this account in the console.
    #[serde(default)]
    pub(super) client: Option<Account>,
}

/// A header that servers send each other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Identity {
    /// `{secret: {name: nacos-auth}}`: name and value of the header in an existing Secret.
    Existing(IdentityExisting),
    /// `{key: depot-nacos, value: {env: NACOS_IDENTITY}}`
    Pair(IdentityPair),
    /// The value as plain text: accepted in dev, refused where the profile guards secrets.
    Plain(Scalar),
}

/// `{secret: …}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityExisting {
    /// The Secret and its keys.
    pub(super) secret: IdentitySecret,
}

/// An existing Secret with both halves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentitySecret {
    /// Its name, in the stack's namespace.
    pub(super) name: String,
    /// The key in it that holds the header's name.
    #[serde(default = "identity_key")]
    pub(super) key: String,
    /// The key in it that holds the header's value.
    #[serde(default = "identity_value")]
    pub(super) value: String,
}

/// Both halves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityPair {
    /// The header's name: letters, digits and `-`.
    #[serde(default = "identity_header")]
    pub(super) key: String,
    /// The header's value, a secret.
    pub(super) value: SecretSource,
}

/// A user of Nacos.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// The name.
    pub(super) user: String,
    /// The password.
    pub(super) password: SecretSource,
}

/// The administrator.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Admin {
    /// The password of `nacos`.
    pub(super) password: SecretSource,
}

fn yes() -> bool {
    true
}

fn mysql_port() -> u16 {
    3306
}

fn client_image() -> String {
    "mysql:8.4".to_owned()
}

fn identity_key() -> String {
    "identity-key".to_owned()
}

fn identity_value() -> String {
    "identity-value".to_owned()
}

/// The name of the header, where nobody chose one. No secret: its value is.
pub(super) fn identity_header() -> String {
    "nacos-server-identity".to_owned()
}
