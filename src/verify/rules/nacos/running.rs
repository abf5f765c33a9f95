//! A Nacos server as its image starts it: what variables, options and files come to. Facts only, for the rules beside it.
//!
//! Source: nacos-group/nacos-docker, build/bin/docker-startup.sh and build/conf/application.properties.

use std::net::IpAddr;

use super::servers::{Server, is_before, starting, version};
use crate::k8s::{Object, Version};
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT};
use crate::products::nacos::{
    self, GRPC_ABOVE, HTTP, NACOS_APPLICATION_PORT, NACOS_DEPLOYMENT_TYPE, PEERS_ABOVE, PROPERTIES_FILE,
    RAFT_BELOW, START_SCRIPT,
};
use crate::products::spring;
use crate::verify::Set;
use crate::verify::pods::{Container, Pod, Product, Var};

/// The port of the HTTP API, where nothing else is said.
pub(super) const MAIN: u64 = HTTP as u64;
/// Clients' gRPC listens this far above.
pub(super) const GRPC: u64 = GRPC_ABOVE as u64;
/// Members' gRPC listens this far above.
pub(super) const PEERS: u64 = PEERS_ABOVE as u64;
/// JRaft listens this far below.
pub(super) const RAFT: u64 = RAFT_BELOW as u64;

/// A server, and the pod that it runs in.
#[derive(Clone, Copy)]
pub(super) struct Running<'s, 'a> {
    pub(super) pod: &'s Pod<'a>,
    pub(super) container: &'s Container<'a>,
}

/// How a server was told to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Standalone,
    Cluster,
    Unknown,
}

/// All servers of the set that run in pods of ours to see.
pub(super) fn servers<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = Running<'s, 'a>> {
    set.pods_with(Product::Nacos).filter_map(|pod| Some(Running { pod, container: starting(pod).next()? }))
}

/// Those that were told to find others.
pub(super) fn clustered<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = Running<'s, 'a>> {
    servers(set).filter(|server| server.mode() == Mode::Cluster)
}

impl<'s, 'a> Running<'s, 'a> {
    /// Does somebody's script stand between this variable and the server?
    fn is_rewritten(&self, name: &str) -> bool {
        let own = self.container.at("/command").or_else(|| self.container.at("/args")).is_some();
        own && {
            let line = self.container.line();
            !line.contains(START_SCRIPT) || line.contains(name)
        }
    }

    /// A variable that the server gets as it stands.
    pub(super) fn var(&self, name: &str) -> Option<&'s Var<'a>> {
        self.container.env.get(name).filter(|_| !self.is_rewritten(name))
    }

    /// Its text, when it may be shown; nothing for an empty one.
    pub(super) fn plain(&self, name: &str) -> Option<&'s str> {
        self.var(name)?.value.plain().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Is it certain that a variable is not set?
    pub(super) fn lacks(&self, name: &str) -> bool {
        !self.is_rewritten(name) && self.container.env.lacks(name)
    }

    /// The text of a variable, or what the image takes in its place; nothing when that cannot be known.
    pub(super) fn or(&self, name: &str, default: &'s str) -> Option<&'s str> {
        if self.lacks(name) { Some(default) } else { self.plain(name) }
    }

    /// Could one of these properties be set by JVM options, program arguments or the server's own file?
    pub(super) fn mentions(&self, properties: &[&str]) -> bool {
        let has = |text: &str| properties.iter().any(|property| text.contains(property));
        let option = |name| match self.container.env.get(name) {
            Some(var) => var.value.known().is_none_or(has),
            None => !self.lacks(name),
        };
        let file = match self.container.file(PROPERTIES_FILE) {
            Some(file) => file.text.known().is_none_or(has),
            None => self.container.mount(PROPERTIES_FILE).is_some(),
        };
        let variable =
            |property: &&str| self.container.env.has(&property.to_uppercase().replace(['.', '-'], "_"));
        file || option(JAVA_OPT) || option(JAVA_OPT_EXT) || properties.iter().any(variable)
    }

    /// Standalone, or one of several; a console of its own is neither.
    pub(super) fn mode(&self) -> Mode {
        match Server::of_container(self.pod, self.container).is_alone() {
            _ if self.is_console() => Mode::Unknown,
            Some(true) => Mode::Standalone,
            Some(false) => Mode::Cluster,
            None => Mode::Unknown,
        }
    }

    /// Is it, or could it be, the console of 3.x alone, which is no member?
    pub(super) fn is_console(&self) -> bool {
        self.var(NACOS_DEPLOYMENT_TYPE)
            .is_some_and(|var| var.value.known().is_none_or(|kind| kind == "console"))
    }

    /// The port of the HTTP API.
    pub(super) fn port(&self) -> Option<u64> {
        if self.mentions(&[spring::key::PORT, nacos::key::MAIN_PORT]) {
            return None;
        }
        if self.lacks(NACOS_APPLICATION_PORT) {
            return Some(MAIN);
        }
        self.plain(NACOS_APPLICATION_PORT)?.parse().ok()
    }

    /// The release that its tag names.
    pub(super) fn version(&self) -> Option<Version> {
        version(&self.container.image)
    }

    /// Is it that version or a later one, for certain?
    pub(super) fn is_at_least(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| version.at_least(wanted))
    }

    /// Is it an earlier one, for certain? The tag `2` may be any 2.x.
    pub(super) fn is_before(&self, wanted: &[u32]) -> bool {
        self.version().is_some_and(|version| is_before(&version, wanted))
    }

    /// Does the tag promise no version, so that it is the newest?
    pub(super) fn is_latest(&self) -> bool {
        let image = &self.container.image;
        image.digest().is_none() && matches!(image.tag(), None | Some("latest"))
    }

    /// How many there are.
    pub(super) fn replicas(&self, set: &Set<'a>) -> Option<u64> {
        self.pod.replicas(set)
    }

    /// Does an autoscaler decide how many there are?
    pub(super) fn is_scaled(&self, set: &Set<'a>) -> bool {
        set.scaler_of(self.workload()).is_some()
    }

    /// The workload that makes the pods.
    pub(super) fn workload(&self) -> &'a Object {
        self.pod.workload
    }

    /// Does it share the node's network, and so the node's name?
    pub(super) fn is_on_the_node(&self) -> bool {
        self.pod.is_on_host()
    }

    /// The ports that clients and members know, when the main port is known.
    pub(super) fn known_ports(&self) -> Option<[u64; 4]> {
        self.port().map(around)
    }

    /// Could a port be another container's of the pod?
    pub(super) fn is_elsewhere(&self, port: u64) -> bool {
        let others = self.pod.mains().filter(|other| !std::ptr::eq(*other, self.container));
        others.into_iter().any(|other| {
            let mut ports = other.ports().peekable();
            ports.peek().is_none() || ports.any(|theirs| theirs.number == port)
        })
    }

    /// Is the variable the pod's own IP, or an IP at all?
    pub(super) fn is_an_ip(&self, var: &Var<'a>) -> bool {
        if let Some(text) = var.value.known() {
            return text.trim().parse::<IpAddr>().is_ok();
        }
        let entries = self.container.at("/env").and_then(|env| env.as_array()).into_iter().flatten();
        let named = entries.filter(|entry| entry.get("name").is_some_and(|name| *name == *var.name));
        named
            .filter_map(|entry| entry.pointer("/valueFrom/fieldRef/fieldPath"))
            .any(|path| path == "status.podIP" || path == "status.hostIP")
    }
}

/// The ports of a server with this main port: HTTP, clients' gRPC, members' gRPC, Raft.
pub(super) fn around(main: u64) -> [u64; 4] {
    [main, main.saturating_add(GRPC), main.saturating_add(PEERS), main.saturating_sub(RAFT)]
}
