//! Names of data sources in rules: `ds_${0..1}.t_order`, `ds_${user_id % 2}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::files::Doc;
use crate::products::shardingsphere::{DB_DISCOVERY, READWRITE_SPLITTING, key};
use crate::verify::Finding;
use crate::words;

/// More names than this are not written out.
const MANY: u64 = 1000;

/// More expressions than this in one name are not looked into.
const DEEP: usize = 8;

/// What rules of a file may name.
struct Names<'d> {
    /// Data sources and groups, in lower case: the name, and the group of one that is a server of a group.
    known: BTreeMap<String, Option<&'d str>>,
    /// As written, without the servers of groups.
    offered: Vec<&'d str>,
}

/// Names that are none of a data source, or that of a server instead of its group.
pub(super) fn strangers<'a>(doc: &Doc<'_, 'a>) -> Vec<Finding<'a>> {
    // Such rules make data sources of their own.
    if ["SHADOW", DB_DISCOVERY].iter().any(|tag| doc.rule(tag).is_some()) || doc.sources().next().is_none() {
        return Vec::new();
    }
    let (names, mut findings) = names(doc);
    let Some(sharding) = doc.rule("SHARDING") else { return findings };
    for list in ["tables", "autoTables"] {
        for (_, table) in sharding.get(list).and_then(Value::as_object).into_iter().flatten() {
            let nodes = table.get("actualDataNodes").or_else(|| table.get("actualDataSources"));
            let Some(nodes) = nodes.and_then(Value::as_str) else { continue };
            let expanded = items(nodes).into_iter().filter_map(|item| expand(source_of(item))).flatten();
            let wrong = expanded.into_iter().find_map(|name| names.fault(doc, &name));
            findings.extend(wrong.map(|title| names.finding(doc, title, nodes)));
        }
    }
    for expression in algorithms(sharding) {
        let wrong = results(expression).into_iter().find_map(|name| names.fault(doc, &name));
        findings.extend(wrong.map(|title| names.finding(doc, title, expression)));
    }
    findings
}

impl Names<'_> {
    fn fault(&self, doc: &Doc<'_, '_>, name: &str) -> Option<String> {
        match self.known.get(&name.to_lowercase()) {
            Some(None) => None,
            Some(Some(group)) => Some(format!(
                "{} is a server of the group {}: rules refer to the group",
                doc.quoted(name),
                doc.quoted(group)
            )),
            None => Some(format!("{} is not a data source", doc.quoted(name))),
        }
    }

    fn finding<'a>(&self, doc: &Doc<'_, 'a>, title: String, word: &str) -> Finding<'a> {
        let finding = doc.finding(title, word);
        if doc.is_secret() {
            return finding;
        }
        let verb = if self.offered.len() == 1 { "is" } else { "are" };
        finding.help(format!("there {verb} {}", words::listed(&self.offered).replace(" or ", " and ")))
    }
}

/// The names, and what groups name that is not there.
fn names<'d, 'a>(doc: &'d Doc<'_, 'a>) -> (Names<'d>, Vec<Finding<'a>>) {
    let mut names = Names {
        known: doc.sources().map(|(name, _)| (name.to_lowercase(), None)).collect(),
        offered: doc.sources().map(|(name, _)| name).collect(),
    };
    let mut findings = Vec::new();
    let split = doc.rule(READWRITE_SPLITTING);
    let groups = split.and_then(|split| {
        split.get(key::DATA_SOURCE_GROUPS).or_else(|| split.get(key::DATA_SOURCES))?.as_object()
    });
    for (group, body) in groups.into_iter().flatten() {
        for server in servers(body) {
            match names.known.get_mut(&server.to_lowercase()) {
                // A group may be called like its writer.
                Some(_) if server == group => {}
                Some(of) => *of = Some(group),
                None if !server.contains(['$', '{']) => {
                    let title = format!(
                        "{} of the group {} is not a data source",
                        doc.quoted(server),
                        doc.quoted(group)
                    );
                    findings.push(names.finding(doc, title, server));
                }
                None => {}
            }
            names.offered.retain(|name| *name != server);
        }
    }
    for (group, _) in groups.into_iter().flatten() {
        names.known.insert(group.to_lowercase(), None);
        names.offered.push(group);
    }
    (names, findings)
}

/// The servers that a group names.
pub(super) fn servers(group: &Value) -> Vec<&str> {
    let body = group.get(key::STATIC_STRATEGY).unwrap_or(group);
    let write = body.get(key::WRITE_DATA_SOURCE_NAME).and_then(Value::as_str);
    let read = body.get(key::READ_DATA_SOURCE_NAMES).and_then(Value::as_array).into_iter().flatten();
    write.into_iter().chain(read.filter_map(Value::as_str)).collect()
}

/// Expressions that choose a data source.
fn algorithms(sharding: &Map<String, Value>) -> Vec<&str> {
    let tables = sharding.get("tables").and_then(Value::as_object).into_iter().flatten();
    let strategies = tables.filter_map(|(_, table)| table.get("databaseStrategy"));
    let mut found: Vec<&str> = Vec::new();
    for strategy in strategies.chain(sharding.get("defaultDatabaseStrategy")) {
        let expression = || {
            let name = strategy.pointer("/standard/shardingAlgorithmName")?.as_str()?;
            let algorithm = sharding.get("shardingAlgorithms")?.get(name)?;
            let inline = algorithm.get("type")?.as_str()?.eq_ignore_ascii_case("INLINE");
            algorithm.pointer("/props/algorithm-expression")?.as_str().filter(|_| inline)
        };
        found.extend(expression().filter(|expression| !found.contains(expression)));
    }
    found
}

/// The items of a list, cut at commas outside of braces.
fn items(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                items.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim());
    items
}

/// What stands before the first `.` outside of braces: `ds_${0..1}` of `ds_${0..1}.t_order`.
fn source_of(node: &str) -> &str {
    let mut depth = 0i32;
    let end = node.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        *c == '.' && depth == 0
    });
    end.map_or(node, |(at, _)| &node[..at])
}

/// `${…}` or `$->{…}`: what stands before it, in it and behind it.
fn expression(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find('$')?;
    let rest = text[at + 1..].strip_prefix("->").unwrap_or(&text[at + 1..]).strip_prefix('{')?;
    let end = rest.find('}')?;
    Some((&text[..at], rest[..end].trim(), &rest[end + 1..]))
}

/// All names that an expression with ranges and lists stands for; nothing when it cannot be told.
fn expand(text: &str) -> Option<Vec<String>> {
    if !text.contains('$') {
        return Some(vec![text.to_owned()]);
    }
    if text.matches('$').count() > DEEP {
        return None;
    }
    let (before, inner, behind) = expression(text)?;
    let values: Vec<String> = if let Some((from, to)) = inner.split_once("..") {
        let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        (to.saturating_sub(from) < MANY).then(|| (from..=to).map(|number| number.to_string()).collect())?
    } else {
        let list = inner.strip_prefix('[')?.strip_suffix(']')?;
        list.split(',').map(|item| item.trim().trim_matches(['\'', '"']).to_owned()).collect()
    };
    let rest = expand(behind)?;
    let count = values.len().checked_mul(rest.len()).filter(|count| *count as u64 <= MANY)?;
    let mut names = Vec::with_capacity(count);
    for value in &values {
        names.extend(rest.iter().map(|rest| format!("{before}{value}{rest}")));
    }
    Some(names)
}

/// The names that `ds_${user_id % 2}` can result in.
fn results(expression_text: &str) -> Vec<String> {
    let modulo = || {
        let (before, inner, behind) = expression(expression_text)?;
        let (operand, count) = inner.rsplit_once('%')?;
        let count: u64 = count.trim().parse().ok().filter(|count| (1..=MANY).contains(count))?;
        let plain = !operand.contains(['%', '?', '+']) && !behind.contains('$') && !behind.contains('.');
        plain.then(|| (0..count).map(|number| format!("{before}{number}{behind}")).collect())
    };
    modulo().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_out() {
        for (text, wanted) in [
            ("ds_${0..1}", Some(vec!["ds_0", "ds_1"])),
            ("ds_$->{0..1}_a", Some(vec!["ds_0_a", "ds_1_a"])),
            ("${['east', 'west']}_${1..2}", Some(vec!["east_1", "east_2", "west_1", "west_2"])),
            ("ds", Some(vec!["ds"])),
            ("ds_${x}", None),
            ("ds_${0..99999999}", None),
        ] {
            let wanted: Option<Vec<String>> =
                wanted.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(expand(text), wanted, "{text}");
        }
        assert_eq!(items("ds_${[0, 1]}.t, b.t"), ["ds_${[0, 1]}.t", "b.t"]);
        assert_eq!(source_of("ds_${0..1}.t_${0..1}"), "ds_${0..1}");
        assert_eq!(results("ds_${Math.abs(id) % 2}"), ["ds_0", "ds_1"]);
        assert!(results("ds_${id % 4 % 2}").is_empty() && results("ds_${id}").is_empty());
    }
}
