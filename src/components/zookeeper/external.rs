//! A ZooKeeper that exists already.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Zookeeper;
use crate::components::external::{External, Outside, complaints, endpoints};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::offer::{Need, Offer};
use crate::plan::site::Site;
use crate::products::zookeeper::CLIENT;

/// Its servers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Servers {
    /// All servers, each a host with or without a port; 2181 when left out.
    #[schemars(extend("x-exists" = "Address"))]
    servers: Vec<String>,
    /// The node below which everything of this stack is kept, such as `/shop`. Kafka makes it if it is missing; other
    /// clients do not.
    #[serde(default)]
    chroot: Option<String>,
}

impl External for Zookeeper {
    type Address = Servers;
    const BESIDE: &'static [&'static str] = &[];

    fn unfit(me: &Outside<Self>, _site: &Site) -> Diagnostics {
        let path = me.at();
        let chroot = me.address.chroot.as_deref().and_then(|chroot| unfit(chroot, &path.key("chroot")));
        complaints(&me.address.servers, CLIENT, &path.key("servers")).into_iter().chain(chroot).collect()
    }

    fn offered(me: &Outside<Self>, _site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let servers = endpoints(&me.address.servers, CLIENT);
        let chroot = me.address.chroot.as_deref().unwrap_or_default();
        let connect = format!("{}{chroot}", servers.joined(","));
        Ok(me.told(connect, &servers.first(), true).answering(&servers))
    }
}

/// A path of ZooKeeper behind a list of servers: a comma, or a slash at its end, would be read as something else.
fn unfit(chroot: &str, path: &Path) -> Option<Diagnostic> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let node = |node: &str| !node.is_empty() && node.chars().all(inner) && !matches!(node, "." | "..");
    let fits = chroot.strip_prefix('/').is_some_and(|rest| rest.split('/').all(node));
    (!fits).then(|| {
        Diagnostic::error("external-where", format!("`{chroot}` is not a valid path in ZooKeeper"))
            .at(path)
            .because("it starts with `/`, does not end with one, and has letters, digits, `.`, `_` and `-` between")
            .help("use one such as `/shop`, or leave it out for the root")
    })
}
