//! A MySQL that exists already: one server, or shards.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Mysql, ROOT, User, check, offer, password_key};
use crate::components::external::{
    External, Outside, complaint, complaints, endpoint, endpoints, host_and_port, one_of, pair_complaint,
};
use crate::components::nacos::Nacos;
use crate::components::secret::SecretSource;
use crate::components::{Component, Key};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Severity, Step};
use crate::plan::draw::Secrets;
use crate::plan::offer::{Databases, Need, Offer, Shard};
use crate::plan::site::Site;
use crate::products::mysql::PORT;
use crate::words;

/// One server, `{host: db.example.com}`, or `shards`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Servers {
    /// The host of the only server.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Address"))]
    host: Option<String>,
    /// Its port; 3306 when left out.
    #[serde(default)]
    port: Option<u16>,
    /// The servers where there are several: shards, or one with replicas to read from.
    #[serde(default)]
    shards: Option<Vec<Servant>>,
}

/// A primary and its replicas.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Servant {
    /// Where to write, a host with or without a port; 3306 when left out.
    #[schemars(extend("x-exists" = "Address"))]
    primary: String,
    /// Where to read, likewise; apps are told of the first, ShardingSphere of all.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Address"))]
    replicas: Vec<String>,
}

impl External for Mysql {
    type Address = Servers;
    const BESIDE: &'static [&'static str] = &["databases", "image", "rootPassword", "users", "version"];

    fn unfit(me: &Outside<Self>, site: &Site) -> Diagnostics {
        let passwords = passwords(me);
        let passwords =
            passwords.iter().filter_map(|(_, source, path)| check::characters(source, path, site));
        let settings = [addresses(me), databases(me, site), check::users(me)];
        settings.into_iter().flatten().chain(check::version(me)).chain(passwords).chain(nobody(me)).collect()
    }

    fn offered(me: &Outside<Self>, site: &Site, asked: &[Need]) -> Result<Offer, Diagnostics> {
        let mut offer = offer::told(me, site, asked, shards(&me.address))?;
        let mut complaints = Diagnostics::new();
        if let Some(databases) = &mut offer.databases {
            databases.exists = true;
            complaints.extend(without_account(me, databases, asked));
            offer.demands = demands(me, databases, asked);
        }
        complaints.or(offer)
    }

    fn secrets(me: &Outside<Self>, site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        let mut secrets = Secrets::new(me.secret(site));
        let mut complaints = Diagnostics::new();
        for (user, source, path) in passwords(me) {
            complaints.keep(secrets.take(&password_key(&user), source, &path, site));
        }
        complaints.or(vec![secrets])
    }
}

/// Without root's password nobody logs in as root, which is told.
fn databases(me: &Outside<Mysql>, site: &Site) -> Vec<Diagnostic> {
    let found = check::databases(me, site).into_iter();
    found.filter(|told| told.severity == Severity::Error || me.root_password.is_some()).collect()
}

fn shards(it: &Servers) -> Vec<Shard> {
    let one = it
        .host
        .as_ref()
        .map(|host| Shard { primary: host_and_port(host, it.port, PORT), replicas: Vec::new() });
    let several = it.shards.iter().flatten().map(|server| Shard {
        primary: endpoint(&server.primary, PORT),
        replicas: endpoints(&server.replicas, PORT).0,
    });
    one.into_iter().chain(several).collect()
}

fn addresses(me: &Outside<Mysql>) -> Vec<Diagnostic> {
    let (it, path) = (&me.address, me.at());
    let written = [("host", it.host.is_some()), ("shards", it.shards.is_some())];
    let mut found: Vec<Diagnostic> = one_of(me, &written, "{host: db.example.com}").into_iter().collect();
    match &it.host {
        Some(host) => found.extend(pair_complaint(("host", host), it.port, &path)),
        None if it.port.is_some() && it.shards.is_some() => found.push(
            Diagnostic::error("external-where", "`port` is about `host`, and there is none")
                .at(path.key("port"))
                .help("write each port behind its host: `primary: HOST:PORT`"),
        ),
        None => {}
    }
    let path = path.key("shards");
    if it.shards.as_ref().is_some_and(Vec::is_empty) {
        let title = format!("`{path}` lists no server");
        found.push(
            Diagnostic::error("external-where", title)
                .at(&path)
                .help("list at least one: `[{primary: HOST}]`"),
        );
    }
    let mut known = Vec::new();
    for (index, server) in it.shards.iter().flatten().enumerate() {
        let here = path.index(index);
        let primary = endpoint(&server.primary, PORT);
        if let Some(complaint) = complaint(&server.primary, &here.key("primary")) {
            found.push(complaint);
        } else if known.contains(&primary) {
            let title = format!("`{primary}` is the primary of two shards");
            found.push(
                Diagnostic::error("external-address", title)
                    .at(here.key("primary"))
                    .help("remove one of them"),
            );
        }
        known.push(primary);
        if !server.replicas.is_empty() {
            found.extend(complaints(&server.replicas, PORT, &here.key("replicas")));
        }
    }
    found
}

/// Who logs in, and where each password is written.
fn passwords(me: &Outside<Mysql>) -> Vec<(String, &SecretSource, Path)> {
    let root = me.root_password.as_ref();
    let root = root.map(|source| (ROOT.to_owned(), source, me.path.key("rootPassword")));
    let users = me
        .users
        .iter()
        .map(|(name, user)| (name.clone(), &user.password, me.path.keys(&["users", name, "password"])));
    root.into_iter().chain(users).collect()
}

fn nobody(me: &Outside<Mysql>) -> Option<Diagnostic> {
    passwords(me).is_empty().then(|| {
        Diagnostic::error("external-login", format!("nobody can log in to `{}`", me.key))
            .at(&me.path)
            .help("set `users: {NAME: {password: {env: NAME}, databases: [DATABASE]}}`, or `rootPassword`")
    })
}

/// Databases that nobody named here may use: root would, and is not known either.
fn without_account(me: &Outside<Mysql>, databases: &Databases, asked: &[Need]) -> Vec<Diagnostic> {
    if me.root_password.is_some() || me.users.is_empty() {
        return Vec::new();
    }
    let listed = me.databases.iter().enumerate();
    let listed = listed.map(|(index, name)| (name, me.path.key("databases").index(index)));
    let asked = asked.iter().map(|need| (&need.database, need.at.clone()));
    let mut known: BTreeSet<&str> = databases.users.keys().map(String::as_str).collect();
    let strange = listed.chain(asked).filter(|(name, _)| known.insert(name.as_str()));
    let complaint = |(name, at): (&String, Path)| {
        Diagnostic::error("external-login", format!("nobody can log in to the database `{name}`"))
            .at(at)
            .because(format!("`{}` exists already, and no account of it is for this database", me.path))
            .help(format!("add `{name}` to the `databases` of one of `{}.users`", me.path))
    };
    strange.map(complaint).collect()
}

/// What nobody here makes. A Nacos that is root makes its database by itself.
fn demands(me: &Outside<Mysql>, databases: &Databases, asked: &[Need]) -> Vec<String> {
    let by_nacos = |need: &Need| match need.at.steps().first() {
        Some(Step::Key(key)) => Key::parse(key).word == Nacos::WORD,
        _ => false,
    };
    let made = |name: &String| {
        let mut asking = asked.iter().filter(|need| need.database == *name).peekable();
        let root = databases.credentials(name).user == ROOT;
        root && !databases.declared.contains(name) && asking.peek().is_some() && asking.all(by_nacos)
    };
    let names =
        databases.names.iter().filter(|name| !made(name)).map(|name| format!("the database `{name}`"));
    let account = |(name, user): (&String, &User)| {
        format!(
            "the account `{name}` with all rights on {}",
            words::listed(&user.databases).replace(" or ", " and ")
        )
    };
    names.chain(me.users.iter().map(account)).collect()
}
