//! A ShardingSphere-Proxy that exists already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{PORT, ShardingSphere, check, password_key};
use crate::components::external::{External, Outside, host_and_port, pair_complaint};
use crate::diagnostic::Diagnostics;
use crate::plan::draw::Secrets;
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;

/// Its address.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Proxy {
    /// The host name or address.
    #[schemars(extend("x-exists" = "Address"))]
    host: String,
    /// The port; 3307 when left out.
    #[serde(default)]
    port: Option<u16>,
}

impl External for ShardingSphere {
    type Address = Proxy;
    const BESIDE: &'static [&'static str] = &["users"];

    fn unfit(me: &Outside<Self>, site: &Site) -> Diagnostics {
        let mut found: Diagnostics = check::users(me, site).into_iter().collect();
        found.extend(pair_complaint(("host", &me.address.host), me.address.port, &me.at()));
        found
    }

    fn offered(me: &Outside<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let account = me.users.keys().map(|name| format!("the account `{name}`"));
        let proxy = host_and_port(&me.address.host, me.address.port, PORT);
        Ok(me.told(proxy, site).demanding(account))
    }

    fn secrets(me: &Outside<Self>, site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        let mut secrets = Secrets::new(me.secret(site));
        let mut complaints = Diagnostics::new();
        for (name, user) in &me.users {
            let path = me.path.keys(&["users", name, "password"]);
            complaints.keep(secrets.take(&password_key(name), &user.password, &path, site));
        }
        complaints.or(vec![secrets])
    }
}
