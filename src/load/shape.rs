//! Texts that fit nowhere, or not where they stand.

use crate::components::APPS;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::address::is_label;
use crate::source::Place;
use crate::tree::node::{Kind, Map, Node};

/// Texts with the character that ends a text in C: no container takes one in a variable, an argument or a file of text.
pub(super) fn ended(node: &Node) -> Diagnostics {
    let mut found = Diagnostics::new();
    collect(node, &mut found);
    found
}

fn collect(node: &Node, found: &mut Diagnostics) {
    match &node.kind {
        Kind::Scalar { text, .. } if text.contains('\0') => found.push(zero(node.place)),
        Kind::Seq(items) => items.iter().for_each(|item| collect(item, found)),
        Kind::Map(map) => {
            for (key, entry) in map {
                if key.contains('\0') {
                    found.push(zero(entry.key));
                }
                collect(&entry.value, found);
            }
        }
        _ => {}
    }
}

fn zero(place: Place) -> Diagnostic {
    Diagnostic::error("zero-character", "a text contains `\\0`")
        .at(place)
        .because("neither a variable nor an argument of a container can contain it")
        .help("remove the character")
}

/// What is wrong with the domain behind every Service's name.
pub(super) fn domain(text: &str) -> Option<Diagnostic> {
    (text.len() > 180 || !text.split('.').all(is_label)).then(|| {
        Diagnostic::error("cluster-domain", format!("`{text}` is not a DNS domain"))
            .at(Path::root().keys(&["cluster", "domain"]))
            .because("it is appended to the name of every Service")
            .help("use the domain of the cluster's DNS, `cluster.local` by default")
    })
}

/// More components and apps than anybody runs; complaints about each of so many take seconds.
const MOST_PARTS: usize = 20_000;

/// The stack, when it has no more than can be read and proven in reasonable time.
pub(super) fn few_enough(stack: &Map, place: Place) -> Result<&Map, Diagnostic> {
    let apps = stack.get(APPS).and_then(|apps| apps.value.as_map()).map_or(0, Map::len);
    if stack.len() + apps <= MOST_PARTS {
        return Ok(stack);
    }
    let title = format!("more than {MOST_PARTS} components and apps in one stack");
    Err(Diagnostic::error("too-many-parts", title)
        .at(place)
        .because("rendering and checking so many takes minutes, and one namespace should not hold them")
        .help("split it into several stacks; list what one uses from another in `external`"))
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn domains_are_labels_and_dots() {
        for (text, fine) in [
            ("cluster.local", true),
            ("k8s-1.example", true),
            ("local", true),
            ("", false),
            ("cluster.local.", false),
            ("cluster.local\nsearch x", false),
            ("$(id)", false),
            ("-x.local", false),
        ] {
            assert_eq!(domain(text).is_none(), fine, "{text}");
        }
    }
}
