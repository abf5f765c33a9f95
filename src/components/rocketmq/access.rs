//! Who may come in: accounts by reference, and what brokers, proxy, dashboard, tools and apps are told of them.
//!
//! From 5.3 on brokers keep users and rights in their store; before, they read them from a file. No file of ours holds a
//! password: a script writes it where the program starts, into a folder that is never on a disk.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Instance;
use super::super::secret::{SecretKey, SecretSource};
use super::settings::RocketMq;
use super::topology;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::draw::Secrets;
use crate::plan::env;
use crate::plan::offer::Given;
use crate::plan::site::Site;
use crate::products::rocketmq::SHORTEST_OLD_KEY;

/// The accounts of a RocketMQ.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccessControl {
    /// The administrator, who may do everything: brokers among themselves, proxy, dashboard and the Job of `topics` are
    /// this user. From 5.3 on the password is set once, when a broker starts with an empty store. Only with `external` it may
    /// be left out, if there is a `client`.
    #[serde(default)]
    pub(super) admin: Option<Account>,
    /// The account of apps that have this RocketMQ in `uses`: it sends to all topics and consumes all of them. Without it
    /// they are the administrator. With `external` it must exist.
    #[serde(default)]
    pub(super) client: Option<Account>,
}

/// An account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Account {
    /// Its name: the access key of clients.
    pub(super) user: String,
    /// Its password, the secret key of clients: printable ASCII without blanks, quotes and backslashes.
    pub(super) password: SecretSource,
}

/// Where a version keeps accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `plain_acl.yml`, up to 5.2.
    File,
    /// The broker's own store, from 5.3 on.
    Store,
}

/// One account with the place of its password.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) key: SecretKey,
}

/// All that others are told of.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) kind: Kind,
    pub(super) admin: Login,
    pub(super) client: Option<Login>,
}

/// The Secret with passwords that come with the stack.
pub(super) const SECRET: &str = "access";
/// The variable with the administrator's password, in pods of ours.
const ADMIN_PASSWORD: &str = "ADMIN_PASSWORD";
/// Likewise, the apps'.
const CLIENT_PASSWORD: &str = "CLIENT_PASSWORD";

/// Who may come in, where anybody is asked.
pub(super) fn of(me: &Instance<RocketMq>, site: &Site) -> Option<Access> {
    let own = me.named(site, SECRET);
    let mut logins = accounts(me).map(|(key, account, _)| account.login(key, &own));
    // `check` refuses accounts without an administrator.
    let admin = me.access_control.as_ref()?.admin.as_ref().and_then(|_| logins.next())?;
    Some(Access { kind: kind(me), admin, client: logins.next() })
}

/// The account of apps, where anybody is asked.
pub(super) fn apps(me: &Instance<RocketMq>) -> Option<(&'static str, &Account, Path)> {
    accounts(me).last()
}

/// Likewise, with the place of its password.
pub(super) fn login(me: &Instance<RocketMq>, site: &Site) -> Option<Login> {
    apps(me).map(|(key, account, _)| account.login(key, &me.named(site, SECRET)))
}

impl Account {
    fn login(&self, key: &str, own: &str) -> Login {
        Login { user: self.user.clone(), key: self.password.key_in(own, key) }
    }
}

fn kind(me: &Instance<RocketMq>) -> Kind {
    let stored = topology::version(me).is_none_or(|version| version.at_least(&[5, 3]));
    if stored { Kind::Store } else { Kind::File }
}

/// The Secret with what is not in one already.
pub(super) fn secrets(me: &Instance<RocketMq>, site: &Site) -> Result<Secrets, Diagnostics> {
    let mut secrets = Secrets::new(me.named(site, SECRET));
    let mut complaints = Diagnostics::new();
    for (key, account, path) in accounts(me) {
        complaints.keep(secrets.take(key, &account.password, &path.key("password"), site));
    }
    complaints.or(secrets)
}

fn accounts(me: &Instance<RocketMq>) -> impl Iterator<Item = (&'static str, &Account, Path)> {
    let path = me.path.key("accessControl");
    let control = me.access_control.iter();
    control.flat_map(move |control| {
        let all = [("admin", control.admin.as_ref()), ("client", control.client.as_ref())];
        let path = path.clone();
        all.into_iter().filter_map(move |(key, account)| Some((key, account?, path.key(key))))
    })
}

impl Access {
    /// Passwords as variables of a pod: the administrator's, and the apps' where it makes that account.
    pub(super) fn variables(&self, both: bool) -> Vec<(&'static str, Given)> {
        let admin = (ADMIN_PASSWORD, Given::from(self.admin.key.clone()));
        let client = self.client.as_ref().filter(|_| both);
        let client = client.map(|login| (CLIENT_PASSWORD, Given::from(login.key.clone())));
        std::iter::once(admin).chain(client).collect()
    }

    /// Where a broker that reads accounts from a file has its home: the image's has accounts that everybody knows.
    pub(super) fn java_option(&self) -> Option<String> {
        (self.kind == Kind::File).then(|| "-Drocketmq.home.dir=/home/rocketmq/access".to_owned())
    }

    /// What templates are told.
    pub(super) fn context(&self, both: bool) -> Value {
        json!({
            "stored": self.kind == Kind::Store,
            "admin": self.admin.user,
            "client": self.client.as_ref().map(|login| &login.user),
            "secrets": env::called(&self.variables(both)),
            "least": if self.kind == Kind::File { SHORTEST_OLD_KEY } else { 1 },
        })
    }
}

/// What is wrong with the accounts.
pub(super) fn check(me: &Instance<RocketMq>, site: &Site) -> Diagnostics {
    let mut complaints = Diagnostics::new();
    if me.access_control.is_none() {
        return complaints;
    }
    for (_, account, path) in accounts(me) {
        complaints.extend(unfit(me, account, &path, site));
    }
    complaints.extend(nobody(me));
    complaints.extend(twice(me));
    complaints.extend(open_dashboard(me, site));
    complaints.extend(old_proxy(me));
    complaints
}

/// What is wrong with one of them.
pub(super) fn unfit(me: &Instance<RocketMq>, account: &Account, path: &Path, site: &Site) -> Vec<Diagnostic> {
    let at = path.key("password");
    let password = match account.password.value(site, &at) {
        Ok(value) => value.and_then(|value| password(&value, kind(me), &at)),
        Err(complaint) => Some(complaint),
    };
    user(&account.user, kind(me), &path.key("user")).into_iter().chain(password).collect()
}

fn nobody(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    let path = me.path.key("accessControl");
    me.access_control.as_ref()?.admin.is_none().then(|| {
        Diagnostic::error("access-user", format!("`{}` is missing", path.key("admin")))
            .at(&path)
            .because("brokers, proxy, dashboard and Jobs are this user")
            .help("set `admin: {user: …, password: {env: NAME}}`")
    })
}

fn twice(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    let control = me.access_control.as_ref()?;
    let admin = control.admin.as_ref()?;
    let client = control.client.as_ref().filter(|client| client.user == admin.user)?;
    Some(
        Diagnostic::error("access-user", format!("`{}` is the administrator too", client.user))
            .at(me.path.keys(&["accessControl", "client", "user"]))
            .help("use another name, or leave `client` out: apps are the administrator then"),
    )
}

/// The dashboard is the administrator.
fn open_dashboard(me: &Instance<RocketMq>, site: &Site) -> Option<Diagnostic> {
    let page = &me.dashboard;
    let open = page.drawn() && page.login.is_empty() && !site.policy.plain_secrets;
    // Of one with a host, that is told anyway.
    (open && page.host.is_none()).then(|| {
        Diagnostic::error("open-dashboard", "anyone in the cluster is the administrator by the dashboard")
            .at(me.path.key("dashboard"))
            .because("it has the account of `accessControl.admin`, and asks nobody who they are")
            .help("set `dashboard.login: {admin: {password: …}}`")
    })
}

fn old_proxy(me: &Instance<RocketMq>) -> Option<Diagnostic> {
    (me.proxy.replicas > 0 && kind(me) == Kind::File).then(|| {
        Diagnostic::error("access-proxy", "a proxy before 5.3 has no account of its own")
            .at(me.path.keys(&["proxy", "replicas"]))
            .because("brokers would refuse all that it asks")
            .help("set `version: 5.3.3`, or remove the proxy or `accessControl`")
    })
}

fn user(name: &str, kind: Kind, path: &Path) -> Option<Diagnostic> {
    let complaint = |title: String| Diagnostic::error("access-user", title).at(path);
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Some(
            complaint(format!("`{name}` is not a valid user name"))
                .help("use letters, digits, `.`, `_` and `-`"),
        );
    }
    (kind == Kind::File && name.len() < SHORTEST_OLD_KEY).then(|| {
        complaint(format!("`{name}` is too short"))
            .because(format!("before 5.3, names and passwords have {SHORTEST_OLD_KEY} or more characters"))
    })
}

fn password(value: &str, kind: Kind, path: &Path) -> Option<Diagnostic> {
    let complaint = |title: &str| Diagnostic::error("access-password", title).at(path);
    if value.is_empty() || !value.chars().all(|c| c.is_ascii_graphic() && !"\"'\\".contains(c)) {
        return Some(
            complaint("the password has characters that brokers and tools do not read alike")
                .help("use printable ASCII without blanks, quotes and backslashes"),
        );
    }
    (kind == Kind::File && value.len() < SHORTEST_OLD_KEY).then(|| {
        complaint("the password is too short")
            .because(format!("before 5.3, names and passwords have {SHORTEST_OLD_KEY} or more characters"))
    })
}
