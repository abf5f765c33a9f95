//! What you may write about a Nacos.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::common::{Exposure, Ingress, Storage};
use super::super::secret::SecretSource;
use crate::k8s::Heap;
use crate::load::de::{Scalar, ScalarOr};

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
    #[serde(deserialize_with = "crate::components::counts::most::<_, 15>")]
    #[schemars(range(min = 1, max = 15))]
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
    pub(super) heap: Option<Heap>,
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

/// A MySQL of this stack, `{mysql: mysql, name: nacos}`, or one outside, `{host: …, name: nacos, user: …, password: …}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DatabaseKeys {
    /// Which mysql of this stack: `mysql`, `mysql/orders`. Of several shards, the first.
    #[serde(default)]
    mysql: Option<String>,
    /// The host name or address of a MySQL outside this stack.
    #[serde(default)]
    host: Option<String>,
    /// Its port; 3306 when left out.
    #[serde(default)]
    port: Option<u16>,
    /// The database.
    name: String,
    /// Who connects to a MySQL outside.
    #[serde(default)]
    user: Option<String>,
    /// The password for a MySQL outside.
    #[serde(default)]
    password: Option<SecretSource>,
    /// JDBC parameters, in place of ours.
    #[serde(default)]
    params: Option<String>,
    /// A Job makes the tables where there are none; true when left out.
    #[serde(default = "yes")]
    schema: bool,
    /// The image whose `mysql` makes the tables in a MySQL outside; mysql:8.4 when left out.
    #[serde(default)]
    client_image: Option<String>,
}

/// Where the configuration is kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "DatabaseKeys")]
#[schemars(with = "DatabaseKeys")]
pub(super) struct Database {
    /// Which server.
    pub(super) server: Server,
    /// The database.
    pub(super) name: String,
    /// JDBC parameters, in place of ours.
    pub(super) params: Option<String>,
    /// A Job makes the tables.
    pub(super) schema: bool,
}

/// A MySQL server.
#[derive(Debug)]
pub(super) enum Server {
    /// In this stack, by key.
    Ours(String),
    /// Outside.
    Outside(Outside),
}

/// A server outside this stack.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: SecretSource,
    pub(super) client_image: String,
}

impl TryFrom<DatabaseKeys> for Database {
    type Error = String;

    fn try_from(keys: DatabaseKeys) -> Result<Self, String> {
        let server = match (keys.mysql, keys.host, keys.user, keys.password) {
            (Some(mysql), None, None, None) if keys.port.is_none() && keys.client_image.is_none() => {
                Server::Ours(mysql)
            }
            (Some(_), ..) => {
                return Err(
                    "`mysql` already provides address, user and password: write `{mysql: mysql, name: nacos}`"
                        .to_owned(),
                );
            }
            (None, Some(host), Some(user), Some(password)) => Server::Outside(Outside {
                host,
                port: keys.port.unwrap_or(3306),
                user,
                password,
                client_image: keys.client_image.unwrap_or_else(|| "mysql:8.4".to_owned()),
            }),
            (None, Some(_), ..) => {
                return Err("a database outside this stack needs `user` and `password`".to_owned());
            }
            (None, None, ..) => {
                return Err(
                    "set a server: `mysql: mysql` for one of this stack, or `host: …` for another".to_owned()
                );
            }
        };
        Ok(Self { server, name: keys.name, params: keys.params, schema: keys.schema })
    }
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

/// A header that servers send each other: `{key: …, value: {env: …}}`, or `{secret: {name: …}}` with both in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityKeys {
    /// The header's name: letters, digits and `-`; `nacos-server-identity` when left out.
    #[serde(default)]
    key: Option<String>,
    /// The header's value, a secret.
    #[serde(default)]
    value: Option<SecretSource>,
    /// An existing Secret with name and value.
    #[serde(default)]
    secret: Option<IdentitySecret>,
}

/// A header that servers send each other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "ScalarOr<IdentityKeys>")]
#[schemars(with = "ScalarOr<IdentityKeys>")]
pub(super) enum Identity {
    /// Both halves in an existing Secret.
    Existing(IdentitySecret),
    /// The name, and where the value comes from.
    Pair(String, SecretSource),
    /// The value as plain text: accepted in dev, refused where the profile guards secrets.
    Plain(SecretSource),
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

impl TryFrom<ScalarOr<IdentityKeys>> for Identity {
    type Error = String;

    fn try_from(written: ScalarOr<IdentityKeys>) -> Result<Self, String> {
        let keys = match written {
            ScalarOr::Scalar(text) => return Ok(Self::Plain(SecretSource::Plain(text))),
            ScalarOr::Other(keys) => keys,
        };
        match (keys.key, keys.value, keys.secret) {
            (None, None, Some(secret)) => Ok(Self::Existing(secret)),
            (key, Some(value), None) => Ok(Self::Pair(key.unwrap_or_else(identity_header), value)),
            _ => {
                Err("write `{key: …, value: {env: NAME}}`, or `{secret: {name: …}}` with both in it"
                    .to_owned())
            }
        }
    }
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
