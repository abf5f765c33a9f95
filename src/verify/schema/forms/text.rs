//! Which texts are of a form.

use super::Form;
use crate::k8s::address::{is_label, is_part, is_port_name, is_subdomain};
use crate::k8s::labels;

/// What a variable may be filled with from the pod.
pub(super) const OF_VARIABLES: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.labels['…']",
    "metadata.annotations['…']",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// What a file of a volume may be filled with from the pod.
pub(super) const OF_VOLUMES: &[&str] =
    &["metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"];

pub(super) const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

impl Form {
    pub(super) fn is_text(self, text: &str) -> bool {
        match self {
            Self::Absolute => text.starts_with('/'),
            Self::ConfigKey => is_config_key(text),
            Self::Count => percentage(text).is_some(),
            Self::DomainPath => is_domain_path(text),
            Self::FieldOfVariable => OF_VARIABLES.contains(&text) || is_subscript(text),
            Self::FieldOfVolume => OF_VOLUMES.contains(&text) || is_subscript(text),
            Self::Group => text.contains('/'),
            Self::Header => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            Self::Host => is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
            Self::Inside => !text.starts_with('/') && !text.starts_with("..") && Self::NoDots.is_text(text),
            Self::Label => is_label(text),
            Self::LabelKey | Self::Labels | Self::Qualified => labels::is_key(text),
            Self::LabelValue => text.is_empty() || labels::is_word(text),
            Self::NoDots => text.split('/').all(|part| part != ".."),
            Self::NotZero => percentage(text) != Some(0),
            Self::PathName => !matches!(text, "." | "..") && !text.contains(['/', '%']),
            Self::Port | Self::PortName => is_port_name(text),
            Self::Resource => RESOURCES.contains(&text) || text.contains(".hugepages-"),
            Self::Search => is_search(text),
            Self::Share => percentage(text).is_some_and(|share| share <= 100),
            Self::Subdomain => is_subdomain(text.strip_suffix('.').unwrap_or(text)),
            Self::Sysctl => is_sysctl(text),
            _ => true,
        }
    }
}

fn percentage(text: &str) -> Option<u64> {
    let number = text.strip_suffix('%')?;
    let digits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    digits.then(|| number.parse().unwrap_or(u64::MAX))
}

/// `metadata.labels['app']`
fn is_subscript(text: &str) -> bool {
    let key = |start: &str| text.strip_prefix(start).and_then(|rest| rest.strip_suffix("']"));
    // The API server reads keys of annotations in lower case.
    key("metadata.labels['").is_some_and(labels::is_key)
        || key("metadata.annotations['").is_some_and(|key| labels::is_key(&key.to_ascii_lowercase()))
}

fn is_config_key(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= 253 && !text.is_empty() && text.chars().all(inner) && text != "." && !text.starts_with("..")
}

/// `example.com/name`, where the path may go on.
fn is_domain_path(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c);
    text.split_once('/')
        .is_some_and(|(domain, path)| is_subdomain(domain) && !path.is_empty() && path.chars().all(inner))
}

/// A name of a search list: `_` may be in it, a dot behind it, and the root is one.
fn is_search(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    text == "." || (name.len() <= 253 && name.split('.').all(|part| is_part(&part.replace('_', "a"))))
}

/// Parts of small letters, digits, `-` and `_`, with dots or slashes between them.
fn is_sysctl(text: &str) -> bool {
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: char| end(c) || matches!(c, '-' | '_');
    text.len() <= 253
        && text
            .split(['.', '/'])
            .all(|part| part.starts_with(end) && part.ends_with(end) && part.chars().all(inner))
}
