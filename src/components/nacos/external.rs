//! A Nacos that exists already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::auth;
use super::release::Release;
use super::settings::Nacos;
use crate::components::external::{External, Outside, complaints, endpoints};
use crate::components::secret::SecretSource;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Endpoint;
use crate::plan::draw::Secrets;
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;
use crate::products::nacos::{CONSOLE, CONTEXT, GRPC_ABOVE, HTTP, key};

/// Source: `com.alibaba.nacos.api.common.Constants`, and the console's own check.
const LONGEST_NAMESPACE: usize = 128;

/// Its servers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Servers {
    /// All servers, each a host with or without a port; 8848 when left out. Clients of 2.x and 3.x call the port 1000 above it
    /// too: pods must reach both.
    #[schemars(extend("x-exists" = "Address"))]
    servers: Vec<String>,
    /// The id of the namespace in which apps register and find their configuration; that of everybody, `public`, when left
    /// out. Create it in the console.
    #[serde(default)]
    namespace: Option<String>,
    /// The address of the console as people open it, for references; that of the first server when left out.
    #[serde(default)]
    console: Option<String>,
}

impl External for Nacos {
    type Address = Servers;
    const BESIDE: &'static [&'static str] = &["admin", "auth.client", "auth.enabled", "image", "version"];

    fn unfit(me: &Outside<Self>, site: &Site) -> Diagnostics {
        let path = me.at();
        let mut found = Diagnostics::new();
        found.keep(Release::of(&me.common, &me.path));
        found.extend(complaints(&me.address.servers, HTTP, &path.key("servers")));
        found.extend(ports(me));
        found.extend(namespace(me));
        found.extend(console(me));
        found.extend(nobody(me));
        found.extend(password(me, site));
        found.extend(auth::administrators(me, site));
        found
    }

    fn offered(me: &Outside<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let release = Release::of(&me.common, &me.path)?;
        let servers = endpoints(&me.address.servers, HTTP);
        let front = servers.first();
        let console = me.address.console.clone().unwrap_or_else(|| page(&front, &release));
        let offer = me.told(site, &release, &front, &servers.joined(","));
        let offer = offer.fact("console", console).answering(&servers);
        let account = auth::login(me, site).map(|(user, _)| format!("the account `{user}`"));
        let offer = offer.demanding(account);
        let Some(namespace) = &me.address.namespace else { return Ok(offer) };
        let offer = offer
            .fact("namespace", namespace.clone())
            .env(&me.variable("NAMESPACE"), namespace.clone())
            .demanding([format!("the namespace `{namespace}`")]);
        // A second Nacos would overwrite what the first one says under the same property.
        let modules = [key::DISCOVERY, key::CONFIG].into_iter().filter(|_| me.key.name.is_none());
        Ok(modules
            .fold(offer, |offer, module| offer.spring(&format!("{module}.namespace"), namespace.clone())))
    }

    fn secrets(me: &Outside<Self>, site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        let Some((own, source, path)) = account(me) else { return Ok(Vec::new()) };
        let mut secrets = Secrets::new(me.named(site, own));
        secrets.take(auth::PASSWORD, source, &path, site)?;
        Ok(vec![secrets])
    }
}

/// Whom apps log in as: the Secret that has the password where it comes with the stack, and where it is written.
fn account(me: &Outside<Nacos>) -> Option<(&'static str, &SecretSource, Path)> {
    let client = me.auth.client.as_ref();
    let client =
        client.map(|client| ("client", &client.password, me.path.keys(&["auth", "client", "password"])));
    let admin = me.admin.as_ref();
    let admin = admin.map(|admin| ("admin", &admin.password, me.path.keys(&["admin", "password"])));
    client.or(admin).filter(|_| me.auth.enabled)
}

fn password(me: &Outside<Nacos>, site: &Site) -> Option<Diagnostic> {
    let (_, source, path) = account(me)?;
    // A value that cannot be had is complained of when it is used.
    auth::bad_password(&source.value(site, &path).ok()??, &path)
}

/// Where the console is, if it is where the release has it.
fn page(front: &Endpoint, release: &Release) -> String {
    match release.is_three() {
        true => format!("http://{}", Endpoint::new(front.host.clone(), CONSOLE)),
        false => format!("http://{front}{CONTEXT}"),
    }
}

/// The second port that clients compute must be one.
fn ports(me: &Outside<Nacos>) -> Vec<Diagnostic> {
    let servers = endpoints(&me.address.servers, HTTP).0;
    let above =
        servers.iter().enumerate().filter(|(_, server)| server.port.checked_add(GRPC_ABOVE).is_none());
    let complaint = |(index, server): (usize, &Endpoint)| {
        Diagnostic::error("external-address", format!("`{server}` has no port for gRPC"))
            .at(me.at().key("servers").index(index))
            .because(format!("clients add {GRPC_ABOVE} to the port that they are given"))
            .help(format!("use the port of the servers' HTTP API, {HTTP} by default"))
    };
    above.map(complaint).collect()
}

fn namespace(me: &Outside<Nacos>) -> Option<Diagnostic> {
    let id = me.address.namespace.as_ref()?;
    let fits = id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    (!fits || id.is_empty() || id.len() > LONGEST_NAMESPACE).then(|| {
        Diagnostic::error("external-where", format!("`{id}` is not the id of a namespace"))
            .at(me.at().key("namespace"))
            .because(format!("an id has letters, digits, `_` and `-`, at most {LONGEST_NAMESPACE}"))
            .help("copy the id from the console: it is not the namespace's name")
    })
}

fn console(me: &Outside<Nacos>) -> Option<Diagnostic> {
    let page = me.address.console.as_ref()?;
    let rest = page.strip_prefix("https://").or_else(|| page.strip_prefix("http://"));
    let fits = |c: char| c.is_ascii_graphic() && !"\"'\\`<>{}[]|^$".contains(c);
    (!rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(fits))).then(|| {
        Diagnostic::error("external-where", format!("`{page}` is not the address of a page"))
            .at(me.at().key("console"))
            .help("use one that begins with `https://` or `http://`")
    })
}

/// Servers ask who apps are, and nobody says it.
fn nobody(me: &Outside<Nacos>) -> Option<Diagnostic> {
    let asks = me.auth.enabled && account(me).is_none();
    asks.then(|| {
        Diagnostic::error("external-login", format!("`{}` does not say how apps log in", me.path))
            .at(&me.path)
            .because("`auth.enabled` is true, by default too: servers refuse clients without a login")
            .help(
                "set `auth: {client: {user: …, password: {env: NAME}}}`, or `auth: {enabled: false}` where nobody \
                 has to log in",
            )
    })
}
