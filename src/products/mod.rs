//! What is true of a product, whoever writes its manifest: images, ports, paths, variables, keys, defaults, known bad
//! releases. Said once here, a file per product, and read by who draws and by who judges.
//!
//! Nothing comes in. What goes out are constants. A setting of ours or an opinion on a manifest never stands here.
//! **Invariant:** what stands here stands nowhere else. Guard: `tests/house.rs`, which reads these files for what counts.

pub(crate) mod consul;
pub(crate) mod jvm;
pub(crate) mod kafka;
pub(crate) mod mysql;
pub(crate) mod nacos;
pub(crate) mod redis;
pub(crate) mod rocketmq;
pub(crate) mod shardingsphere;
pub(crate) mod spring;
pub(crate) mod start;
pub(crate) mod value;
pub(crate) mod zookeeper;

use std::cmp::Reverse;

/// The products that rules know. The first row that fits wins: roles of one image go before the product itself.
macro_rules! products {
    ($($(#[$about:meta])+ $name:ident: $signs:expr,)+) => {
        /// A product that rules know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Product {
            $($(#[$about])+ $name,)+
            /// A Java program, most likely with Spring Boot: an app.
            Java,
            /// Something else.
            Other,
        }

        /// How each is told.
        pub(crate) const SIGNS: &[(Product, Signs)] = &[$((Product::$name, $signs)),+];
    };
}

products! {
    /// The RocketMQ dashboard.
    Dashboard: rocketmq::DASHBOARD,
    /// A RocketMQ NameServer.
    NameServer: rocketmq::NAME_SERVER,
    /// A RocketMQ proxy.
    RocketmqProxy: rocketmq::PROXY,
    /// A RocketMQ broker.
    Broker: rocketmq::BROKER,
    /// A Nacos server.
    Nacos: nacos::SIGNS,
    /// A Consul agent, client or server.
    Consul: consul::SIGNS,
    /// ShardingSphere-Proxy.
    Shardingsphere: shardingsphere::SIGNS,
    /// MySQL or Percona Server.
    Mysql: mysql::SIGNS,
    /// Redis Sentinel.
    Sentinel: redis::SENTINEL_SIGNS,
    /// Redis or Valkey, standalone or in a cluster.
    Redis: redis::SIGNS,
    /// A ZooKeeper server.
    Zookeeper: zookeeper::SIGNS,
    /// A Kafka broker or controller.
    Kafka: kafka::SIGNS,
}

/// A port number.
pub(crate) type Port = u16;

/// A fact that a release changed.
#[derive(Debug)]
pub(crate) struct Since<T> {
    /// The first version that it is true of.
    pub(crate) version: &'static [u32],
    /// What is true from then on.
    pub(crate) value: T,
}

/// The row of a table that is true of a version: the latest one that it has `reached`.
pub(crate) fn since<T>(table: &[Since<T>], reached: impl Fn(&[u32]) -> bool) -> Option<&T> {
    let rows = table.iter().filter(|row| reached(row.version));
    rows.min_by_key(|row| Reverse(row.version)).map(|row| &row.value)
}

/// How a product is told.
#[derive(Debug)]
pub(crate) struct Signs {
    /// Last parts of image paths that are the product.
    pub(crate) images: &'static [&'static str],
    /// A word of the command line that only the product has.
    pub(crate) commands: &'static [&'static str],
    /// Variables that the product's image reads: one of them, together with the port, is a sign too.
    pub(crate) variables: &'static [&'static str],
    /// The port, where variables are a sign.
    pub(crate) port: Option<Port>,
    /// What the variables begin with that the product's image reads, without the `_`.
    pub(crate) prefixes: &'static [&'static str],
}

/// Sentences of tables, which are made when we are compiled: constants between quotes.
macro_rules! text {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        const LENGTH: usize = $crate::products::length(PARTS);
        const BYTES: [u8; LENGTH] = $crate::products::joined(PARTS);
        match ::std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("texts end to end are a text"),
        }
    }};
}
pub(crate) use text;

/// How long the parts are together.
pub(crate) const fn length(parts: &[&str]) -> usize {
    let (mut sum, mut part) = (0, 0);
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// The parts end to end.
pub(crate) const fn joined<const N: usize>(parts: &[&str]) -> [u8; N] {
    let (mut bytes, mut end, mut part) = ([0; N], 0, 0);
    while part < parts.len() {
        let (text, mut at) = (parts[part].as_bytes(), 0);
        while at < text.len() {
            bytes[end] = text[at];
            end += 1;
            at += 1;
        }
        part += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_row_that_was_reached_is_true() {
        let table = [Since { version: &[2], value: "old" }, Since { version: &[3, 1], value: "new" }];
        let of = |own: &[u32]| since(&table, |version| version <= own).copied();
        assert_eq!([of(&[1, 4]), of(&[3, 0]), of(&[3, 1, 2])], [None, Some("old"), Some("new")]);
    }

    #[test]
    fn sentences_are_made_of_constants() {
        const NAME: &str = "ü_1";
        const SENTENCE: &str = text!("set `", NAME, "`");
        assert_eq!(SENTENCE, "set `ü_1`");
    }
}
