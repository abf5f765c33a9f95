//! A Redis that exists already: one server, the nodes of a cluster, or sentinels, by what is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Redis;
use super::offer::{self, Reach, Watched};
use crate::components::external::{
    External, Outside, complaints, endpoints, host_and_port, one_of, pair_complaint,
};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::draw::Secrets;
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;
use crate::products::redis::{PORT, SENTINEL};

/// One of `host`, `nodes` and `sentinels`, which says what it is as well: `mode` is about what is drawn.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Servers {
    /// The host of one server.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Address"))]
    host: Option<String>,
    /// Its port; 6379 when left out.
    #[serde(default)]
    port: Option<u16>,
    /// Nodes of a cluster, each a host with or without a port; 6379 when left out. Clients learn of the others from them, and
    /// go on to the addresses that nodes announce: pods must reach those too.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Address"))]
    nodes: Option<Vec<String>>,
    /// The sentinels, each a host with or without a port; 26379 when left out. Clients go on to the master that they name:
    /// pods must reach it too.
    #[serde(default)]
    #[schemars(extend("x-exists" = "Address"))]
    sentinels: Option<Vec<String>>,
    /// What the sentinels call the master; `masterName` when left out.
    #[serde(default)]
    master: Option<String>,
    /// Whether the sentinels ask for the servers' password as well, as those that are drawn do; true when left out.
    #[serde(default)]
    sentinel_auth: Option<bool>,
}

impl External for Redis {
    type Address = Servers;
    const BESIDE: &'static [&'static str] = &["masterName", "password"];

    fn unfit(me: &Outside<Self>, _site: &Site) -> Diagnostics {
        let (it, path) = (&me.address, me.at());
        let written = [
            ("host", it.host.is_some()),
            ("nodes", it.nodes.is_some()),
            ("sentinels", it.sentinels.is_some()),
        ];
        let host = it.host.as_deref();
        let host = host.and_then(|host| pair_complaint(("host", host), it.port, &path));
        let lists = [("nodes", PORT, &it.nodes), ("sentinels", SENTINEL, &it.sentinels)];
        let lists = lists.into_iter().flat_map(|(key, port, list)| {
            list.iter().flat_map(|list| complaints(list, port, &path.key(key))).collect::<Vec<_>>()
        });
        let where_it_is = one_of(me, &written, "{host: redis.example.com}");
        where_it_is.into_iter().chain(host).chain(lists).chain(idle(me)).chain(master(me)).collect()
    }

    fn offered(me: &Outside<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let it = &me.address;
        let reach = match (&it.host, &it.nodes, &it.sentinels) {
            (Some(host), ..) => Reach::One(host_and_port(host, it.port, PORT)),
            (None, Some(nodes), _) => {
                let nodes = endpoints(nodes, PORT);
                Reach::Cluster(nodes.first(), nodes)
            }
            (None, None, sentinels) => {
                let sentinels = endpoints(sentinels.as_deref().unwrap_or_default(), SENTINEL);
                Reach::Sentinels(Watched {
                    master: it.master.as_ref().unwrap_or(&me.master_name).clone(),
                    answering: sentinels.clone(),
                    sentinels,
                    nodes: None,
                    ask: it.sentinel_auth.unwrap_or(true),
                })
            }
        };
        let offer = offer::told(me, site, &reach);
        Ok(match reach {
            // One of several has to answer.
            Reach::Cluster(_, nodes) => Offer { endpoints: nodes.0, ..offer },
            _ => offer,
        })
    }

    fn secrets(me: &Outside<Self>, site: &Site) -> Result<Vec<Secrets>, Diagnostics> {
        let mut secrets = Secrets::new(me.named(site, "auth"));
        if let Some(source) = &me.password {
            secrets.take("password", source, &me.path.key("password"), site)?;
        }
        Ok(vec![secrets])
    }
}

/// Keys that are of no use to the one that says where it is.
fn idle(me: &Outside<Redis>) -> Vec<Diagnostic> {
    let it = &me.address;
    let there = it.nodes.is_some() || it.sentinels.is_some();
    let keys = [
        ("port", it.port.is_some() && it.host.is_none() && there, "host"),
        ("master", it.master.is_some() && it.sentinels.is_none(), "sentinels"),
        ("sentinelAuth", it.sentinel_auth.is_some() && it.sentinels.is_none(), "sentinels"),
    ];
    let idle = keys.into_iter().filter(|(_, idle, _)| *idle);
    let complaint = |(key, _, of): (&str, bool, &str)| {
        Diagnostic::error("external-where", format!("`{key}` is about `{of}`, and there is none"))
            .at(me.at().key(key))
            .help(match key {
                "port" => "write each port behind its host: `HOST:PORT`".to_owned(),
                _ => format!("remove it, or write `{of}`"),
            })
    };
    idle.map(complaint).collect()
}

/// Source: sentinel.c, `createSentinelRedisInstance`.
fn master(me: &Outside<Redis>) -> Option<Diagnostic> {
    let name = me.address.master.as_ref()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    (name.is_empty() || !name.chars().all(fits)).then(|| {
        Diagnostic::error("external-where", format!("`{name}` is not the name of a master"))
            .at(me.at().key("master"))
            .because("sentinels allow letters, digits, `.`, `-` and `_`")
    })
}
