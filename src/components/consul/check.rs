//! What Consul would refuse at its start, or accept and suffer from, said before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::pod::{DNS_PORT, SERF_PORT};
use super::{Consul, Mode, Nodes, config, servers};
use crate::components::{Instance, public};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::{Image, Version};
use crate::plan::site::Site;
use crate::products::consul::{GRPC_TLS_PORT, RPC_PORT, WAN_PORT};
use crate::words;

/// Ports that Consul listens on, or its servers do.
const TAKEN: &[(u16, &str)] = &[
    (RPC_PORT, "the servers' RPC"),
    (SERF_PORT, "gossip"),
    (WAN_PORT, "gossip between datacenters"),
    (GRPC_TLS_PORT, "gRPC"),
    (DNS_PORT, "DNS"),
];

/// Folders of the node's own system: nothing in them may change its owner.
const SYSTEM: &[&str] =
    &["bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr"];

/// Folders that others keep theirs in.
const SHARED: &[&str] = &["/var/cache", "/var/lib", "/var/log", "/var/run", "/var/tmp"];

pub(super) fn all(me: &Instance<Consul>, site: &Site) -> Diagnostics {
    let own = [
        version(me),
        image(me),
        datacenter(me),
        gossip_key(me, site),
        token(me, site),
        interface(me),
        data_path(me),
        nodes(me),
        port(me),
    ];
    let page = me.ingress.as_ref().map(|_| me.path.key("ingress"));
    let doors = [public::door(&me.service, &me.path.key("service")), page];
    let token = me.token.iter().map(|token| (token, me.path.key("token")));
    let public = public::complaints(doors, token, site);
    own.into_iter()
        .flatten()
        .chain(public)
        .chain(servers::complaints(me))
        .chain(config::complaints(me))
        .collect()
}

fn version(me: &Instance<Consul>) -> Option<Diagnostic> {
    let path = me.path.key("version");
    let written = &me.common.version;
    if Version::parse(written).is_none() {
        return Some(
            Diagnostic::error("consul-version", format!("`{written}` does not identify a Consul version"))
                .at(path)
                .because("the version determines how tokens are configured")
                .help("use a number, as in `version: \"1.22.7\"`; with another tag, set `image` as well"),
        );
    }
    me.version().before(&[1, 4]).then(|| {
        Diagnostic::error("consul-version", format!("Consul {written} is too old"))
            .at(path)
            .because("ACL tokens need the `acl` stanza, which exists since 1.4")
    })
}

/// Source: Docker Official Images; the last `consul` there is 1.15.
fn image(me: &Instance<Consul>) -> Option<Diagnostic> {
    let image = Image::parse(&me.common.image).or_tag(&me.common.version);
    let text = image.to_string();
    let name = text.trim_start_matches("docker.io/").trim_start_matches("library/");
    let gone = image.tag().and_then(Version::parse).is_some_and(|version| version.at_least(&[1, 16]));
    (name.starts_with("consul:") && gone).then(|| {
        Diagnostic::error("consul-image", format!("the image `{name}` does not exist"))
            .at(me.path.key("image"))
            .because("the official image was discontinued with 1.15")
            .help("set `image: hashicorp/consul`")
    })
}

/// Source: Consul's agent refuses what is not of `[a-z0-9_-]`; its reference asks for a DNS label on top, of which a rule tells.
pub(super) fn datacenter(me: &Instance<Consul>) -> Option<Diagnostic> {
    let path = me.path.key("datacenter");
    let name = &me.datacenter;
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (name.is_empty() || !name.chars().all(fine)).then(|| {
        Diagnostic::error("consul-datacenter", format!("`{name}` is not a valid datacenter name"))
            .at(path)
            .because("Consul allows lower-case letters, digits, `-` and `_`")
    })
}

/// Source: memberlist takes keys of 16, 24 or 32 bytes.
fn gossip_key(me: &Instance<Consul>, site: &Site) -> Option<Diagnostic> {
    let path = me.path.key("gossipKey");
    // A value that cannot be had is complained of when it is used.
    let value = me.gossip_key.as_ref()?.value(site, &path).ok()??;
    let key = STANDARD.decode(&value).map(|bytes| bytes.len());
    let title = match &key {
        Ok(16 | 24 | 32) => return None,
        Ok(length) => format!("the gossip key has {}", words::counted(*length, "byte")),
        Err(_) => "the gossip key is not base64".to_owned(),
    };
    Some(
        Diagnostic::error("consul-gossip-key", title)
            .at(path)
            .because("Consul accepts 16, 24 or 32 bytes in base64, and does not start with others")
            .help("generate one with `consul keygen`"),
    )
}

/// The characters that `secrets.sh` writes into JSON as they are.
fn token(me: &Instance<Consul>, site: &Site) -> Option<Diagnostic> {
    let path = me.path.key("token");
    let value = me.token.as_ref()?.value(site, &path).ok()??;
    let fine = |c: char| c.is_ascii_alphanumeric() || "+/=_.-".contains(c);
    (value.is_empty() || !value.chars().all(fine)).then(|| {
        Diagnostic::error("consul-token", "the ACL token contains an invalid character")
            .at(path)
            .because("tokens are UUIDs, or consist of letters, digits and `+/=_.-`")
    })
}

/// Source: interface names have at most 15 characters (IFNAMSIZ). The name stands in an expression of go-sockaddr.
fn interface(me: &Instance<Consul>) -> Option<Diagnostic> {
    let name = me.interface.as_ref()?;
    let fine = |c: char| c.is_ascii_alphanumeric() || "._:@-".contains(c);
    (name.is_empty() || name.len() > 15 || !name.chars().all(fine)).then(|| {
        Diagnostic::error("consul-interface", format!("`{name}` is not a valid name for a network interface"))
            .at(me.path.key("interface"))
            .because("an interface has a name such as `eth0`, of at most 15 characters")
    })
}

/// The folder is given to Consul's user with all that is in it, so that it must be Consul's alone.
fn data_path(me: &Instance<Consul>) -> Option<Diagnostic> {
    let path = me.data_path.trim_end_matches('/');
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let absolute = path.starts_with('/') && !steps.iter().any(|step| ["", ".", ".."].contains(step));
    let own = steps.len() > 1 && !SYSTEM.contains(&steps[0]) && !SHARED.contains(&path);
    let why = match (absolute, own) {
        (true, true) => return None,
        (false, _) => "it must be an absolute path on the node, without `.` and `..`",
        (true, false) => "everything in it is changed to Consul's user, so it must be a separate directory",
    };
    Some(
        Diagnostic::error(
            "consul-data-path",
            format!("`{}` is not suitable as an agent's data directory", me.data_path),
        )
        .at(me.path.key("dataPath"))
        .because(why)
        .help("use a directory such as `/data/consul/data` or `/var/lib/consul`"),
    )
}

fn nodes(me: &Instance<Consul>) -> Option<Diagnostic> {
    let idle = me.mode == Mode::Agents && me.nodes == Nodes::All && !me.common.tolerations.is_empty();
    idle.then(|| {
        Diagnostic::error(
            "consul-nodes",
            "`tolerations` have no effect with `nodes: all`, which tolerates every \
                                           taint",
        )
        .at(me.path.key("tolerations"))
        .help(format!("set `{}.nodes` to `untainted`, or remove `tolerations`", me.path))
    })
}

fn port(me: &Instance<Consul>) -> Option<Diagnostic> {
    let port = me.http_port;
    let taken = TAKEN.iter().find(|(number, _)| *number == port);
    let why = match taken {
        Some((_, what)) => format!("it is for {what}"),
        None if port < 1024 => "Consul does not run as root, and ports below 1024 require root".to_owned(),
        None => return None,
    };
    Some(
        Diagnostic::error("consul-port", format!("the HTTP API cannot use port {port}"))
            .at(me.path.key("httpPort"))
            .because(why),
    )
}
