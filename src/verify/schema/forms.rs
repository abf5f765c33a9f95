//! The forms that the API server knows of names, keys, addresses and amounts.
//!
//! Source: apimachinery's util/validation and core/v1 validation.

use std::net::IpAddr;

use serde_json::Value;

use crate::k8s::address::{is_label, is_port_name, is_subdomain};
use crate::k8s::labels;
use crate::words;

/// What a text or a number looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Absolute,
    Amount,
    ConfigKey,
    Count,
    FieldOfVariable,
    FieldOfVolume,
    Group,
    Header,
    Host,
    Inside,
    Ip,
    Label,
    LabelKey,
    LabelValue,
    Mode,
    /// A map of such keys and values.
    Labels,
    NoDots,
    Port,
    Resource,
    Subdomain,
}

const NAMES: &[(&str, Form)] = &[
    ("absolute", Form::Absolute),
    ("amount", Form::Amount),
    ("config-key", Form::ConfigKey),
    ("count", Form::Count),
    ("field-of-variable", Form::FieldOfVariable),
    ("field-of-volume", Form::FieldOfVolume),
    ("group", Form::Group),
    ("header", Form::Header),
    ("host", Form::Host),
    ("inside", Form::Inside),
    ("ip", Form::Ip),
    ("label", Form::Label),
    ("label-key", Form::LabelKey),
    ("label-value", Form::LabelValue),
    ("labels", Form::Labels),
    ("mode", Form::Mode),
    ("no-dots", Form::NoDots),
    ("port", Form::Port),
    ("resource", Form::Resource),
    ("subdomain", Form::Subdomain),
];

/// What a variable may be filled with from the pod.
const OF_VARIABLES: &[&str] = &[
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
const OF_VOLUMES: &[&str] =
    &["metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"];

const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

impl Form {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// What is wrong with a value, as a phrase behind its name. Values of another type are the schema's.
    pub(super) fn wrong(self, value: &Value) -> Option<String> {
        match value {
            Value::Number(number) => {
                let number = number.as_i64()?;
                match self {
                    Self::Port if !(1..=65535).contains(&number) => {
                        Some(format!("must be a port from 1 to 65535, not {number}"))
                    }
                    Self::Count | Self::Amount if number < 0 => {
                        Some(format!("must be 0 or more, not {number}"))
                    }
                    Self::Mode if !(0..=0o777).contains(&number) => {
                        Some(format!("must be 0 to 511, which is 0777, not {number}"))
                    }
                    _ => None,
                }
            }
            Value::String(text) => self.of_text(text),
            _ => None,
        }
    }

    /// What is wrong with a text.
    pub(super) fn of_text(self, text: &str) -> Option<String> {
        let long = self.longest().filter(|longest| text.len() > *longest);
        match long {
            _ if self.fits(text) => None,
            Some(longest) => Some(format!("has {} characters, at most {longest} are allowed", text.len())),
            None if text.is_empty() => Some(format!("must be {}, not empty", self.wanted())),
            None => {
                let short: String = text.chars().take(60).collect();
                Some(format!("must be {}, not `{short}`", self.wanted()))
            }
        }
    }

    /// What was most likely meant.
    pub(super) fn near(self, value: &Value) -> Option<String> {
        let known = match self {
            Self::FieldOfVariable => OF_VARIABLES,
            Self::FieldOfVolume => OF_VOLUMES,
            Self::Resource => RESOURCES,
            // Somebody thought of it as octal.
            Self::Mode => {
                let number = value.as_u64().filter(|number| (512..=777).contains(number))?;
                let octal = u32::from_str_radix(&number.to_string(), 8).ok()?;
                return Some(format!("0{octal:o}"));
            }
            _ => return None,
        };
        let text = value.as_str().filter(|text| !self.fits(text))?;
        words::closest(text, known.iter().copied()).map(str::to_owned)
    }

    fn longest(self) -> Option<usize> {
        match self {
            Self::Label | Self::LabelValue => Some(63),
            Self::ConfigKey | Self::Host | Self::Subdomain => Some(253),
            _ => None,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Absolute => "a path that starts with `/`",
            Self::Amount => "0 or more",
            Self::ConfigKey => "a key of letters, digits, `-`, `_` and `.`",
            Self::Count => "a number or a percentage such as `25%`",
            Self::FieldOfVariable => {
                "a field that variables can use, such as `metadata.name` or `status.podIP`"
            }
            Self::FieldOfVolume => "a field that files can use, such as `metadata.labels`",
            Self::Group => "a group and a version, such as `apps/v1`",
            Self::Header => "a header name: letters, digits and `-`",
            Self::Host | Self::Subdomain => "a DNS name in lower case",
            Self::Inside => "a relative path without `..`",
            Self::Ip => "an IP address",
            Self::Label => "lower-case letters, digits and `-`",
            Self::LabelKey | Self::Labels => "a label key, such as `app` or `example.com/app`",
            Self::LabelValue => "a label value: letters, digits, `-`, `_` and `.`, at most 63",
            Self::Mode => "a number",
            Self::NoDots => "a path without `..`",
            Self::Port => "a port number, or its name of at most 15 lower-case letters, digits and `-`",
            Self::Resource => "a resource such as `limits.memory`",
        }
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::Absolute => text.starts_with('/'),
            Self::Amount => !text.starts_with('-') || text.trim_start_matches('-').starts_with('0'),
            Self::ConfigKey => is_config_key(text),
            Self::Count => is_percentage(text),
            Self::FieldOfVariable => OF_VARIABLES.contains(&text) || is_subscript(text),
            Self::FieldOfVolume => OF_VOLUMES.contains(&text) || is_subscript(text),
            Self::Group => text.contains('/'),
            Self::Header => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            Self::Host => is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
            Self::Inside => !text.starts_with('/') && !text.starts_with("..") && Self::NoDots.fits(text),
            Self::Ip => is_ip(text),
            Self::Label => is_label(text),
            Self::LabelKey | Self::Labels => labels::is_key(text),
            Self::LabelValue => text.is_empty() || labels::is_word(text),
            Self::Mode => true,
            Self::NoDots => text.split('/').all(|part| part != ".."),
            Self::Port => is_port_name(text),
            Self::Resource => RESOURCES.contains(&text) || text.contains(".hugepages-"),
            Self::Subdomain => is_subdomain(text.strip_suffix('.').unwrap_or(text)),
        }
    }
}

fn is_percentage(text: &str) -> bool {
    text.strip_suffix('%')
        .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

/// `metadata.labels['app']`
fn is_subscript(text: &str) -> bool {
    ["metadata.labels['", "metadata.annotations['"].iter().any(|start| text.starts_with(start))
        && text.ends_with("']")
}

fn is_config_key(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= 253 && !text.is_empty() && text.chars().all(inner) && text != "." && !text.starts_with("..")
}

/// Go's sloppy reader of old: zeros may lead.
fn is_ip(text: &str) -> bool {
    let plain = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        rest => rest.to_owned(),
    };
    text.parse::<IpAddr>().is_ok()
        || text.split('.').map(plain).collect::<Vec<_>>().join(".").parse::<IpAddr>().is_ok()
}
