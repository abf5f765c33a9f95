//! What others may know: where to write, where to read, which databases there are and who may use them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::topology::{Pair, pairs};
use super::{Mysql, password_key};
use crate::components::secret::SecretKey;
use crate::components::{Instance, public};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::Image;
use crate::plan::offer::{Credentials, Databases, Need, Offer, Shard};
use crate::plan::site::Site;
use crate::products::mysql::PORT;
use crate::words;

pub(super) fn of(me: &Instance<Mysql>, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
    let mut names = me.databases.clone();
    for need in asked {
        if !names.contains(&need.database) {
            names.push(need.database.clone());
        }
    }
    let complaints: Diagnostics = strangers(me, &names).into_iter().collect();
    let pairs = pairs(me, site);
    let databases = databases(me, site, names, &pairs);
    let mut offer = facts(me, site, &pairs, &databases);
    offer = bindings(offer, me, site, &pairs, &databases);
    for pair in &pairs {
        offer = offer.endpoint(pair.write_to(site));
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

fn databases(me: &Instance<Mysql>, site: &Site, names: Vec<String>, pairs: &[Pair]) -> Databases {
    let mut users = BTreeMap::new();
    for (name, user) in &me.users {
        for database in &user.databases {
            let password = user.password.key_in(&me.secret(site), &password_key(name));
            users.entry(database.clone()).or_insert_with(|| Credentials { user: name.clone(), password });
        }
    }
    let shard = |pair: &Pair| Shard {
        primary: pair.write_to(site),
        replicas: pair.read_from(me, site).into_iter().collect(),
    };
    let of_users = me.users.values().flat_map(|user| &user.databases);
    Databases {
        names,
        declared: me.databases.iter().chain(of_users).cloned().collect(),
        shards: pairs.iter().map(shard).collect(),
        is_public: me
            .root_password
            .as_ref()
            .is_some_and(|source| public::is_public(source, &me.path.key("rootPassword"), site)),
        root: Credentials { user: "root".to_owned(), password: root_password(me, site) },
        users,
        version: me.version(),
        client_image: site
            .cluster
            .pulled(Image::parse(&me.common.image).or_tag(&me.common.version))
            .to_string(),
    }
}

fn root_password(me: &Instance<Mysql>, site: &Site) -> SecretKey {
    let (own, key) = (me.secret(site), password_key("root"));
    match &me.root_password {
        Some(source) => source.key_in(&own, &key),
        // `check` refuses this.
        None => SecretKey { name: own, key },
    }
}

fn facts(me: &Instance<Mysql>, site: &Site, pairs: &[Pair], databases: &Databases) -> Offer {
    let first = databases.names.first().map(String::as_str).unwrap_or_default();
    let shard = |pair: &Pair| -> Value {
        let (write, read) = (pair.write_to(site), pair.read_from(me, site));
        let read = read.unwrap_or_else(|| write.clone());
        json!({
            "host": write.host,
            "primary": write,
            "readHost": read.host,
            "read": read,
            "jdbcUrl": Databases::jdbc_url(&write, first),
            "readJdbcUrl": Databases::jdbc_url(&read, first),
        })
    };
    let shards: Vec<Value> = pairs.iter().map(shard).collect();
    let mut offer = Offer::new(&me.key).fact("port", PORT);
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
fn bindings(offer: Offer, me: &Instance<Mysql>, site: &Site, pairs: &[Pair], databases: &Databases) -> Offer {
    let Some(pair) = pairs.first() else { return offer };
    let prefix = me.key.variables();
    let database = databases.names.first().map(String::as_str).unwrap_or_default();
    let who = databases.credentials(database);
    let write = pair.write_to(site);
    let mut offer = offer
        .env(&format!("{prefix}_HOST"), write.host.clone())
        .env(&format!("{prefix}_PORT"), PORT.to_string())
        .env(&format!("{prefix}_USER"), who.user.clone())
        .env(&format!("{prefix}_PASSWORD"), who.password.clone());
    if !database.is_empty() {
        offer = offer.env(&format!("{prefix}_DATABASE"), database);
    }
    if let Some(read) = pair.read_from(me, site) {
        offer = offer.env(&format!("{prefix}_READ_HOST"), read.host);
    }
    // For ShardingSphere-JDBC, whose own file says what lies where.
    for pair in pairs.iter().filter(|_| pairs.len() > 1) {
        offer = offer.always(&format!("{prefix}_SHARD_{}_HOST", pair.number), pair.write_to(site).host);
        if let Some(read) = pair.read_from(me, site) {
            offer = offer.always(&format!("{prefix}_SHARD_{}_READ_HOST", pair.number), read.host);
        }
    }
    // A second server's would replace those of the first.
    if me.key.name.is_some() {
        return offer;
    }
    offer
        .spring("spring.datasource.url", Databases::jdbc_url(&write, database))
        .spring("spring.datasource.username", who.user.clone())
        .spring("spring.datasource.password", who.password.clone())
}
