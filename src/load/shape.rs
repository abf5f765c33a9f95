//! Texts that fit nowhere, or not where they stand.

use crate::components::APPS;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::address::is_label;
use crate::k8s::image::is_registry;
use crate::plan::site::Cluster;
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

/// Registries that are none: `https://…`, a tag, a slash at the end of a folder.
pub(super) fn registries(cluster: &Cluster) -> impl Iterator<Item = Diagnostic> {
    let all = cluster.registry.iter().map(|mirror| (Path::root().keys(&["cluster", "registry"]), mirror));
    let named = cluster.registries.iter().flat_map(|(from, to)| {
        let path = Path::root().keys(&["cluster", "registries"]).key(from);
        [(path.clone(), from), (path, to)]
    });
    all.chain(named).filter(|(_, text)| !is_registry(text.trim_end_matches('/'))).map(|(path, text)| {
        let bare = text.trim_start_matches("https://").trim_start_matches("http://");
        let help = if bare != text && is_registry(bare.trim_end_matches('/')) {
            format!("write `{}`", bare.trim_end_matches('/'))
        } else {
            "write a host and perhaps a folder: `harbor.cloud.io` or `harbor.cloud.io/proxy`".to_owned()
        };
        Diagnostic::error("cluster-registry", format!("`{text}` is not a registry"))
            .at(path)
            .because("it is put in front of the names of images")
            .help(help)
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
