//! What others may know: where to write, where to read, which databases there are and who may use them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::topology::{Pair, pairs};
use super::{Mysql, ROOT, password_key};
use crate::components::secret::{SecretKey, SecretSource};
use crate::components::{Instance, public};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::{Endpoint, Image};
use crate::plan::offer::{Credentials, Databases, Need, Offer, Shard};
use crate::plan::site::Site;
use crate::products::mysql::PORT;
use crate::words;

/// Of the servers that we draw.
pub(super) fn of(me: &Instance<Mysql>, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
    let shard = |pair: &Pair| Shard {
        primary: pair.write_to(site),
        replicas: pair.read_from(me, site).into_iter().collect(),
    };
    told(me, site, asked, pairs(me, site).iter().map(shard).collect())
}

/// What others are told of these servers, whoever made them.
pub(super) fn told(
    me: &Instance<Mysql>,
    site: &Site,
    asked: &[Need],
    shards: Vec<Shard>,
) -> Result<Offer, Diagnostics> {
    let mut names = me.databases.clone();
    for need in asked {
        if !names.contains(&need.database) {
            names.push(need.database.clone());
        }
    }
    let complaints: Diagnostics = strangers(me, &names).into_iter().collect();
    let databases = databases(me, site, names, shards);
    let mut offer = bindings(facts(me, &databases), me, &databases);
    for shard in &databases.shards {
        offer = offer.endpoint(shard.primary.clone());
    }
    offer.databases = Some(databases);
    complaints.or(offer)
}

/// Databases of accounts that nobody creates.
fn strangers(me: &Instance<Mysql>, names: &[String]) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    for (user, settings) in &me.users {
        let path = me.path.keys(&["users", user, "databases"]);
        for (index, name) in settings.databases.iter().enumerate().filter(|(_, name)| !names.contains(name)) {
            complaints.push(
                Diagnostic::error("mysql-user", format!("unknown database `{name}`"))
                    .at(path.index(index))
                    .because(format!("the databases are {}", words::listed(names)))
                    .maybe_help(
                        words::closest(name, names.iter().map(String::as_str))
                            .map(|near| format!("did you mean `{near}`?"))
                            .or_else(|| Some(format!("add it to `{}.databases`", me.path))),
                    ),
            );
        }
    }
    complaints
}

fn databases(me: &Instance<Mysql>, site: &Site, names: Vec<String>, shards: Vec<Shard>) -> Databases {
    let mut users = BTreeMap::new();
    for (name, user) in &me.users {
        for database in &user.databases {
            let password = user.password.key_in(&me.secret(site), &password_key(name));
            users.entry(database.clone()).or_insert_with(|| Credentials { user: name.clone(), password });
        }
    }
    let of_users = me.users.values().flat_map(|user| &user.databases);
    Databases {
        names,
        declared: me.databases.iter().chain(of_users).cloned().collect(),
        shards,
        is_public: me
            .root_password
            .as_ref()
            .is_some_and(|source| public::is_public(source, &me.path.key("rootPassword"), site)),
        root: administrator(me, site),
        users,
        exists: false,
        version: me.version(),
        client_image: site
            .cluster
            .pulled(Image::parse(&me.common.image).or_tag(&me.common.version))
            .to_string(),
    }
}

/// Root; of servers that exist already it may be nobody's business, and then it is the first account.
fn administrator(me: &Instance<Mysql>, site: &Site) -> Credentials {
    let own = me.secret(site);
    let named = |user: &str, source: &SecretSource| Credentials {
        user: user.to_owned(),
        password: source.key_in(&own, &password_key(user)),
    };
    match (&me.root_password, me.users.first()) {
        (Some(source), _) => named(ROOT, source),
        (None, Some((name, user))) => named(name, &user.password),
        // `check` refuses this.
        (None, None) => {
            Credentials { user: ROOT.to_owned(), password: SecretKey { name: own, key: password_key(ROOT) } }
        }
    }
}

fn facts(me: &Instance<Mysql>, databases: &Databases) -> Offer {
    let first = databases.names.first().map(String::as_str).unwrap_or_default();
    let shard = |shard: &Shard| -> Value {
        let write = &shard.primary;
        let read = shard.replicas.first().unwrap_or(write);
        json!({
            "host": write.host,
            "primary": write,
            "readHost": read.host,
            "read": read,
            "jdbcUrl": Databases::jdbc_url(write, first),
            "readJdbcUrl": Databases::jdbc_url(read, first),
        })
    };
    let port = databases.shards.first().map_or(PORT, |shard| shard.primary.port);
    let shards: Vec<Value> = databases.shards.iter().map(shard).collect();
    let mut offer = Offer::new(&me.key).fact("port", port);
    if let Some(Value::Object(first)) = shards.first() {
        offer.facts.extend(first.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    offer
        .fact("shards", shards)
        .fact("database", first)
        .fact("databases", databases.names.clone())
        .fact("user", databases.credentials(first).user.clone())
        .fact("version", databases.version.to_string())
}

/// What apps get: the first database on the first shard, and where the other shards are.
fn bindings(offer: Offer, me: &Instance<Mysql>, databases: &Databases) -> Offer {
    let Some(Shard { primary: write, replicas }) = databases.shards.first() else { return offer };
    let prefix = me.key.variables();
    let database = databases.names.first().map(String::as_str).unwrap_or_default();
    let who = databases.credentials(database);
    let mut offer = offer
        .env(&format!("{prefix}_HOST"), write.host.clone())
        .env(&format!("{prefix}_PORT"), write.port.to_string())
        .env(&format!("{prefix}_USER"), who.user.clone())
        .env(&format!("{prefix}_PASSWORD"), who.password.clone());
    if !database.is_empty() {
        offer = offer.env(&format!("{prefix}_DATABASE"), database);
    }
    let ports = ports_are_told(&databases.shards);
    if let Some(read) = replicas.first() {
        offer = place(&format!("{prefix}_READ"), read, ports)
            .fold(offer, |offer, (name, value)| offer.env(&name, value));
    }
    // For ShardingSphere-JDBC, whose own file says what lies where.
    let shards = databases.shards.iter().enumerate().filter(|_| databases.shards.len() > 1);
    for (number, shard) in shards {
        let name = format!("{prefix}_SHARD_{number}");
        let read = shard.replicas.first().map(|read| (format!("{name}_READ"), read));
        let places = [(name, &shard.primary)].into_iter().chain(read);
        offer = places
            .flat_map(|(name, at)| place(&name, at, ports))
            .fold(offer, |offer, (name, value)| offer.always(&name, value));
    }
    // A second server's would replace those of the first.
    if me.key.name.is_some() {
        return offer;
    }
    offer
        .spring("spring.datasource.url", Databases::jdbc_url(write, database))
        .spring("spring.datasource.username", who.user.clone())
        .spring("spring.datasource.password", who.password.clone())
}

/// Servers that exist already may have other ports, and each its own: then none goes without saying.
fn ports_are_told(shards: &[Shard]) -> bool {
    let mut all = shards.iter().flat_map(|shard| shard.replicas.iter().chain([&shard.primary]));
    all.any(|server| server.port != PORT)
}

/// The host of a server, and its port.
fn place(name: &str, at: &Endpoint, ports: bool) -> impl Iterator<Item = (String, String)> + use<> {
    let port = ports.then(|| (format!("{name}_PORT"), at.port.to_string()));
    [(format!("{name}_HOST"), at.host.clone())].into_iter().chain(port)
}
