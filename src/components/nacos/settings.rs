//! What you may write about a Nacos.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::common::{Exposure, Ingress, Storage};
use super::super::secret::SecretSource;
use crate::k8s::Heap;
use crate::products::mysql;
use crate::tree::de::{Scalar, ScalarOr};

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Nacos {
    /// `manifests`, or `operator` for a resource of nacos-operator, which then creates workload and Services itself:
    /// no budget, no zones, versions 2.x.
    pub(super) deploy: Deploy,
    /// One server, or a cluster of `replicas`.
    pub(super) mode: Mode,
    /// The number of servers in a cluster; standalone mode has one.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 15>")]
    #[schemars(range(min = 1, max = 15))]
    pub(super) replicas: u32,
    /// The MySQL that stores the configuration; without it, servers store it on their own disks.
    #[serde(default)]
    pub(super) database: Option<Database>,
    /// Authentication of clients and servers.
    pub(super) auth: Auth,
    /// The first administrator, `nacos`: created once by a Job, unless one exists.
    #[serde(default)]
    pub(super) admin: Option<Admin>,
    /// A claim for every server: for the configuration without a database, for persistent instances with one.
    #[serde(default)]
    pub(super) storage: Option<Storage>,
    /// The Java heap of a server; derived from `resources.memory` when left out.
    #[serde(default)]
    pub(super) heap: Option<Heap>,
    /// Additional Nacos properties, such as `nacos.naming.data.warmup: false`.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
    /// How the servers are exposed to clients; of the node ports set only `http`, `grpc` is 1000 above it.
    pub(super) service: Exposure,
    /// How the console's Service of 3.x is exposed; 2.x serves the console on the servers' port.
    #[serde(default)]
    pub(super) console: Option<Exposure>,
    /// An Ingress or HTTPRoute for the console.
    #[serde(default)]
    pub(super) ingress: Option<Ingress>,
}

/// What creates the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Deploy {
    /// The StatefulSet and Services are in the output.
    Manifests,
    /// nacos-operator creates them from a `Nacos` resource.
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Mode {
    /// One server.
    Standalone,
    /// A cluster of `replicas` servers.
    Cluster,
}

/// A MySQL of this stack, `{mysql: mysql, name: nacos}`, or one outside, `{host: …, name: nacos, user: …, password: …}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DatabaseKeys {
    /// The mysql of this stack: `mysql`, `mysql/orders`. With several shards, the first one is used.
    #[serde(default)]
    mysql: Option<String>,
    /// The host name or address of a MySQL outside this stack.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Host"))]
    host: Option<String>,
    /// Its port; 3306 when left out.
    #[serde(default)]
    port: Option<u16>,
    /// The database.
    name: String,
    /// The user for a MySQL outside this stack.
    #[serde(default)]
    user: Option<String>,
    /// The password for a MySQL outside this stack.
    #[serde(default)]
    password: Option<SecretSource>,
    /// JDBC parameters, replacing the default ones.
    #[serde(default)]
    params: Option<String>,
    /// Creates missing tables with a Job; true when left out.
    #[serde(default = "yes")]
    schema: bool,
    /// The image whose `mysql` client creates the tables in a MySQL outside this stack; mysql:8.4 when left out.
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
    /// JDBC parameters, replacing the default ones.
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
                port: keys.port.unwrap_or(mysql::PORT),
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

/// Client logins, and the identity that servers authenticate each other with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Auth {
    /// Clients must log in.
    pub(super) enabled: bool,
    /// The key that signs logins: Base64 of at least 32 bytes, as generated by `openssl rand -base64 48`.
    #[serde(default)]
    pub(super) token: Option<SecretSource>,
    /// The identity that servers authenticate each other with.
    #[serde(default)]
    pub(super) identity: Option<Identity>,
    /// The user that apps log in with; the administrator when left out. Create this account in the console.
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
    #[schemars(extend("x-exists" = "Secret"))]
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
    /// The value as plain text: accepted in dev, refused where the profile forbids plain-text secrets.
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
