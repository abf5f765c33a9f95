//! Rules that the loader can read: a list in which each has the tag that says what it is.

use serde_json::{Map, Value};

use super::files::{Doc, Proxy, of_proxies};
use crate::products::shardingsphere::{GLOBAL_TAGS, READWRITE_SPLITTING, TAGS, key};
use crate::verify::{Finding, Grade, Rule};
use crate::words;

pub(super) const RULES: &[Rule] = &[Rule {
    code: "shardingsphere-rules-have-tags",
    grade: Grade::ERROR,
    promise: "every rule of a ShardingSphere-Proxy begins with its tag",
    why: "the tag says what the rule is: without one, or with one that is not known, the proxy exits while it loads the file",
    fix: "begin the rule with its tag, in capitals: `- !SHARDING`, with the rule's keys below it",
    source: "apache/shardingsphere user manual, YAML configuration; ShardingSphereYamlConstructor",
    check: |set| of_proxies(set, tagged),
}];

/// A key that only one kind of rule has, and the tag of that kind.
const KEYS: &[(&str, &str)] = &[
    ("shardingAlgorithms", "SHARDING"),
    ("keyGenerators", "SHARDING"),
    ("bindingTables", "SHARDING"),
    ("defaultDatabaseStrategy", "SHARDING"),
    ("defaultTableStrategy", "SHARDING"),
    ("loadBalancers", READWRITE_SPLITTING),
    (key::DATA_SOURCE_GROUPS, READWRITE_SPLITTING),
    ("encryptors", "ENCRYPT"),
    ("maskAlgorithms", "MASK"),
    ("shadowAlgorithms", "SHADOW"),
    ("users", "AUTHORITY"),
];

fn tagged<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    // Since 5.3 the file for the whole proxy has none.
    let global = proxy.global.iter().filter(|_| proxy.before(&[5, 3]));
    // Before 5.0 a rule was a key.
    let old = proxy.container.version.as_ref().is_some_and(|version| version.before(&[5]));
    let docs = global.chain(&proxy.databases).filter(|doc| doc.mounted && !old);
    docs.flat_map(of_file).collect()
}

fn of_file<'a>(doc: &Doc<'_, 'a>) -> Vec<Finding<'a>> {
    match doc.body.get("rules") {
        Some(Value::Array(rules)) => {
            rules.iter().filter_map(Value::as_object).filter_map(|rule| of_rule(doc, rule)).collect()
        }
        Some(Value::Object(rules)) => {
            let help = match tag_of(rules) {
                Some(tag) => format!("write a list of rules, each with its tag: `- !{tag}`"),
                None => "write a list of rules, each with its tag: `- !SHARDING`".to_owned(),
            };
            vec![doc.finding("`rules` is not a list of rules with tags", "rules:").help(help)]
        }
        _ => Vec::new(),
    }
}

fn of_rule<'a>(doc: &Doc<'_, 'a>, rule: &Map<String, Value>) -> Option<Finding<'a>> {
    let Some(tag) = Doc::tag(rule) else {
        let first = rule.keys().next()?;
        let finding = doc.finding(format!("a rule has no tag: it begins with {}", doc.quoted(first)), first);
        let tag = tag_of(rule).unwrap_or("SHARDING");
        return Some(finding.help(format!("begin the rule with its tag, `- !{tag}`, and its keys below it")));
    };
    let known = || TAGS.iter().chain(GLOBAL_TAGS).copied();
    if known().any(|known| known == tag) {
        return None;
    }
    // What is only unknown here may be known to a release that is not.
    let near = words::closest(tag, known())?;
    if strsim::damerau_levenshtein(&tag.to_uppercase(), near) > 2 {
        return None;
    }
    let shown = if doc.is_secret() { "one of its tags".to_owned() } else { format!("`!{tag}`") };
    let finding = doc.finding(format!("{shown} is not the tag of a rule"), &format!("!{tag}"));
    Some(finding.help(format!("did you mean `!{near}`?")))
}

/// The tag that a rule with these keys would have.
fn tag_of(rule: &Map<String, Value>) -> Option<&'static str> {
    KEYS.iter().find(|(key, _)| rule.contains_key(*key)).map(|(_, tag)| *tag).or_else(|| {
        let tables = rule.get("tables")?;
        let sharded = tables.as_object()?.values().any(|table| table.get("actualDataNodes").is_some());
        sharded.then_some("SHARDING")
    })
}
