//! The keys that Kafka itself reads, of brokers and of topics, and in which of its minors.
//!
//! Of a key that it does not know, a broker says one line in its log, for a plugin may read it.
//!
//! Source: the `ConfigDef` of brokers and of topics in the jars of 3.3.2, 3.4.1, 3.5.2, 3.6.2, 3.7.2, 3.8.1, 3.9.2, 4.0.1, 4.1.1,
//! 4.2.0 and 4.3.1 (Maven Central), internal keys too.

use crate::words;

/// Those of server.properties: a name, what it is read as, and where it is not in all of the minors, the first and the last one.
const BROKER: &str = include_str!("broker-keys.txt");
/// Likewise, those of a topic.
const TOPIC: &str = include_str!("topic-keys.txt");
/// The minors that were looked at; others are taken for the nearest of them.
const LOOKED_AT: (Minor, Minor) = ((3, 3), (4, 3));

/// Beginnings of keys that are a plugin's, or a listener's: what follows is not Kafka's to know. Source: the documentation of
/// broker configs, of authorizers (`StandardAuthorizer`, `AclAuthorizer`), quota callbacks and tiered storage; Confluent's platform.
const PLUGINS: &[&str] = &[
    "listener.name.",
    "sasl.",
    "ssl.",
    "security.",
    "rsm.config.",
    "rlmm.config.",
    "remote.log.storage.",
    "remote.log.metadata.",
    "authorizer.",
    "super.users",
    "allow.everyone.if.no.acl.found",
    "client.quota.callback.",
    "metrics.",
    "metric.",
    "kafka.metrics.",
    "confluent.",
    "config.provider",
    "cruise.control.",
    "strimzi.",
];

/// Major and minor of a release.
pub(crate) type Minor = (u32, u32);

/// Whose keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// A broker's, in server.properties.
    Broker,
    /// A topic's.
    Topic,
}

/// What Kafka knows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It reads it, as that kind: `int`, `long`, `decimal`, `boolean` or `text`.
    As(&'static str),
    /// Another minor does: from the first to the last one, where there are such.
    Elsewhere(Option<Minor>, Option<Minor>),
    /// None does.
    Never,
}

struct Row {
    name: &'static str,
    kind: &'static str,
    first: Option<Minor>,
    last: Option<Minor>,
}

fn rows(of: Of) -> impl Iterator<Item = Row> {
    let table = match of {
        Of::Broker => BROKER,
        Of::Topic => TOPIC,
    };
    table.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (name, kind) = (words.next()?, words.next()?);
        let (first, last) = words.next().and_then(|range| range.split_once('-')).unwrap_or_default();
        Some(Row { name, kind, first: minor(first), last: minor(last) })
    })
}

fn minor(text: &str) -> Option<Minor> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

impl Row {
    fn is_in(&self, minor: Minor) -> bool {
        let minor = minor.clamp(LOOKED_AT.0, LOOKED_AT.1);
        self.first.is_none_or(|first| first <= minor) && self.last.is_none_or(|last| minor <= last)
    }
}

/// What that minor knows of the key.
pub(crate) fn known(of: Of, key: &str, minor: Minor) -> Known {
    match rows(of).find(|row| row.name == key) {
        Some(row) if row.is_in(minor) => Known::As(row.kind),
        Some(row) => Known::Elsewhere(row.first, row.last),
        None => Known::Never,
    }
}

/// May something else than Kafka itself read it?
pub(crate) fn is_a_plugins(key: &str) -> bool {
    PLUGINS.iter().any(|start| key.starts_with(start))
}

/// May it have keys that the table does not have?
pub(crate) fn is_later(minor: Minor) -> bool {
    minor > LOOKED_AT.1
}

/// The key that was meant: only what looks like a slip of the finger has one, or what is a topic's where a broker has its default.
pub(crate) fn meant(of: Of, key: &str, minor: Minor) -> Option<&'static str> {
    let here = || rows(of).filter(|row| row.is_in(minor)).map(|row| row.name);
    if of == Of::Broker && rows(Of::Topic).any(|row| row.name == key) {
        return here().find(|name| name.strip_prefix("log.") == Some(key));
    }
    words::slip_of(key, here())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_in_its_minors() {
        assert_eq!(known(Of::Broker, "log.retention.hours", (4, 3)), Known::As("int"));
        assert_eq!(known(Of::Broker, "zookeeper.session.timeout.ms", (3, 9)), Known::As("int"));
        let gone = Known::Elsewhere(None, Some((3, 9)));
        assert_eq!(known(Of::Broker, "zookeeper.session.timeout.ms", (4, 0)), gone);
        assert_eq!(known(Of::Broker, "log.retention.hour", (4, 3)), Known::Never);
        // What nobody looked at is taken for the nearest.
        assert_eq!(known(Of::Broker, "zookeeper.session.timeout.ms", (3, 0)), Known::As("int"));
        assert_eq!(known(Of::Topic, "remote.log.copy.disable", (5, 0)), Known::As("boolean"));
    }

    #[test]
    fn slips_and_keys_of_topics_are_answered() {
        assert_eq!(meant(Of::Broker, "log.retention.hour", (4, 3)), Some("log.retention.hours"));
        assert_eq!(meant(Of::Broker, "retention.ms", (4, 3)), Some("log.retention.ms"));
        assert_eq!(meant(Of::Broker, "owner", (4, 3)), None);
    }

    #[test]
    fn every_row_is_read() {
        for of in [Of::Broker, Of::Topic] {
            let all: Vec<Row> = rows(of).collect();
            assert!(all.iter().all(|row| ["int", "long", "decimal", "boolean", "text"].contains(&row.kind)));
            assert!(all.is_sorted_by(|one, next| one.name < next.name));
            let newest = all.iter().filter(|row| row.is_in(LOOKED_AT.1)).count();
            assert!(newest > all.len() / 2, "{newest} of {}", all.len());
        }
    }
}
