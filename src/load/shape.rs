//! Texts that fit nowhere, or not where they stand.

use super::source::Place;
use super::tree::{Kind, Node};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};

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
    Diagnostic::error("zero-character", "a text with `\\0` in it")
        .at(place)
        .because("no container takes it, neither in a variable nor in an argument: the text would end there")
        .help("take the character out")
}

/// What is wrong with the domain behind every Service's name.
pub(super) fn domain(text: &str) -> Option<Diagnostic> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (text.len() > 180 || !text.split('.').all(label)).then(|| {
        Diagnostic::error("cluster-domain", format!("`{text}` is not a domain of DNS"))
            .at(Path::root().keys(&["cluster", "domain"]))
            .because("it stands behind the name of every Service")
            .help("write what the cluster's DNS was given, `cluster.local` unless somebody chose another")
    })
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
