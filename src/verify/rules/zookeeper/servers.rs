//! The servers of an ensemble, as every one of them is told.

use std::collections::BTreeSet;

use crate::verify::dns::Answer;
use crate::verify::told::zookeeper::{Maker, Node};
use crate::verify::{Finding, Set, texts};

/// One server of the ensemble.
pub(super) struct Server {
    pub id: u64,
    pub host: String,
    pub observer: bool,
    /// Does it say a client port of its own?
    pub client: bool,
    /// As written.
    pub text: String,
}

impl<'a> Node<'_, 'a> {
    /// The servers of the ensemble; none where one of them cannot be read.
    pub(super) fn servers(&self) -> Vec<Server> {
        let all: Option<Vec<Server>> = match self.file {
            Some(file) => texts::properties(file.plain().unwrap_or_default())
                .filter_map(|(_, key, value)| Some((key.strip_prefix("server.")?, key, value)))
                .map(|(id, key, value)| server(id.parse().ok()?, value, format!("{key}={value}")))
                .collect(),
            None => {
                let Some(setting) = self.get("servers") else { return Vec::new() };
                self.listed(&setting.value)
            }
        };
        all.unwrap_or_default()
    }

    /// What separates the servers of a variable where the image wants something else, which makes one line of them.
    pub(super) fn wrong_separator(&self, text: &str) -> Option<&'static str> {
        let marks: &[&str] = match self.maker {
            Maker::Official => &[",server.", ";server.", ", ", "; "],
            Maker::Confluent => &[",", " "],
            Maker::Bitnami | Maker::Other => &[],
        };
        marks.iter().find(|mark| text.trim().contains(**mark)).copied()
    }

    fn listed(&self, text: &str) -> Option<Vec<Server>> {
        if self.wrong_separator(text).is_some() {
            return None;
        }
        let split: fn(char) -> bool = match self.maker {
            Maker::Confluent => |c| c == ';',
            Maker::Bitnami => |c| c == ',' || c.is_whitespace(),
            Maker::Official | Maker::Other => char::is_whitespace,
        };
        // The official image writes each word into the file as a line: `quorumListenOnAllIPs:true` is a setting.
        let setting = |entry: &&str| entry.ends_with(":true") || entry.ends_with(":false");
        let entries = text.split(split).map(str::trim).filter(|entry| !entry.is_empty());
        let entries = entries.filter(|entry| !setting(entry)).enumerate();
        entries
            .map(|(index, entry)| {
                let position = u64::try_from(index).ok()?.saturating_add(1);
                if let Some((id, value)) = entry.strip_prefix("server.").and_then(|rest| rest.split_once('='))
                {
                    return server(id.parse().ok()?, value, entry.to_owned());
                }
                let id = entry.rsplit_once("::").and_then(|(_, id)| id.parse().ok());
                (self.maker != Maker::Official)
                    .then(|| server(id.unwrap_or(position), entry, entry.to_owned()))?
            })
            .collect()
    }

    /// Something is wrong with one server of the list.
    pub(super) fn server_finding(&self, server: Option<&Server>, title: impl Into<String>) -> Finding<'a> {
        let finding = match (self.file, self.get("servers")) {
            (Some(file), _) => file.finding(title),
            (None, Some(setting)) => self.finding(&setting, title),
            (None, None) => self.container.finding("/env", title),
        };
        match server {
            Some(server) => finding.word(server.text.as_str()),
            None if self.file.is_some() => finding.word("server."),
            None => finding,
        }
    }

    /// The ordinals of its own pods among the servers.
    pub(super) fn own(&self, set: &Set<'a>, servers: &[Server]) -> BTreeSet<u64> {
        servers.iter().filter_map(|server| self.ordinal(set, server)).collect()
    }

    /// The ordinal of the pod that a server is, when it is one of its own.
    pub(super) fn ordinal(&self, set: &Set<'a>, server: &Server) -> Option<u64> {
        match set.dns().resolve(&server.host, self.pod.namespace) {
            Answer::Pod { workload, ordinal, .. } if std::ptr::eq(workload, self.pod.workload) => {
                Some(ordinal)
            }
            _ => None,
        }
    }
}

/// `host:2888:3888:observer;2181`, several addresses of one server by `|`.
fn server(id: u64, value: &str, text: String) -> Option<Server> {
    let (peer, client) = value.split_once(';').map_or((value, false), |(peer, _)| (peer, true));
    let host = peer.split(['|', ':']).next().unwrap_or_default().trim().to_owned();
    let known = !host.is_empty() && !host.contains(['$', '{', '`', ',']);
    known.then(|| Server { id, host, observer: peer.contains(":observer"), client, text })
}
