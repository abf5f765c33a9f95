//! Clients that log in to a MySQL of the set with Connector/J, and the key that they need for it. Facts only, for the rules of
//! every product that has such a client.
//!
//! Source: MySQL Connector/J documentation, allowPublicKeyRetrieval; MySQL reference manual, caching_sha2_password.

use crate::verify::pods::{Container, Pod, Product};
use crate::verify::{Set, topology};

/// What lets the driver fetch the key.
pub(in crate::verify) const RETRIEVAL: &str = "allowPublicKeyRetrieval=true";

/// Do these parameters of a URL, `a=b&c=d`, leave the driver without TLS and without a key?
pub(in crate::verify) fn lacks_key(parameters: &str) -> bool {
    let has = |wanted: &str| parameters.split('&').any(|pair| pair.trim().eq_ignore_ascii_case(wanted));
    let open = has("useSSL=false") || has("sslMode=DISABLED");
    open && !has(RETRIEVAL) && !parameters.contains("serverRSAPublicKeyFile")
}

/// The MySQL that a host name leads to.
pub(in crate::verify) struct Mysql<'s, 'a> {
    pub pod: &'s Pod<'a>,
    pub server: &'s Container<'a>,
}

impl<'s, 'a> Mysql<'s, 'a> {
    /// The server behind a host name; none where it is not of the set.
    pub(in crate::verify) fn at(set: &'s Set<'a>, host: &str, namespace: &str) -> Option<Self> {
        let pod = topology::pod_at(set, host, namespace)?;
        Some(Self { pod, server: pod.running(Product::Mysql)? })
    }

    /// Do its accounts log in with caching_sha2_password, as they do since 8.0 where nobody keeps the old plugin?
    pub(in crate::verify) fn wants_key(&self) -> bool {
        let old = |text: &str| text.to_ascii_lowercase().replace('-', "_").contains("native_password");
        let mut files = self.pod.containers.iter().flat_map(|container| &container.files);
        let eight = self.server.version.as_ref().is_some_and(|version| (8..20).contains(&version.major()));
        eight && !old(&self.server.line()) && !files.any(|file| file.text.known().is_none_or(old))
    }
}
