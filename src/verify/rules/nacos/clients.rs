//! How apps are told where the Nacos servers are.

use crate::verify::pods::{Container, File};
use crate::verify::{Finding, Grade, Rule, Set, texts};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "nacos-client-list-is-comma-separated",
    grade: Grade::ERROR,
    promise: "every server list of a Nacos client is separated by commas",
    why: "the client splits its `server-addr` only at `,` and `;`: with spaces the whole list is one host, which \
          cannot be resolved (spaces are for `NACOS_SERVERS` of the servers themselves)",
    fix: "write `a:8848,b:8848,c:8848`",
    source: "alibaba/nacos PropertiesListProvider and ServerListManager",
    check: clients_split_at_commas,
}];

fn clients_split_at_commas<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for var in container.env.iter().filter(|var| names_servers(&var.name)) {
            if var.value.plain().is_some_and(is_split_at_blanks) {
                let title = format!("`{}` separates its servers by spaces", var.name);
                findings.push(container.env.finding(var, title));
            }
        }
        findings.extend(arguments(container));
        findings.extend(container.files.iter().flat_map(lines));
    }
    findings
}

/// `SPRING_CLOUD_NACOS_DISCOVERY_SERVER_ADDR`, `spring.cloud.nacos.config.server-addr`, `nacos.serverAddr`.
fn names_servers(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    plain.contains("nacos") && plain.ends_with("serveraddr")
}

/// Is there a blank inside of one address? What a placeholder will become is not ours to know.
fn is_split_at_blanks(list: &str) -> bool {
    !list.contains("${") && list.split([',', ';']).any(|one| one.trim().contains(char::is_whitespace))
}

fn arguments<'a>(container: &Container<'a>) -> Option<Finding<'a>> {
    let words = container.words();
    let (name, list) = words.iter().find_map(|word| {
        let (name, list) = word.strip_prefix("--").or_else(|| word.strip_prefix("-D"))?.split_once('=')?;
        (names_servers(name) && is_split_at_blanks(list)).then_some((name, list))
    })?;
    let at = if container.fields.contains_key("args") { "/args" } else { "/command" };
    Some(container.finding(at, format!("`{name}` separates its servers by spaces")).word(list))
}

/// The lines of a properties or YAML file of Spring's that do so.
fn lines<'a>(file: &File<'a>) -> Vec<Finding<'a>> {
    let Some(text) = file.plain().filter(|text| text.contains("nacos")) else { return Vec::new() };
    let ending = file.name().rsplit('.').next().unwrap_or_default();
    let lists = match ending {
        "properties" => texts::properties(text).map(|(_, key, list)| (key.to_owned(), list)).collect(),
        "yml" | "yaml" => yaml(text),
        _ => Vec::new(),
    };
    let wrong = lists.into_iter().filter(|(key, list)| names_servers(key) && is_split_at_blanks(list));
    wrong
        .map(|(key, list)| file.finding(format!("`{key}` separates its servers by spaces")).word(list))
        .collect()
}

/// The scalars of a YAML text that stand behind their keys, with the keys above joined by dots.
fn yaml(text: &str) -> Vec<(String, &str)> {
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let key = line.trim_start();
        let indent = line.len() - key.len();
        let Some((key, value)) = key.split_once(':').filter(|(key, _)| !key.starts_with(['#', '-'])) else {
            continue;
        };
        above.retain(|(known, _)| *known < indent);
        above.push((indent, key.trim()));
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        if !value.is_empty() {
            let keys: Vec<&str> = above.iter().map(|(_, key)| *key).collect();
            found.push((keys.join("."), value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_by_its_indent() {
        let text = "spring:\n  cloud:\n    nacos: # c\n      server-addr: 'a b' # c\n  x: 1\n";
        let wanted = [("spring.cloud.nacos.server-addr".to_owned(), "a b"), ("spring.x".to_owned(), "1")];
        assert_eq!(yaml(text), wanted);
        assert!(
            is_split_at_blanks("a:1 b:1")
                && !is_split_at_blanks("a:1, b:1")
                && !is_split_at_blanks("${A:a b}")
        );
    }
}
