//! What gets drawn: a Deployment whose first container writes the configuration, for ShardingSphere's files have no
//! other place for a password than themselves.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Driver, PORT, ShardingSphere, password_key, rules};
use crate::components::secret::SecretKey;
use crate::components::{Instance, public};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Image;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::env;
use crate::plan::offer::{Databases, Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::products::shardingsphere::{self, IMAGE, SERVER, key};
use crate::template;
use crate::words;

const DEPLOYMENT: Template = template!("shardingsphere/deployment.yaml.j2");
const GLOBAL: Template = template!("shardingsphere/global.yaml.j2");
const DATABASE: Template = template!("shardingsphere/database.yaml.j2");
const LOGBACK: Template = template!("shardingsphere/logback.conf.j2");
const PREPARE: Template = template!("shardingsphere/prepare.sh.j2");
const FETCH: Template = template!("shardingsphere/fetch-driver.sh.j2");

/// Source: Maven Central; the checksum of the file as downloaded.
const DRIVER: &str =
    "https://repo1.maven.org/maven2/com/mysql/mysql-connector-j/9.4.0/mysql-connector-j-9.4.0.jar";
const DRIVER_SHA256: &str = "49ed93c8b2bea9cb0929b85a8a28837b191d0f8eac6919fdcef16e36e2cd53b3";

/// The passwords in the files: each is a mark that the first container replaces.
#[derive(Default)]
struct Marks(Vec<SecretKey>);

impl Marks {
    /// The mark of a password. `@` begins no YAML word, so that it always stands in quotes.
    fn of(&mut self, key: &SecretKey) -> String {
        let number = self.0.iter().position(|known| known == key).unwrap_or_else(|| {
            self.0.push(key.clone());
            self.0.len() - 1
        });
        format!("@{{{}}}", variable(number))
    }

    fn called(&self) -> Vec<Value> {
        let given = |(number, key): (usize, &SecretKey)| (variable(number), Given::Secret(key.clone()));
        env::called(&self.0.iter().enumerate().map(given).collect::<Vec<_>>())
    }

    fn variables(&self) -> Vec<Value> {
        let entry = |(number, key): (usize, &SecretKey)| {
            env::variable(&variable(number), &Given::Secret(key.clone()))
        };
        self.0.iter().enumerate().map(entry).collect()
    }
}

fn variable(number: usize) -> String {
    format!("SECRET_{number}")
}

pub(super) fn parts(
    me: &Instance<ShardingSphere>,
    site: &Site,
    offers: &Offers,
) -> Result<Vec<Part>, Diagnostics> {
    let servers = offers.databases(&me.server(), &me.path.key("mysql"))?;
    let logical = me.logical(servers)?;
    let strangers = me.strangers(servers);
    if strangers.refuse() {
        return Err(strangers);
    }
    let name = me.name(site);
    let resources = &me.common.resources;
    let (product, component) = (IMAGE, "database-proxy");
    let role = me.role(site, offers, Ask { name: &name, product, component, resources, image: None })?;
    let mut secrets = Secrets::new(me.secret(site));
    let mut marks = Marks::default();
    let accounts = me.accounts(&mut secrets, &mut marks, servers, site)?;
    let databases: Vec<Drawn> =
        logical.iter().map(|(name, physical)| me.database(name, physical, servers, &mut marks)).collect();
    let config = me.named(site, "config");
    let context = me.context(site, &config, servers, &marks, &accounts, &databases);
    let named = me.version().at_least(&[5, 5]);
    let (global, prefix) = if named { (shardingsphere::GLOBAL, "database-") } else { (SERVER, "config-") };
    let mut files = draw::config_map(&role, &config, &context)
        .file(global, GLOBAL)
        .file("logback.xml", LOGBACK)
        .file("prepare.sh", PREPARE);
    if me.download().is_some() {
        files = files.file("fetch-driver.sh", FETCH);
    }
    for database in databases {
        files = files.file_of(format!("{prefix}{}.yaml", database.name), DATABASE, database.values);
    }
    let ports = vec![ServicePort::tcp("mysql", PORT)];
    let service = Service::client(&name, ports, &me.service).part(&role, &me.path.key("service"))?;
    let mut parts = vec![files, service, Part::new(DEPLOYMENT, &role, context)];
    parts.extend(secrets.part(&role));
    Ok(parts)
}

/// A logical database: its file, and what must answer before the proxy may start.
struct Drawn {
    name: String,
    values: Value,
    awaited: Vec<Value>,
}

impl Instance<ShardingSphere> {
    /// Logical databases, and their names on the servers.
    fn logical(&self, servers: &Databases) -> Result<IndexMap<String, String>, Diagnostic> {
        let own = self.databases.iter().map(|(name, own)| (name.clone(), own.physical(name).to_owned()));
        let own: IndexMap<String, String> = own.collect();
        let all = || servers.names.iter().map(|name| (name.clone(), name.clone())).collect();
        let logical: IndexMap<String, String> = if own.is_empty() { all() } else { own };
        if logical.is_empty() {
            return Err(Diagnostic::error("shardingsphere-empty", "the proxy has no databases to serve")
                .at(&self.path)
                .because(format!("`{}` has no databases", self.mysql))
                .help(format!("set `databases: [orders]` below `{}`", self.mysql)));
        }
        Ok(logical)
    }

    /// Rules that name a data source which is not there.
    fn strangers(&self, servers: &Databases) -> Diagnostics {
        let count = servers.shards.len();
        let mut complaints = Diagnostics::new();
        for (database, settings) in &self.databases {
            for (tag, body) in &settings.rules {
                let Some(found) = rules::stranger(body, count) else { continue };
                let names: Vec<String> = (0..count).map(rules::group).collect();
                complaints.push(
                    Diagnostic::error("shardingsphere-rule", format!("`{found}` is not a shard"))
                        .at(self.path.keys(&["databases", database, "rules", tag]))
                        .because(format!("the shards of `{}` are {}", self.mysql, words::listed(names)))
                        .because(
                            "rules refer to shards; the statement determines which server of a shard is used",
                        ),
                );
            }
        }
        complaints
    }

    /// Who may log in. Without anybody ShardingSphere would let in `root` with the password `root`.
    fn accounts(
        &self,
        secrets: &mut Secrets,
        marks: &mut Marks,
        servers: &Databases,
        site: &Site,
    ) -> Result<Vec<Value>, Diagnostics> {
        if self.users.is_empty() {
            let door = public::door(&self.service, &self.path.key("service"));
            if let Some(door) = door.filter(|_| servers.is_public) {
                return Err(
                    public::complaint(&[Path::root().key(&self.mysql).key("rootPassword")], &door).into()
                );
            }
            let root = &servers.root;
            return Ok(vec![
                json!({ "user": format!("{}@%", root.user), "password": marks.of(&root.password) }),
            ]);
        }
        let mut complaints = Diagnostics::new();
        let mut accounts = Vec::new();
        for (name, user) in &self.users {
            let path = self.path.keys(&["users", name, "password"]);
            let key = complaints.keep(secrets.take(&password_key(name), &user.password, &path, site));
            let account = |key| json!({ "user": format!("{name}@%"), "password": marks.of(&key) });
            accounts.extend(key.map(account));
        }
        complaints.or(accounts)
    }

    /// Who may use what. Source: the manual on authority providers.
    fn privilege(&self) -> Value {
        if self.users.values().all(|user| user.databases.is_empty()) {
            return json!({ "type": "ALL_PERMITTED" });
        }
        let mapping = |(name, user): (&String, &super::User)| {
            let all = ["*".to_owned()];
            let databases = if user.databases.is_empty() { &all[..] } else { &user.databases };
            databases.iter().map(|database| format!("{name}@%={database}")).collect::<Vec<_>>()
        };
        let mappings: Vec<String> = self.users.iter().flat_map(mapping).collect();
        json!({
            "type": "DATABASE_PERMITTED",
            "props": { "user-database-mappings": mappings.join(", ") },
        })
    }

    fn database(&self, name: &str, physical: &str, servers: &Databases, marks: &mut Marks) -> Drawn {
        let who = servers.credentials(physical);
        let mark = marks.of(&who.password);
        let variable = mark.trim_matches(['@', '{', '}']).to_owned();
        let mut sources = IndexMap::new();
        let mut awaited = Vec::new();
        for source in
            servers.shards.iter().enumerate().flat_map(|(number, shard)| rules::sources(number, shard))
        {
            awaited.push(json!({
                "host": source.at.host, "port": source.at.port, "user": who.user, "variable": variable, "database": physical,
            }));
            let values = json!({
                "url": Databases::jdbc_url(&source.at, physical),
                "username": who.user,
                "password": mark,
                key::MAX_POOL_SIZE: self.max_pool_size,
                "minPoolSize": 1,
            });
            sources.insert(source.name, values);
        }
        let rules = rules::all(self, self.databases.get(name), servers);
        let values = json!({ "database": name, "sources": sources, "rules": rules });
        Drawn { name: name.to_owned(), values, awaited }
    }

    fn download(&self) -> Option<Value> {
        match &self.driver {
            None => Some(json!({ "url": DRIVER, "sha256": DRIVER_SHA256 })),
            Some(Driver::Download(download)) => {
                Some(json!({ "url": download.url, "sha256": download.sha256 }))
            }
            Some(_) => None,
        }
    }

    fn context(
        &self,
        site: &Site,
        config: &str,
        servers: &Databases,
        marks: &Marks,
        accounts: &[Value],
        databases: &[Drawn],
    ) -> Value {
        let image = match &self.driver {
            Some(Driver::Image(image)) => Some(json!({
                "name": site.cluster.pulled(Image::parse(&image.name)).to_string(),
                "path": image.path,
            })),
            _ => None,
        };
        let claim = match &self.driver {
            Some(Driver::Claim(claim)) => Some(claim),
            _ => None,
        };
        let mut props =
            IndexMap::from([(key::PROXY_FRONTEND_DATABASE_PROTOCOL_TYPE.to_owned(), json!("MySQL"))]);
        props.extend(self.props.iter().map(|(key, value)| (key.clone(), json!(value))));
        let awaited: Vec<&Value> = databases.iter().flat_map(|database| &database.awaited).collect();
        json!({
            "config": config,
            "port": PORT,
            "users": accounts,
            "privilege": self.privilege(),
            "props": props,
            "awaited": awaited,
            "marks": marks.variables(),
            "secrets": marks.called(),
            "client": servers.client_image,
            "memoryOptions": self.memory_options(),
            "download": self.download(),
            "image": image,
            "claim": claim,
            "driver": !matches!(self.driver, Some(Driver::Included(_))),
        })
    }

    /// What the start script takes for the memory of a container; its own default is four fifths for the heap alone.
    ///
    /// Source: bin/start.sh; `JVM_OPTS` is read by the latest releases only.
    fn memory_options(&self) -> String {
        let (heap, memory) = (self.heap(), self.common.resources.memory.mebibytes());
        let own = [
            format!("-Xms{heap}m"),
            format!("-Xmx{heap}m"),
            format!("-XX:MaxDirectMemorySize={}m", memory * 15 / 100),
        ];
        own.iter().chain(&self.jvm_options).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}
