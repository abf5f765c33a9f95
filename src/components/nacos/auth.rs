//! Token, identity, accounts: what must be there, what must not be public, and where containers find it.

use super::release::Release;
use super::settings::{Identity, Mode, Nacos, identity_header};
use crate::components::secret::SecretKey;
use crate::components::{APPS, Instance, Key, public};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::draw::Secrets;
use crate::plan::offer::Given;
use crate::plan::site::Site;
use crate::products::nacos::{
    ADMIN, NACOS_AUTH_ENABLE, NACOS_AUTH_IDENTITY_KEY, NACOS_AUTH_IDENTITY_VALUE, NACOS_AUTH_TOKEN,
    PUBLIC_IDENTITIES, PUBLIC_TOKENS,
};
use crate::tree::node::{Kind, Node};

const TOKEN: &str = "token";
const IDENTITY: &str = "identity-value";
pub(super) const PASSWORD: &str = "password";

/// Everything that is wrong with `auth` and `admin`.
pub(super) fn complaints(me: &Instance<Nacos>, site: &Site, release: &Release) -> Diagnostics {
    let mut complaints: Diagnostics = missing(me, release).into_iter().collect();
    let path = me.path.key("auth");
    if let Some(source) = &me.auth.token {
        let at = path.key("token");
        let value = complaints.keep(source.value(site, &at)).flatten();
        complaints.extend(value.and_then(|value| bad_token(&value, &at)));
    }
    if let Some(identity) = &me.auth.identity {
        complaints.extend(bad_identity(identity, site, &path.key("identity")));
    }
    for (source, at) in [
        (me.admin.as_ref().map(|admin| &admin.password), me.path.keys(&["admin", "password"])),
        (me.auth.client.as_ref().map(|client| &client.password), path.keys(&["client", "password"])),
    ] {
        let value = source.and_then(|source| complaints.keep(source.value(site, &at)).flatten());
        complaints.extend(value.and_then(|value| bad_password(&value, &at)));
    }
    complaints.extend(known_outside(me, site));
    complaints
}

/// Apps that log in as the administrator, where that counts.
fn logs_in_here(app: &Node, me: &Key) -> bool {
    let uses = app.as_map().and_then(|keys| keys.get("uses"));
    let Some(Kind::Seq(used)) = uses.map(|uses| &uses.value.kind) else { return false };
    used.iter().any(|one| one.as_text().is_some_and(|text| Key::named(text) == *me))
}

/// Apps get the administrator's login where nobody gives them one of their own.
pub(super) fn administrators(me: &Instance<Nacos>, site: &Site) -> Option<Diagnostic> {
    if !site.policy.strict || me.auth.client.is_some() || !me.auth.enabled {
        return None;
    }
    let apps = site.tree.as_map()?.get(APPS)?.value.as_map()?;
    let (name, _) = apps.iter().find(|(_, app)| logs_in_here(&app.value, &me.key))?;
    Some(
        Diagnostic::warning("nacos-admin-login", format!("app `{name}` logs in as the administrator"))
            .at(me.path.key("auth"))
            .because("whoever reads the app's environment can change every configuration and every account")
            .help("create an account in the console, and write `auth: {client: {user: …, password: {env: NAME}}}`"),
    )
}

/// Secrets that everybody knows, where everybody can come in.
fn known_outside(me: &Instance<Nacos>, site: &Site) -> Option<Diagnostic> {
    let auth = me.path.key("auth");
    let identity = match &me.auth.identity {
        Some(Identity::Pair(_, value)) => Some((value, auth.keys(&["identity", "value"]))),
        Some(Identity::Plain(value)) => Some((value, auth.key("identity"))),
        Some(Identity::Existing(_)) | None => None,
    };
    let secrets = [
        me.auth.token.as_ref().map(|token| (token, auth.key("token"))),
        identity,
        me.admin.as_ref().map(|admin| (&admin.password, me.path.keys(&["admin", "password"]))),
        me.auth.client.as_ref().map(|client| (&client.password, auth.keys(&["client", "password"]))),
    ];
    let doors = [
        public::door(&me.service, &me.path.key("service")),
        me.console.as_ref().and_then(|console| public::door(console, &me.path.key("console"))),
        me.ingress.as_ref().map(|_| me.path.key("ingress")),
    ];
    public::complaints(doors, secrets.into_iter().flatten(), site)
}

/// Secrets that nobody can make up for the user.
fn missing(me: &Instance<Nacos>, release: &Release) -> Vec<Diagnostic> {
    let (auth, always) = (&me.auth, release.always_wants_secrets());
    let wanted = [
        (
            auth.token.is_none() && (auth.enabled || always),
            "`auth.token` is missing: the key that signs logins",
            "set `auth: {token: {env: NAME}}`, or `{file: path}`, or `{secret: {name: …}}` with a key `token` in \
             it",
        ),
        (
            auth.identity.is_none()
                && (always || auth.enabled && (me.mode == Mode::Cluster || release.has_public_keys())),
            "`auth.identity` is missing: servers authenticate each other with it",
            "set `auth: {identity: {value: {env: NAME}}}`, or `{secret: {name: …}}` with the keys `identity-key` \
             and `identity-value` in it",
        ),
        (
            me.admin.is_none() && (auth.enabled || release.is_three()),
            "`admin.password` is missing: the password of the first administrator",
            "set `admin: {password: {env: NAME}}`, or `{file: path}`, or `{secret: {name: …}}` with a key \
             `password` in it",
        ),
    ];
    let complaint = |title: &str, help: &str| {
        Diagnostic::error("nacos-secret-missing", title)
            .at(&me.path)
            .because(
                "a built-in value would be public, and a generated one would change with every run and log \
                      everyone out",
            )
            .help(help)
    };
    wanted.iter().filter(|(absent, ..)| *absent).map(|(_, title, help)| complaint(title, help)).collect()
}

fn bad_token(token: &str, at: &Path) -> Option<Diagnostic> {
    let refused = |title: &str| Some(Diagnostic::error("nacos-token", format!("`{at}` {title}")).at(at));
    if PUBLIC_TOKENS.contains(&token) {
        return refused("is a publicly known key")
            .map(|it| {
                it.because("it is in the documentation, and anyone who has it can sign logins for any user")
            })
            .map(|it| it.help("generate one: `openssl rand -base64 48`"));
    }
    let why = match decoded(token) {
        None => "it contains characters that standard Base64 does not allow (`A-Z a-z 0-9 + /`, then `=`)"
            .to_owned(),
        Some(bytes) if bytes < 32 => format!("decoded it has {bytes} bytes, and HS256 requires at least 32"),
        Some(_) => return None,
    };
    refused("is not Base64 of at least 32 bytes").map(|it| {
        it.because(why)
            .because(
                "Nacos exits at startup with \"the length of secret key must great than or equal 32 bytes\"",
            )
            .help("generate one: `openssl rand -base64 48`")
    })
}

/// How many bytes standard Base64 stands for; none when it is something else.
fn decoded(text: &str) -> Option<usize> {
    let body = text.trim_end_matches('=');
    let known = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    (text.len() - body.len() <= 2 && body.len() % 4 != 1 && body.chars().all(known))
        .then_some(body.len() * 3 / 4)
}

fn bad_identity(identity: &Identity, site: &Site, path: &Path) -> Diagnostics {
    let mut complaints = Diagnostics::new();
    let (header, source, at) = match identity {
        Identity::Existing(_) => return complaints,
        Identity::Pair(key, value) => (key.clone(), value, path.key("value")),
        Identity::Plain(value) => (identity_header(), value, path.clone()),
    };
    // It becomes an HTTP header and a key of gRPC metadata.
    if header.is_empty() || !header.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        complaints.push(
            Diagnostic::error("nacos-identity", format!("`{header}` is not a valid header name"))
                .at(path.key("key"))
                .help("use letters, digits and `-`"),
        );
    }
    let value = complaints.keep(source.value(site, &at)).flatten();
    if value.is_some_and(|value| PUBLIC_IDENTITIES.contains(&value.as_str())) {
        complaints.push(
            Diagnostic::error("nacos-identity", format!("`{at}` is a publicly known value"))
                .at(&at)
                .because("anyone who sends it acts as a server and needs no login")
                .help("generate one: `openssl rand -hex 16`"),
        );
    }
    complaints
}

/// Source: `AuthConstants.MAX_PASSWORD_LENGTH`; bcrypt reads no further.
pub(super) fn bad_password(password: &str, at: &Path) -> Option<Diagnostic> {
    (password.len() > 72).then(|| {
        Diagnostic::error("nacos-password", format!("`{at}` is longer than 72 characters"))
            .at(at)
            .because("Nacos 3.x refuses it, and bcrypt ignores the rest")
    })
}

/// Where containers find the secrets, and the Secrets to emit.
pub(super) struct Access {
    /// The server's variables.
    pub(super) variables: Vec<(&'static str, Given)>,
    /// The administrator's password.
    pub(super) admin: Option<SecretKey>,
    /// To emit.
    pub(super) secrets: Vec<Secrets>,
}

impl Access {
    pub(super) fn of(me: &Instance<Nacos>, site: &Site) -> Result<Self, Diagnostics> {
        let path = me.path.key("auth");
        let mut own = Secrets::new(me.named(site, "keys"));
        let mut variables = vec![(NACOS_AUTH_ENABLE, Given::from(me.auth.enabled.to_string()))];
        if let Some(source) = &me.auth.token {
            variables.push((NACOS_AUTH_TOKEN, own.take(TOKEN, source, &path.key("token"), site)?.into()));
        }
        if let Some(identity) = &me.auth.identity {
            let (key, value) = header(identity, &mut own, &path.key("identity"), site)?;
            variables.extend([(NACOS_AUTH_IDENTITY_KEY, key), (NACOS_AUTH_IDENTITY_VALUE, value)]);
        }
        let mut admins = Secrets::new(me.named(site, "admin"));
        let admin = match &me.admin {
            Some(admin) => {
                Some(admins.take(PASSWORD, &admin.password, &me.path.keys(&["admin", "password"]), site)?)
            }
            None => None,
        };
        let mut clients = Secrets::new(me.named(site, "client"));
        if let Some(client) = &me.auth.client {
            clients.take(PASSWORD, &client.password, &path.keys(&["client", "password"]), site)?;
        }
        Ok(Self { variables, admin, secrets: vec![own, admins, clients] })
    }
}

fn header(
    identity: &Identity,
    own: &mut Secrets,
    path: &Path,
    site: &Site,
) -> Result<(Given, Given), Diagnostic> {
    let (key, value) = match identity {
        Identity::Existing(secret) => {
            let at = |key: &String| Given::from(SecretKey { name: secret.name.clone(), key: key.clone() });
            return Ok((at(&secret.key), at(&secret.value)));
        }
        Identity::Pair(key, value) => (key.clone(), own.take(IDENTITY, value, &path.key("value"), site)?),
        Identity::Plain(value) => (identity_header(), own.take(IDENTITY, value, path, site)?),
    };
    Ok((key.into(), value.into()))
}

/// Whom apps log in as, when they must: user name and where the password is.
pub(super) fn login(me: &Instance<Nacos>, site: &Site) -> Option<(String, SecretKey)> {
    if !me.auth.enabled {
        return None;
    }
    let client = me.auth.client.as_ref().map(|client| (client.user.clone(), &client.password, "client"));
    let admin = me.admin.as_ref().map(|admin| (ADMIN.to_owned(), &admin.password, "admin"));
    let (user, password, own) = client.or(admin)?;
    Some((user, password.key_in(&me.named(site, own), PASSWORD)))
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn base64_is_measured() {
        for (text, wanted) in [
            ("VGhpc0lzTXlDdXN0b21TZWNyZXRLZXkwMTIzNDU2Nzg=", Some(32)),
            ("YWJj", Some(3)),
            ("YWI", Some(2)),
            ("", Some(0)),
            ("a-b_", None),
            ("YWJj\n", None),
            ("YWJjY", None),
            ("Y===", None),
        ] {
            assert_eq!(decoded(text), wanted, "{text}");
        }
    }
}
