//! What brokers read from broker.conf. A broker says nothing of a key that it does not know, nor of a value that it cannot
//! read: it goes on with its default. Source: MixAll.properties2Object.

use crate::words;

/// What the brokers of 4.9.8, 5.1.4 and 5.3.3 read, and as what, a key to a line. From the setters of BrokerConfig,
/// MessageStoreConfig, NettyServerConfig, NettyClientConfig and AuthConfig.
const KEYS: &str = include_str!("broker-keys.txt");

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.lines().filter_map(|line| line.split_once(' '))
}

/// `number`, `decimal`, `boolean` or `text`, for a key that brokers know.
pub(crate) fn kind(key: &str) -> Option<&'static str> {
    all().find(|(name, _)| *name == key).map(|(_, kind)| kind)
}

/// The key that was meant. Later versions have keys of their own: only what looks like a slip of the finger has one.
pub(crate) fn meant(key: &str) -> Option<&'static str> {
    words::closest(key, all().map(|(name, _)| name))
        .filter(|near| strsim::damerau_levenshtein(key, near) <= 2)
}
