//! A RocketMQ that exists already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::settings::RocketMq;
use super::{access, told, topics};
use crate::components::external::{External, Outside, complaint, complaints, endpoint, endpoints};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::draw::Secrets;
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;
use crate::products::rocketmq::{NAME_SERVER_PORT, PROXY_GRPC};

/// Its NameServers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct NameServers {
    /// All NameServers, each a host with or without a port; 9876 when left out. Clients go on to the addresses that brokers
    /// register there: pods must reach those too.
    #[schemars(extend("x-exists" = "Address"))]
    name_servers: Vec<String>,
    /// The gRPC address of its proxy, a host with or without a port; 8081 when left out.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Address"))]
    proxy: Option<String>,
}

impl External for RocketMq {
    type Address = NameServers;
    const BESIDE: &'static [&'static str] = &["accessControl", "topics", "version"];

    fn unfit(me: &Outside<Self>, site: &Site) -> Diagnostics {
        let path = me.at();
        let servers = complaints(&me.address.name_servers, NAME_SERVER_PORT, &path.key("nameServers"));
        let proxy = me.address.proxy.as_deref().and_then(|proxy| complaint(proxy, &path.key("proxy")));
        let account = access::apps(me);
        let account =
            account.into_iter().flat_map(|(_, account, path)| access::unfit(me, account, &path, site));
        servers.into_iter().chain(proxy).chain(account).chain(nobody(me)).chain(topics::check(me)).collect()
    }

    fn offered(me: &Outside<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let servers = endpoints(&me.address.name_servers, NAME_SERVER_PORT);
        let proxy = me.address.proxy.as_deref().map(|proxy| endpoint(proxy, PROXY_GRPC));
        let offer = told(me, site, &servers.joined(";"), &servers.first(), proxy.as_ref());
        let topics = me.topics.keys().map(|name| format!("the topic `{name}`"));
        let account = access::apps(me).map(|(_, account, _)| format!("the account `{}`", account.user));
        Ok(offer.answering(&servers).demanding(topics.chain(account)))
    }

    fn secrets(me: &Outside<Self>, site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        let mut secrets = Secrets::new(me.named(site, access::SECRET));
        if let Some((key, account, path)) = access::apps(me) {
            secrets.take(key, &account.password, &path.key("password"), site)?;
        }
        Ok(vec![secrets])
    }
}

/// `accessControl` says that somebody is asked, and nobody is named.
fn nobody(me: &Outside<RocketMq>) -> Option<Diagnostic> {
    let asks = me.access_control.is_some() && access::apps(me).is_none();
    asks.then(|| {
        let path = me.path.key("accessControl");
        Diagnostic::error("external-login", format!("`{path}` does not say who apps are"))
            .at(path)
            .help("set `client: {user: …, password: {env: NAME}}`, or remove it where nobody has to log in")
    })
}
