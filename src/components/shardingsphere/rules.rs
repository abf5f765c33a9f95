//! What the proxy's files say beside passwords: data sources, rules by version, and which shards the user's rules name.

use serde_json::{Value, json};

use super::{Database, ShardingSphere};
use crate::components::Instance;
use crate::k8s::{Endpoint, Version};
use crate::plan::offer::{Databases, Shard};
use crate::products::shardingsphere::{READWRITE_SPLITTING, key};

/// Splits reads from writes; follows from the replicas.
pub(super) const READ_WRITE: &str = READWRITE_SPLITTING;
/// Tags that users may write, and since when there are such rules.
///
/// Source: the release notes; the user manual.
pub(super) const TAGS: &[(&str, &[u32])] = &[
    ("BROADCAST", &[5, 4]),
    ("ENCRYPT", &[5, 0]),
    ("MASK", &[5, 3]),
    ("SHADOW", &[5, 0]),
    ("SHARDING", &[5, 0]),
    ("SINGLE", &[5, 4]),
];

/// Where a logical database lies: a data source's name, and where it leads.
pub(super) struct Source {
    pub name: String,
    pub at: Endpoint,
}

/// The data sources of one shard: one, or the primary and its replicas.
pub(super) fn sources(number: usize, shard: &Shard) -> Vec<Source> {
    if shard.replicas.is_empty() {
        return vec![Source { name: group(number), at: shard.primary.clone() }];
    }
    let primary = Source { name: format!("{}_primary", group(number)), at: shard.primary.clone() };
    let replicas = shard.replicas.iter().enumerate().map(|(index, at)| {
        let suffix = if index == 0 { "replica".to_owned() } else { format!("replica_{index}") };
        Source { name: format!("{}_{suffix}", group(number)), at: at.clone() }
    });
    [primary].into_iter().chain(replicas).collect()
}

/// What rules call a shard, with replicas or without.
pub(super) fn group(number: usize) -> String {
    format!("ds_{number}")
}

/// All rules of one database: tag and body.
pub(super) fn all(
    me: &Instance<ShardingSphere>,
    settings: Option<&Database>,
    servers: &Databases,
) -> Vec<Value> {
    let version = me.version();
    let mut rules: Vec<Value> = settings
        .into_iter()
        .flat_map(|settings| &settings.rules)
        .map(|(tag, body)| json!({ "tag": tag, "body": body }))
        .collect();
    rules.extend(read_write(&version, servers).map(|body| json!({ "tag": READ_WRITE, "body": body })));
    let single = settings.is_some_and(|settings| settings.rules.contains_key("SINGLE"));
    // Tables without a rule of their own are invisible without it. Source: release notes of 5.4.0.
    if !single && version.at_least(&[5, 4]) {
        rules.push(json!({ "tag": "SINGLE", "body": { "tables": ["*.*"] } }));
    }
    rules
}

/// Writes to primaries, reads from replicas. Source: release notes of 5.4.0 and 5.5.1.
fn read_write(version: &Version, servers: &Databases) -> Option<Value> {
    let split = |number: usize, shard: &Shard| {
        let mut names = sources(number, shard).into_iter().map(|source| source.name);
        let (write, read) = (names.next(), names.collect::<Vec<_>>());
        let names = json!({ key::WRITE_DATA_SOURCE_NAME: write, key::READ_DATA_SOURCE_NAMES: read });
        let body = if version.before(&[5, 4]) { json!({ key::STATIC_STRATEGY: names }) } else { names };
        (group(number), body)
    };
    let groups: serde_json::Map<String, Value> = servers
        .shards
        .iter()
        .enumerate()
        .filter(|(_, shard)| !shard.replicas.is_empty())
        .map(|(number, shard)| split(number, shard))
        .collect();
    let key = if version.at_least(&[5, 5, 1]) { key::DATA_SOURCE_GROUPS } else { key::DATA_SOURCES };
    (!groups.is_empty()).then(|| json!({ key: groups }))
}

/// A data source in the user's rules that is not there: what was written, for all strings of a rule.
pub(super) fn stranger(rule: &Value, shards: usize) -> Option<String> {
    match rule {
        Value::String(text) => in_text(text, shards),
        Value::Array(items) => items.iter().find_map(|item| stranger(item, shards)),
        Value::Object(map) => map.values().find_map(|value| stranger(value, shards)),
        _ => None,
    }
}

/// `ds_7` where there are two, `ds_${0..3}`, and names of servers instead of shards: `ds_0_primary`.
fn in_text(text: &str, shards: usize) -> Option<String> {
    for (at, _) in text.match_indices("ds_") {
        if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + 3..];
        let body = rest.strip_prefix("$->{").or_else(|| rest.strip_prefix("${")).unwrap_or(rest);
        let end = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
        let mut numbers = body[..end].split('.').filter_map(|number| number.parse::<usize>().ok());
        // A dot alone separates a shard from its table: only a range has two numbers.
        let plain = body.len() == rest.len();
        let last = if plain { numbers.next() } else { numbers.next_back() };
        let server = plain && ["_primary", "_replica"].iter().any(|suffix| body[end..].starts_with(suffix));
        if server || last.is_some_and(|last| last >= shards) {
            let end = text[at..].find([' ', ',']).map_or(text.len(), |end| at + end);
            return Some(text[at..end].to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::in_text;

    #[test]
    fn shards_that_are_not_there_are_found() {
        for (text, wanted) in [
            ("ds_${0..1}.t_order_${0..7}", None),
            ("ds_$->{0..1}.t_order", None),
            ("ds_0.t_order_9", None),
            ("ds_0.t_user,ds_2.t_user", Some("ds_2.t_user")),
            ("ds_${0..2}.t_order", Some("ds_${0..2}.t_order")),
            ("ds_0_primary.t_order", Some("ds_0_primary.t_order")),
            ("ds_${user_id % 2}", None),
            ("orders_7", None),
        ] {
            assert_eq!(in_text(text, 2).as_deref(), wanted, "{text}");
        }
    }
}
