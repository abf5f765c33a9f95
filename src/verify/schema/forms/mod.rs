//! The forms that the API server knows of names, keys, addresses and amounts.
//!
//! Source: apimachinery's util/validation and core/v1 validation.

pub(super) mod net;
mod text;

use serde_json::Value;

use super::scalar;
use super::zones;
use crate::words;
use text::{OF_VARIABLES, OF_VOLUMES, RESOURCES};

/// What a text or a number looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Absolute,
    Amount,
    Cidr,
    ConfigKey,
    Count,
    DomainPath,
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
    /// A map of such keys and values.
    Labels,
    Mode,
    /// A range of addresses without bits behind its prefix.
    Network,
    NoDots,
    NotZero,
    /// An address that is not the machine's own, and not one of its network segment.
    Outside,
    /// What may stand between two slashes of a URL.
    PathName,
    /// An address without leading zeros.
    PlainIp,
    Port,
    PortName,
    Positive,
    /// A label key that is no label's.
    Qualified,
    Resource,
    Search,
    Share,
    Subdomain,
    Sysctl,
    Zone,
}

const NAMES: &[(&str, Form)] = &[
    ("absolute", Form::Absolute),
    ("amount", Form::Amount),
    ("cidr", Form::Cidr),
    ("config-key", Form::ConfigKey),
    ("count", Form::Count),
    ("domain-path", Form::DomainPath),
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
    ("network", Form::Network),
    ("no-dots", Form::NoDots),
    ("not-zero", Form::NotZero),
    ("outside", Form::Outside),
    ("path-name", Form::PathName),
    ("plain-ip", Form::PlainIp),
    ("port", Form::Port),
    ("port-name", Form::PortName),
    ("positive", Form::Positive),
    ("qualified", Form::Qualified),
    ("resource", Form::Resource),
    ("search", Form::Search),
    ("share", Form::Share),
    ("subdomain", Form::Subdomain),
    ("sysctl", Form::Sysctl),
    ("zone", Form::Zone),
];

impl Form {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// What is wrong with a value, as a phrase behind its name. Values of another type are the schema's.
    pub(super) fn wrong(self, value: &Value) -> Option<String> {
        match value {
            Value::Number(number) if matches!(self, Self::Positive | Self::Amount) => {
                self.of_text(&number.to_string())
            }
            Value::Number(number) => self.of_number(number.as_i64()?),
            Value::String(text) => self.of_text(text),
            _ => None,
        }
    }

    fn of_number(self, number: i64) -> Option<String> {
        match self {
            Self::Port if !(1..=65535).contains(&number) => {
                Some(format!("must be a port from 1 to 65535, not {number}"))
            }
            Self::Count | Self::Share if number < 0 => Some(format!("must be 0 or more, not {number}")),
            Self::NotZero if number == 0 => Some("must not be 0".to_owned()),
            Self::Mode if !(0..=0o777).contains(&number) => {
                Some(format!("must be 0 to 511, which is 0777, not {number}"))
            }
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

    /// What to write instead, where that is most likely known.
    pub(super) fn instead(self, value: &Value) -> Option<String> {
        let near = match self {
            Self::FieldOfVariable => self.nearest(value, OF_VARIABLES)?.to_owned(),
            Self::FieldOfVolume => self.nearest(value, OF_VOLUMES)?.to_owned(),
            Self::Resource => self.nearest(value, RESOURCES)?.to_owned(),
            Self::Zone => zones::nearest(value.as_str()?)?,
            Self::Network => net::network(value.as_str()?)?,
            Self::Cidr => {
                let text = value.as_str()?.trim();
                format!("{text}/{}", if net::ip(text)?.is_ipv4() { 32 } else { 128 })
            }
            Self::Port | Self::PortName => {
                let number: u16 = value.as_str()?.parse().ok()?;
                return Some(format!("{number} is a number, not the name of a port: write it as a number"));
            }
            // Somebody thought of it as octal.
            Self::Mode => {
                let number = value.as_u64().filter(|number| (512..=777).contains(number))?;
                let octal = u32::from_str_radix(&number.to_string(), 8).ok()?;
                format!("0{octal:o}")
            }
            _ => return None,
        };
        Some(format!("did you mean `{near}`?"))
    }

    fn nearest(self, value: &Value, known: &'static [&'static str]) -> Option<&'static str> {
        let text = value.as_str().filter(|text| !self.fits(text))?;
        words::closest(text, known.iter().copied())
    }

    fn longest(self) -> Option<usize> {
        match self {
            Self::Label | Self::LabelValue => Some(63),
            Self::ConfigKey | Self::Host | Self::Search | Self::Subdomain | Self::Sysctl => Some(253),
            _ => None,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Absolute => "a path that starts with `/`",
            Self::Amount => "0 or more",
            Self::Cidr => "an address range such as `10.0.0.0/8`",
            Self::ConfigKey => "a key of letters, digits, `-`, `_` and `.`",
            Self::Count => "a number or a percentage such as `25%`",
            Self::DomainPath => "a domain and a path, such as `example.com/name`",
            Self::FieldOfVariable => {
                "a field that variables can use, such as `metadata.name` or `status.podIP`"
            }
            Self::FieldOfVolume => "a field that files can use, such as `metadata.labels`",
            Self::Group => "a group and a version, such as `apps/v1`",
            Self::Header => "a header name: letters, digits and `-`",
            Self::Host | Self::Search | Self::Subdomain => "a DNS name in lower case",
            Self::Inside => "a relative path without `..`",
            Self::Ip => "an IP address",
            Self::Label => "lower-case letters, digits and `-`",
            Self::LabelKey | Self::Labels => "a label key, such as `app` or `example.com/app`",
            Self::LabelValue => "a label value: letters, digits, `-`, `_` and `.`, at most 63",
            Self::Mode => "a number",
            Self::Network => "a range whose address has no bits behind its prefix",
            Self::NoDots => "a path without `..`",
            Self::NotZero => "more than 0",
            Self::Outside => {
                "an address that others can reach: not a loopback, link-local or unspecified one"
            }
            Self::PathName => "a name without `/` and `%`",
            Self::PlainIp => "an address without leading zeros",
            Self::Port | Self::PortName => {
                "a port number, or its name of at most 15 lower-case letters, digits and `-`"
            }
            Self::Positive => "more than 0",
            Self::Qualified => "a name, with or without a domain in front, such as `example.com/name`",
            Self::Resource => "a resource such as `limits.memory`",
            Self::Share => "a number or a percentage of at most `100%`",
            Self::Sysctl => "the name of a kernel parameter, such as `net.core.somaxconn`",
            Self::Zone => "a time zone of the IANA database, such as `Asia/Shanghai`, in its spelling",
        }
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::Amount => scalar::billionths(text).is_none_or(|amount| amount >= 0),
            Self::Positive => scalar::billionths(text).is_none_or(|amount| amount > 0),
            Self::Cidr => net::is_cidr(text.trim()),
            Self::Ip => net::is_ip(text),
            // What is no address or range at all is told by the form before.
            Self::Network => !net::is_cidr(text.trim()) || net::is_network(text.trim()),
            Self::Outside => net::is_outside(text),
            Self::PlainIp => !net::is_ip(text) || net::is_plain(text),
            Self::Zone => zones::is_zone(text),
            _ => self.is_text(text),
        }
    }
}
