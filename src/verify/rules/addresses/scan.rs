//! Addresses in a text of any kind: properties, YAML, JSON, XML, shell, URLs, lists with any separator.
//!
//! One pass over the bytes; a text without addresses costs no allocation.

use crate::products::rocketmq::key::{CONTROLLER_DLEGER_PEERS, DLEGER_PEERS};

/// What speaks for it that a word is an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// `host:port` somewhere in a text.
    Weak,
    /// The host of a URL.
    Url,
    /// The value of a setting that wants a host, or an item of it.
    Setting,
    /// A name below `svc`.
    Certain,
}

/// One address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'t> {
    /// The host; without its first label where that is a variable of a script.
    pub(super) host: &'t str,
    /// Is the first label a variable, so that `host` is the Service behind it?
    pub(super) headless: bool,
    /// All ports behind the host: `:2888:3888`.
    pub(super) ports: Vec<u64>,
    /// Host and ports, as written.
    pub(super) text: &'t str,
    pub(super) strength: Strength,
}

/// Schemes whose authority is a host. Others name a service of a registry (`lb`), a bucket or a path.
const SCHEMES: &[&str] = &[
    "amqp",
    "amqps",
    "clickhouse",
    "consul",
    "dubbo",
    "elasticsearch",
    "ftp",
    "grpc",
    "http",
    "https",
    "kafka",
    "ldap",
    "ldaps",
    "mariadb",
    "mongodb",
    "mysql",
    "nacos",
    "nats",
    "postgres",
    "postgresql",
    "redis",
    "rediss",
    "sqlserver",
    "tcp",
    "udp",
    "ws",
    "wss",
    "zookeeper",
    "loadbalance",
    "replication",
];

/// All addresses of a text. `wants_host`: the text is the value of a setting that wants a host, so that a bare name is one.
pub(super) fn addresses(text: &str, wants_host: bool) -> Vec<Address<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut comment) = (0, is_comment(text));
    while at < bytes.len() {
        if !is_host_byte(bytes[at]) {
            at += 1;
            if bytes[at - 1] == b'\n' {
                comment = is_comment(&text[at..]);
            }
            continue;
        }
        let start = at;
        while at < bytes.len() && is_host_byte(bytes[at]) {
            at += 1;
        }
        // Nearly all words end here.
        let port = bytes.get(at) == Some(&b':') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let url = start >= 2 && (&bytes[start - 2..start] == b"//" || bytes[start - 1] == b'@');
        if !comment && (port || url || wants_host || has_svc(&bytes[start..at])) {
            found.extend(address(text, start, at, wants_host));
        }
    }
    found
}

/// What is further away than this has no say in what a word is; a line may be a document of megabytes.
const REACH: usize = 1_024;

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

fn has_svc(word: &[u8]) -> bool {
    word.len() > 4
        && word
            .windows(4)
            .enumerate()
            .any(|(at, part)| part == b".svc" && matches!(word.get(at + 4), None | Some(b'.')))
}

fn address(text: &str, start: usize, end: usize, wants_host: bool) -> Option<Address<'_>> {
    let before = &text[text.floor_char_boundary(start.saturating_sub(REACH))..start];
    let behind = &text[end..text.ceil_char_boundary((end + REACH).min(text.len()))];
    // The rest of the name is a variable's.
    if behind.starts_with(['$', '{', '%', '*', '<']) {
        return None;
    }
    let (own, word) = without_id(before, start, text[start..end].trim_end_matches('.'));
    // `$POD_NAME.redis…`: the first label is a variable's.
    let word = if before.ends_with('$') { word.find('.').map_or("", |dot| &word[dot..]) } else { word };
    let headless = word.starts_with('.');
    let host = word.trim_start_matches('.');
    // Behind a variable, a Service and its namespace must stand.
    let named = host.split('.').take_while(|label| *label != "svc").count();
    let enough = !headless || (named >= 2 && host.contains(".svc"));
    if !enough
        || !is_name(host)
        || before.ends_with(['%', '<'])
        || in_variable(before)
        || is_user(before, behind)
    {
        return None;
    }
    let certain = has_svc(host.as_bytes());
    let (ports, length) = ports(behind);
    let strength = match (certain, scheme(before), wants_host) {
        (true, ..) => Strength::Certain,
        (false, Some(true), _) => Strength::Url,
        (false, Some(false), _) => return None,
        (false, None, true) if is_item(before, &behind[length..]) => Strength::Setting,
        (false, None, _) if is_weak(before, &ports) => Strength::Weak,
        _ => return None,
    };
    // Nobody but the brokers themselves calls there: the port is declared nowhere.
    let ports = if own == start { ports } else { Vec::new() };
    Some(Address { host, headless, ports, text: &text[own..end + length], strength })
}

/// Lists in which each address has an id before it, which ends at the first `-`. Source: openmessaging/dledger, MemberState.
const WITH_IDS: &[&str] = &[DLEGER_PEERS, CONTROLLER_DLEGER_PEERS];

/// The address behind the id: `n0-broker-0.mq:40911` in `dLegerPeers=n0-broker-0.mq:40911;n1-…`.
fn without_id<'t>(before: &str, start: usize, word: &'t str) -> (usize, &'t str) {
    let line = before.rsplit(['\n', '"', '\'', ' ']).next().unwrap_or_default();
    let listed =
        WITH_IDS.iter().any(|key| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(['=', ':'])));
    match word.split_once('-').filter(|_| listed && before.ends_with(['=', ':', ';'])) {
        Some((id, address)) => (start + id.len() + 1, address),
        None => (start, word),
    }
}

/// Is it the user or the password in `scheme://user:password@host`?
fn is_user(before: &str, behind: &str) -> bool {
    let stops = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | ',');
    let authority = before.rfind(stops).is_some_and(|at| before[..=at].ends_with("://"));
    authority && behind.find(|c: char| c == '@' || stops(c)).is_some_and(|at| behind[at..].starts_with('@'))
}

/// Is it inside of `${…}` or `$(…)`?
fn in_variable(before: &str) -> bool {
    let open = before.rfind(['{', '(']).filter(|at| before[..*at].ends_with('$'));
    open.is_some_and(|at| !before[at..].contains(['}', ')', ':', ' ']))
}

/// Does a line begin as one?
fn is_comment(text: &str) -> bool {
    let line = text.trim_start_matches([' ', '\t']);
    line.starts_with('#') || line.starts_with("//") || line.starts_with("<!--")
}

/// A DNS name with a letter in it: no number, no IP address, nothing with capitals or underscores.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        edge(label.bytes().next()) && edge(label.bytes().next_back()) && label.len() <= 63
    };
    host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
        && host.bytes().any(|byte| byte.is_ascii_lowercase())
        && host.split('.').all(label)
}

/// The ports behind a host, and how many bytes they take.
fn ports(behind: &str) -> (Vec<u64>, usize) {
    let (mut ports, mut length) = (Vec::new(), 0);
    while let Some(rest) = behind[length..].strip_prefix(':') {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        // `redis:7.2` and `a:1b` are no ports.
        let ends = !rest[digits..]
            .starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            || rest[digits..].starts_with(". ")
            || &rest[digits..] == ".";
        match rest[..digits].parse() {
            Ok(port @ 1..=65535) if ends => ports.push(port),
            _ => break,
        }
        length += 1 + digits;
    }
    (ports, length)
}

/// Does a URL's `scheme://` or `scheme://user:password@` stand before it, and is it one that names hosts?
fn scheme(before: &str) -> Option<bool> {
    let start = before
        .rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'))
        .map_or(0, |at| at + 1);
    let word = &before[start..];
    let at = word.rfind("://")?;
    let authority = &word[at + 3..];
    let name = &word[..at];
    let name = &name[name
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '_')))
        .map_or(0, |at| at + 1)..];
    // Kafka's listeners: `INTERNAL://`.
    let listener = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'));
    let first = authority.is_empty() || (authority.ends_with('@') && !authority.contains('/'));
    // `mongodb://a:1,b:2/x`: the further hosts of a list.
    let further = authority.ends_with(',') && !authority.contains(['/', '?']);
    (first || further).then(|| listener || SCHEMES.contains(&name))
}

/// Is it a whole item of a list: nothing but a separator before and behind it?
fn is_item(before: &str, behind: &str) -> bool {
    let edge = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '[' | ']' | '@' | '=');
    before.chars().next_back().is_none_or(edge) && behind.chars().next().is_none_or(|c| edge(c) || c == '/')
}

/// `host:port` by itself: a port below 80 is more often the tag of an image, and behind a slash stands a path.
fn is_weak(before: &str, ports: &[u64]) -> bool {
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    ports.first().is_some_and(|port| *port >= 80)
        && !before.ends_with(['/', ':', '.', '-', '$', '{', '('])
        && !line.contains("chown")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, wants_host: bool) -> String {
        let told = |address: &Address<'_>| {
            let ports: String = address.ports.iter().map(|port| format!(":{port}")).collect();
            let sign = match address.strength {
                Strength::Weak => "?",
                Strength::Url => "!",
                Strength::Setting => "=",
                Strength::Certain => "",
            };
            format!("{sign}{}{}{ports}", if address.headless { "*." } else { "" }, address.host)
        };
        addresses(text, wants_host).iter().map(told).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn addresses_are_found_and_nothing_else() {
        for (text, wanted) in [
            ("redis.tea.svc.cluster.local", "redis.tea.svc.cluster.local"),
            ("a=redis-0.redis-hs.tea.svc:6379,b", "redis-0.redis-hs.tea.svc:6379"),
            ("server.1=zk-0.zk:2888:3888;2181", "?zk-0.zk:2888:3888"),
            ("0@kafka-0.kafka:9093,1@kafka-1.kafka:9093", "?kafka-0.kafka:9093 ?kafka-1.kafka:9093"),
            ("jdbc:mysql://mysql:3306/im?x=y", "!mysql:3306"),
            ("jdbc:mysql:replication://a:3306,b:3306/im", "!a:3306 !b:3306"),
            ("redis://:pass.word:1@redis:6379/0", "!redis:6379"),
            ("amqp://guest:in.tea.svc@mq:5672", "!mq:5672"),
            ("http://gateway/api lb://orders:80", "!gateway"),
            ("INTERNAL://kafka-0.kafka:9094,CLIENT://:9092", "!kafka-0.kafka:9094"),
            ("$POD_NAME.redis-hs.tea.svc.cluster.local:6379", "*.redis-hs.tea.svc.cluster.local:6379"),
            ("$(POD_NAME).$(SERVICE).tea.svc.cluster.local", ""),
            ("http://${HOST}:8080 redis-$i:6379 %s.x:80 <host>:8080", ""),
            ("redis:7.2 redis:7 library/redis:6379 127.0.0.1:80 12:30:45 a_b:8080 FOO:8080", ""),
            ("# see http://redis:6379\n  // http://redis:6379", ""),
            ("chown redis:1000 /data", ""),
            ("nc -z mysql:3306.", "?mysql:3306"),
        ] {
            assert_eq!(told(text, false), wanted, "{text}");
        }
        assert_eq!(told("mysql", true), "=mysql");
        assert_eq!(told("nacos-0.nacos nacos-1.nacos:8848", true), "=nacos-0.nacos =nacos-1.nacos:8848");
        assert_eq!(told("/var/run/mysqld/mysqld.sock", true), "");
    }
}
