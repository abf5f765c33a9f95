//! How a pod or a Service is called on the network.

use std::fmt;

use serde::Serialize;

/// `host:port`; `[host]:port` where the host is an IPv6 address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// A fully qualified name, or what the user declared for something outside.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

impl Endpoint {
    /// `host:port`.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An IPv6 address has colons of its own.
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl Serialize for Endpoint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The pods of a StatefulSet, in the order of their ordinals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Peers(pub Vec<Endpoint>);

impl Peers {
    /// `a:1,b:1,c:1` in the product's own dialect: the separator is the caller's knowledge.
    pub fn joined(&self, separator: &str) -> String {
        self.0.iter().map(Endpoint::to_string).collect::<Vec<_>>().join(separator)
    }

    /// The host names alone.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|endpoint| endpoint.host.as_str())
    }

    /// Who is asked by those that ask only one; an address that nobody has, where there are none.
    pub fn first(&self) -> Endpoint {
        self.0.first().cloned().unwrap_or_else(|| Endpoint::new(String::new(), 0))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Is it a name as most objects have one: parts of small letters, digits and `-`, with dots between them?
///
/// Source: Kubernetes documentation, Object Names and IDs, DNS subdomain names.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_part)
}

/// Is it a DNS label: a part of a name, at most 63 characters long?
pub fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_part(text)
}

/// Is it a name of a port: a short label with a letter in it, and no two `-` beside each other?
///
/// Source: RFC 6335, 5.1; `IsValidPortName` of Kubernetes.
pub fn is_port_name(text: &str) -> bool {
    text.len() <= 15
        && is_part(text)
        && !text.contains("--")
        && text.contains(|c: char| c.is_ascii_lowercase())
}

/// A part of a DNS name, however long.
pub fn is_part(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}
