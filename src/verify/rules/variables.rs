//! Variables whose first word is misspelt, so that the image of their container does not see them.

use serde_json::Value;

use crate::products::{SIGNS, spring};
use crate::verify::pods::{Container, Product};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "variable-prefix-is-known",
    grade: Grade::WARNING,
    promise: "no variable begins with a misspelt prefix of its image, such as `KFAKA_`",
    why: "the image looks for its own prefix only: nobody reads the variable, nobody says so, and the default stays",
    fix: "correct its name",
    source: "start scripts of the images: they read variables by their prefix or by their full name",
    check: prefix_is_known,
}];

fn prefix_is_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let prefixes = prefixes(container);
        if prefixes.is_empty() {
            continue;
        }
        for var in container.env.iter() {
            let Some((head, rest)) = var.name.split_once('_') else { continue };
            if rest.is_empty() || prefixes.contains(&head) || is_used(container, &var.name) {
                continue;
            }
            let near =
                prefixes.iter().find(|prefix| is_slip(head, prefix, container.product == Product::Java));
            let Some(prefix) = near else { continue };
            let finding = container.env.finding(var, format!("nobody reads `{}`", var.name));
            findings.push(finding.help(format!("did you mean `{prefix}_{rest}`?")));
        }
    }
    findings
}

/// What the variables begin with that the image of a container reads.
fn prefixes(container: &Container<'_>) -> &'static [&'static str] {
    let reads = match container.product {
        Product::Java => return spring::PREFIXES,
        // Only Bitnami's image reads variables.
        Product::Redis | Product::Sentinel => container.image.path().contains("bitnami"),
        _ => true,
    };
    let signs = SIGNS.iter().find(|(product, _)| *product == container.product && reads);
    signs.map_or(&[], |(_, signs)| signs.prefixes)
}

/// Words of their own that are close to a prefix.
const OTHERS: &[&str] = &["MSSQL", "PGSQL"];

/// Is it the prefix but for a slip of the finger? What only goes on behind it, such as `MYSQLX`, is a word of its own. In an
/// app any word may be one: there, only letters that have changed places, or are there twice, are a slip.
fn is_slip(head: &str, prefix: &str, app: bool) -> bool {
    if head.len() < 4 || prefix.len() < 4 || OTHERS.contains(&head) {
        return false;
    }
    let letters = |word: &str| {
        let mut letters: Vec<u8> = word.bytes().collect();
        letters.sort_unstable();
        letters
    };
    let doubled = || {
        let mut once: Vec<u8> = head.bytes().collect();
        once.dedup();
        once == prefix.as_bytes()
    };
    let close = strsim::damerau_levenshtein(head, prefix) <= if prefix.len() < 7 { 1 } else { 2 };
    let longer = head.starts_with(prefix);
    close && (letters(head) == letters(prefix) || doubled() || (!app && !longer))
}

/// Does anything in the container name the variable, beside its own definition?
fn is_used(container: &Container<'_>, name: &str) -> bool {
    let file = container.files.iter().filter_map(|file| file.text.known()).any(|text| text.contains(name));
    let fields = |key: &str| container.fields.get(key).map(Value::to_string).unwrap_or_default();
    let lines = ["command", "args", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];
    let defined = format!("$({name})");
    file || lines.iter().any(|key| fields(key).contains(name)) || fields("env").contains(&defined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_words() {
        for (head, prefix, slip) in [
            ("KFAKA", "KAFKA", true),
            ("KAFA", "KAFKA", true),
            ("KAFKKA", "KAFKA", true),
            ("MYQSL", "MYSQL", true),
            ("RCOKETMQ", "ROCKETMQ", true),
            ("ROKCETQM", "ROCKETMQ", true),
            ("MYSQLX", "MYSQL", false),
            ("MSSQL", "MYSQL", false),
            ("KAFKAJS", "KAFKA", false),
            ("REDISCLI", "REDIS", false),
            ("POD", "ZOO", false),
        ] {
            assert_eq!(is_slip(head, prefix, false), slip, "{head}");
        }
        let of_app = |head| is_slip(head, "SPRING", true);
        assert_eq!(
            [of_app("SRPING"), of_app("SPRRING"), of_app("STRING"), of_app("SPRINT")],
            [true, true, false, false]
        );
    }
}
