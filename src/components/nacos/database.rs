//! Where the configuration is kept.

use super::release::Release;
use super::settings::{Database, Mode, Nacos, Outside, Server};
use crate::components::{Instance, Key};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Image;
use crate::plan::draw::Secrets;
use crate::plan::offer::{Given, Need, Offers};
use crate::plan::site::Site;
use crate::products::nacos::{
    EMBEDDED_STORAGE, MYSQL_SERVICE_DB_NAME, MYSQL_SERVICE_DB_PARAM, MYSQL_SERVICE_HOST,
    MYSQL_SERVICE_PASSWORD, MYSQL_SERVICE_PORT, MYSQL_SERVICE_USER, SPRING_DATASOURCE_PLATFORM,
};

/// The driver's own defaults of the image are 1 s to connect and 3 s to answer, and lack `allowPublicKeyRetrieval`,
/// without which MySQL 8 refuses a login that is not in its cache. Source: nacos-docker #133, nacos #12259.
const PARAMS: &str = "characterEncoding=utf8&connectTimeout=10000&socketTimeout=30000&autoReconnect=true\
                      &useSSL=false&allowPublicKeyRetrieval=true&";

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
    /// Nobody else makes the database: tried as long as it is not there.
    pub(super) create: bool,
    /// To emit.
    pub(super) secrets: Secrets,
}

/// The database that the stack's mysql shall have.
pub(super) fn needs(me: &Instance<Nacos>) -> Vec<Need> {
    match &me.database {
        Some(Database { server: Server::Ours(mysql), name, .. }) => {
            let at = me.path.keys(&["database", "name"]);
            vec![Need { of: Key::named(mysql), database: name.clone(), at }]
        }
        _ => Vec::new(),
    }
}

/// Where `me` keeps its configuration; none for its own disks.
pub(super) fn target(
    me: &Instance<Nacos>,
    site: &Site,
    offers: &Offers,
) -> Result<Option<Target>, Diagnostics> {
    let Some(database) = &me.database else { return Ok(None) };
    let path = me.path.key("database");
    let release = Release::of(&me.common, &me.path)?;
    let params = database.params.clone().unwrap_or_else(|| format!("{PARAMS}{}", release.jdbc_time()));
    let mut target = match &database.server {
        Server::Ours(mysql) => ours(database, mysql, offers, &path.key("mysql"), me.named(site, "database"))?,
        Server::Outside(server) => outside(database, server, site, &path, me.named(site, "database"))?,
    };
    target.params = params;
    Ok(Some(target))
}

fn ours(
    database: &Database,
    mysql: &str,
    offers: &Offers,
    path: &Path,
    own: String,
) -> Result<Target, Diagnostic> {
    let databases = offers.databases(&Key::named(mysql), path)?;
    let shard = databases.shards.first().ok_or_else(|| {
        Diagnostic::error("no-database", format!("`{mysql}` has no writable server")).at(path)
    })?;
    let who = databases.credentials(&database.name);
    Ok(Target {
        host: shard.primary.host.clone(),
        port: shard.primary.port,
        name: database.name.clone(),
        user: who.user.clone(),
        password: who.password.clone().into(),
        params: String::new(),
        client_image: databases.client_image.clone(),
        schema: database.schema,
        // Servers that we draw have a Job for it; of others root makes it, whoever that is there.
        create: databases.exists && who.user == databases.root.user,
        secrets: Secrets::new(own),
    })
}

fn outside(
    database: &Database,
    server: &Outside,
    site: &Site,
    path: &Path,
    own: String,
) -> Result<Target, Diagnostic> {
    let mut secrets = Secrets::new(own);
    let password = secrets.take("password", &server.password, &path.key("password"), site)?;
    Ok(Target {
        host: server.host.clone(),
        port: server.port,
        name: database.name.clone(),
        user: server.user.clone(),
        password: password.into(),
        params: String::new(),
        client_image: site.cluster.pulled(Image::parse(&server.client_image)).to_string(),
        schema: database.schema,
        create: true,
        secrets,
    })
}

/// The server's variables for where it keeps its configuration.
pub(super) fn variables(me: &Instance<Nacos>, target: Option<&Target>) -> Vec<(&'static str, Given)> {
    match (target, me.mode) {
        (Some(target), _) => vec![
            (SPRING_DATASOURCE_PLATFORM, "mysql".into()),
            (MYSQL_SERVICE_HOST, target.host.clone().into()),
            (MYSQL_SERVICE_PORT, target.port.to_string().into()),
            (MYSQL_SERVICE_DB_NAME, target.name.clone().into()),
            (MYSQL_SERVICE_USER, target.user.clone().into()),
            (MYSQL_SERVICE_PASSWORD, target.password.clone()),
            (MYSQL_SERVICE_DB_PARAM, target.params.clone().into()),
        ],
        (None, Mode::Cluster) => vec![(EMBEDDED_STORAGE, "embedded".into())],
        (None, Mode::Standalone) => Vec::new(),
    }
}

impl Target {
    /// How scripts name the password when it cannot be used.
    pub(super) fn password_called(&self) -> String {
        match &self.password {
            Given::Secret(key) => key.called(),
            _ => "the password".to_owned(),
        }
    }

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
