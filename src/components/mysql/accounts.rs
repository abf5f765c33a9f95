//! Databases and accounts: where their passwords are, and the Job that makes them on every primary.

use serde_json::{Value, json};

use super::topology::Pair;
use super::{Mysql, REPLICATION, config, password_key};
use crate::components::Instance;
use crate::components::secret::SecretKey;
use crate::diagnostic::{Diagnostics, Path};
use crate::plan::draw::{self, Secrets};
use crate::plan::env;
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::site::Site;
use crate::products::mysql::{LONGEST_SOURCE_PASSWORD, MYSQL_ROOT_PASSWORD};
use crate::template;

const JOB: Template = template!("mysql/accounts-job.yaml.j2");
const ACCOUNTS: Template = template!("mysql/accounts.sh.j2");
const FIRST_START: Template = template!("mysql/first-start.sh.j2");

/// Passwords as pods refer to them.
pub(super) struct Keys {
    pub root: SecretKey,
    pub replication: Option<SecretKey>,
    /// By account.
    users: Vec<(String, SecretKey)>,
}

impl Keys {
    /// Variables with the passwords of all accounts but root's.
    pub(super) fn others(&self) -> Vec<(String, Given)> {
        let replication = self.replication.clone().map(|key| ("REPLICATION_PASSWORD".to_owned(), key.into()));
        let users =
            self.users.iter().enumerate().map(|(index, (_, key))| (variable(index), key.clone().into()));
        replication.into_iter().chain(users).collect()
    }
}

impl Instance<Mysql> {
    pub(super) fn keys(&self, secrets: &mut Secrets, site: &Site) -> Result<Keys, Diagnostics> {
        let mut complaints = Diagnostics::new();
        let mut take = |user: &str, source, path: &Path| {
            complaints.keep(secrets.take(&password_key(user), source, path, site))
        };
        let root = self.root_password.as_ref();
        let root = root.and_then(|source| take("root", source, &self.path.key("rootPassword")));
        let replication = self.replication_password.as_ref();
        let replication =
            replication.and_then(|source| take(REPLICATION, source, &self.path.key("replicationPassword")));
        let mut users = Vec::new();
        for (name, user) in &self.users {
            let key = take(name, &user.password, &self.path.keys(&["users", name, "password"]));
            users.extend(key.map(|key| (name.clone(), key)));
        }
        let nobody = SecretKey { name: String::new(), key: String::new() };
        complaints.or(Keys { root: root.unwrap_or(nobody), replication, users })
    }

    /// Is there anything to create?
    pub(super) fn wants_accounts(&self, offers: &Offers, keys: &Keys) -> Result<bool, Diagnostics> {
        let databases = offers.databases(&self.key, &self.path)?;
        Ok(!databases.names.is_empty() || keys.replication.is_some())
    }

    /// Databases and accounts: the script, and the Job that runs it on every primary.
    pub(super) fn accounts(
        &self,
        pairs: &[Pair],
        keys: &Keys,
        site: &Site,
        offers: &Offers,
    ) -> Result<Vec<Part>, Diagnostics> {
        if !self.wants_accounts(offers, keys)? {
            return Ok(Vec::new());
        }
        let name = self.named(site, "accounts");
        let role = self.role_of(&self.name(site), "database", site, offers)?.errand("mysql-accounts", &name);
        let root = (MYSQL_ROOT_PASSWORD.to_owned(), Given::from(keys.root.clone()));
        let entries: Vec<(String, Given)> = [root].into_iter().chain(keys.others()).collect();
        let mut context = self.account_values(keys, site, offers)?;
        let hosts: Vec<String> = pairs.iter().map(|pair| pair.write_to(site).host).collect();
        extend(&mut context, json!({ "hosts": hosts.join(" "), "env": variables(&entries), "config": name }));
        extend(&mut context, json!({ "secrets": env::called(&entries) }));
        let mut files = draw::config_map(&role, &name, &context).file("accounts.sh", ACCOUNTS);
        if self.storage.is_none() {
            files = files.file("first-start.sh", FIRST_START);
        }
        Ok(vec![files, Part::new(JOB, &role, context)])
    }

    fn account_values(&self, keys: &Keys, site: &Site, offers: &Offers) -> Result<Value, Diagnostics> {
        let databases = offers.databases(&self.key, &self.path)?;
        let users: Vec<Value> = self
            .users
            .iter()
            .enumerate()
            .map(|(index, (name, user))| {
                json!({ "name": name, "variable": variable(index), "databases": user.databases })
            })
            .collect();
        let clones = config::clones(&self.version());
        Ok(json!({
            "databases": databases.names,
            "users": users,
            "replication": keys.replication.is_some().then_some(REPLICATION),
            "replicationKey": keys.replication.as_ref().map(SecretKey::called),
            "longest": LONGEST_SOURCE_PASSWORD,
            "rights": if clones { "REPLICATION SLAVE, BACKUP_ADMIN" } else { "REPLICATION SLAVE" },
            "namespace": site.namespace,
        }))
    }
}

fn variable(user: usize) -> String {
    format!("PASSWORD_{user}")
}

/// Entries of a container's `env`.
pub(super) fn variables<'a>(entries: impl IntoIterator<Item = &'a (String, Given)>) -> Vec<Value> {
    entries.into_iter().map(|(name, value)| env::variable(name, value)).collect()
}

/// `more` over `values`.
pub(super) fn extend(values: &mut Value, more: Value) {
    if let (Value::Object(values), Value::Object(more)) = (values, more) {
        values.extend(more);
    }
}
