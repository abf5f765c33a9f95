//! Rules in database files: written as the release reads them, over data sources that there are.

use serde_json::{Map, Value};

use super::files::{Doc, Proxy, of_proxies};
use super::nodes;
use crate::products::shardingsphere::{READWRITE_SPLITTING, key};
use crate::products::text;
use crate::verify::{Finding, Grade, Rule};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "shardingsphere-rules-fit-version",
        grade: Grade::ERROR,
        promise: "rules of a ShardingSphere-Proxy use the syntax of its release",
        why: "the proxy exits while it loads the file: `Unable to find property`, or a tag that it does not \
              support",
        fix: "write them as in the manual of this release",
        source: "apache/shardingsphere release notes 5.4.0, 5.5.1 and master; user manual",
        check: |set| of_proxies(set, |proxy| of_databases(proxy, wording)),
    },
    Rule {
        code: "shardingsphere-rules-name-sources",
        grade: Grade::ERROR,
        promise: "rules of a ShardingSphere-Proxy refer to existing data sources, and to groups instead of the \
                  servers in them",
        why: "the proxy exits while it loads the file, or statements fail with `Can not find data source`",
        fix: "use a name in `dataSources:`, or that of the read/write splitting group",
        source: "apache/shardingsphere user manual, mixed rules and data nodes",
        check: |set| of_proxies(set, |proxy| of_databases(proxy, |_, doc| nodes::strangers(doc))),
    },
    Rule {
        code: "shardingsphere-tables-are-loaded",
        grade: Grade::WARNING,
        promise: "since 5.4 a ShardingSphere-Proxy has a rule that loads tables without a sharding rule",
        why: "they are no longer loaded automatically: `Table or view 'NAME' does not exist`, although MySQL has \
              it",
        fix: "add the rule `- !SINGLE` with `tables: [\"*.*\"]`",
        source: "apache/shardingsphere release notes 5.4.0, #31328",
        check: |set| of_proxies(set, |proxy| of_databases(proxy, invisible)),
    },
    Rule {
        code: "shardingsphere-tables-have-a-place",
        grade: Grade::WARNING,
        promise: "a ShardingSphere-Proxy knows on which of several servers the tables of a database are",
        why: "without a sharding rule it makes each new table on one of them at random, and shows the first of a table \
              that several have",
        fix: "add a rule `- !SHARDING` for the tables that are split, set `defaultDataSource` in `!SINGLE`, or give each \
              server a database of its own",
        source: "apache/shardingsphere user manual, single table: `defaultDataSource` is random when left out",
        check: |set| of_proxies(set, |proxy| of_databases(proxy, |_, doc| homeless(doc))),
    },
];

fn of_databases<'a>(
    proxy: &Proxy<'_, 'a>,
    check: impl Fn(&Proxy<'_, 'a>, &Doc<'_, 'a>) -> Vec<Finding<'a>>,
) -> Vec<Finding<'a>> {
    proxy.databases.iter().flat_map(|doc| check(proxy, doc)).collect()
}

/// Does a table of a sharding rule, or the rule, hold this key?
fn has_below(map: &Map<String, Value>, list: &str, key: &str) -> bool {
    map.get(list).and_then(Value::as_object).into_iter().flatten().any(|(_, item)| item.get(key).is_some())
}

/// Tells a word of a file, what it is, and what to write instead.
type Tell<'t> = dyn FnMut(&str, &str, &str) + 't;

fn wording<'a>(proxy: &Proxy<'_, 'a>, doc: &Doc<'_, 'a>) -> Vec<Finding<'a>> {
    let release = proxy.release();
    let mut findings = Vec::new();
    let mut wrong = |word: &str, what: &str, help: &str| {
        findings.push(doc.finding(format!("{release} does not support {what}"), word).help(help));
    };
    if let Some(split) = doc.rule(READWRITE_SPLITTING) {
        of_splitting(proxy, split, &mut wrong);
    }
    if let Some(sharding) = doc.rule("SHARDING") {
        of_sharding(proxy, sharding, &mut wrong);
    }
    for tag in ["BROADCAST", "SINGLE"] {
        if doc.rule(tag).is_some() && proxy.before(&[5, 4]) {
            let help = "remove it: broadcast tables are part of `!SHARDING`, single tables need no rule";
            wrong(&format!("!{tag}"), &format!("the rule `!{tag}`"), help);
        }
    }
    findings
}

fn of_splitting(proxy: &Proxy<'_, '_>, split: &Map<String, Value>, wrong: &mut Tell<'_>) {
    const NEW: &str = text!("`", key::DATA_SOURCE_GROUPS, "`");
    const OLD: &str = text!("`", key::DATA_SOURCES, "`");
    const TO_OLD: &str = text!("write ", OLD);
    const TO_NEW: &str = text!("write ", NEW);
    let (new, old) = (split.contains_key(key::DATA_SOURCE_GROUPS), split.contains_key(key::DATA_SOURCES));
    let list = if new { key::DATA_SOURCE_GROUPS } else { key::DATA_SOURCES };
    if new && proxy.before(&[5, 5, 1]) {
        wrong(text!(key::DATA_SOURCE_GROUPS, ":"), NEW, TO_OLD);
    } else if old && !new && proxy.at_least(&[5, 5, 1]) {
        wrong(text!("!", READWRITE_SPLITTING), text!(OLD, " in this rule"), TO_NEW);
    }
    let strategy = has_below(split, list, key::STATIC_STRATEGY);
    let plain = has_below(split, list, key::WRITE_DATA_SOURCE_NAME);
    if strategy && proxy.at_least(&[5, 4]) {
        let help = text!(
            "write `",
            key::WRITE_DATA_SOURCE_NAME,
            "` and `",
            key::READ_DATA_SOURCE_NAMES,
            "` instead"
        );
        wrong(text!(key::STATIC_STRATEGY, ":"), text!("`", key::STATIC_STRATEGY, "`"), help);
    } else if !strategy && plain && proxy.at_least(&[5, 2]) && proxy.before(&[5, 4]) {
        let help = text!("write `", key::STATIC_STRATEGY, ":` around both names");
        wrong(
            text!(key::WRITE_DATA_SOURCE_NAME, ":"),
            text!("`", key::WRITE_DATA_SOURCE_NAME, "` here"),
            help,
        );
    }
}

fn of_sharding(proxy: &Proxy<'_, '_>, sharding: &Map<String, Value>, wrong: &mut Tell<'_>) {
    if sharding.contains_key("broadcastTables") && proxy.at_least(&[5, 4]) {
        let help = "write a separate rule: `- !BROADCAST` with `tables:`";
        wrong("broadcastTables:", "`broadcastTables`", help);
    }
    if has_below(sharding, "tables", "keyGenerateStrategy") && proxy.at_least(&[5, 5, 4]) {
        let help = "write `keyGenerateStrategies:` next to `tables:`";
        wrong("keyGenerateStrategy:", "`keyGenerateStrategy` of a table", help);
    }
    if sharding.contains_key("keyGenerateStrategies") && proxy.before(&[5, 5, 4]) {
        let help = "write `keyGenerateStrategy:` below the table";
        wrong("keyGenerateStrategies:", "`keyGenerateStrategies`", help);
    }
}

/// How many servers or groups of one primary tables may be on.
fn homes(doc: &Doc<'_, '_>) -> usize {
    let split = doc.rule(READWRITE_SPLITTING);
    let groups =
        split.and_then(|split| split.get(key::DATA_SOURCE_GROUPS).or_else(|| split.get(key::DATA_SOURCES)));
    let groups: Vec<&Value> =
        groups.and_then(Value::as_object).into_iter().flatten().map(|(_, group)| group).collect();
    let grouped: Vec<&str> = groups.iter().flat_map(|group| nodes::servers(group)).collect();
    doc.sources().filter(|(name, _)| !grouped.contains(name)).count() + groups.len()
}

fn homeless<'a>(doc: &Doc<'_, 'a>) -> Vec<Finding<'a>> {
    let ruled = doc.rule("SHARDING").is_some() || doc.rule("BROADCAST").is_some();
    let Some(single) = doc.rule("SINGLE").filter(|_| !ruled) else { return Vec::new() };
    let homes = homes(doc);
    // Tables that are named one by one have their server in front.
    let all = single.get("tables").and_then(Value::as_array).is_some_and(|tables| {
        tables.iter().any(|table| table.as_str().is_some_and(|table| table.starts_with('*')))
    });
    if homes < 2 || !all || single.contains_key("defaultDataSource") {
        return Vec::new();
    }
    let title = format!("no rule says which of {homes} servers a table is on");
    vec![doc.finding(title, "rules:")]
}

fn invisible<'a>(proxy: &Proxy<'_, 'a>, doc: &Doc<'_, 'a>) -> Vec<Finding<'a>> {
    let told = ["SINGLE", "SHARDING", "BROADCAST"].iter().any(|tag| doc.rule(tag).is_some());
    let tags: Vec<&str> = doc.rules().map(|(tag, _)| tag).collect();
    // A rule without a tag is one that we do not read.
    let rules = doc.body.get("rules").and_then(Value::as_array).map_or(0, Vec::len);
    let blind = proxy.at_least(&[5, 4]) && !told && rules == tags.len() && doc.sources().next().is_some();
    let title = match tags.as_slice() {
        [] => "has data sources but no rule, so none of their tables is loaded".to_owned(),
        tags => format!("has only the rule {}, so no table is loaded", words::listed(tags)),
    };
    blind
        .then(|| doc.finding(title, if tags.is_empty() { text!(key::DATA_SOURCES, ":") } else { "rules:" }))
        .into_iter()
        .collect()
}
