//! What database servers tell: who is where, and who may come in.

use std::collections::BTreeMap;

use crate::components::secret::SecretKey;
use crate::k8s::{Endpoint, Version};

/// What a database server tells.
#[derive(Clone, Debug)]
pub struct Databases {
    /// Every database that will exist: those of its own settings and those that were asked for.
    pub names: Vec<String>,
    /// Those of its own settings: the databases, and those of its accounts.
    pub declared: Vec<String>,
    /// Each pair or group: where to write, where to read.
    pub shards: Vec<Shard>,
    /// The administrator.
    pub root: Credentials,
    /// Does everybody know the administrator's password?
    pub is_public: bool,
    /// Who may use which database; `root` where nobody else is named.
    pub users: BTreeMap<String, Credentials>,
    /// It exists already: nobody here makes databases and accounts on it.
    pub exists: bool,
    /// The server's version.
    pub version: Version,
    /// The image that has the client, as pods pull it.
    pub client_image: String,
}

impl Databases {
    /// Who uses `database`: its own user, or the administrator.
    pub fn credentials(&self, database: &str) -> &Credentials {
        self.users.get(database).unwrap_or(&self.root)
    }

    /// What Java clients call `database` behind `endpoint`; an empty name is the server itself.
    ///
    /// Source: MySQL Connector/J; accounts of MySQL 8 need either TLS or the server's public key to log in.
    pub fn jdbc_url(endpoint: &Endpoint, database: &str) -> String {
        format!(
            "jdbc:mysql://{endpoint}/{database}?useSSL=false&allowPublicKeyRetrieval=true&characterEncoding=UTF-8"
        )
    }
}

/// One primary and its replicas.
#[derive(Clone, Debug)]
pub struct Shard {
    /// Where to write.
    pub primary: Endpoint,
    /// Where to read; empty in a standalone server.
    pub replicas: Vec<Endpoint>,
}

/// A user name and where its password is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretKey,
}
