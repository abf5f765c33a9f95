//! Where the configuration is kept.

use super::settings::{Database, Mode, Nacos};
use crate::components::{Instance, Key};
use crate::diagnostic::Diagnostics;
use crate::k8s::Image;
use crate::plan::draw::Secrets;
use crate::plan::offer::{Given, Need, Offers};
use crate::plan::site::Site;

/// The driver's own defaults of the image are 1 s to connect and 3 s to answer, and lack `allowPublicKeyRetrieval`,
/// without which MySQL 8 refuses a login that is not in its cache. Source: nacos-docker #133, nacos #12259.
const PARAMS: &str = "characterEncoding=utf8&connectTimeout=10000&socketTimeout=30000&autoReconnect=true\
                      &useSSL=false&allowPublicKeyRetrieval=true&serverTimezone=UTC";

/// A MySQL, as servers and Jobs reach it.
pub(super) struct Target {
    /// Its host.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// The database.
    pub(super) name: String,
    /// Who connects.
    pub(super) user: String,
    /// The password.
    pub(super) password: Given,
    /// JDBC parameters.
    pub(super) params: String,
    /// The image with `mysql` in it, as pods pull it.
    pub(super) client_image: String,
    /// Tables are ours to make.
    pub(super) schema: bool,
    /// Nobody else makes the database.
    pub(super) create: bool,
    /// To emit.
    pub(super) secrets: Secrets,
}

/// The database that the stack's mysql shall have.
pub(super) fn needs(me: &Instance<Nacos>) -> Vec<Need> {
    match &me.database {
        Some(Database::Ours(ours)) => vec![Need { of: Key::parse(&ours.mysql), database: ours.name.clone() }],
        _ => Vec::new(),
    }
}

/// Where `me` keeps its configuration; none for its own disks.
pub(super) fn target(
    me: &Instance<Nacos>,
    site: &Site,
    offers: &Offers,
) -> Result<Option<Target>, Diagnostics> {
    let path = me.path.key("database");
    let mut secrets = Secrets::new(me.named(site, "database"));
    let params = |own: &Option<String>| own.clone().unwrap_or_else(|| PARAMS.to_owned());
    Ok(match &me.database {
        None => None,
        Some(Database::Ours(ours)) => {
            let path = path.key("mysql");
            let databases = offers.databases(&Key::parse(&ours.mysql), &path)?;
            let Some(shard) = databases.shards.first() else { return Ok(None) };
            let who = databases.credentials(&ours.name);
            Some(Target {
                host: shard.primary.host.clone(),
                port: shard.primary.port,
                name: ours.name.clone(),
                user: who.user.clone(),
                password: who.password.clone().into(),
                params: params(&ours.params),
                client_image: databases.client_image.clone(),
                schema: ours.schema,
                create: false,
                secrets,
            })
        }
        Some(Database::Outside(outside)) => {
            let password = secrets.take("password", &outside.password, &path.key("password"), site)?;
            let image = Image::parse(&outside.client_image).through(site.cluster.registry.as_deref());
            Some(Target {
                host: outside.host.clone(),
                port: outside.port,
                name: outside.name.clone(),
                user: outside.user.clone(),
                password: password.into(),
                params: params(&outside.params),
                client_image: image.to_string(),
                schema: outside.schema,
                create: true,
                secrets,
            })
        }
    })
}

/// The server's variables for where it keeps its configuration.
pub(super) fn variables(me: &Instance<Nacos>, target: Option<&Target>) -> Vec<(&'static str, Given)> {
    match (target, me.mode) {
        (Some(target), _) => vec![
            ("SPRING_DATASOURCE_PLATFORM", "mysql".into()),
            ("MYSQL_SERVICE_HOST", target.host.clone().into()),
            ("MYSQL_SERVICE_PORT", target.port.to_string().into()),
            ("MYSQL_SERVICE_DB_NAME", target.name.clone().into()),
            ("MYSQL_SERVICE_USER", target.user.clone().into()),
            ("MYSQL_SERVICE_PASSWORD", target.password.clone()),
            ("MYSQL_SERVICE_DB_PARAM", target.params.clone().into()),
        ],
        (None, Mode::Cluster) => vec![("EMBEDDED_STORAGE", "embedded".into())],
        (None, Mode::Standalone) => Vec::new(),
    }
}

impl Target {
    /// What `mysql` needs to get in. `MYSQL_PWD` keeps the password out of its arguments.
    pub(super) fn client_variables(&self) -> Vec<(&'static str, Given)> {
        vec![
            ("DB_HOST", self.host.clone().into()),
            ("DB_PORT", self.port.to_string().into()),
            ("DB_NAME", self.name.clone().into()),
            ("DB_USER", self.user.clone().into()),
            ("MYSQL_PWD", self.password.clone()),
        ]
    }
}
