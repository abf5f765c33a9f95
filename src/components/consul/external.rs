//! A Consul that exists already: agents that somebody else runs on every node, or one address for all.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Agent, Consul, check};
use crate::components::external::{External, Outside, host_and_port, pair_complaint};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::draw::Secrets;
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;
use crate::products::consul::HTTP_PORT;

/// The agent of the pod's own node.
const OF_NODE: &str = "hostIP";
/// The apps' token, in the Secret that comes with the stack.
const TOKEN: &str = "token";

/// Whom apps call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Called {
    /// `hostIP` where somebody else runs an agent on every node that answers at the node's address: each app calls that of its
    /// own node, as with agents that are drawn. Otherwise the host of one agent or server for all, with or without a port.
    #[schemars(extend("x-exists" = "Address"))]
    agent: String,
    /// The port of the HTTP API; 8500 when left out.
    #[serde(default)]
    port: Option<u16>,
}

impl External for Consul {
    type Address = Called;
    const BESIDE: &'static [&'static str] = &["appToken", "datacenter"];

    fn unfit(me: &Outside<Self>, _site: &Site) -> Diagnostics {
        agent(me).into_iter().chain(check::datacenter(me)).collect()
    }

    fn offered(me: &Outside<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let Called { agent, port } = &me.address;
        let agent = match agent.as_str() {
            OF_NODE => Agent::OfNode(port.unwrap_or(HTTP_PORT)),
            agent => Agent::At(host_and_port(agent, *port, HTTP_PORT)),
        };
        let token = me.app_token.as_ref().map(|token| token.key_in(&me.named(site, "app"), TOKEN));
        Ok(me.told(&agent, token))
    }

    fn secrets(me: &Outside<Self>, site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        let mut secrets = Secrets::new(me.named(site, "app"));
        if let Some(token) = &me.app_token {
            secrets.take(TOKEN, token, &me.path.key("appToken"), site)?;
        }
        Ok(vec![secrets])
    }
}

fn agent(me: &Outside<Consul>) -> Option<Diagnostic> {
    let (agent, path) = (&me.address.agent, me.at());
    // `host1` is two letters away, and may well be the name of a host.
    let slip = strsim::damerau_levenshtein(&agent.to_lowercase(), &OF_NODE.to_lowercase()) <= 1;
    if agent != OF_NODE && slip {
        let title = format!("`{agent}` would be the name of a host");
        return Some(
            Diagnostic::error("external-address", title)
                .at(path.key("agent"))
                .help(format!("did you mean `{OF_NODE}`?")),
        );
    }
    pair_complaint(("agent", agent), me.address.port, &path)
}
